"""Minting: any token of a realm's vendors, by its keys and its clock, without a sign-in.

For a principal that the realm knows it is what a sign-in would issue. Nothing is stored: a minted
token is spent, revoked and voided like any other.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import orjson
from msgspec import Struct, field

from emulator.core.defects import Defect, spoiled
from emulator.core.keys import SigningKey
from emulator.core.keys.key import decoded
from emulator.core.outcomes import Json
from emulator.core.principals import ACTIVE, Principal, Principals
from emulator.core.realm import Realm
from emulator.core.section import Section
from emulator.core.tokens import REFRESH, Claims, Grant, assembled, merged
from emulator.core.verification import TokenRefused, verified_token

_NOBODY = "nobody"
"""Stands in a token for a principal that is not there. No fingerprint is like it."""

_REFUSES = "the emulator itself refuses this token"


class Use(StrEnum):
    """What a token is for."""

    ACCESS = "access"
    REFRESH = "refresh"


class NoRefreshTokens(ValueError):
    """The vendor has none."""


class Order(Struct, frozen=True, kw_only=True):
    """What token is wanted; what is None is as a sign-in would make it.

    `subject` is the name of a principal, or of somebody whom the realm does not know. `lifetime` is
    seconds. `claims` and `headers` come last: a None takes a member out.
    """

    vendor: str
    subject: str
    use: Use = Use.ACCESS
    lifetime: int | None = None
    scopes: tuple[str, ...] | None = None
    claims: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, Json] = field(default_factory=dict)
    defect: Defect | None = None


class Minted(Struct, frozen=True):
    """A token, and what it holds. `note` says why the emulator's own checks refuse it, if so."""

    token: str
    header: dict[str, Any]
    claims: dict[str, Any]
    note: str | None


async def minted(realm: Realm, order: Order) -> Minted:
    """The token that is wanted. Raises DefectImpossible, NoRefreshTokens."""
    section = realm.sections[order.vendor]
    if order.use is Use.REFRESH and not section.issuer.settings.refresh_lifetime:
        raise NoRefreshTokens(f"{order.vendor} has no refresh tokens")
    known = section.holders.find(order.subject)
    through = [_first(clients) for clients in _clients(section)]
    if known is None or not all(_clients(section)):
        grant = realm.stamp.grant(_NOBODY)
    else:
        grant = realm.grant(section, known, *through)
    holder = known or Principal(name=order.subject)
    key = await section.issuer.keyring.active()
    header, claims = _members(section, key, order, holder, grant, through)
    if known is None:
        claims["sub"] = order.subject
    header, claims = merged(header, order.headers), merged(claims, order.claims)
    if order.defect is None:
        token = assembled(key.sign, header, claims)
    else:
        now = realm.clock.now()
        token = await spoiled(order.defect, key, order.vendor, header, claims, now)
    given = section.refresh_token_of(token) if order.use is Use.REFRESH else token
    shown, said = (orjson.loads(decoded(segment)) for segment in token.split(".")[:2])
    return Minted(given, shown, said, await _note(realm, section, order.subject, given))


def _clients(section: Section) -> list[Principals[Any]]:
    """What holders sign in through, at a vendor that has such."""
    return [members for members in section.principals.values() if members is not section.holders]


def _first(clients: Principals[Any]) -> str:
    """The first that can be signed in through; else the first; else nobody."""
    active = (client.name for client in clients if client.status == ACTIVE)
    return next(active, next((client.name for client in clients), _NOBODY))


def _members(
    section: Section,
    key: SigningKey,
    order: Order,
    holder: Principal,
    grant: Grant,
    through: list[str],
) -> tuple[Claims, Claims]:
    """Header and claims as a sign-in gives them to this holder."""
    issuer = section.issuer
    scopes = issuer.scopes_of(holder) if order.scopes is None else order.scopes
    refreshes = order.use is Use.REFRESH
    usual = issuer.refresh_lifetime_of(holder) if refreshes else issuer.lifetime_of(holder)
    lifetime = usual if order.lifetime is None else order.lifetime
    claims = section.access_claims(grant, holder, " ".join(scopes), lifetime, *through)
    if refreshes:
        return issuer.bare_header(key), claims | {"token_use": REFRESH}
    return issuer.header(key, holder), issuer.whole_claims(holder, claims)


async def _note(realm: Realm, section: Section, subject: str, token: str) -> str | None:
    holder = section.holders.find(subject)
    if holder is None:
        return f"{_REFUSES}: {section.holders.why_unknown(subject)}"
    try:
        await verified_token(realm, section, token)
    except TokenRefused as refused:
        if not all(_clients(section)):
            return f"{_REFUSES}: {section.vendor} has no client to sign in through"
        return f"{_REFUSES}: {refused.reason}"
    if holder.status != ACTIVE:
        return f"{_REFUSES} at resources: {holder.name} always meets {holder.status}"
    return None
