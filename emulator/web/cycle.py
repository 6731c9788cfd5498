"""A request and its answer on the wire: uvicorn's, made with less.

uvicorn makes an event and a buffer for each request, most of which arrive whole in one delivery and
are answered before another comes; and it writes the head of an answer by itself and then the body,
where each write is a call to the system and wakes the caller. What is not as simple as that is left
to uvicorn's own ways.
"""

import asyncio
import logging
from collections.abc import MutableMapping, Sequence
from typing import Any, ClassVar, Self
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

_ASGI = {"version": "3.0", "spec_version": "2.3"}
_CLOSE = (b"connection", b"close")


class Cycle(RequestResponseCycle):
    """One request, from the end of its head to the end of its answer; what is here is its start."""

    logger = logging.getLogger("uvicorn.error")
    access_logger = logging.getLogger("uvicorn.access")
    access_log = False
    default_headers: ClassVar[list[tuple[bytes, bytes]]] = []  # type: ignore[misc]  # for all alike

    disconnected = False
    more_body = True
    response_started = False
    response_complete = False
    chunked_encoding: bool | None = None
    expected_content_length = 0

    event: asyncio.Event | None = None
    """`message_event`, once somebody has waited for it."""

    _told = False
    """Whether the application has the body, which came whole."""

    def __init__(self, scope: MutableMapping[str, Any], protocol: HttpToolsProtocol) -> None:
        """The base class sets what is above as well, for each request."""
        self.scope = scope  # type: ignore[assignment]  # a TypedDict of uvicorn's
        self.transport = protocol.transport
        self.flow = protocol.flow
        self.on_response = protocol.on_response_complete
        self.keep_alive = scope["http_version"] != "1.0" and protocol.parser.should_keep_alive()
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.body = b""  # type: ignore[assignment]  # as good as a bytearray, which few need

    @classmethod
    def of(cls, protocol: HttpToolsProtocol, extensions: dict[str, Any]) -> Self:
        """The request whose head a connection has just read."""
        parser = protocol.parser
        url = httptools.parse_url(protocol.url)
        path = url.path.decode("ascii")
        scope = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": parser.get_http_version(),
            "server": protocol.server,
            "client": protocol.client,
            "scheme": protocol.scheme,
            "method": parser.get_method().decode("ascii"),
            "root_path": "",
            "path": unquote(path) if "%" in path else path,
            "raw_path": url.path,
            "query_string": url.query or b"",
            "headers": protocol.headers,
            "state": protocol.app_state.copy(),
            "extensions": extensions,
        }
        return cls(scope, protocol)

    @property
    def message_event(self) -> asyncio.Event:  # type: ignore[override]  # made where it is wanted
        """Set while there is something that `receive` has not told."""
        if self.event is None:
            self.event = asyncio.Event()
            if not self._told and (self.body or not self.more_body):
                self.event.set()
        return self.event

    def take(self, body: bytes, *, more: bool = True) -> None:
        """A part of the body has come, or its end."""
        if self.response_complete:
            return
        self.more_body = more
        if body:
            self._gather(body)
        if self.event is not None:
            self.event.set()

    def _gather(self, part: bytes) -> None:
        if not self.body:
            self.body = part  # type: ignore[assignment]  # as above
        else:
            if isinstance(self.body, bytes):
                self.body = bytearray(
                    self.body
                )  # to which many small parts are added in their time
            self.body += part
        if len(self.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()

    def lose(self) -> None:
        """The caller is gone."""
        self.disconnected = True
        self.message_event.set()

    def whole_body(self) -> bytes | None:
        """See `connection.Connection.whole_body`."""
        if self.more_body or self._told or self.event is not None:
            return None
        if self.disconnected or self.response_complete:
            return None
        self._told = True
        self.waiting_for_100_continue = False  # who sent it all waits for no permission
        if self.flow.read_paused:
            self.flow.resume_reading()
        body, self.body = self.body, b""  # type: ignore[assignment]  # as above
        return bytes(body)

    async def receive(self) -> Any:
        """What ASGI's `receive` tells: the body, or a part of it, and then that the caller left."""
        body = self.whole_body()
        if body is None:
            return await super().receive()
        return {"type": "http.request", "body": body, "more_body": False}

    def answer(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bool:
        """Do what `send` does with a whole answer, in one write and without its checks.

        The headers are good and tell the body's length. False where something has to be waited for,
        or the connection ends with the answer: that is for `send`.
        """
        if self.response_started or self.disconnected or self.flow.write_paused:
            return False
        if not self.keep_alive or _CLOSE in headers:
            return False
        said = [STATUS_LINE[status]]
        for name, value in headers:
            said += (name, b": ", value, b"\r\n")
        said += (b"\r\n", body)
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(b"".join(said))
        if self.event is not None:
            self.event.set()
        self.on_response()
        return True
