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
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from emulator.web.sending import CONNECTION
from emulator.web.stage import Stage

HEAD_LIMIT = 64 * 1024
"""The largest request line and headers together, in bytes."""

GRACE = 5
"""How long a stopping server waits for the requests in hand, in seconds."""

LAST_CALL = 0.1
"""How long a stopping server still reads what callers had already sent, in seconds."""

_DEAF_FOR = 2
"""How long a refused caller may still send, in seconds."""

_DISCARDED_AT_MOST = 16 * 1024 * 1024
"""How much of it is read, in bytes."""

_BACKLOG = 2048

_NO_LINGER = struct.pack("ii", 1, 0)

_UPGRADE = frozenset({b"upgrade", b"http2-settings"})

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
    """uvicorn's protocol, with a bound on the size of a request's head.

    It also answers three kinds of callers that uvicorn loses: who offers an upgrade (Java's
    HttpClient offers h2c with each request, and the parser then takes the body for something
    else), who closes its own side after sending, and who sends nonsense behind a good request.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_size = 0
        self._chunk_size = 0
        self._in_head = False
        self._ended_in_chunk = False
        self._deaf = False
        self._discarded = 0

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and hold the bound while a head is incomplete."""
        if self._deaf:
            self._discard(data)
            return
        self._unset_keepalive_if_required()
        self._chunk_size = len(data)
        self._ended_in_chunk = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        else:
            # Of bytes that also ended a request before, it is not known how many are the head's.
            if self._in_head and not self._ended_in_chunk:
                self._head_size += len(data)
                if self._head_size > HEAD_LIMIT:
                    self._refuse(_HEAD_TOO_LARGE)

    def end_with(self, data: bytes) -> None:
        """See `sending.Connection.end_with`."""
        self._deaf = True
        if data:
            self.transport.write(data)
        self.transport.close()

    def reset(self) -> None:
        """See `sending.Connection.reset`: a close that does not linger is a TCP RST."""
        self._deaf = True
        bound = self.transport.get_extra_info("socket")
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

    def eof_received(self) -> bool | None:  # type: ignore[override]  # uvicorn never answers True
        """A caller that closes its own side still gets the answer to what it sent."""
        if self.cycle is None or self.cycle.response_complete or self.scheme == "https":
            return None
        self.cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head = True
        self._head_size = 0
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: self}  # type: ignore[dict-item]  # an object of ours

    def on_headers_complete(self) -> None:
        """A head is complete; only a long delivery is measured."""
        self._in_head = False
        if self._head_size + self._chunk_size > HEAD_LIMIT:
            size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if size > HEAD_LIMIT:
                raise HeadTooLarge
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body; an upgrade has none."""
        if not self.parser.should_upgrade():
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._ended_in_chunk = True
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """The answer to what the parser refused, after that to the request before it."""
        size = self._head_size + self._chunk_size
        if self.cycle is not None and not self.cycle.response_complete:
            self._deaf = True
            self.cycle.keep_alive = False
        elif self._in_head is False and size > HEAD_LIMIT:
            self._refuse(_HEAD_TOO_LARGE)
        else:
            super().send_400_response(msg)

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """Read the request again as if no upgrade had been offered (RFC 9110 §7.8 allows it)."""
        method = self.parser.get_method()
        if method == b"CONNECT":
            self.send_400_response("CONNECT is not served here.")
            return
        lines = [b"%s %s HTTP/%s" % (method, self.url, self.parser.get_http_version().encode())]
        for name, value in self.headers:
            if name == b"connection":
                tokens = (token.strip() for token in value.split(b","))
                kept = b", ".join(t for t in tokens if t.lower() not in _UPGRADE)
                lines.append(b"connection: " + kept)
            elif name not in _UPGRADE:
                lines.append(name + b": " + value)
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    def _refuse(self, answer: bytes) -> None:
        """Answer, and read on for a while: who is reset while it sends never reads why."""
        self._deaf = True
        self.transport.write(answer)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.loop.call_later(_DEAF_FOR, self.transport.close)

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > _DISCARDED_AT_MOST:
            self.transport.close()


class Server(uvicorn.Server):
    """A uvicorn server around a stage.

    `on_started` is called once it listens; `last_call` is for how many seconds it still takes in
    whoever comes, when it stops.
    """

    def __init__(
        self,
        stage: Stage,
        *,
        on_started: Callable[[], object] = lambda: None,
        last_call: float = LAST_CALL,
    ) -> None:
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
        self._last_call = last_call

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and tell who waits for it."""
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take in who is at the door, answer what callers had sent by then, and close."""
        self._stage.closing = True
        for bound in sockets or []:
            bound.listen(0)  # no longer a queue: who still comes is let in at once, or refused
        await asyncio.sleep(self._last_call)
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
    """A socket that listens on `host` and `port` (0: any free one). Raises OSError.

    A name is bound to the first address that it has.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    bound = socket.socket(family, kind, protocol)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)  # only now is it sure that nobody else has the port
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
