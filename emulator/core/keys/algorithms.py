"""The algorithms of RFC 7518 §3.1 (and EdDSA, RFC 8037) that tokens can be signed with."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import (
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from jwt.algorithms import Algorithm as JwsAlgorithm
from jwt.algorithms import get_default_algorithms

PrivateKey: TypeAlias = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
PublicKey: TypeAlias = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
KeyType: TypeAlias = Literal["RSA", "EC", "OKP", "oct"]
"""A JWK's `kty` (RFC 7518 §6.1, RFC 8037 §2)."""

RSA_BITS = 2048
"""The smallest RSA key that RFC 7518 §3.3 allows, and the size of those we make."""

_CURVES = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
_IMPLEMENTATIONS = get_default_algorithms()


@dataclass(frozen=True)
class Algorithm:
    """One JWS algorithm: what its keys are, and PyJWT's implementation of it."""

    name: str
    key_type: KeyType

    @property
    def implementation(self) -> JwsAlgorithm:
        """PyJWT's algorithm, which signs, verifies, and converts JWKs."""
        return _IMPLEMENTATIONS[self.name]

    @property
    def symmetric(self) -> bool:
        """Whether the key is a secret that both sides share."""
        return self.key_type == "oct"

    @property
    def seedable(self) -> bool:
        """Whether keys can be made from a seed: RSA keys cannot."""
        return self.key_type in ("EC", "OKP")

    @property
    def secret_bytes(self) -> int:
        """The shortest secret that RFC 7518 §3.2 allows, in bytes; 0 where there is none."""
        return int(self.name.removeprefix("HS")) // 8 if self.symmetric else 0

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve that an ES algorithm belongs to (RFC 7518 §3.4)."""
        return _CURVES[self.name]

    def wants(self) -> str:
        """The kind of its private keys, for messages."""
        if self.key_type == "EC":
            return f"an EC key on {self.curve.name}"
        if self.key_type == "OKP":
            return "an Ed25519 key"
        return f"an RSA key of at least {RSA_BITS} bits"

    def accepts(self, key: object) -> bool:
        """Whether `key` is a private key of the kind that it signs with."""
        if self.key_type == "EC":
            return isinstance(key, EllipticCurvePrivateKey) and key.curve.name == self.curve.name
        if self.key_type == "OKP":
            return isinstance(key, Ed25519PrivateKey)
        return isinstance(key, RSAPrivateKey) and key.key_size >= RSA_BITS


_FAMILIES: dict[str, KeyType] = {"RS": "RSA", "PS": "RSA", "ES": "EC", "HS": "oct"}

ALGORITHMS: dict[str, Algorithm] = {
    f"{family}{bits}": Algorithm(f"{family}{bits}", key_type)
    for family, key_type in _FAMILIES.items()
    for bits in (256, 384, 512)
} | {"EdDSA": Algorithm("EdDSA", "OKP")}
"""Every algorithm that a fixture may name."""
