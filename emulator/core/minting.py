"""Minting: any token of a realm's vendors, with its keys and clock, without a sign-in.

For a known principal it is what a sign-in would issue. Nothing is stored: a minted token is used,
revoked and refused like any other.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic_core import from_json

from emulator.core.defects import Defect, defective_token
from emulator.core.keys import SigningKey
from emulator.core.keys.encoding import decode_segment
from emulator.core.outcomes import Json
from emulator.core.principals import ACTIVE, Principals, Subject
from emulator.core.realm import Realm
from emulator.core.signatures import TokenRefused
from emulator.core.tokens import REFRESH, Claims, Grant, assemble, merge
from emulator.core.vendor import VendorState
from emulator.core.verification import verify_token

_NO_PRINCIPAL = "unknown"
"""The fingerprint in a token for an unknown principal. No real one is equal to it."""

_REFUSES = "the emulator itself refuses this token"


class Use(StrEnum):
    """What a token is for."""

    ACCESS = "access"
    REFRESH = "refresh"


class NoRefreshTokens(ValueError):
    """The vendor has none."""


@dataclass(frozen=True, kw_only=True)
class TokenSpec:
    """The requested token; None is as in a sign-in.

    `subject` is the name of a principal, or any other name. `lifetime` is seconds. `claims` and
    `headers` override others; None removes a member.
    """

    vendor: str
    subject: str
    use: Use = Use.ACCESS
    lifetime: int | None = None
    scopes: tuple[str, ...] | None = None
    claims: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, Json] = field(default_factory=dict)
    defect: Defect | None = None


@dataclass(frozen=True)
class MintedToken:
    """A token, and what it holds. `note` says why the emulator's own checks refuse it, if so."""

    token: str
    header: dict[str, Any]
    claims: dict[str, Any]
    note: str | None


async def mint(realm: Realm, wanted: TokenSpec) -> MintedToken:
    """Mint the requested token. Raises DefectImpossible, NoRefreshTokens."""
    state = realm.vendors[wanted.vendor]
    if wanted.use is Use.REFRESH and not state.issuer.refresh_lifetime:
        raise NoRefreshTokens(f"{wanted.vendor} has no refresh tokens")
    known: Subject | None = state.subjects.find(wanted.subject)
    through = [_first_name(clients) for clients in state.clients_of_subjects]
    if known is None or not all(map(len, state.clients_of_subjects)):
        grant = realm.identity.grant(_NO_PRINCIPAL)
    else:
        grant = realm.grant(state, known, *through)
    subject = known or state.subjects.table.model.unknown(wanted.subject)
    key = await state.issuer.keyring.active()
    header, claims = _members(state, key, wanted, subject, grant, through)
    if known is None:
        claims["sub"] = wanted.subject
    header, claims = merge(header, wanted.headers), merge(claims, wanted.claims)
    if wanted.defect is None:
        jwt = assemble(key.sign, header, claims)
    else:
        now = realm.clock.now()
        jwt = await defective_token(wanted.defect, key, wanted.vendor, header, claims, now)
    token = state.refresh_token_of(jwt) if wanted.use is Use.REFRESH else jwt
    shown, said = (from_json(decode_segment(segment)) for segment in jwt.split(".")[:2])
    return MintedToken(token, shown, said, await _note(realm, state, wanted.subject, token))


def _first_name(clients: Principals[Any]) -> str:
    """The first active client; else the first; else None."""
    active = (client.name for client in clients if client.status == ACTIVE)
    return next(active, next((client.name for client in clients), _NO_PRINCIPAL))


def _members(
    state: VendorState[Any],
    key: SigningKey,
    wanted: TokenSpec,
    subject: Subject,
    grant: Grant,
    through: list[str],
) -> tuple[Claims, Claims]:
    """Header and claims as a sign-in gives them to this subject."""
    issuer = state.issuer
    scopes = issuer.scopes_of(subject) if wanted.scopes is None else wanted.scopes
    is_refresh = wanted.use is Use.REFRESH
    usual = issuer.refresh_lifetime_of(subject) if is_refresh else issuer.lifetime_of(subject)
    lifetime = usual if wanted.lifetime is None else wanted.lifetime
    claims = state.access_claims(grant, subject, " ".join(scopes), lifetime, *through)
    if is_refresh:
        return issuer.bare_header(key), claims | {"token_use": REFRESH}
    return issuer.header(key, subject), dict(issuer.whole_claims(subject, claims))


async def _note(realm: Realm, state: VendorState[Any], subject_name: str, token: str) -> str | None:
    subject: Subject | None = state.subjects.find(subject_name)
    if subject is None:
        return f"{_REFUSES}: {state.subjects.why_unknown(subject_name)}"
    try:
        await verify_token(realm, state, token)
    except TokenRefused as refused:
        if not all(map(len, state.clients_of_subjects)):
            return f"{_REFUSES}: {state.vendor} has no client to sign in through"
        return f"{_REFUSES}: {refused.reason}"
    if subject.status != ACTIVE:
        return f"{_REFUSES} at resources: {subject.name}: every call ends in {subject.status}"
    return None
