"""Where a token comes from, or says it does: vendor, realm, holder, and whose key signed it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from emulator.core.checks import says_issued_by
from emulator.core.keys.ring import signed_with_public_half
from emulator.core.principals import Principal
from emulator.core.realm import Realm
from emulator.core.realms import NAME, Realms
from emulator.core.section import Section
from emulator.core.signatures import SEGMENTS, signature_fault, signs_nothing, unsigned
from emulator.core.token_faults import TokenFault, TokenRefused
from emulator.core.token_text import Format, TokenText
from emulator.core.tokens import Grant


class Signature(StrEnum):
    """What a token's signature is worth in a realm."""

    GOOD = "good"
    BAD = "bad"
    KEY_UNKNOWN = "key_unknown"
    NOT_SIGNED = "not_signed"
    BY_PUBLIC_KEY = "by_public_key_as_secret"


_WORTH = {
    TokenFault.ALG_NONE: Signature.NOT_SIGNED,
    TokenFault.PUBLIC_KEY_AS_SECRET: Signature.BY_PUBLIC_KEY,
    TokenFault.BAD_SIGNATURE: Signature.BAD,
    TokenFault.MALFORMED: Signature.BAD,
}


_DOTS_BEHIND_NAME = 3
"""In the `jti` of a `Grant`, behind the dot that ends the realm's name."""


class Origin(Struct):
    """What is known of where a token comes from.

    `section` is that of the vendor in the realm that explains, None for a foreign token; `fault`
    is why no key of its signed the token. `realm` is the name of the realm that issued it, and
    `elsewhere` why that is not this one as it is now.
    """

    signature: Signature | None = None
    fault: TokenRefused | None = None
    section: Section | None = None
    realm: str | None = None
    elsewhere: str | None = None
    grant: Grant | None = None
    holder: Principal | None = None


async def origin_of(realm: Realm, realms: Realms, found: TokenText) -> Origin:
    """Where a text comes from that was taken apart."""
    if found.format in (Format.NONE, Format.ENCRYPTED):
        return Origin()
    claims = found.claims or {}
    other = await _other_home(realm, realms, claims)
    section = await _vendor_of(realm, found, claims)
    if section is None and other is not None:
        theirs = await _vendor_of(other, found, claims)
        section = None if theirs is None else realm.sections[theirs.vendor]
    origin = Origin(section=section)
    await _judge_signature(realm, found, origin)
    if section is not None:
        _trace(realm, other, section, claims, origin)
    return origin


async def _other_home(realm: Realm, realms: Realms, claims: Mapping[str, Any]) -> Realm | None:
    """The other realm that a jti names, if it is there."""
    name = _realm_in(claims)
    return None if name is None or name == realm.name else await realms.find(name)


def _realm_in(claims: Mapping[str, Any]) -> str | None:
    """The realm that a jti names, if it is one that the emulator may have made."""
    jti = claims.get("jti")
    name, _, rest = jti.partition(".") if isinstance(jti, str) else ("", "", "")
    return name if NAME.fullmatch(name) and rest.count(".") == _DOTS_BEHIND_NAME else None


async def _vendor_of(realm: Realm, found: TokenText, claims: Mapping[str, Any]) -> Section | None:
    """The vendor for which most speaks; the first evidence outweighs all that follow.

    Vendors may share a key, and whoever signed nothing may still say whose it is.
    """
    best, most = None, (False,) * 5
    for section in realm.sections.values():
        evidence = (
            await _signed_by(realm, section, found),
            await _bears_its_key(section, found),
            found.wrapped_by == section.vendor,
            _names_a_holder(realm, section, claims),
            says_issued_by(section, claims),
        )
        if evidence > most:
            best, most = section, evidence
    return best


async def _signed_by(realm: Realm, section: Section, found: TokenText) -> bool:
    # No key is made to find out about a token of another algorithm.
    if found.header.get("alg") != section.issuer.keyring.algorithm.name:
        return False
    return await signature_fault(realm, section, found.jwt, found.header) is None


async def _bears_its_key(section: Section, found: TokenText) -> bool:
    """Whether it names a key of the vendor's, or is signed with a public one as the secret."""
    ring, kid = section.issuer.keyring, found.header.get("kid")
    if not ring.ready or ring.algorithm.symmetric:
        return False
    if kid is not None and await ring.verifier(kid) is not None:
        return True
    return signed_with_public_half(await ring.active(), found.jwt, found.header.get("alg"))


def _names_a_holder(realm: Realm, section: Section, claims: Mapping[str, Any]) -> bool:
    grant = realm.stamp.grant_of(claims.get("jti"))
    return grant is not None and section.holder_of(grant) is not None


async def _judge_signature(realm: Realm, found: TokenText, origin: Origin) -> None:
    segments = found.jwt.count(".") + 1
    if segments != SEGMENTS:
        origin.signature = Signature.NOT_SIGNED if segments < SEGMENTS else None
        return
    if origin.section is not None:
        origin.fault = await signature_fault(realm, origin.section, found.jwt, found.header)
    elif signs_nothing(found.header.get("alg")):
        origin.fault = unsigned()
    else:
        origin.fault = TokenRefused(TokenFault.UNKNOWN_KEY, "no key of this realm made it")
    known = origin.fault and _WORTH.get(origin.fault.fault, Signature.KEY_UNKNOWN)
    origin.signature = known or Signature.GOOD


def _trace(
    realm: Realm, other: Realm | None, section: Section, claims: Mapping[str, Any], origin: Origin
) -> None:
    """Find the realm and the holder that a token of a vendor's was issued to."""
    jti, named = claims.get("jti"), _realm_in(claims)
    origin.realm, origin.grant = named, realm.stamp.grant_of(jti)
    if origin.grant is not None:
        origin.holder = section.holder_of(origin.grant)
    elif named is None:
        origin.elsewhere = "its jti is none that the emulator makes"
    elif named == realm.name:
        origin.elsewhere = "it is of this realm before a reset, or of an earlier one of its name"
    elif other is None:
        origin.elsewhere = f"it is of the realm {named}, which is not there (any more)"
    else:
        grant = other.stamp.grant_of(jti)
        origin.elsewhere = f"it is of the realm {named}{'' if grant else ' before a reset'}"
        if grant is not None:
            origin.holder = other.sections[section.vendor].holder_of(grant)
