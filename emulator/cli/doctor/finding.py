"""The findings of the doctor; docs/commands.md lists them."""

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
    """The kinds of findings."""

    PROXY_USED = "proxy_used"
    HOST_NOT_FOUND = "host_not_found"
    CONNECTION_REFUSED = "connection_refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    HTTPS_EXPECTED = "https_expected"
    HTTP_EXPECTED = "http_expected"
    NOT_AN_EMULATOR = "not_an_emulator"
    WRONG_PATH = "wrong_path"
    REALM_NOT_FOUND = "realm_not_found"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    HOSTNAME_MISMATCH = "hostname_mismatch"
    CONTROL_API_REFUSED = "control_api_refused"
    CLOCK_SKEW = "clock_skew"
    CLOCK_MOVED = "clock_moved"
    CLOCK_FROZEN = "clock_frozen"
    METADATA_INVALID = "metadata_invalid"
    METADATA_OTHER_HOST = "metadata_other_host"
    ISSUER_NOT_FOUND = "issuer_not_found"
    ISSUER_OTHER_HOST = "issuer_other_host"
    JWKS_INVALID = "jwks_invalid"
    JWKS_MISSING_KEY = "jwks_missing_key"
    JWKS_WRONG_KEY = "jwks_wrong_key"


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: what was seen, and the remedy if something is wrong.

    `about` names the check; `kind` is None if all is well.
    """

    level: Level
    about: str
    seen: str
    kind: Kind | None = None
    remedy: str | None = None

    def members(self) -> dict[str, Any]:
        """The members of the JSON output."""
        members = asdict(self)
        return {"level": members.pop("level"), "finding": members.pop("kind"), **members}


class NotReached(Exception):
    """No emulator can be reached; `finding` is why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.seen)
        self.finding = finding


Report: TypeAlias = Callable[[Finding], object]
"""Receives each finding."""


def ok(about: str, seen: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, about, seen)


def warning(about: str, kind: Kind, seen: str, remedy: str) -> Finding:
    """A finding that may be intended, but may break a client."""
    return Finding(Level.WARNING, about, seen, kind, remedy)


def wrong(about: str, kind: Kind, seen: str, remedy: str) -> Finding:
    """A finding that prevents sign-in or verification."""
    return Finding(Level.WRONG, about, seen, kind, remedy)
