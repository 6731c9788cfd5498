"""Why a token is refused: a name for each fault, and the sentence that goes with it."""

from enum import StrEnum


class TokenFault(StrEnum):
    """Why a token is refused."""

    MISSING = "missing"
    MALFORMED = "malformed"
    ALG_NONE = "alg_none"
    PUBLIC_KEY_AS_SECRET = "hs256_with_public_key"  # noqa: S105 - the name of an attack
    OTHER_ALGORITHM = "other_algorithm"
    OTHER_VENDOR = "other_vendor"
    UNKNOWN_KEY = "unknown_kid"
    BAD_SIGNATURE = "bad_signature"
    OTHER_REALM = "other_realm"
    OTHER_USE = "other_use"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    MISSING_EXP = "missing_exp"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    SPENT = "spent"
    HOLDER_GONE = "holder_gone"
    HOLDER_BLOCKED = "holder_blocked"


class TokenRefused(Exception):
    """A token is refused: why, in one sentence that never holds the token.

    `expired_at` is POSIX seconds, where the fault is EXPIRED.
    """

    def __init__(self, fault: TokenFault, reason: str, expired_at: float | None = None) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason
        self.expired_at = expired_at
        self.holder: str | None = None
        """Whose token it is, where that much could be told."""
