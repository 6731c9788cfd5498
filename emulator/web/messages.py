"""A request as operations see it, and what they answer. No framework's."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import quote

from msgspec import Struct, field

from emulator.core.faults import ConnectionFault

HeaderPairs = list[tuple[bytes, bytes]]

Members: TypeAlias = dict[str, Any]
"""The members of a request's body, by name."""

NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})

_SENT = "!$%&'()*+,-./:;=?@[]_~"
"""What stands as it was sent in a path or query; bytes that no URL may hold are escaped."""


class Request(Struct, frozen=True):
    """A whole request. Header names are lower case, as ASGI has them.

    `path` is decoded; `raw_path` and `query` are as they were sent. Both paths lie within the realm
    that the request is for. `parameters` are what a path's `{names}` stand for.
    """

    method: str
    path: str
    headers: Sequence[tuple[bytes, bytes]] = ()
    body: bytes = b""
    query: bytes = b""
    raw_path: bytes = b""
    parameters: Mapping[str, str] = NO_PARAMETERS

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


class Answer(Struct):
    """A whole answer, and what the journal tells of it.

    `reason` is `outcome; sentence` where something was refused. `length` is the Content-Length of
    what HEAD leaves out, where it is known. `stream` comes in the place of a body and has no end.
    `connection` is what befalls the connection in the answer's place. Only a body that is `ours`,
    rendered here, is told: where it has tokens, `told`, which is the wire's shape or the body with
    them masked. `text` says that it is no JSON; `secrets` are what else of it nobody is told.
    """

    status: int
    headers: HeaderPairs = field(default_factory=list)
    body: bytes = b""
    reason: str | None = None
    length: int | None = None
    stream: AsyncGenerator[bytes, None] | None = None
    connection: ConnectionFault | None = None
    outcome: str = ""
    operation: str = ""
    principal: str = ""
    fault: str | None = None
    members: Members | None = None
    told: object = None
    ours: bool = False
    text: bool = False
    secrets: tuple[str, ...] = ()
