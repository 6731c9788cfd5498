"""A key made ready to sign, and its public half as a JWK (RFC 7517)."""

import hashlib
import threading
import uuid
from binascii import a2b_base64, b2a_base64
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from msgspec import field

from emulator.core.discreet import Discreet
from emulator.core.keys.algorithms import Algorithm, PrivateKey, Sign

Jwk = dict[str, str]

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_USUAL = bytes.maketrans(b"-_", b"+/")


_MOST_REMEMBERED = 4096
"""Of how many tokens a key remembers that it signed them; each takes about 150 bytes."""


class Remembered:
    """The latest of some tokens, by their digests: no token is kept."""

    __slots__ = ("_adding", "_digests")

    def __init__(self) -> None:
        self._digests: dict[bytes, None] = {}
        self._adding = threading.Lock()  # realms of several loops may share a key

    def __contains__(self, token: str) -> bool:
        return hashlib.sha256(token.encode()).digest() in self._digests

    def add(self, token: str) -> None:
        """Remember one more; the oldest is forgotten for it."""
        with self._adding:
            self._digests[hashlib.sha256(token.encode()).digest()] = None
            if len(self._digests) > _MOST_REMEMBERED:
                del self._digests[next(iter(self._digests))]


class SigningKey(Discreet, frozen=True):
    """A prepared key: `sign` costs a signature and nothing else.

    `kid` and `jwk` are None where the algorithm is symmetric: a secret is never published, and
    the vendors' HS tokens name no key. `verifies_with` is what checks a signature of its; `known`
    are tokens that were checked: what a key has signed stays signed.
    """

    hidden = frozenset({"sign", "verifies_with"})

    algorithm: Algorithm
    sign: Sign
    verifies_with: Any
    kid: str | None = None
    jwk: Jwk | None = None
    known: Remembered = field(default_factory=Remembered)


def made_ready(
    algorithm: Algorithm, material: PrivateKey | bytes, key_id: str | None = None
) -> SigningKey:
    """`material` (a private key, or the bytes of a secret) ready to sign with `algorithm`.

    Without `key_id`, the `kid` is a UUID made from the key's RFC 7638 thumbprint, so that the
    same key has the same name everywhere.
    """
    if isinstance(material, bytes):
        return SigningKey(algorithm, algorithm.secret_signer(material), material)
    members = public_members(material)
    kid = key_id or str(uuid.uuid5(uuid.NAMESPACE_URL, _thumbprint_uri(members)))
    return SigningKey(
        algorithm,
        algorithm.signer(material),
        material.public_key(),
        kid,
        members | {"kid": kid, "use": "sig", "alg": algorithm.name},
    )


def encoded(data: bytes) -> bytes:
    """Base64url without padding (RFC 7515 §2)."""
    # Deleting the padding within `translate` takes as long again as all the rest.
    return b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=")


def decoded(segment: str) -> bytes:
    """The bytes of a base64url segment; ValueError where it is none."""
    # Not by `base64.b64decode`, which makes a table of the two letters each time.
    padded = segment.encode("ascii").translate(_USUAL) + b"=" * (-len(segment) % 4)
    return a2b_base64(padded, strict_mode=True)


def public_members(key: PrivateKey) -> Jwk:
    """The members of the public JWK that its thumbprint needs (RFC 7638 §3.2)."""
    if isinstance(key, RSAPrivateKey):
        rsa = key.public_key().public_numbers()
        return {"kty": "RSA", "n": number(rsa.n), "e": number(rsa.e)}
    if isinstance(key, EllipticCurvePrivateKey):
        point = key.public_key().public_numbers()
        size = (key.curve.key_size + 7) // 8
        curve = {256: "P-256", 384: "P-384", 521: "P-521"}[key.curve.key_size]
        x, y = number(point.x, size), number(point.y, size)
        return {"kty": "EC", "crv": curve, "x": x, "y": y}
    raw = key.public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "Ed25519", "x": encoded(raw).decode()}


def number(value: int, size: int | None = None) -> str:
    """A number as JWKs have it (RFC 7518 §2), in `size` bytes or as few as it takes."""
    length = size if size is not None else (value.bit_length() + 7) // 8
    return encoded(value.to_bytes(length, "big")).decode()


def _thumbprint_uri(members: Jwk) -> str:
    canonical = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
    thumbprint = encoded(hashlib.sha256(canonical).digest()).decode()
    return f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{thumbprint}"  # RFC 9278
