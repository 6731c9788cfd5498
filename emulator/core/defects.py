"""Tokens that are bad for just one reason: what a careful verifier must refuse."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from msgspec.structs import replace

from emulator.core.checks import is_date
from emulator.core.clock import Clock
from emulator.core.faults import Fault
from emulator.core.ids import Ids
from emulator.core.keys import ALGORITHMS, Algorithm, SigningKey
from emulator.core.keys.files import public_pem
from emulator.core.keys.key import made_ready
from emulator.core.keys.making import fresh_key
from emulator.core.principals import Principal
from emulator.core.section import Section
from emulator.core.tokens import Claims, TokenIssuer, assembled

AWAY = 3600
"""How far a bad date is from now, in seconds: more than the leeway of any verifier."""

WRONG_ISSUER = "https://wrong-issuer.emulator.test"
WRONG_AUDIENCE = "wrong-audience"
_HMAC = ALGORITHMS["HS256"]


class Defect(StrEnum):
    """What is wrong with a token; everything else about it is right."""

    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    WRONG_ISSUER = "wrong_issuer"
    WRONG_AUDIENCE = "wrong_audience"
    MISSING_EXP = "missing_exp"
    UNKNOWN_KID = "unknown_kid"
    WRONG_KEY = "wrong_key"
    CORRUPT_SIGNATURE = "corrupt_signature"
    ALG_NONE = "alg_none"
    HS256_WITH_PUBLIC_KEY = "hs256_with_public_key"
    MALFORMED = "malformed"


_NEEDS_KEY_PAIR = frozenset({Defect.UNKNOWN_KID, Defect.HS256_WITH_PUBLIC_KEY})
"""A token signed with a secret names no key, and there is no public half to take for a secret."""


class DefectImpossible(ValueError):
    """A vendor's tokens cannot have this defect."""


def why_impossible(defect: Defect, algorithm: Algorithm, vendor: str) -> str | None:
    """Why no token of a vendor that signs with this algorithm can have a defect; None: it can."""
    if defect in _NEEDS_KEY_PAIR and algorithm.symmetric:
        return f"{defect} needs a key pair, and {vendor} signs with a secret ({algorithm.name})"
    return None


def aimed(fault: Fault, sections: Mapping[str, Section]) -> Fault:
    """A fault as it can be in a realm with these sections.

    One for all vendors that gives tokens a defect strikes those whose tokens can have it. Raises
    DefectImpossible where none can.
    """
    if fault.defect is None:
        return fault
    meant = sections if fault.vendor is None else (fault.vendor,)
    reasons = {
        name: why_impossible(Defect(fault.defect), sections[name].issuer.keyring.algorithm, name)
        for name in meant
    }
    able = frozenset(name for name, reason in reasons.items() if reason is None)
    if not able:
        raise DefectImpossible("; ".join(reason for reason in reasons.values() if reason))
    return replace(fault, calls=frozenset(call for call in fault.calls or () if call[0] in able))


class DefectiveIssuer(TokenIssuer):
    """Issues access tokens with a defect; its refresh tokens are good."""

    def __init__(self, issuer: TokenIssuer, defect: Defect, clock: Clock) -> None:
        super().__init__(issuer.settings, issuer.keyring)
        self._defect = defect
        self._clock = clock

    async def access_token(self, principal: Principal, claims: Claims) -> str:
        """See `TokenIssuer.access_token`. Raises DefectImpossible."""
        key = await self.keyring.active()
        header, whole = self.header(key, principal), self.whole_claims(principal, claims)
        now = self._clock.now()
        return await spoiled(self._defect, key, self.settings.vendor, header, whole, now)


async def spoiled(
    defect: Defect, key: SigningKey, vendor: str, header: Claims, claims: Claims, now: float
) -> str:
    """A vendor's token with this defect; `now` is POSIX seconds. Raises DefectImpossible."""
    impossible = why_impossible(defect, key.algorithm, vendor)
    if impossible is not None:
        raise DefectImpossible(impossible)
    claims = _spoiled_claims(defect, claims, int(now))
    if defect is Defect.UNKNOWN_KID:
        return assembled(key.sign, header | {"kid": Ids().unique()}, claims)
    if defect is Defect.WRONG_KEY:
        stranger = await asyncio.to_thread(_strangers_key, key.algorithm.name)
        return assembled(stranger.sign, header, claims)
    if defect is Defect.ALG_NONE:
        return assembled(lambda _: b"", header | {"alg": "none"}, claims)
    if defect is Defect.HS256_WITH_PUBLIC_KEY:
        pem = public_pem(key.verifies_with).encode()
        return assembled(_HMAC.secret_signer(pem), header | {"alg": _HMAC.name}, claims)
    if defect is Defect.CORRUPT_SIGNATURE:
        return assembled(lambda message: _corrupted(key.sign(message)), header, claims)
    token = assembled(key.sign, header, claims)
    return token.rpartition(".")[0] if defect is Defect.MALFORMED else token


def _spoiled_claims(defect: Defect, claims: Claims, now: int) -> Claims:
    if defect is Defect.EXPIRED:
        ended = now - AWAY
        begun = {"iat": max(0, ended - _lasting(claims))} if "iat" in claims else {}
        return claims | begun | {"exp": ended}
    if defect is Defect.NOT_YET_VALID:
        begins, expiry = now + AWAY, claims.get("exp")
        ends = {"exp": max(begins, int(expiry)) + AWAY} if is_date(expiry) else {}
        return claims | {"nbf": begins} | ends
    if defect is Defect.WRONG_ISSUER:
        return claims | {"iss": WRONG_ISSUER}
    if defect is Defect.WRONG_AUDIENCE:
        return claims | {"aud": WRONG_AUDIENCE}
    if defect is Defect.MISSING_EXP:
        return {name: value for name, value in claims.items() if name != "exp"}
    return claims


def _lasting(claims: Claims) -> int:
    """For how many seconds a token was meant to be good."""
    begun, expiry = claims.get("iat"), claims.get("exp")
    if not is_date(begun) or not is_date(expiry) or expiry <= begun:
        return AWAY
    return int(expiry - begun)


def _corrupted(signature: bytes) -> bytes:
    """The same length, another first byte: no decoder stumbles over it, and no key made it."""
    return bytes([signature[0] ^ 0xFF]) + signature[1:]


@cache
def _strangers_key(algorithm: str) -> SigningKey:
    """A key that nobody publishes, made once for an algorithm."""
    known = ALGORITHMS[algorithm]
    if known.symmetric:
        return made_ready(known, Ids().unique(8 * known.secret_bytes).encode())
    return made_ready(known, fresh_key(known, None, "stranger"))
