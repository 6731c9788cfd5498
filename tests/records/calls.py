"""Scripts and their calls, as the generators make them and the records hold them."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Body: TypeAlias = str | list[Any] | dict[str, str]
"""A text; or a list of texts and `[text, how often]`; or `{"base64": ...}`."""

Header: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Call:
    """One HTTP request. `target` is the path as it is sent, with its query.

    Texts may hold references to earlier answers, see `references.py`.
    """

    method: str
    target: str
    headers: Sequence[Header] = ()
    body: Body = ""
    server: Sequence[Any] | None = None
    """Address and port at which it arrives; by default the name `emulator`."""
    client: str = "127.0.0.1"
    mask: Sequence[str] = ()
    """Members of its answer that differ each time."""

    def recorded(self) -> dict[str, Any]:
        """The call as a record holds it: without what is usual."""
        told: dict[str, Any] = {"method": self.method, "target": self.target}
        if self.headers:
            told["headers"] = [list(pair) for pair in self.headers]
        if self.body:
            told["body"] = self.body
        if self.server is not None:
            told["server"] = list(self.server)
        if self.client != "127.0.0.1":
            told["client"] = self.client
        if self.mask:
            told["mask"] = list(self.mask)
        return told

    @classmethod
    def from_record(cls, told: Mapping[str, Any]) -> "Call":
        """The call that a record holds."""
        headers = [(name, value) for name, value in told.get("headers", ())]
        return cls(**{**told, "headers": headers})


@dataclass
class Script:
    """Calls against one fresh emulator. Its name begins with its theme and a dot."""

    name: str
    fixture: dict[str, Any]
    config: dict[str, Any] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    @property
    def theme(self) -> str:
        """What the script is about: the name of the file that holds it."""
        return self.name.partition(".")[0]

    def recorded(self) -> dict[str, Any]:
        """The script as the first line of its record holds it."""
        return {"script": self.name, "fixture": self.fixture, "config": self.config}


def body_bytes(body: Body) -> bytes:
    """A body as it is sent; JSON texts hold surrogates nowhere."""
    if isinstance(body, dict):
        return b64decode(body["base64"])
    if isinstance(body, str):
        return body.encode()
    parts = (part if isinstance(part, str) else part[0] * part[1] for part in body)
    return "".join(parts).encode()
