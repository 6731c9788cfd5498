"""A request as operations see it, and what they answer. No framework's."""

from collections.abc import Sequence
from dataclasses import dataclass, field

HeaderPairs = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request. Header names are lower case, as ASGI has them."""

    method: str
    path: str
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""

    def header(self, name: bytes) -> str | None:
        """The first header of this (lower case) name."""
        for known, value in self.headers:
            if known == name:
                return value.decode("latin-1")
        return None


@dataclass(slots=True)
class Answer:
    """A whole answer. `reason` is `outcome; sentence` where something was refused."""

    status: int
    headers: HeaderPairs = field(default_factory=list)
    body: bytes = b""
    reason: str | None = None
