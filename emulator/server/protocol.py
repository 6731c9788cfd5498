"""uvicorn's HTTP protocol with two additions.

- The application gets each request's connection, for faults that break it.
- An offered upgrade is ignored, as RFC 9110 §7.8 allows, and the request's body is kept. Java's
  HttpClient offers h2c with each request, and uvicorn would lose the body.
"""

import asyncio
import socket
import struct
import weakref
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from emulator.http.connection import CONNECTION

_NO_LINGER = struct.pack("ii", 1, 0)


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol on httptools.

    A parser stops at the head of an upgrade request. It is replaced, and the next one reads the
    same head without the `Upgrade` header.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.parser = _Parser(self)
        self._read_again = b""

    def data_received(self, data: bytes) -> None:
        """Parse received bytes; after an upgrade request, parse the rest again."""
        while data:
            self._read_again = b""
            super().data_received(data)
            data = self._read_again

    def on_headers_complete(self) -> None:
        """Begin a request. CONNECT is refused with 400."""
        if self.parser.get_method() == b"CONNECT":
            raise httptools.HttpParserError
        if self.parser.should_upgrade():
            return
        super().on_headers_complete()
        # The request's task has not run yet. (ASGI wants dicts for extensions.)
        connection: Any = _Connection(self.transport, self.cycle)
        self.scope["extensions"] = {CONNECTION: connection}

    def on_message_complete(self) -> None:
        """The end of a request, also of one that is read again."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def ignore_upgrade(self, rest: bytes) -> None:
        """Read the current request again without its upgrade offer, then the `rest`."""
        target = b"%s %s" % (self.parser.get_method(), self.url)
        lines = [b"%s HTTP/%s" % (target, self.parser.get_http_version().encode())]
        lines += [b"%s: %s" % header for header in self.headers if header[0] != b"upgrade"]
        self.parser = _Parser(self)
        self._read_again = b"\r\n".join([*lines, b"", rest])


class _Parser(httptools.HttpRequestParser):
    def __init__(self, protocol: HttpProtocol) -> None:
        super().__init__(protocol)
        self.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self._protocol = protocol

    def feed_data(self, data: bytes) -> None:  # type: ignore[override]  # what uvicorn passes
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._protocol.ignore_upgrade(data[offer.args[0] :])


class _Connection:
    """The connection of one request: an `emulator.http.connection.Connection`."""

    def __init__(self, transport: asyncio.Transport, cycle: RequestResponseCycle) -> None:
        self._transport = transport
        # Weak, for the cycle's scope holds this. The cycle lives as long as its request.
        self._cycle = weakref.proxy(cycle)

    def end_with(self, data: bytes) -> None:
        self._cycle.disconnected = True
        self._transport.write(data)
        self._transport.close()

    def reset(self) -> None:
        self._cycle.disconnected = True
        connected = self._transport.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()
