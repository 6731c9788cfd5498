"""Inspecting a token: what it is, whose it is, and everything that is wrong with it.

The checks are those of a protected resource; here all of them are made.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from emulator.core.clock import iso_milliseconds
from emulator.core.keys import signed_with_public_half
from emulator.core.principals import ACTIVE, Subject
from emulator.core.realm import Realm
from emulator.core.realms import REALM_NAME, Realms
from emulator.core.signatures import (
    SEGMENTS,
    TokenProblem,
    TokenRefused,
    is_unsigned,
    signature_problem,
    unsigned,
)
from emulator.core.token_text import Format, ParsedToken, parse_token
from emulator.core.tokens import REFRESH, Grant
from emulator.core.vendor import VendorState
from emulator.core.verification import (
    address_problems,
    claims_issuer,
    date_problems,
    is_date,
    standing_problems,
    subject_deleted,
)

_DATES = ("iat", "nbf", "exp", "auth_time")
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_MAX_ISSUER = 100
"""How much of a foreign `iss` the summary repeats, in characters."""

_DOTS_AFTER_REALM = 3
"""In the `jti` of a `Grant`, behind the dot that ends the realm's name."""


class SignatureVerdict(StrEnum):
    """The verdict on a token's signature."""

    GOOD = "good"
    BAD = "bad"
    KEY_UNKNOWN = "unknown_key"
    NOT_SIGNED = "unsigned"
    BY_PUBLIC_KEY = "signed_with_public_key"


_VERDICTS = {
    TokenProblem.ALG_NONE: SignatureVerdict.NOT_SIGNED,
    TokenProblem.PUBLIC_KEY_AS_SECRET: SignatureVerdict.BY_PUBLIC_KEY,
    TokenProblem.BAD_SIGNATURE: SignatureVerdict.BAD,
    TokenProblem.MALFORMED: SignatureVerdict.BAD,
}


class Problem(BaseModel):
    """One thing that is wrong with a token."""

    code: str
    reason: str


class ClaimDate(BaseModel):
    """A claim that is a date: the instant, and how far it is from the realm's time."""

    at: str | None
    when: str


class Inspection(BaseModel):
    """What is known of a token. It repeats header and claims, not the signature."""

    verdict: str
    summary: str
    problems: list[Problem]
    notes: list[str]
    format: str
    vendor: str | None
    realm: str | None
    use: str | None
    principal: str | None
    signature: str | None
    header: dict[str, Any] | None
    claims: dict[str, Any] | None
    dates: dict[str, ClaimDate]


@dataclass
class _Origin:
    """What is known of a token's origin.

    `state` is that of the vendor in the realm that inspects, None for a foreign token; `problem` is
    why no key of the vendor signed it. `realm` is the name of the realm that issued it, and
    `not_ours` is why that is not this realm in its current generation.
    """

    signature: SignatureVerdict | None = None
    problem: TokenRefused | None = None
    state: VendorState[Any] | None = None
    realm: str | None = None
    not_ours: str | None = None
    grant: Grant | None = None
    subject: Subject | None = None


@dataclass(frozen=True)
class _Inspected:
    """A text, where it comes from, and all that is wrong with it `now` (POSIX seconds)."""

    found: ParsedToken
    origin: _Origin
    problems: list[TokenRefused]
    now: float

    @property
    def use(self) -> str | None:
        if self.origin.state is None or self.found.claims is None:
            return None
        return REFRESH if _is_refresh(self.found.claims) else "access"


async def inspect(realm: Realm, realms: Realms, text: str) -> Inspection:
    """Inspect a text with the realm's keys and clock."""
    found = parse_token(text, realm.vendors.values())
    origin = await _origin_of(realm, realms, found)
    problems = await _problems(realm, found, origin)
    inspected = _Inspected(found, origin, problems, realm.clock.now())
    return Inspection(
        verdict="refused" if problems else "good",
        summary=_summary(inspected),
        problems=[Problem(code=each.problem, reason=each.reason) for each in problems],
        notes=[*found.notes, *_notes(inspected)],
        format=found.format,
        vendor=None if origin.state is None else origin.state.vendor,
        realm=origin.realm,
        use=inspected.use,
        principal=None if origin.subject is None else origin.subject.name,
        signature=origin.signature,
        header=found.header or None,
        claims=found.claims,
        dates=_dates(found.claims or {}, inspected.now),
    )


async def _origin_of(realm: Realm, realms: Realms, found: ParsedToken) -> _Origin:
    if found.format in (Format.NONE, Format.ENCRYPTED):
        return _Origin()
    claims = found.claims or {}
    named = _realm_in(claims)
    other = None if named is None or named == realm.name else await realms.get(named)
    state = await _vendor_of(realm, found, claims)
    if state is None and other is not None:
        theirs = await _vendor_of(other, found, claims)
        state = None if theirs is None else realm.vendors[theirs.vendor]
    origin = _Origin(state=state)
    await _judge_signature(realm, found, origin)
    if state is not None:
        _trace(realm, other, state, claims, origin)
    return origin


def _realm_in(claims: Mapping[str, Any]) -> str | None:
    """The realm that a jti names, if it is one that the emulator may have made."""
    jti = claims.get("jti")
    name, _, rest = jti.partition(".") if isinstance(jti, str) else ("", "", "")
    is_ours = REALM_NAME.fullmatch(name) and rest.count(".") == _DOTS_AFTER_REALM
    return name if is_ours else None


async def _vendor_of(
    realm: Realm, found: ParsedToken, claims: Mapping[str, Any]
) -> VendorState[Any] | None:
    """The vendor with the most evidence, in order of weight.

    Vendors may share a key, and an unsigned token may still name its vendor.
    """
    best, most = None, (False,) * 5
    for state in realm.vendors.values():
        evidence = (
            await _signed_by(realm, state, found),
            await _names_key_of(state, found),
            found.wrapped_by == state.vendor,
            _names_subject_of(realm, state, claims),
            claims_issuer(state, claims),
        )
        if evidence > most:
            best, most = state, evidence
    return best


async def _signed_by(realm: Realm, state: VendorState[Any], found: ParsedToken) -> bool:
    # Do not make a key to inspect a token of another algorithm.
    if found.header.get("alg") != state.issuer.keyring.algorithm.name:
        return False
    return await signature_problem(realm, state, found.jwt, found.header) is None


async def _names_key_of(state: VendorState[Any], found: ParsedToken) -> bool:
    """Whether it names a key of the vendor's, or is signed with a public one as the secret."""
    keyring, kid = state.issuer.keyring, found.header.get("kid")
    if not keyring.ready or keyring.algorithm.symmetric:
        return False
    if kid is not None and await keyring.verifier(kid) is not None:
        return True
    return signed_with_public_half(await keyring.active(), found.jwt, found.header.get("alg"))


def _names_subject_of(realm: Realm, state: VendorState[Any], claims: Mapping[str, Any]) -> bool:
    grant = realm.identity.grant_of(claims.get("jti"))
    return grant is not None and state.subject_of(grant) is not None


async def _judge_signature(realm: Realm, found: ParsedToken, origin: _Origin) -> None:
    segments = found.jwt.count(".") + 1
    if segments != SEGMENTS:
        origin.signature = SignatureVerdict.NOT_SIGNED if segments < SEGMENTS else None
        return
    if origin.state is not None:
        origin.problem = await signature_problem(realm, origin.state, found.jwt, found.header)
    elif is_unsigned(found.header.get("alg")):
        origin.problem = unsigned()
    else:
        origin.problem = TokenRefused(TokenProblem.UNKNOWN_KEY, "no key of this realm signed it")
    if origin.problem is None:
        origin.signature = SignatureVerdict.GOOD
    else:
        origin.signature = _VERDICTS.get(origin.problem.problem, SignatureVerdict.KEY_UNKNOWN)


def _trace(
    realm: Realm,
    other: Realm | None,
    state: VendorState[Any],
    claims: Mapping[str, Any],
    origin: _Origin,
) -> None:
    """Find the realm and the subject that a token of a vendor's was issued to."""
    jti, named = claims.get("jti"), _realm_in(claims)
    origin.realm, origin.grant = named, realm.identity.grant_of(jti)
    if origin.grant is not None:
        origin.subject = state.subject_of(origin.grant)
    elif named is None:
        origin.not_ours = "its jti is not one of the emulator's"
    elif named == realm.name:
        origin.not_ours = (
            "it was issued before a reset of this realm, or by an earlier realm of this name"
        )
    elif other is None:
        origin.not_ours = f"it was issued by the realm {named}, which does not exist now"
    else:
        grant = other.identity.grant_of(jti)
        origin.not_ours = f"it was issued by the realm {named}{'' if grant else ' before a reset'}"
        if grant is not None:
            origin.subject = other.vendors[state.vendor].subject_of(grant)


async def _problems(realm: Realm, found: ParsedToken, origin: _Origin) -> list[TokenRefused]:
    problems = [TokenRefused(TokenProblem.MALFORMED, found.problem)] if found.problem else []
    if origin.problem is not None:
        problems.append(origin.problem)
    claims, state, grant = found.claims, origin.state, origin.grant
    if claims is None:
        return problems
    if origin.not_ours is not None:
        problems.append(TokenRefused(TokenProblem.OTHER_REALM, origin.not_ours))
    elif state is not None and origin.subject is None:
        problems.append(subject_deleted())
    problems += date_problems(claims, realm.clock.now())
    if state is None:
        return problems
    if grant is not None:
        problems += await standing_problems(realm, claims, grant, origin.subject)
        if _is_refresh(claims) and not await state.is_reusable(realm, claims["jti"]):
            problems.append(TokenRefused(TokenProblem.REUSED, "the refresh token was used before"))
    problems += address_problems(state, claims, origin.subject)
    return problems


def _is_refresh(claims: Mapping[str, Any]) -> bool:
    return claims.get("token_use") == REFRESH


def _notes(inspected: _Inspected) -> Iterator[str]:
    found, subject = inspected.found, inspected.origin.subject
    if subject is not None and not subject.blocked and subject.status != ACTIVE:
        yield f"{subject.name}: every call ends in {subject.status}, also with a valid token"
    if "crit" in found.header:
        yield "its header has crit, and the emulator supports no such extension (RFC 7515 4.1.11)"
    for name in _DATES:
        value = (found.claims or {}).get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or is_date(value):
            continue
        if is_date(value // 1000):
            yield f"its {name} seems to be in milliseconds; a JWT has seconds (RFC 7519 section 2)"


def _dates(claims: Mapping[str, Any], now: float) -> dict[str, ClaimDate]:
    return {
        name: ClaimDate(at=iso_milliseconds(claims[name]), when=_when(claims[name] - now))
        if is_date(claims[name])
        else ClaimDate(at=None, when="no date")
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
    shown = " ".join(part for part in parts[:2] if not part.startswith("0"))
    if not shown:
        return "now"
    return f"in {shown}" if ahead > 0 else f"{shown} ago"


def _summary(inspected: _Inspected) -> str:
    """The summary, in one sentence."""
    found, origin = inspected.found, inspected.origin
    if found.format is Format.NONE:
        return f"This is not a token: {found.problem}."
    if found.format is Format.ENCRYPTED:
        return f"An encrypted token: {found.problem}."
    if origin.state is None:
        others = [each for each in inspected.problems if each is not origin.problem]
        return f"{_foreign(found)}{_reasons(others, ' Also, ')}"
    seems = "" if origin.signature is SignatureVerdict.GOOD else "Apparently "
    use = "a refresh token" if inspected.use == REFRESH else "an access token"
    what = f"{seems}{use} of {origin.state.vendor}"
    if origin.subject is not None:
        what += f" for {origin.subject.name}"
    what = what[0].upper() + what[1:]
    if inspected.problems:
        return f"{what}, refused:{_reasons(inspected.problems, ' ')}"
    assert found.claims is not None  # noqa: S101 - what has no claims has a problem
    return f"{what}, good: it expires {_when(found.claims['exp'] - inspected.now)}."


def _foreign(found: ParsedToken) -> str:
    issuer = (found.claims or {}).get("iss")
    if isinstance(issuer, str) and issuer:
        said = f"its iss is {issuer[:_MAX_ISSUER]}"
    else:
        said = "it has no iss"
    return f"A foreign token, not signed by a key of this realm: {said}."


def _reasons(problems: list[TokenRefused], before: str) -> str:
    return f"{before}{', and '.join(each.reason for each in problems)}." if problems else ""
