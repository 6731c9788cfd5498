"""Defective tokens, each with exactly one defect that a verifier must refuse."""

import asyncio
from enum import StrEnum
from functools import cache
from secrets import token_bytes
from typing import Any

from emulator.core.clock import Clock
from emulator.core.ids import Ids
from emulator.core.keys import ALGORITHMS, Algorithm, SigningKey, generate_key, make_key
from emulator.core.keys.files import public_pem
from emulator.core.principals import Subject
from emulator.core.tokens import Claims, TokenIssuer, assemble

OFFSET = 3600
"""How far a bad date is from now, in seconds: more than the leeway of any verifier."""

WRONG_ISSUER = "https://wrong-issuer.emulator.test"
WRONG_AUDIENCE = "wrong-audience"
_HMAC = ALGORITHMS["HS256"]
_LAST_DATE = 253_402_300_799
"""The end of the year 9999, in POSIX seconds."""


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
    """Why tokens with this algorithm cannot have a defect; None if they can."""
    if defect in _NEEDS_KEY_PAIR and algorithm.symmetric:
        return f"{defect} needs a key pair, and {vendor} signs with a secret ({algorithm.name})"
    return None


class DefectiveIssuer(TokenIssuer):
    """Issues access tokens with a defect; its refresh tokens are good."""

    def __init__(self, issuer: TokenIssuer, defect: Defect, clock: Clock) -> None:
        super().__init__(issuer.vendor, issuer.settings, issuer.keyring)
        self._defect = defect
        self._clock = clock

    async def access_token(self, subject: Subject, claims: Claims) -> str:
        """See `TokenIssuer.access_token`. Raises DefectImpossible."""
        key = await self.keyring.active()
        header, whole = self.header(key, subject), self.whole_claims(subject, claims)
        return await defective_token(
            self._defect, key, self.vendor, header, whole, self._clock.now()
        )


async def defective_token(
    defect: Defect, key: SigningKey, vendor: str, header: Claims, claims: Claims, now: float
) -> str:
    """A vendor's token with this defect; `now` is POSIX seconds. Raises DefectImpossible."""
    impossible = why_impossible(defect, key.algorithm, vendor)
    if impossible is not None:
        raise DefectImpossible(impossible)
    claims = _defective_claims(defect, claims, int(now))
    if defect is Defect.UNKNOWN_KID:
        return assemble(key.sign, header | {"kid": Ids().unique()}, claims)
    if defect is Defect.WRONG_KEY:
        stranger = await asyncio.to_thread(_unpublished_key, key.algorithm.name)
        return assemble(stranger.sign, header, claims)
    if defect is Defect.ALG_NONE:
        return assemble(lambda _: b"", header | {"alg": "none"}, claims)
    if defect is Defect.HS256_WITH_PUBLIC_KEY and key.public_key is not None:
        secret = make_key(_HMAC, public_pem(key.public_key).encode())
        return assemble(secret.sign, header | {"alg": _HMAC.name}, claims)
    if defect is Defect.CORRUPT_SIGNATURE:
        return assemble(lambda message: _corrupted(key.sign(message)), header, claims)
    token = assemble(key.sign, header, claims)
    return token.rpartition(".")[0] if defect is Defect.MALFORMED else token


def _defective_claims(defect: Defect, claims: Claims, now: int) -> Claims:
    if defect is Defect.EXPIRED:
        ended = now - OFFSET
        begun: Claims = {"iat": max(0, ended - _lifetime(claims))} if "iat" in claims else {}
        return claims | begun | {"exp": ended}
    if defect is Defect.NOT_YET_VALID:
        begins, expiry = now + OFFSET, claims.get("exp")
        ends: Claims = {"exp": max(begins, int(expiry)) + OFFSET} if _is_date(expiry) else {}  # type: ignore[arg-type]  # a date is a number
        return claims | {"nbf": begins} | ends
    if defect is Defect.WRONG_ISSUER:
        return claims | {"iss": WRONG_ISSUER}
    if defect is Defect.WRONG_AUDIENCE:
        return claims | {"aud": WRONG_AUDIENCE}
    if defect is Defect.MISSING_EXP:
        return {name: value for name, value in claims.items() if name != "exp"}
    return claims


def _lifetime(claims: Claims) -> int:
    """The intended lifetime of a token, in seconds."""
    begun: Any = claims.get("iat")
    expiry: Any = claims.get("exp")
    if not _is_date(begun) or not _is_date(expiry) or expiry <= begun:
        return OFFSET
    return int(expiry - begun)


def _is_date(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= _LAST_DATE  # type: ignore[operator]  # it is a number


def _corrupted(signature: bytes) -> bytes:
    """The signature with another first byte: it decodes, and does not verify."""
    return bytes([signature[0] ^ 0xFF]) + signature[1:]


@cache
def _unpublished_key(algorithm: str) -> SigningKey:
    """An unpublished key, made once for an algorithm."""
    known = ALGORITHMS[algorithm]
    if known.symmetric:
        return make_key(known, token_bytes(known.secret_bytes))
    return make_key(known, generate_key(known))
