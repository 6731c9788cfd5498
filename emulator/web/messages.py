"""A request as operations see it, and what they answer. No framework's."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

HeaderPairs = list[tuple[bytes, bytes]]


_SENT = "!$%&'()*+,-./:;=?@[]_~"
"""What stands as it was sent in a path or query; bytes that no URL may hold are escaped."""


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request. Header names are lower case, as ASGI has them.

    `path` is decoded; `raw_path` and `query` are as they were sent.
    """

    method: str
    path: str
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""
    query: bytes = b""
    raw_path: bytes = b""

    @property
    def target(self) -> str:
        """Path and query as they were sent."""
        path = quote(self.raw_path, safe=_SENT) or quote(self.path)
        return f"{path}?{quote(self.query, safe=_SENT)}" if self.query else path

    def header(self, name: bytes) -> str | None:
        """The first header of this (lower case) name."""
        for known, value in self.headers:
            if known == name:
                return value.decode("latin-1")
        return None


@dataclass(slots=True)
class Answer:
    """A whole answer. `reason` is `outcome; sentence` where something was refused.

    `length` is the Content-Length of what HEAD leaves out, where it is known.
    """

    status: int
    headers: HeaderPairs = field(default_factory=list)
    body: bytes = b""
    reason: str | None = None
    length: int | None = None
