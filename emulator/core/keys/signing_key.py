"""A key with its algorithm: it signs and verifies."""

from dataclasses import dataclass, field
from typing import cast

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from emulator.core.keys.algorithms import ALGORITHMS, Algorithm, PrivateKey, PublicKey
from emulator.core.keys.encoding import decode_segment
from emulator.core.keys.jwk import Jwk, key_of, public_jwk


@dataclass(frozen=True)
class SigningKey:
    """A key with its algorithm. Its repr shows neither the private key nor the secret.

    `kid`, `jwk` and `public_key` are None where the algorithm is symmetric: a secret is never
    published, and the vendors' HS tokens name no key. `private_key` is None for a secret, and for
    a retired key.
    """

    algorithm: Algorithm
    kid: str | None = None
    jwk: Jwk | None = None
    public_key: PublicKey | None = field(default=None, repr=False)
    private_key: PrivateKey | None = field(default=None, repr=False)
    secret: bytes | None = field(default=None, repr=False)

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`, as a JWS has it. Raises ValueError for a retired key."""
        key = self.secret if self.algorithm.symmetric else self.private_key
        if key is None:
            raise ValueError(f"the key {self.kid} is retired: it verifies and does not sign")
        # Not through `prepare_key`, which refuses secrets that look like a public key.
        return self.algorithm.implementation.sign(message, key)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` over `message` is by this key."""
        key = self.secret if self.algorithm.symmetric else self.public_key
        return self.algorithm.implementation.verify(message, key, signature)

    def signed(self, token: str) -> bool:
        """Whether a token's last segment is this key's signature over those before it."""
        message, _, segment = token.rpartition(".")
        try:
            return self.verifies(message.encode(), decode_segment(segment))
        except ValueError:
            return False


def make_key(
    algorithm: Algorithm, material: PrivateKey | bytes, key_id: str | None = None
) -> SigningKey:
    """The key that signs with `algorithm` and `material`, a private key or a secret's bytes.

    See `public_jwk` for its `kid`.
    """
    if isinstance(material, bytes):
        return SigningKey(algorithm, secret=material)
    public_key = material.public_key()
    jwk = public_jwk(algorithm, public_key, key_id)
    return SigningKey(algorithm, jwk["kid"], jwk, public_key, material)


def retired_key(algorithm: Algorithm, jwk: Jwk) -> SigningKey:
    """A key of which only the published half is left: it verifies what the other half signed."""
    return SigningKey(algorithm, jwk["kid"], jwk, cast(PublicKey, key_of(jwk)))


def signed_with_public_half(key: SigningKey, token: str, algorithm: object) -> bool:
    """Whether a token is signed with an HS algorithm and a public key as the secret.

    The attack on verifiers that let the token choose the algorithm (RFC 8725 §2.1).
    """
    claimed, public_key = ALGORITHMS.get(str(algorithm)), key.public_key
    if claimed is None or not claimed.symmetric or public_key is None:
        return False
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return any(make_key(claimed, secret).signed(token) for secret in (pem, pem.rstrip(), der))
