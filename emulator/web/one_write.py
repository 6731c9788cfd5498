"""An answer's head goes out together with the first of its body: one write in the place of two.

uvicorn writes the head by itself. Each write is a call to the system, and wakes the caller.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class HeadWithBody:
    """What one request's cycle writes to: the head waits for what comes behind it.

    It has only what a cycle needs of a transport.
    """

    __slots__ = ("_cycle", "_head", "_transport")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._transport: asyncio.Transport = cycle.transport
        self._head: bytes | None = None

    def write(self, data: bytes) -> None:
        """Write, or hold back what is the head."""
        if self._head is not None:
            self._transport.write(self._head + data)
            self._head = None
            self._cycle.transport = self._transport  # what follows goes out by itself
        elif self._cycle.response_started:
            self._head = data
        else:  # 100 Continue
            self._transport.write(data)

    def flush(self) -> None:
        """Write the head that was held back, if nothing came behind it."""
        if self._head is not None:
            self.write(b"")

    def close(self) -> None:
        """Write what is left, and close."""
        self.flush()
        self._transport.close()
