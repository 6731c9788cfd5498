"""Any token explained: what it is, whose, and everything that is wrong with it.

The checks are those that refuse a token at a protected resource; here none of them is the last.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from emulator.core.checks import (
    address_faults,
    date_faults,
    holder_gone,
    is_date,
    standing_faults,
)
from emulator.core.clock import iso_milliseconds
from emulator.core.origin import Origin, Signature, origin_of
from emulator.core.principals import ACTIVE
from emulator.core.realm import Realm
from emulator.core.realms import Realms
from emulator.core.token_faults import TokenFault, TokenRefused
from emulator.core.token_text import Format, TokenText, taken_apart
from emulator.core.tokens import REFRESH

_DATES = ("iat", "nbf", "exp", "auth_time")
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_LONGEST_NAME = 100
"""How much of a foreign `iss` the summary repeats, in characters."""


class _Explained(Struct, frozen=True):
    """A text, where it comes from, and all that is wrong with it `now` (POSIX seconds)."""

    found: TokenText
    origin: Origin
    problems: list[TokenRefused]
    now: float

    @property
    def use(self) -> str | None:
        if self.origin.section is None or self.found.claims is None:
            return None
        return REFRESH if _refreshes(self.found.claims) else "access"


async def inspected(realm: Realm, realms: Realms, text: str) -> dict[str, object]:
    """Everything that can be told of a text, by the realm's keys and clock.

    It repeats header and claims, and nothing else of the text: above all, not the signature.
    """
    found = taken_apart(text, realm.sections.values())
    origin = await origin_of(realm, realms, found)
    problems = await _problems(realm, found, origin)
    explained = _Explained(found, origin, problems, realm.clock.now())
    return {
        "verdict": "refused" if problems else "good",
        "summary": _summary(explained),
        "problems": [{"fault": each.fault, "reason": each.reason} for each in problems],
        "notes": [*found.notes, *_notes(explained)],
        "format": found.format,
        "vendor": None if origin.section is None else origin.section.vendor,
        "realm": origin.realm,
        "use": explained.use,
        "principal": None if origin.holder is None else origin.holder.name,
        "signature": origin.signature,
        "header": found.header or None,
        "claims": found.claims,
        "dates": _dates(found.claims or {}, explained.now),
    }


async def _problems(realm: Realm, found: TokenText, origin: Origin) -> list[TokenRefused]:
    problems = [TokenRefused(TokenFault.MALFORMED, found.fault)] if found.fault else []
    if origin.fault is not None:
        problems.append(origin.fault)
    claims, section, grant = found.claims, origin.section, origin.grant
    if claims is None:
        return problems
    if origin.elsewhere is not None:
        problems.append(TokenRefused(TokenFault.OTHER_REALM, origin.elsewhere))
    elif section is not None and origin.holder is None:
        problems.append(holder_gone())
    problems += date_faults(claims, realm.clock.now())
    if section is None:
        return problems
    if grant is not None:
        problems += await standing_faults(realm, claims, grant, origin.holder)
        if _refreshes(claims) and not await section.takes_again(realm, claims["jti"]):
            problems.append(TokenRefused(TokenFault.SPENT, "the refresh token was used before"))
    problems += address_faults(section, claims, origin.holder)
    return problems


def _refreshes(claims: Mapping[str, Any]) -> bool:
    return claims.get("token_use") == REFRESH


def _notes(explained: _Explained) -> Iterator[str]:
    found, holder = explained.found, explained.origin.holder
    if holder is not None and not holder.blocked and holder.status != ACTIVE:
        yield f"{holder.name} always meets {holder.status}, with a good token too"
    if "crit" in found.header:
        yield "its header has crit, and nobody here understands what that names (RFC 7515 4.1.11)"
    for name in _DATES:
        value = (found.claims or {}).get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or is_date(value):
            continue
        if is_date(value / 1000):
            yield f"its {name} seems to be in milliseconds; a JWT has seconds (RFC 7519 section 2)"


def _dates(claims: Mapping[str, Any], now: float) -> dict[str, object]:
    return {
        name: {"at": iso_milliseconds(claims[name]), "when": _when(claims[name] - now)}
        if is_date(claims[name])
        else {"at": None, "when": "no date"}
        for name in _DATES
        if name in claims
    }


def _when(ahead: float) -> str:
    """`in 59m 58s` or `1d 2h ago`: the two largest units."""
    left = round(abs(ahead))
    parts: list[str] = []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append(f"{count}{unit}")
    told = " ".join(part for part in parts[:2] if not part.startswith("0"))
    if not told:
        return "now"
    return f"in {told}" if ahead > 0 else f"{told} ago"


def _summary(explained: _Explained) -> str:
    """What a person wants to know first, in one sentence."""
    found, origin = explained.found, explained.origin
    if found.format is Format.NONE:
        return f"This is no token: {found.fault}."
    if found.format is Format.ENCRYPTED:
        return f"An encrypted token: {found.fault}."
    if origin.section is None:
        others = [each for each in explained.problems if each is not origin.fault]
        return f"{_foreign(found)}{_reasons(others, ' Besides, ')}"
    seems = "" if origin.signature is Signature.GOOD else "Seemingly "
    use = "a refresh token" if explained.use == REFRESH else "an access token"
    what = f"{seems}{use} of {origin.section.vendor}"
    if origin.holder is not None:
        what += f" for {origin.holder.name}"
    what = what[0].upper() + what[1:]
    if explained.problems:
        return f"{what}, refused:{_reasons(explained.problems, ' ')}"
    assert found.claims is not None  # noqa: S101 - what has no claims has a problem
    return f"{what}, good: it expires {_when(found.claims['exp'] - explained.now)}."


def _foreign(found: TokenText) -> str:
    issuer = (found.claims or {}).get("iss")
    if isinstance(issuer, str) and issuer:
        said = f"by its iss it is of {issuer[:_LONGEST_NAME]}"
    else:
        said = "it has no iss to say whose it is"
    return f"A foreign token, which no key of this realm made: {said}."


def _reasons(problems: list[TokenRefused], before: str) -> str:
    return f"{before}{', and '.join(each.reason for each in problems)}." if problems else ""
