"""What was written to a caller and has not left us: bounded in time, and so in memory."""

import asyncio
import socket
import struct

READ_WITHIN = 30.0
"""In each so many seconds a caller reads all that waits for it, or LEAST_READ of it."""

LEAST_READ = 64 * 1024
"""In bytes: a slow line is waited for, who does not read is not."""

_NO_LINGER = struct.pack("ii", 1, 0)


class Outflow:
    """The unread answers of one connection; who does not read them is hung up on."""

    __slots__ = ("_loop", "_timer", "_transport", "_unsent")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._unsent = 0
        self._timer: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """See to it that what is written leaves us, or the caller goes."""
        if self._timer is None:
            self._unsent = self._transport.get_write_buffer_size()
            if self._unsent:
                self._timer = self._loop.call_later(READ_WITHIN, self._check)

    def cease(self) -> None:
        """Watch no more: it was read, or there is no connection left."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def reset(self) -> None:
        """Let go of it all: a close that does not linger is a TCP RST."""
        bound = self._transport.get_extra_info("socket")
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def _check(self) -> None:
        self._timer = None
        read = self._unsent - self._transport.get_write_buffer_size()
        if read < min(self._unsent, LEAST_READ):
            self._transport.abort()
        else:
            self.watch()
