"""Whether a token is valid for a realm and vendor; if not, why.

The signature is checked in `signatures`, everything else here, by the realm's clock. Vendors decide
on status and body of a refusal: here it has a code and a reason. A verifier refuses for the first
problem, an inspection shows them all.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from emulator.core.clock import iso_milliseconds
from emulator.core.outcomes import Json, Refused
from emulator.core.principals import Principal, Subject
from emulator.core.realm import Realm
from emulator.core.signatures import (
    TokenProblem,
    TokenRefused,
    decode_header,
    decode_payload,
    signature_problem,
)
from emulator.core.store import StoreFull
from emulator.core.tokens import CALLER, REFRESH, Claims, Grant, merge
from emulator.core.vendor import VendorState

_LEEWAY = 1
"""The tolerance for `iat`, in seconds, as it is in whole seconds and the clock is not."""

_LAST_DATE = 253_402_300_799
"""The end of the year 9999, in POSIX seconds."""


@dataclass(frozen=True)
class VerifiedToken:
    """A valid token: its claims, subject and grant."""

    vendor: str
    claims: Mapping[str, Any]
    subject: Subject
    grant: Grant

    @property
    def is_refresh(self) -> bool:
        """Whether it is a refresh token."""
        return self.claims.get("token_use") == REFRESH

    @property
    def scopes(self) -> frozenset[str]:
        """Its use."""
        return frozenset(str(self.claims.get("scope", "")).split())


def claimed_principal(realm: Realm, state: VendorState[Any], token: str) -> str:
    """The principal that a token names, without verifying it; empty if none."""
    try:
        claims = decode_payload(state.jwt_of(token))
    except TokenRefused:
        return ""
    grant = realm.identity.grant_of(claims.get("jti"))
    subject = state.subject_of(grant) if grant is not None else None
    return subject.name if subject is not None else ""


async def verify_token(realm: Realm, state: VendorState[Any], token: str) -> VerifiedToken:
    """A good token of the vendor, access or refresh; else TokenRefused."""
    found = await verify_origin(realm, state, token)
    try:
        for problem in date_problems(found.claims, realm.clock.now()):
            raise problem
        for problem in await standing_problems(realm, found.claims, found.grant, found.subject):
            raise problem
        for problem in address_problems(state, found.claims, found.subject):
            raise problem
    except TokenRefused as refused:
        refused.subject = found.subject.name
        raise
    return found


async def verify_origin(realm: Realm, state: VendorState[Any], token: str) -> VerifiedToken:
    """A token that the vendor issued in this realm, also if it has expired or was revoked."""
    jwt = state.jwt_of(token)
    problem = await signature_problem(realm, state, jwt, decode_header(jwt))
    if problem is not None:
        raise problem
    claims = decode_payload(jwt)
    grant = realm.identity.grant_of(claims.get("jti"))
    if grant is None:
        raise TokenRefused(
            TokenProblem.OTHER_REALM, "it was issued by another realm, or before a reset"
        )
    subject = state.subject_of(grant)
    if subject is None:
        raise subject_deleted()
    return VerifiedToken(state.vendor, claims, subject, grant)


async def verify_access_token(realm: Realm, state: VendorState[Any], token: str) -> VerifiedToken:
    """A good access token of the vendor; else TokenRefused."""
    found = await verify_token(realm, state, token)
    if found.is_refresh:
        raise TokenRefused(TokenProblem.OTHER_USE, "a refresh token was sent as the access token")
    return found


async def verify_refresh_token(realm: Realm, state: VendorState[Any], token: str) -> VerifiedToken:
    """A good refresh token of the vendor; else TokenRefused."""
    found = await verify_token(realm, state, token)
    if not found.is_refresh:
        raise TokenRefused(TokenProblem.OTHER_USE, "an access token was sent as the refresh token")
    return found


def is_date(value: Any) -> TypeGuard[float]:
    """Whether a claim is a NumericDate (RFC 7519 §2) in the range of calendars."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LAST_DATE
    )


def date_problems(claims: Mapping[str, Any], now: float) -> Iterator[TokenRefused]:
    """What is wrong with exp, nbf and iat (RFC 7519 §4.1) at `now`, in POSIX seconds."""
    expiry = claims.get("exp")
    if not is_date(expiry):
        yield TokenRefused(TokenProblem.MISSING_EXP, "it has no exp that is a date")
    elif now >= expiry:
        yield TokenRefused(
            TokenProblem.EXPIRED, f"it expired at {iso_milliseconds(expiry)}", expiry
        )
    for name in ("nbf", "iat"):
        begins = claims.get(name)
        if begins is None:
            continue
        if not is_date(begins):
            yield TokenRefused(TokenProblem.MALFORMED, f"its {name} is not a date")
        elif begins > now + _LEEWAY:
            sentence = f"its {name} is {iso_milliseconds(begins)}, in the future"
            yield TokenRefused(TokenProblem.NOT_YET_VALID, sentence)


def subject_deleted() -> TokenRefused:
    """What is wrong with a token whose grant names no principal."""
    return TokenRefused(
        TokenProblem.SUBJECT_DELETED,
        "its subject is not a principal of this vendor, or was removed",
    )


async def standing_problems(
    realm: Realm, claims: Mapping[str, Any], grant: Grant, subject: Principal | None
) -> list[TokenRefused]:
    """Problems that arose since the token was issued."""
    problems = []
    if await realm.is_revoked(str(claims["jti"]), grant):
        problems.append(TokenRefused(TokenProblem.REVOKED, "it was revoked"))
    if subject is not None and subject.blocked:
        sentence = f"{subject.name} is {subject.status}"
        problems.append(TokenRefused(TokenProblem.SUBJECT_BLOCKED, sentence))
    return problems


def address_problems(
    state: VendorState[Any], claims: Mapping[str, Any], subject: Subject | None
) -> Iterator[TokenRefused]:
    """What is wrong with iss and aud."""
    expected = _expected_claims(state, subject, is_refresh=claims.get("token_use") == REFRESH)
    wanted = expected.get("iss")
    if not _issued_by(state.vendor, claims.get("iss"), wanted):
        known = f"is not {wanted}" if wanted not in (None, CALLER) else "is not this vendor's"
        yield TokenRefused(TokenProblem.WRONG_ISSUER, f"its iss {known}")
    audience, given = (_audiences(source.get("aud")) for source in (expected, claims))
    if audience and not audience & given:
        sentence = f"its aud is not {', '.join(sorted(audience))}"
        yield TokenRefused(TokenProblem.WRONG_AUDIENCE, sentence)
    elif not audience and given:  # RFC 7519 §4.1.3: another recipient
        yield TokenRefused(
            TokenProblem.WRONG_AUDIENCE, "it has an aud, and tokens of this vendor have none"
        )


def claims_issuer(state: VendorState[Any], claims: Mapping[str, Any]) -> bool:
    """Whether iss is the vendor's, for any subject."""
    issuer = claims.get("iss")
    wanted = _expected_claims(state, None).get("iss")
    return isinstance(issuer, str) and _issued_by(state.vendor, issuer, wanted)


def _expected_claims(
    state: VendorState[Any], subject: Subject | None, *, is_refresh: bool = False
) -> Mapping[str, Any]:
    """The fixture's claims for the subject's tokens."""
    settings = state.issuer.settings
    audience = settings.audience
    named: Json = list(audience) if isinstance(audience, tuple) else audience
    registered: Claims = {"iss": settings.issuer, "aud": named}
    if is_refresh:
        return merge(registered)
    return merge(registered, settings.claims, {} if subject is None else subject.claims)


def _issued_by(vendor: str, given: object, expected: object) -> bool:
    if given == expected:
        return True
    # Any address: callers may use several.
    here = f"/_emulator/{vendor}"
    return expected == CALLER and isinstance(given, str) and given.endswith(here)


def _audiences(audience: object) -> set[str]:
    if isinstance(audience, str):
        return {audience}
    return {str(one) for one in audience} if isinstance(audience, list) else set()


async def end_session(realm: Realm, session: VerifiedToken) -> None:
    """End the session of a token: revoke every token of its sign-in."""
    try:
        await realm.revoke_grant(session.grant)
    except StoreFull as full:
        raise Refused("invalid_token", f"its session cannot be ended: {full}") from full
