"""Is this a good token of this realm and vendor? If not, just why.

The signature is checked in `signatures`, everything else in `checks`, by the realm's clock. What a
refusal means (status, words) is the vendor's to say: here it only gets a name and a sentence.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from msgspec import Struct

from emulator.core.checks import address_faults, date_faults, holder_gone, standing_faults
from emulator.core.keys.key import decoded
from emulator.core.principals import Principal
from emulator.core.realm import Realm
from emulator.core.section import Section
from emulator.core.signatures import header_of, payload_of, signature_fault
from emulator.core.token_faults import TokenFault, TokenRefused
from emulator.core.tokens import REFRESH, Grant

__all__ = [
    "TokenFault",
    "TokenRefused",
    "Verified",
    "claimed_holder",
    "signed_token",
    "verified_access_token",
    "verified_refresh_token",
    "verified_token",
]


class Verified(Struct, frozen=True):
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
    found = await _signed(realm, section, section.jwt_of(token))
    try:
        await _check_still_good(realm, section, found)
    except TokenRefused as refused:
        refused.holder = found.holder.name
        raise
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


async def _signed(realm: Realm, section: Section, token: str) -> Verified:
    fault = await signature_fault(realm, section, token, header_of(token))
    if fault is not None:
        raise fault
    claims = payload_of(token)
    grant = realm.stamp.grant_of(claims.get("jti"))
    if grant is None:
        raise TokenRefused(TokenFault.OTHER_REALM, "it is of another realm, or of before a reset")
    holder = section.holder_of(grant)
    if holder is None:
        raise holder_gone()
    return Verified(section.vendor, claims, holder, grant)


async def _check_still_good(realm: Realm, section: Section, found: Verified) -> None:
    for fault in date_faults(found.claims, realm.clock.now()):
        raise fault
    for fault in await standing_faults(realm, found.claims, found.grant, found.holder):
        raise fault
    for fault in address_faults(section, found.claims, found.holder):
        raise fault
