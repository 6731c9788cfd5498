"""The floor: uvicorn, set up as the emulator sets it up, with a constant answer.

`python -m benchmarks.floor PORT` serves it. No server on uvicorn in one process is faster.
"""

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

_BODY = b'{"accessToken":"' + b"x" * 500 + b'"}'
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_BODY)).encode()),
    ],
}
_END = {"type": "http.response.body", "body": _BODY}


async def app(
    _scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """As long an answer as a sign-in's, whatever is asked."""
    await receive()
    await send(_START)
    await send(_END)


if __name__ == "__main__":
    uvicorn.run(
        app,
        port=int(sys.argv[1]),
        log_config=None,
        access_log=False,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        server_header=False,
        date_header=False,
    )
