"""Tokens that are bad for just one reason: what a careful verifier must refuse."""

import asyncio
from enum import StrEnum
from functools import cache

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from emulator.core.clock import Clock
from emulator.core.ids import Ids
from emulator.core.keys import ALGORITHMS, SigningKey
from emulator.core.keys.key import made_ready
from emulator.core.keys.making import fresh_key
from emulator.core.principals import Principal
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


NEEDS_KEY_PAIR = frozenset({Defect.UNKNOWN_KID, Defect.HS256_WITH_PUBLIC_KEY})
"""The defects that no token signed with a secret can have."""


class DefectImpossible(ValueError):
    """A vendor's tokens cannot have this defect."""


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
        return await spoiled(self._defect, key, header, whole, self._clock.now())


async def spoiled(
    defect: Defect, key: SigningKey, header: Claims, claims: Claims, now: float
) -> str:
    """A token with this defect; `now` is POSIX seconds. Raises DefectImpossible."""
    if defect in NEEDS_KEY_PAIR and key.algorithm.symmetric:
        raise DefectImpossible(f"{defect} needs a key pair, and {key.algorithm.name} has a secret")
    claims = _spoiled_claims(defect, claims, int(now))
    if defect is Defect.UNKNOWN_KID:
        return assembled(key.sign, header | {"kid": Ids().unique()}, claims)
    if defect is Defect.WRONG_KEY:
        stranger = await asyncio.to_thread(_strangers_key, key.algorithm.name)
        return assembled(stranger.sign, header, claims)
    if defect is Defect.ALG_NONE:
        return assembled(lambda _: b"", header | {"alg": "none"}, claims)
    if defect is Defect.HS256_WITH_PUBLIC_KEY:
        pem = key.verifies_with.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return assembled(_HMAC.secret_signer(pem), header | {"alg": _HMAC.name}, claims)
    if defect is Defect.CORRUPT_SIGNATURE:
        return assembled(lambda message: _corrupted(key.sign(message)), header, claims)
    token = assembled(key.sign, header, claims)
    return token.rpartition(".")[0] if defect is Defect.MALFORMED else token


def _spoiled_claims(defect: Defect, claims: Claims, now: int) -> Claims:
    if defect is Defect.EXPIRED:
        issued, expiry = claims.get("iat"), claims.get("exp")
        lasted = expiry - issued if isinstance(issued, int) and isinstance(expiry, int) else AWAY
        return claims | {"iat": now - AWAY - lasted, "exp": now - AWAY}
    if defect is Defect.NOT_YET_VALID:
        expiry = claims.get("exp")
        later = expiry + AWAY if isinstance(expiry, int) else now + 2 * AWAY
        return claims | {"nbf": now + AWAY, "exp": later}
    if defect is Defect.WRONG_ISSUER:
        return claims | {"iss": WRONG_ISSUER}
    if defect is Defect.WRONG_AUDIENCE:
        return claims | {"aud": WRONG_AUDIENCE}
    if defect is Defect.MISSING_EXP:
        return {name: value for name, value in claims.items() if name != "exp"}
    return claims


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
