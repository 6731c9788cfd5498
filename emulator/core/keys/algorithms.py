"""The algorithms of RFC 7518 §3.1 (and EdDSA, RFC 8037) that tokens can be signed with."""

import hashlib
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from msgspec import Struct

PrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
Sign: TypeAlias = Callable[[bytes], bytes]
Family: TypeAlias = Literal["RS", "PS", "ES", "EdDSA", "HS"]

RSA_BITS = 2048
"""The smallest RSA key that RFC 7518 §3.3 allows, and the size of those we make."""

_HASHES: dict[int, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    256: hashes.SHA256,
    384: hashes.SHA384,
    512: hashes.SHA512,
}
_CURVES: dict[int, type[ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1]] = {
    256: ec.SECP256R1,
    384: ec.SECP384R1,
    512: ec.SECP521R1,
}

_PADS = (0x36, 0x5C)
"""What RFC 2104 §2 calls ipad and opad."""


class Algorithm(Struct, frozen=True):
    """One JWS algorithm. `bits` is the size of its hash, and 0 for EdDSA."""

    name: str
    family: Family
    bits: int

    @property
    def symmetric(self) -> bool:
        """Whether the key is a secret that both sides share."""
        return self.family == "HS"

    @property
    def secret_bytes(self) -> int:
        """The shortest secret that RFC 7518 §3.2 allows, in bytes."""
        return self.bits // 8

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve that an ES algorithm belongs to (RFC 7518 §3.4)."""
        return _CURVES[self.bits]()

    def wants(self) -> str:
        """What kind of private key it signs with, in words."""
        if self.family == "ES":
            return f"an EC key on {self.curve.name}"
        if self.family == "EdDSA":
            return "an Ed25519 key"
        return f"an RSA key of at least {RSA_BITS} bits"

    def accepts(self, key: object) -> bool:
        """Whether `key` is of the kind that it signs with."""
        if self.family == "ES":
            return isinstance(key, EllipticCurvePrivateKey) and key.curve.name == self.curve.name
        if self.family == "EdDSA":
            return isinstance(key, Ed25519PrivateKey)
        return isinstance(key, RSAPrivateKey) and key.key_size >= RSA_BITS

    def signer(self, key: PrivateKey) -> Sign:
        """A function that signs with `key`; all that does not depend on the message is done."""
        if isinstance(key, RSAPrivateKey):
            return self._rsa_signer(key)
        if isinstance(key, EllipticCurvePrivateKey):
            return self._ec_signer(key)
        return key.sign

    def secret_signer(self, secret: bytes) -> Sign:
        """The same for an HS algorithm and its secret."""
        new: Callable[[bytes], Any] = getattr(hashlib, f"sha{self.bits}")
        block = new(b"").block_size
        key = (secret if len(secret) <= block else new(secret).digest()).ljust(block, b"\0")
        inner, outer = (new(bytes(byte ^ pad for byte in key)) for pad in _PADS)

        def sign(message: bytes) -> bytes:
            # HMAC (RFC 2104 §2) with what the secret alone decides done before: half of its cost.
            inside, outside = inner.copy(), outer.copy()
            inside.update(message)
            outside.update(inside.digest())
            signature: bytes = outside.digest()
            return signature

        return sign

    def _rsa_signer(self, key: RSAPrivateKey) -> Sign:
        digest = _HASHES[self.bits]()
        scheme = (
            padding.PSS(padding.MGF1(_HASHES[self.bits]()), salt_length=digest.digest_size)
            if self.family == "PS"
            else padding.PKCS1v15()
        )
        sign = key.sign
        return lambda message: sign(message, scheme, digest)

    def _ec_signer(self, key: EllipticCurvePrivateKey) -> Sign:
        scheme = ec.ECDSA(_HASHES[self.bits]())
        size = (key.curve.key_size + 7) // 8
        sign = key.sign

        def sign_raw(message: bytes) -> bytes:
            # JWS wants r and s side by side, OpenSSL answers in DER (RFC 7518 §3.4).
            r, s = decode_dss_signature(sign(message, scheme))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")

        return sign_raw


ALGORITHMS: dict[str, Algorithm] = {
    algorithm.name: algorithm
    for algorithm in (
        *(
            Algorithm(f"{family}{bits}", family, bits)
            for family in ("RS", "PS", "ES", "HS")
            for bits in (256, 384, 512)
        ),
        Algorithm("EdDSA", "EdDSA", 0),
    )
}
"""Every algorithm that a fixture may name."""
