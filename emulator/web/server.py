"""Serving: uvicorn with its defaults settled for a server that strangers' tests talk to.

- It believes no `X-Forwarded-*`: by default uvicorn believes them from loopback.
- It sends no `Date` of its own: the realm's clock does, through the stage. No `Server` either.
- A request's head is bounded: httptools takes headers of any size.
- It stops with exit status 0 and answers every request that was begun; uvicorn would end itself
  by the signal, and hang up on requests that it has not read yet.
"""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from emulator.web.stage import Stage

HEAD_LIMIT = 64 * 1024
"""The largest request line and headers together, in bytes."""

GRACE = 5
"""How long a stopping server waits for the requests in hand, in seconds."""

_LAST_CALL = 0.2
"""How long a stopping server still reads what callers had already sent, in seconds."""

_KEEP_ALIVE = 75
"""How long an idle connection stays open, in seconds: longer than clients keep them pooled."""

_HEAD_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\n"
    b"content-length: 40\r\n"
    b"connection: close\r\n\r\n"
    b"The request's head is larger than 64 KiB"
)


class HeadTooLarge(Exception):
    """The request line and headers are over HEAD_LIMIT."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with a bound on the size of a request's head."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_size = 0
        self._in_head = False

    def data_received(self, data: bytes) -> None:
        """Feed the parser; bytes count as head until the head is complete."""
        self._head_size += len(data)
        super().data_received(data)
        if self._in_head and self._head_size > HEAD_LIMIT and not self.transport.is_closing():
            self._refuse_head()

    def on_message_begin(self) -> None:
        """A head begins. What came before it in the same bytes is not counted exactly."""
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is complete; only a long delivery is looked at more closely."""
        self._in_head = False
        if self._head_size > HEAD_LIMIT:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > HEAD_LIMIT:
                raise HeadTooLarge
        self._head_size = 0
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """The answer to what the parser refused; a head over the limit has one of its own."""
        if self._head_size > HEAD_LIMIT:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        self.transport.write(_HEAD_TOO_LARGE)
        self.transport.close()


class Server(uvicorn.Server):
    """A uvicorn server around a stage. `on_started` is called once it listens."""

    def __init__(self, stage: Stage, *, on_started: Callable[[], object] = lambda: None) -> None:
        super().__init__(
            uvicorn.Config(
                stage,
                http=BoundedProtocol,
                ws="none",
                log_config=None,
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=_KEEP_ALIVE,
                timeout_graceful_shutdown=GRACE,
            )
        )
        self._stage = stage
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and tell who waits for it."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, answer what callers had sent by then, and close."""
        for server in self.servers:
            server.close()
        self._stage.closing = True
        await asyncio.sleep(_LAST_CALL)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT stop the server; it does not raise them again when it has stopped."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port` (0: any free one). Raises OSError.

    A name is bound to the first address that it has.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError:
        bound.close()
        raise
    return bound


def address_of(bound: socket.socket) -> str:
    """The base URL of a bound socket, as a caller on this machine writes it."""
    host, port = bound.getsockname()[:2]
    if bound.family == socket.AF_INET6:
        host = f"[{'::1' if host == '::' else host}]"
    elif host == "0.0.0.0":  # noqa: S104 - compared with, not bound to
        host = "127.0.0.1"
    return f"http://{host}:{port}"
