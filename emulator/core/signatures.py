"""Whether a vendor's key signed a token; if not, why not.

How a token is parsed here (RFC 7515 §3.1) is the same for verifying it and for inspecting it.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic_core import from_json

from emulator.core.keys import SigningKey, signed_with_public_half
from emulator.core.keys.encoding import decode_segment
from emulator.core.realm import Realm
from emulator.core.vendor import VendorState

SEGMENTS = 3
"""Header, payload and signature (RFC 7515 §3.1)."""


class TokenProblem(StrEnum):
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
    REUSED = "reused"
    SUBJECT_DELETED = "subject_deleted"
    SUBJECT_BLOCKED = "subject_blocked"


class TokenRefused(Exception):
    """A token is refused; `reason` never contains the token.

    `expired_at` is POSIX seconds, where the problem is EXPIRED. `subject` is the token's subject,
    if known.
    """

    def __init__(self, problem: TokenProblem, reason: str, expired_at: float | None = None) -> None:
        super().__init__(reason)
        self.problem = problem
        self.reason = reason
        self.expired_at = expired_at
        self.subject: str | None = None


def decode_header(token: str) -> dict[str, Any]:
    """The header of a token that has three segments; else TokenRefused."""
    segments = token.split(".")
    try:
        header = from_json(decode_segment(segments[0]), allow_inf_nan=False)
    except ValueError:
        header = None
    if len(segments) != SEGMENTS or not isinstance(header, dict):
        raise TokenRefused(TokenProblem.MALFORMED, "it is not a JWT")
    return header


def decode_payload(token: str) -> dict[str, Any]:
    """The claims of a token, without verifying it. Raises TokenRefused."""
    try:
        claims = from_json(decode_segment(token.split(".")[1]), allow_inf_nan=False)
    except (ValueError, IndexError) as error:
        raise TokenRefused(TokenProblem.MALFORMED, "it is not a JWT") from error
    if not isinstance(claims, dict):
        raise TokenRefused(TokenProblem.MALFORMED, "its payload is not a JSON object")
    return claims


def is_unsigned(algorithm: object) -> bool:
    """Whether an `alg` is `none` (RFC 7518 §3.6), in any case of its letters."""
    return isinstance(algorithm, str) and algorithm.lower() == "none"


def unsigned() -> TokenRefused:
    """What is wrong with a token that is not signed."""
    return TokenRefused(TokenProblem.ALG_NONE, "it is not signed (alg none)")


async def signature_problem(
    realm: Realm, state: VendorState[Any], token: str, header: Mapping[str, Any]
) -> TokenRefused | None:
    """Why no key of the vendor signed a token with this header; None if one did."""
    key = await state.issuer.keyring.verifier(header.get("kid"))
    if key is None or header.get("alg") != key.algorithm.name:
        return await _why_not_ours(realm, state, token, header, key)
    return _problem_by(key, token)


def _problem_by(key: SigningKey, token: str) -> TokenRefused | None:
    """What is wrong with the signature of a token that this key should have signed."""
    if key.signed(token):
        return None
    try:
        decode_segment(token.rpartition(".")[2])
    except ValueError:
        if not key.algorithm.symmetric:
            return TokenRefused(TokenProblem.MALFORMED, "it is not a JWT")
    return TokenRefused(
        TokenProblem.BAD_SIGNATURE, "its signature does not verify with the key that it names"
    )


async def _why_not_ours(
    realm: Realm,
    state: VendorState[Any],
    token: str,
    header: Mapping[str, Any],
    key: SigningKey | None,
) -> TokenRefused:
    """Why neither the key nor the algorithm that a token names is this vendor's."""
    algorithm = header.get("alg")
    if is_unsigned(algorithm):
        return unsigned()
    for other in realm.vendors.values():
        if other is not state and await other.issuer.keyring.signed(token, header):
            return TokenRefused(TokenProblem.OTHER_VENDOR, f"it is a token of {other.vendor}")
    ours = await state.issuer.keyring.active()
    if signed_with_public_half(ours, token, algorithm):
        return TokenRefused(
            TokenProblem.PUBLIC_KEY_AS_SECRET,
            f"it is signed with {algorithm} and the public key as the secret",
        )
    if key is None and algorithm == ours.algorithm.name:
        return TokenRefused(TokenProblem.UNKNOWN_KEY, "it names a key that is not this vendor's")
    return TokenRefused(
        TokenProblem.OTHER_ALGORITHM,
        f"it is not signed with {ours.algorithm.name}",
    )
