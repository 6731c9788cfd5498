"""What the doctor finds, by name: the docs say of each what to do."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


class Kind(StrEnum):
    """What can be found."""

    PROXY_IN_THE_WAY = "proxy_in_the_way"
    NAME_UNKNOWN = "name_unknown"
    NOBODY_LISTENS = "nobody_listens"
    UNREACHABLE = "unreachable"
    OTHER_ADDRESS_FIRST = "other_address_first"
    SILENT = "silent"
    SPEAKS_TLS = "speaks_tls"
    SPEAKS_NO_TLS = "speaks_no_tls"
    NOT_HTTP = "not_http"
    OTHER_PROGRAM = "other_program"
    NO_BASE_URL = "no_base_url"
    REALM_UNKNOWN = "realm_unknown"
    CERTIFICATE_UNTRUSTED = "certificate_untrusted"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_OF_ANOTHER = "certificate_of_another"
    CA_NOT_EVERYWHERE = "ca_not_everywhere"
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
    """One thing that was looked at: what was seen, and what to do where it is not as it should be.

    `about` says what was looked at, in a word; `kind` is None where all is well.
    """

    level: Level
    about: str
    seen: str
    kind: Kind | None = None
    remedy: str | None = None

    def members(self) -> dict[str, Any]:
        """The same for a program."""
        told = asdict(self)
        return {"level": told.pop("level"), "finding": told.pop("kind"), **told}


def ok(about: str, seen: str) -> Finding:
    """All is well."""
    return Finding(Level.OK, about, seen)


def warning(about: str, kind: Kind, seen: str, remedy: str) -> Finding:
    """Something that may be meant so, and that breaks others' expectations."""
    return Finding(Level.WARNING, about, seen, kind, remedy)


def wrong(about: str, kind: Kind, seen: str, remedy: str) -> Finding:
    """Something that keeps a client from signing in, or a service from verifying."""
    return Finding(Level.WRONG, about, seen, kind, remedy)
