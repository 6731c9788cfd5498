"""Is this a good token of this realm and vendor? If not, just why.

The signature is PyJWT's to check; times are the realm's clock's, which PyJWT does not know. What a
refusal means (status, words) is the vendor's to say: here it only gets a name and a sentence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeGuard

import orjson

from emulator.core.clock import iso_milliseconds
from emulator.core.keys import SigningKey
from emulator.core.keys.key import decoded
from emulator.core.keys.ring import signed_with_public_half
from emulator.core.outcomes import Json
from emulator.core.principals import Principal
from emulator.core.realm import Realm
from emulator.core.section import Section
from emulator.core.tokens import CALLER, REFRESH, Grant, merged


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


@dataclass(frozen=True, slots=True)
class Verified:
    """A good token: its claims, whose it is, and the grant that it came of."""

    vendor: str
    claims: Mapping[str, Any]
    holder: Principal
    grant: Grant

    @property
    def is_refresh(self) -> bool:
        """Whether it is a refresh token."""
        return self.claims.get("token_use") == REFRESH

    @property
    def scopes(self) -> frozenset[str]:
        """What it is good for."""
        return frozenset(str(self.claims.get("scope", "")).split())


def claimed_holder(realm: Realm, section: Section, token: str) -> str:
    """Whose token it says it is, before anything of it is checked; empty where it names nobody."""
    try:
        claims = orjson.loads(decoded(section.jwt_of(token).split(".")[1]))
        grant = realm.stamp.grant_of(claims.get("jti"))
    except (ValueError, IndexError, AttributeError):
        return ""
    holder = section.holder_of(grant) if grant is not None else None
    return holder.name if holder is not None else ""


async def verified_token(realm: Realm, section: Section, token: str) -> Verified:
    """A good token of the section's vendor, access or refresh; else TokenRefused."""
    found = await _verified(realm, section, section.jwt_of(token))
    if not found.is_refresh:
        expected = _issued_with(section, found.holder)
        _check_issuer(found.claims, expected)
        _check_audience(found.claims, expected)
    return found


async def signed_token(realm: Realm, section: Section, token: str) -> Verified:
    """The same, whatever the time, and though it were revoked: for who wants it gone."""
    return await _signed(realm, section, section.jwt_of(token))


async def verified_access_token(realm: Realm, section: Section, token: str) -> Verified:
    """A good access token of the section's vendor; else TokenRefused."""
    found = await verified_token(realm, section, token)
    if found.is_refresh:
        raise TokenRefused(TokenFault.OTHER_USE, "a refresh token was sent as the access token")
    return found


async def verified_refresh_token(realm: Realm, section: Section, token: str) -> Verified:
    """A good refresh token of the section's vendor; else TokenRefused."""
    found = await verified_token(realm, section, token)
    if not found.is_refresh:
        raise TokenRefused(TokenFault.OTHER_USE, "an access token was sent as the refresh token")
    return found


async def _verified(realm: Realm, section: Section, token: str) -> Verified:
    found = await _signed(realm, section, token)
    try:
        await _check_still_good(realm, found)
    except TokenRefused as refused:
        refused.holder = found.holder.name
        raise
    return found


async def _signed(realm: Realm, section: Section, token: str) -> Verified:
    claims = await _signed_claims(realm, section, token)
    grant = realm.stamp.grant_of(claims.get("jti"))
    if grant is None:
        raise TokenRefused(TokenFault.OTHER_REALM, "it is of another realm, or of before a reset")
    holder = section.holder_of(grant)
    if holder is None:
        raise TokenRefused(
            TokenFault.HOLDER_GONE,
            "whom it was issued to is no principal of this vendor (any more)",
        )
    return Verified(section.vendor, claims, holder, grant)


async def _check_still_good(realm: Realm, found: Verified) -> None:
    _check_times(realm, found.claims)
    if await realm.revoked(str(found.claims["jti"]), found.grant):
        raise TokenRefused(TokenFault.REVOKED, "it was revoked")
    if found.holder.blocked:
        raise TokenRefused(
            TokenFault.HOLDER_BLOCKED, f"{found.holder.name} is {found.holder.status}"
        )


async def _signed_claims(realm: Realm, section: Section, token: str) -> dict[str, Any]:
    header = _header(token)
    key = await section.issuer.keyring.verifier(header.get("kid"))
    if key is None or header.get("alg") != key.algorithm.name:
        raise await _why_not_ours(realm, section, token, header, key)
    if key.algorithm.symmetric:  # PyJWT refuses secrets that look like a public key
        good = await section.issuer.keyring.signed(token, header)
    else:
        good = _well_signed(token, key)
    return _payload(token, good=good)


def _well_signed(token: str, key: SigningKey) -> bool:
    from jwt import PyJWS  # here: PyJWT is slow to import, and a sign-in does not need it
    from jwt.exceptions import InvalidSignatureError, PyJWTError

    name = key.algorithm.name
    try:
        PyJWS(algorithms=[name]).decode(token, key.verifies_with, algorithms=[name])
    except InvalidSignatureError:
        return False
    except PyJWTError as error:
        raise TokenRefused(TokenFault.MALFORMED, "it is no JWT") from error
    return True


def _payload(token: str, *, good: bool) -> dict[str, Any]:
    """The claims of a token whose signature is good."""
    if not good:
        raise TokenRefused(
            TokenFault.BAD_SIGNATURE, "its signature is not by the key that it names"
        )
    try:
        claims = orjson.loads(decoded(token.split(".")[1]))
    except ValueError as error:
        raise TokenRefused(TokenFault.MALFORMED, "it is no JWT") from error
    if not isinstance(claims, dict):
        raise TokenRefused(TokenFault.MALFORMED, "its payload is no JSON object")
    return claims


def _header(token: str) -> dict[str, Any]:
    segments = token.split(".")
    try:
        header = orjson.loads(decoded(segments[0]))
    except ValueError:
        header = None
    if len(segments) != 3 or not isinstance(header, dict):
        raise TokenRefused(TokenFault.MALFORMED, "it is no JWT")
    return header


async def _why_not_ours(
    realm: Realm, section: Section, token: str, header: Mapping[str, Any], key: SigningKey | None
) -> TokenRefused:
    """Why neither the key nor the algorithm that a token names is this vendor's."""
    algorithm = header.get("alg")
    if isinstance(algorithm, str) and algorithm.lower() == "none":
        return TokenRefused(TokenFault.ALG_NONE, "it is not signed (alg none)")
    for other in realm.sections.values():
        if other is not section and await _made_by(other, token, header):
            return TokenRefused(TokenFault.OTHER_VENDOR, f"it is a token of {other.vendor}")
    ours = await section.issuer.keyring.active()
    if signed_with_public_half(ours, token, algorithm):
        return TokenRefused(
            TokenFault.PUBLIC_KEY_AS_SECRET,
            f"it is signed with {algorithm} and the public key as the secret",
        )
    if key is None and algorithm == ours.algorithm.name:
        return TokenRefused(TokenFault.UNKNOWN_KEY, "it names a key that this vendor does not have")
    return TokenRefused(
        TokenFault.OTHER_ALGORITHM,
        f"it is signed with another algorithm than {ours.algorithm.name}",
    )


async def _made_by(other: Section, token: str, header: Mapping[str, Any]) -> bool:
    """Whether a token is another vendor's, and does not only say so."""
    ring = other.issuer.keyring
    if not await ring.signed(token, header):
        return False
    key = None if ring.algorithm.symmetric else await ring.verifier(header.get("kid"))
    return key is None or _well_signed(token, key)


def _check_times(realm: Realm, claims: Mapping[str, Any]) -> None:
    now = realm.clock.now()
    expiry = claims.get("exp")
    if not _is_date(expiry):
        raise TokenRefused(TokenFault.MISSING_EXP, "it has no exp that is a date")
    if now >= expiry:
        at = iso_milliseconds(expiry)
        raise TokenRefused(TokenFault.EXPIRED, f"it expired at {at}", expiry)
    for name in ("nbf", "iat"):
        begins = claims.get(name)
        if begins is not None and not _is_date(begins):
            raise TokenRefused(TokenFault.MALFORMED, f"its {name} is no date")
        if begins is not None and begins > now + _LEEWAY:
            raise TokenRefused(
                TokenFault.NOT_YET_VALID, f"its {name} is {iso_milliseconds(begins)}, in the future"
            )


def _is_date(value: Any) -> TypeGuard[float]:
    """Whether a claim is a NumericDate (RFC 7519 §2) that a calendar can show."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LAST_DATE
    )


_LAST_DATE = 253_402_300_799
"""The end of the year 9999, in POSIX seconds."""

_LEEWAY = 1
"""`iat` is in whole seconds and the clock is not, in seconds."""


def _issued_with(section: Section, holder: Principal) -> Mapping[str, Any]:
    """The claims that the fixture gives the holder's tokens beside the registered ones."""
    settings = section.issuer.settings
    audience = settings.audience
    named: Json = list(audience) if isinstance(audience, tuple) else audience
    issuer = None if settings.issuer == CALLER else settings.issuer  # any address of ours
    return merged({"iss": issuer, "aud": named}, settings.claims, holder.claims)


def _check_issuer(claims: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    if "iss" in expected and claims.get("iss") != expected["iss"]:
        raise TokenRefused(TokenFault.WRONG_ISSUER, f"its iss is not {expected.get('iss')}")


def _check_audience(claims: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    wanted, given = (_listed(source.get("aud")) for source in (expected, claims))
    if wanted and not wanted & given:
        raise TokenRefused(TokenFault.WRONG_AUDIENCE, f"its aud is not {', '.join(sorted(wanted))}")


def _listed(audience: object) -> set[str]:
    if isinstance(audience, str):
        return {audience}
    return {str(one) for one in audience} if isinstance(audience, list) else set()
