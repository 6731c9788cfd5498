"""A request of an ASGI application in this process, with nothing in between.

For whoever has the emulator at hand and needs no server: commands, tests, httpx.
"""

from collections.abc import Sized
from urllib.parse import unquote, urlsplit

from msgspec import Struct, field

from emulator.web.connection import CONNECTION
from emulator.web.messages import HeaderPairs
from emulator.web.visit import AsgiApp, Message


class Exchange(Struct):
    """One request of an ASGI application, and what became of it.

    It is also the connection that the stage lets its connection faults befall: `cut` is what was
    written before the end (empty: nothing), `was_reset` says that it was reset.
    """

    body: bytes
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    content: bytearray = field(default_factory=bytearray)
    cut: bytes | None = None
    was_reset: bool = False
    half_open: bool = False
    _read: bool = False

    async def receive(self) -> Message:
        """The body in one piece; then the caller is gone."""
        body = self.whole_body()
        if body is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.content += message.get("body", b"")

    @property
    def tasks(self) -> Sized:
        """None but this one: in the process there is no server."""
        return ()

    def whole_body(self) -> bytes | None:
        """The body, once: it came with its head."""
        if self._read:
            return None
        self._read = True
        return self.body

    def answer(self, status: int, headers: HeaderPairs, body: bytes) -> bool:
        """Never by itself: the answer goes through ASGI."""
        del status, headers, body
        return False

    def end_with(self, data: bytes) -> None:
        """See `emulator.web.connection.Connection`."""
        self.cut = data

    def reset(self) -> None:
        """See `emulator.web.connection.Connection`."""
        self.was_reset = True


async def exchange(
    app: AsgiApp,
    method: str,
    url: str,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
) -> Exchange:
    """Let an application answer a request; `url` is whole, its path as it is to be sent."""
    parts = urlsplit(url)
    told = Exchange(body)
    scope: Message = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode("ascii"),
        "query_string": parts.query.encode("ascii"),
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": None,
        "extensions": {CONNECTION: told},
    }
    await app(scope, told.receive, told.send)
    return told
