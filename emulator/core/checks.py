"""What must hold of a good token beside its signature, one check at a time.

Each finds every fault there is: a verifier refuses for the first, an explanation tells them all.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from emulator.core.clock import iso_milliseconds
from emulator.core.outcomes import Json
from emulator.core.principals import Principal
from emulator.core.realm import Realm
from emulator.core.section import Section
from emulator.core.token_faults import TokenFault, TokenRefused
from emulator.core.tokens import CALLER, REFRESH, Claims, Grant, merged

_LEEWAY = 1
"""`iat` is in whole seconds and the clock is not, in seconds."""

_LAST_DATE = 253_402_300_799
"""The end of the year 9999, in POSIX seconds."""


def is_date(value: Any) -> TypeGuard[float]:
    """Whether a claim is a NumericDate (RFC 7519 §2) that a calendar can show."""
    return (
        isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LAST_DATE
    )


def date_faults(claims: Mapping[str, Any], now: float) -> Iterator[TokenRefused]:
    """What is wrong with exp, nbf and iat (RFC 7519 §4.1) at `now`, in POSIX seconds."""
    expiry = claims.get("exp")
    if not is_date(expiry):
        yield TokenRefused(TokenFault.MISSING_EXP, "it has no exp that is a date")
    elif now >= expiry:
        yield TokenRefused(TokenFault.EXPIRED, f"it expired at {iso_milliseconds(expiry)}", expiry)
    for name in ("nbf", "iat"):
        begins = claims.get(name)
        if begins is None:
            continue
        if not is_date(begins):
            yield TokenRefused(TokenFault.MALFORMED, f"its {name} is no date")
        elif begins > now + _LEEWAY:
            yield TokenRefused(
                TokenFault.NOT_YET_VALID, f"its {name} is {iso_milliseconds(begins)}, in the future"
            )


def holder_gone() -> TokenRefused:
    """What is wrong with a token whose grant names nobody."""
    return TokenRefused(
        TokenFault.HOLDER_GONE, "whom it was issued to is no principal of this vendor (any more)"
    )


async def standing_faults(
    realm: Realm, claims: Mapping[str, Any], grant: Grant, holder: Principal | None
) -> list[TokenRefused]:
    """What befell a token, or its holder, since it was issued."""
    faults = []
    if await realm.revoked(str(claims["jti"]), grant):
        faults.append(TokenRefused(TokenFault.REVOKED, "it was revoked"))
    if holder is not None and holder.blocked:
        sentence = f"{holder.name} is {holder.status}"
        faults.append(TokenRefused(TokenFault.HOLDER_BLOCKED, sentence))
    return faults


def address_faults(
    section: Section, claims: Mapping[str, Any], holder: Principal | None
) -> Iterator[TokenRefused]:
    """What is wrong with iss and aud, which are to be as the fixture says for the holder."""
    refreshes = claims.get("token_use") == REFRESH
    expected = _issued_with(section, holder, refreshes=refreshes)
    if not _issued_by(section.vendor, claims.get("iss"), expected.get("iss")):
        wanted = expected.get("iss")
        known = f"is not {wanted}" if wanted not in (None, CALLER) else "is none of this vendor's"
        yield TokenRefused(TokenFault.WRONG_ISSUER, f"its iss {known}")
    audience, given = (_listed(source.get("aud")) for source in (expected, claims))
    if audience and not audience & given:
        sentence = f"its aud is not {', '.join(sorted(audience))}"
        yield TokenRefused(TokenFault.WRONG_AUDIENCE, sentence)
    elif not audience and given:  # RFC 7519 §4.1.3: it is meant for somebody else
        yield TokenRefused(
            TokenFault.WRONG_AUDIENCE, "it has an aud, and tokens of this vendor have none"
        )


def says_issued_by(section: Section, claims: Mapping[str, Any]) -> bool:
    """Whether iss is the vendor's, whoever the holder is."""
    issuer = claims.get("iss")
    return isinstance(issuer, str) and _issued_by(
        section.vendor, issuer, _issued_with(section, None).get("iss")
    )


def _issued_with(
    section: Section, holder: Principal | None, *, refreshes: bool = False
) -> Mapping[str, Any]:
    """The claims that the fixture gives the holder's tokens; its refresh tokens get no others."""
    settings = section.issuer.settings
    audience = settings.audience
    named: Json = list(audience) if isinstance(audience, tuple) else audience
    registered: Claims = {"iss": settings.issuer, "aud": named}
    if refreshes:
        return merged(registered)
    return merged(registered, settings.claims, {} if holder is None else holder.claims)


def _issued_by(vendor: str, given: object, expected: object) -> bool:
    if given == expected:
        return True
    # Any address of ours: callers reach us by several.
    here = f"/_emulator/{vendor}"
    return expected == CALLER and isinstance(given, str) and given.endswith(here)


def _listed(audience: object) -> set[str]:
    if isinstance(audience, str):
        return {audience}
    return {str(one) for one in audience} if isinstance(audience, list) else set()
