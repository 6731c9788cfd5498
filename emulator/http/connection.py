"""The connection of a request, which ASGI does not show: an extension of our own server.

Faults that break a connection need it. Under another server, and in tests that call the
application without one, the extension is absent.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from starlette.requests import HTTPConnection

CONNECTION = "emulator.connection"
"""The name of the extension in `scope["extensions"]`."""


class Connection(Protocol):
    """The connection on which one request came.

    After either call the server sends nothing more on it.
    """

    def end_with(self, data: bytes) -> None:
        """Write bytes as they are, and close. What was written before still arrives."""

    def reset(self) -> None:
        """End the connection by a TCP RST; what was written and not yet sent is lost."""


def connection_of(scope: Mapping[str, Any]) -> Connection | None:
    """The connection of a request, or None under another server."""
    connection: Connection | None = scope.get("extensions", {}).get(CONNECTION)
    return connection


def server_is_stopping(request: HTTPConnection) -> bool:
    """Whether the emulator's server is stopping: then streams and delays end."""
    stopping = getattr(request.app.state, "stopping", None)
    return stopping is not None and stopping.is_set()


class ConnectionFaultTriggered(ConnectionError):
    """A connection fault was triggered under another server.

    httpx's ASGITransport raises it in the client, as a broken connection would be. `kind` is the
    fault; `data` are the bytes that would have been sent before the end.
    """

    def __init__(self, kind: str, data: bytes, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.data = data
