"""A caller's connection, as our own server shows it to the application: an extension of ASGI."""

from collections.abc import Mapping, Sized
from typing import Any, Protocol

from emulator.web.messages import HeaderPairs

CONNECTION = "emulator.connection"
"""The name of the extension."""


class Connection(Protocol):
    """For the faults that befall a connection, and for answers that need no ASGI.

    Where it may be `half_open`, a caller that closes its own side still waits for the answer;
    otherwise it has left.
    """

    half_open: bool

    @property
    def tasks(self) -> Sized:
        """The calls that its server has in hand, of all connections."""
        ...

    def whole_body(self) -> bytes | None:
        """The present request's body, where all of it has come; else None: `receive` waits for it.

        It is told once, by this or by `receive`.
        """
        ...

    def answer(self, status: int, headers: HeaderPairs, body: bytes) -> bool:
        """Answer the present request at once; False where that has to go through ASGI."""
        ...

    def end_with(self, data: bytes) -> None:
        """Write bytes, and close."""
        ...

    def reset(self) -> None:
        """Reset it (a TCP RST)."""
        ...


def connection_of(scope: Mapping[str, Any]) -> Connection | None:
    """The connection that a request came by; None under another server than ours."""
    found: Connection | None = scope.get("extensions", {}).get(CONNECTION)
    return found
