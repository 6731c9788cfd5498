"""A private key as a JWK (RFC 7518 §6, RFC 8037): so keys of our own making are kept.

It needs nothing of cryptography's serialization, which takes longer to import than a key to load.
"""

from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
)

from emulator.core.keys.algorithms import Algorithm, PrivateKey
from emulator.core.keys.key import decoded, encoded, number, public_members

_OF_RSA = ("p", "q", "d", "dp", "dq", "qi")


def written(key: PrivateKey) -> bytes:
    """A private key as the text of a JWK."""
    members = public_members(key)
    if isinstance(key, RSAPrivateKey):
        rsa = key.private_numbers()
        values = (rsa.p, rsa.q, rsa.d, rsa.dmp1, rsa.dmq1, rsa.iqmp)
        members |= {name: number(value) for name, value in zip(_OF_RSA, values, strict=True)}
    elif isinstance(key, EllipticCurvePrivateKey):
        size = (key.curve.key_size + 7) // 8
        members["d"] = number(key.private_numbers().private_value, size)
    else:
        members["d"] = encoded(key.private_bytes_raw()).decode()
    return orjson.dumps(members)


def read(content: bytes, algorithm: Algorithm) -> PrivateKey:
    """The key that `written` made for such an algorithm, else ValueError.

    Of an RSA key nothing is checked here: that takes longer than to make one.
    """
    try:
        return _from(orjson.loads(content), algorithm)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("no such key") from error


def _from(members: dict[str, Any], algorithm: Algorithm) -> PrivateKey:
    if algorithm.family == "EdDSA":
        return Ed25519PrivateKey.from_private_bytes(decoded(members["d"]))
    if algorithm.family == "ES":
        key = derive_private_key(_number_in(members["d"]), algorithm.curve)
        if public_members(key) != {name: members[name] for name in ("kty", "crv", "x", "y")}:
            raise ValueError("its halves do not belong together")
        return key
    public = RSAPublicNumbers(_number_in(members["e"]), _number_in(members["n"]))
    p, q, d, dp, dq, qi = (_number_in(members[name]) for name in _OF_RSA)
    private = RSAPrivateNumbers(p, q, d, dp, dq, qi, public)
    return private.private_key(unsafe_skip_rsa_key_validation=True)


def _number_in(text: str) -> int:
    return int.from_bytes(decoded(text), "big")
