"""What the doctor finds, by name: the documentation says of each what to do."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeAlias


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Kind(StrEnum):
    """What can be found."""

    PROXY_IN_THE_WAY = "proxy_in_the_way"
    NAME_UNKNOWN = "name_unknown"
    NOBODY_LISTENS = "nobody_listens"
    UNREACHABLE = "unreachable"
    SILENT = "silent"
    SPEAKS_TLS = "speaks_tls"
    SPEAKS_NO_TLS = "speaks_no_tls"
    OTHER_PROGRAM = "other_program"
    NO_BASE_URL = "no_base_url"
    REALM_UNKNOWN = "realm_unknown"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    CERTIFICATE_OF_ANOTHER = "certificate_of_another"
    CONTROL_CLOSED = "control_closed"
    MACHINES_APART = "machines_apart"
    CLOCK_MOVED = "clock_moved"
    CLOCK_STANDS = "clock_stands"
    METADATA_UNUSABLE = "metadata_unusable"
    METADATA_ELSEWHERE = "metadata_elsewhere"
    ISSUER_UNKNOWN = "issuer_unknown"
    ISSUER_ELSEWHERE = "issuer_elsewhere"
    JWKS_UNUSABLE = "jwks_unusable"
    JWKS_LACKS_KEY = "jwks_lacks_key"
    JWKS_WRONG_KEY = "jwks_wrong_key"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was seen, and the remedy if something is wrong with it.

    `about` says in a word what was looked at; `kind` is None if all is well.
    """

    level: Level
    about: str
    seen: str
    kind: Kind | None = None
    remedy: str | None = None

    def members(self) -> dict[str, Any]:
        """The same for a program."""
        members = asdict(self)
        return {"level": members.pop("level"), "finding": members.pop("kind"), **members}


class NotReached(Exception):
    """No emulator can be reached; `finding` is why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.seen)
        self.finding = finding


Report: TypeAlias = Callable[[Finding], object]
"""Takes each finding as it is made."""


def ok(about: str, seen: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, about, seen)


def warning(about: str, kind: Kind, seen: str, remedy: str) -> Finding:
    """Something that may be intended, and that breaks what others expect."""
    return Finding(Level.WARNING, about, seen, kind, remedy)


def wrong(about: str, kind: Kind, seen: str, remedy: str) -> Finding:
    """Something that keeps a client from signing in, or a service from verifying."""
    return Finding(Level.WRONG, about, seen, kind, remedy)
