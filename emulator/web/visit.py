"""A request on its way through the stage."""

from collections.abc import Awaitable, Callable, Generator, Mapping, MutableMapping
from types import coroutine
from typing import Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from emulator.core.clock import stopwatch
from emulator.core.realm import Realm
from emulator.web.connection import Connection, connection_of
from emulator.web.messages import NO_PARAMETERS, Request

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

REALMS = "/realms/"
"""Below it, followed by its name, every realm answers as the default one does at the root."""


_FEW = 2
"""Of so few calls, none has a reason to let the others catch up."""


@coroutine
def next_turn() -> Generator[None, None, None]:
    """Wait for the loop's next turn; `asyncio.sleep(0)` does it by one more call."""
    yield


class Visit(Struct):
    """An ASGI request, the realm that it is for, and its path within that realm.

    `prefix` is what leads to the realm: empty, or `/realms/NAME`. `began` is by the stopwatch.
    `body_bytes` is how long the body was, once it is read; `parameters` are a resource's.
    `connection` is None under another server than ours.

    One that is `in_company` lets other calls catch up after each part of the work. A sign-in runs
    through some times as much code as a processor keeps at hand. Call after call, each fetches all
    of it anew; part by part, the first fetches it for all: with 32 calls at once, each takes a
    fifth less.
    """

    scope: Message
    receive: Receive
    realm: Realm
    path: str
    method: str
    raw_path: bytes
    prefix: str
    connection: Connection | None
    began: float
    in_company: bool
    body_bytes: int | None = None
    parameters: Mapping[str, str] = NO_PARAMETERS

    @coroutine
    def let_others_catch_up(self) -> Generator[None, None, None]:
        """Wait for a turn of the loop, and for another where calls came or went meanwhile.

        Or else two groups follow each other for good, each a part of the work behind the other.
        """
        connection = self.connection
        if connection is None:
            return
        for _ in range(2):
            before = len(connection.tasks)
            yield
            if len(connection.tasks) == before:
                return

    def within(self, realm: Realm, name: str) -> "Visit":
        """The same visit below `/realms/NAME`, which `realm` answers."""
        prefix = f"{REALMS}{name}"
        path = self.path.removeprefix(prefix) or "/"
        raw, sent = self.raw_path, prefix.encode()
        # A name that was sent with escapes: what follows it has to be found in the decoded path.
        inside = raw.removeprefix(sent) if raw.startswith(sent) else b""
        return replace(self, realm=realm, path=path, raw_path=inside, prefix=prefix)

    @property
    def sent(self) -> str:
        """The path as it was sent, its escapes too."""
        return (self.raw_path or self.path.encode()).decode("latin-1")

    def request(self, body: bytes = b"", parameters: dict[str, str] | None = None) -> Request:
        """The request, with its body."""
        scope = self.scope
        return Request(
            self.method,
            self.path,
            scope["headers"],
            body,
            scope.get("query_string", b""),
            self.raw_path,
            parameters or NO_PARAMETERS,
        )


def at_the_root(scope: Message, receive: Receive, realm: Realm) -> Visit:
    """A visit of the default realm."""
    if scope.get("root_path"):
        path, raw_path = path_of(scope), _raw_path_of(scope)
    else:
        path, raw_path = scope["path"], scope.get("raw_path") or b""
    connection, method, began = connection_of(scope), scope["method"], stopwatch()
    in_company = connection is not None and len(connection.tasks) > _FEW
    return Visit(scope, receive, realm, path, method, raw_path, "", connection, began, in_company)


def named_realm(path: str) -> str | None:
    """The realm that a path below `/realms/` is for; None for every other path."""
    if not path.startswith(REALMS):
        return None
    return path[len(REALMS) :].partition("/")[0]


def inside(path: str) -> str:
    """A path as a realm sees it, whether there is such a realm or not."""
    name = named_realm(path)
    return path if name is None else path[len(REALMS) + len(name) :] or "/"


def path_of(scope: Message) -> str:
    """The decoded path of a request, without the prefix that we may be mounted below."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root else path


def _raw_path_of(scope: Message) -> bytes:
    raw: bytes = scope.get("raw_path") or b""
    root: str = scope.get("root_path", "")
    return raw.removeprefix(root.encode()) if root else raw
