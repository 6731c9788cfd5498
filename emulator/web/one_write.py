"""A whole answer goes out in one write.

uvicorn writes the head by itself and then the body. Each write is a call to the system, and wakes
the caller.
"""

import asyncio
from collections.abc import Sequence

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_CLOSE = (b"connection", b"close")


def answer_at_once(
    cycle: RequestResponseCycle,
    transport: asyncio.Transport,
    status: int,
    headers: Sequence[tuple[bytes, bytes]],
    body: bytes,
) -> bool:
    """Do what uvicorn's `send` does with a whole answer, without its messages and its checks.

    The headers are good and tell the body's length. False where something has to be waited for, or
    the connection ends with the answer: that is for `send`.
    """
    if cycle.response_started or cycle.disconnected or cycle.flow.write_paused:
        return False
    if not cycle.keep_alive or _CLOSE in headers:
        return False
    lines = [b"%b: %b\r\n" % header for header in headers]
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    transport.write(b"".join((STATUS_LINE[status], *lines, b"\r\n", body)))
    cycle.message_event.set()
    cycle.on_response()
    return True
