"""A vendor's keys in a realm: the one that signs, those that verify, those that are published."""

import asyncio
import hmac
from collections.abc import Mapping
from copy import copy
from enum import StrEnum
from typing import Any

from msgspec import Struct

from emulator.core.keys.algorithms import ALGORITHMS, Algorithm
from emulator.core.keys.key import Jwk, SigningKey, decoded, made_ready
from emulator.core.keys.making import fresh_key
from emulator.core.keys.sources import KeyOrigin, KeySource


class Rotation(StrEnum):
    """How a new key takes the place of the one that signs."""

    OVERLAP = "overlap"
    """The old key verifies on, and both are published: what a careful vendor does."""

    NO_OVERLAP = "no_overlap"
    """The old key is gone at once: every token before it is refused."""

    UNKNOWN_KID = "unknown_kid"
    """The new key signs, and the old one alone is published: a `kid` that nobody can find."""

    SAME_KID = "same_kid"
    """The new key has the old one's `kid`: verifiers that cache by `kid` refuse good tokens."""


class KeysCannotRotate(Exception):
    """The vendor's tokens are signed with a secret of the fixture."""


class _Rotated(Struct, frozen=True):
    """What rotations have made of the first key: the one that signs now, and those before it."""

    count: int = 0
    key: SigningKey | None = None
    retired: tuple[SigningKey, ...] = ()
    hidden: str | None = None


class Keyring:
    """The keys of one vendor, which any number of realms share: a rotation makes another ring.

    The first key is made no earlier than it is needed.
    """

    def __init__(self, origin: KeyOrigin, seed: int | None) -> None:
        self.algorithm: Algorithm = origin.algorithm
        self.origin = origin
        self.seed = seed
        self._first = KeySource.of(origin, seed)
        self.rotation = _Rotated()

    def made_like(self, other: "Keyring") -> bool:
        """Whether another ring's first key comes from the same place."""
        return self.origin.same_as(other.origin) and self.seed == other.seed

    @property
    def ready(self) -> bool:
        """Whether the key that signs is there already."""
        return (self.rotation.key or self._first.made) is not None

    def active_now(self) -> SigningKey:
        """The key that signs, made in this thread if need be."""
        return self.rotation.key or self._first.key_now()

    async def active(self) -> SigningKey:
        """The key that signs."""
        return self.rotation.key or await self._first.key()

    async def verifiers(self) -> tuple[SigningKey, ...]:
        """The keys whose signatures are good."""
        return (await self.active(), *self.rotation.retired)

    async def verifier(self, kid: object) -> SigningKey | None:
        """The key that a token names; the one that signs where it names none."""
        keys = await self.verifiers()
        if kid is None or self.algorithm.symmetric:
            return keys[0]
        return next((key for key in keys if key.kid == kid), None)

    async def published(self) -> list[Jwk]:
        """The public keys (RFC 7517 §5); none where tokens are signed with a secret."""
        keys = await self.verifiers()
        return [key.jwk for key in keys if key.jwk is not None and key.kid != self.rotation.hidden]

    async def rotated(self, how: Rotation) -> "Keyring":
        """These keys after a new one took the place of the one that signs; they stay as they are.

        Raises KeysCannotRotate where it is a secret.
        """
        if self.algorithm.symmetric:
            raise KeysCannotRotate(f"{self.origin.owner} signs with a secret of the fixture")
        old = await self.active()
        count = self.rotation.count + 1
        owner = f"{self.origin.owner} {count}"
        material = await asyncio.to_thread(fresh_key, self.algorithm, self.seed, owner)
        new = made_ready(self.algorithm, material, old.kid if how is Rotation.SAME_KID else None)
        stays = how in (Rotation.OVERLAP, Rotation.UNKNOWN_KID)
        ring = copy(self)
        ring.rotation = _Rotated(
            count,
            new,
            retired=(old, *self.rotation.retired) if stays else (),
            hidden=new.kid if how is Rotation.UNKNOWN_KID else None,
        )
        return ring

    async def signed(self, token: str, header: Mapping[str, Any]) -> bool:
        """Whether a token is one of these keys' work; makes no key to find out."""
        if not self.ready:
            return False
        if self.algorithm.symmetric:
            key = await self.active()
            message, _, signature = token.rpartition(".")
            return encoded_equal(key.sign(message.encode()), signature)
        return header.get("kid") is not None and await self.verifier(header["kid"]) is not None


def signed_with_public_half(key: SigningKey, token: str, algorithm: object) -> bool:
    """Whether a token is signed with an HS algorithm and a public key as the secret.

    The attack on verifiers that let the token choose the algorithm (RFC 8725 §2.1).
    """
    claimed = ALGORITHMS.get(str(algorithm))
    if claimed is None or not claimed.symmetric or key.algorithm.symmetric:
        return False
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = key.verifies_with.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = key.verifies_with.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    message, _, signature = token.rpartition(".")
    return any(
        encoded_equal(claimed.secret_signer(secret)(message.encode()), signature)
        for secret in (pem, pem.rstrip(), der)
    )


def encoded_equal(signature: bytes, segment: str) -> bool:
    """Whether a token's last segment holds this signature."""
    try:
        return hmac.compare_digest(signature, decoded(segment))
    except ValueError:
        return False
