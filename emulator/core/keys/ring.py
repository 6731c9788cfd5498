"""A vendor's keys in a realm: the one that signs, those that verify, those that are published."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from typing import Any

from pydantic import Field

from emulator.core.keys.algorithms import Algorithm
from emulator.core.keys.jwk import Jwk, private_jwk, private_key_of
from emulator.core.keys.making import generate_key
from emulator.core.keys.origin import KeyOrigin, LazyKey
from emulator.core.keys.signing_key import SigningKey, make_key, retired_key
from emulator.core.model import Model


class Rotation(StrEnum):
    """How a new key takes the place of the one that signs."""

    OVERLAP = "overlap"
    """The old key still verifies, and both are published, as is usual."""

    NO_OVERLAP = "no_overlap"
    """The old key is removed at once: earlier tokens are refused."""

    UNKNOWN_KID = "unknown_kid"
    """The new key signs, and the old one alone is published: no verifier can find its `kid`."""

    SAME_KID = "same_kid"
    """The new key has the old one's `kid`: verifiers that cache by `kid` refuse good tokens."""


class CannotRotate(Exception):
    """The vendor's tokens are signed with a secret of the fixture."""


class KeyRotationState(Model):
    """The result of key rotations; empty before the first.

    `active` is the private JWK of the key that signs, `retired` are the public JWKs of those that
    only verify, the latest first, `hidden` is the `kid` that is not published.
    """

    count: int = 0
    active: Jwk | None = Field(default=None, repr=False)
    retired: list[Jwk] = Field(default_factory=list)
    hidden: str | None = None


NOT_ROTATED = KeyRotationState()


class Keyring:
    """The keys of one vendor, shared by realms: a rotation makes another ring.

    The first key is made when it is needed, once for a ring and those derived from it.
    """

    def __init__(
        self,
        origin: KeyOrigin,
        seed: int | None,
        *,
        rotation: KeyRotationState = NOT_ROTATED,
        first: LazyKey | None = None,
    ) -> None:
        self.algorithm: Algorithm = origin.algorithm
        self.origin = origin
        self.seed = seed
        self.rotation = rotation
        self._first = first or LazyKey(partial(origin.first_key, seed))
        self._active = self._first
        if rotation.active is not None:
            self._active = LazyKey(partial(_active_key, origin.algorithm, rotation.active))
        self._retired = tuple(retired_key(origin.algorithm, jwk) for jwk in rotation.retired)

    def made_like(self, other: "Keyring") -> bool:
        """Whether another ring's first key comes from the same place."""
        return self.origin.same_as(other.origin) and self.seed == other.seed

    @property
    def ready(self) -> bool:
        """Whether the key that signs exists already, here or in the state of its rotations."""
        return self.rotation.active is not None or self._active.made is not None

    def active_now(self) -> SigningKey:
        """The key that signs, made in this thread if need be."""
        return self._active.now()

    async def active(self) -> SigningKey:
        """The key that signs."""
        return await self._active.get()

    async def verifiers(self) -> tuple[SigningKey, ...]:
        """The keys whose signatures are good, the one that signs first."""
        return (await self.active(), *self._retired)

    async def verifier(self, kid: object) -> SigningKey | None:
        """The key that a token names; the one that signs where it names none."""
        keys = await self.verifiers()
        if kid is None or self.algorithm.symmetric:
            return keys[0]
        return next((key for key in keys if key.kid == kid), None)

    async def published(self) -> list[Jwk]:
        """The public keys (RFC 7517 §5); none where tokens are signed with a secret."""
        hidden = self.rotation.hidden
        keys = await self.verifiers()
        return [key.jwk for key in keys if key.jwk is not None and key.kid != hidden]

    async def signed(self, token: str, header: Mapping[str, Any]) -> bool:
        """Whether one of these keys signed a token with this header; makes none to find out."""
        kid = header.get("kid")
        if not self.ready or (kid is None and not self.algorithm.symmetric):
            return False
        key = await self.verifier(kid)
        return key is not None and key.signed(token)

    def with_rotation(self, rotation: KeyRotationState) -> "Keyring":
        """The keys with these rotations applied."""
        if rotation == self.rotation:
            return self
        return Keyring(self.origin, self.seed, rotation=rotation, first=self._first)

    async def rotated(self, mode: Rotation) -> "Keyring":
        """The keys after a rotation; these do not change.

        Raises CannotRotate for a secret.
        """
        if self.algorithm.symmetric:
            raise CannotRotate(f"{self.origin.owner} signs with a secret of the fixture")
        old = await self.active()
        count = self.rotation.count + 1
        owner = f"{self.origin.owner} {count}"  # a seed gives each rotation a key of its own
        material = await asyncio.to_thread(generate_key, self.algorithm, self.seed, owner)
        new = make_key(self.algorithm, material, old.kid if mode is Rotation.SAME_KID else None)
        before = [] if old.jwk is None else [old.jwk, *self.rotation.retired]
        state = KeyRotationState(
            count=count,
            active=private_jwk(self.algorithm, material) | {"kid": str(new.kid)},
            retired=before if mode in (Rotation.OVERLAP, Rotation.UNKNOWN_KID) else [],
            hidden=new.kid if mode is Rotation.UNKNOWN_KID else None,
        )
        return self.with_rotation(state)


def _active_key(algorithm: Algorithm, jwk: Jwk) -> SigningKey:
    return make_key(algorithm, private_key_of(jwk, algorithm), jwk["kid"])
