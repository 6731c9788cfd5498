"""Whether a vendor's key signed a token; if not, who else might have. PyJWT checks the signature.

How a token is taken apart here (RFC 7515 §3.1) is the same for whoever refuses it and for whoever
explains it.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from emulator.core.keys import SigningKey
from emulator.core.keys.key import decoded
from emulator.core.keys.ring import signed_with_public_half
from emulator.core.realm import Realm
from emulator.core.section import Section
from emulator.core.token_faults import TokenFault, TokenRefused

SEGMENTS = 3
"""Header, payload and signature (RFC 7515 §3.1)."""


def header_of(token: str) -> dict[str, Any]:
    """The header of a token that has three segments; else TokenRefused."""
    segments = token.split(".")
    try:
        header = orjson.loads(decoded(segments[0]))
    except ValueError:
        header = None
    if len(segments) != SEGMENTS or not isinstance(header, dict):
        raise TokenRefused(TokenFault.MALFORMED, "it is no JWT")
    return header


def payload_of(token: str) -> dict[str, Any]:
    """The claims of a token, whoever signed it; else TokenRefused."""
    try:
        claims = orjson.loads(decoded(token.split(".")[1]))
    except ValueError as error:
        raise TokenRefused(TokenFault.MALFORMED, "it is no JWT") from error
    if not isinstance(claims, dict):
        raise TokenRefused(TokenFault.MALFORMED, "its payload is no JSON object")
    return claims


def signs_nothing(algorithm: object) -> bool:
    """Whether an `alg` is `none` (RFC 7518 §3.6), in any case of its letters."""
    return isinstance(algorithm, str) and algorithm.lower() == "none"


async def signature_fault(
    realm: Realm, section: Section, token: str, header: Mapping[str, Any]
) -> TokenRefused | None:
    """Why no key of the section's vendor signed a token with this header; None where one did."""
    ring = section.issuer.keyring
    key = await ring.verifier(header.get("kid"))
    if key is None or header.get("alg") != key.algorithm.name:
        return await _why_not_ours(realm, section, token, header, key)
    if not key.algorithm.symmetric:
        return _fault_by(key, token)
    # PyJWT refuses secrets that look like a public key.
    return None if await ring.signed(token, header) else _badly_signed()


def unsigned() -> TokenRefused:
    """What is wrong with a token that nobody signed."""
    return TokenRefused(TokenFault.ALG_NONE, "it is not signed (alg none)")


def _badly_signed() -> TokenRefused:
    return TokenRefused(TokenFault.BAD_SIGNATURE, "its signature is not by the key that it names")


def _fault_by(key: SigningKey, token: str) -> TokenRefused | None:
    """What is wrong with a token that should be signed with a key pair."""
    if token in key.known:
        return None
    from jwt import PyJWS  # here: PyJWT is slow to import, and a sign-in does not need it
    from jwt.exceptions import InvalidSignatureError, PyJWTError

    name = key.algorithm.name
    try:
        PyJWS(algorithms=[name]).decode(token, key.verifies_with, algorithms=[name])
    except InvalidSignatureError:
        return _badly_signed()
    except PyJWTError:
        return TokenRefused(TokenFault.MALFORMED, "it is no JWT")
    key.known.add(token)
    return None


async def _why_not_ours(
    realm: Realm, section: Section, token: str, header: Mapping[str, Any], key: SigningKey | None
) -> TokenRefused:
    """Why neither the key nor the algorithm that a token names is this vendor's."""
    algorithm = header.get("alg")
    if signs_nothing(algorithm):
        return unsigned()
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
    return key is None or _fault_by(key, token) is None
