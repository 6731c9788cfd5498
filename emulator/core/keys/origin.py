"""The source of a vendor's key, which is made when it is first needed."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from emulator.core.keys.algorithms import Algorithm, PrivateKey
from emulator.core.keys.making import cached_key, generate_key
from emulator.core.keys.signing_key import SigningKey, make_key


@dataclass(frozen=True)
class KeyOrigin:
    """A vendor's key in the fixture. `secret` is for HS; `private_key` is a file's.

    What prints it shows neither.
    """

    algorithm: Algorithm
    owner: str
    secret: bytes | None = field(default=None, repr=False)
    private_key: PrivateKey | None = field(default=None, repr=False)
    key_id: str | None = None

    def same_as(self, other: "KeyOrigin") -> bool:
        """Whether another fixture says the same; a file that was read again is the same key."""
        keys = (self.private_key, other.private_key)
        # Two private keys of one file differ for `==`; their public halves do not.
        mine, theirs = (key.public_key() if key is not None else None for key in keys)
        return mine == theirs and replace(self, private_key=other.private_key) == other

    def first_key(self, seed: int | None) -> SigningKey:
        """The key that signs before any rotation: the fixture's, the seed's or the cache's."""
        material: PrivateKey | bytes | None = (
            self.private_key if self.secret is None else self.secret
        )
        if material is None and seed is not None and self.algorithm.seedable:
            material = generate_key(self.algorithm, seed, self.owner)
        if material is None:
            material = cached_key(self.algorithm, self.owner)
        return make_key(self.algorithm, material, self.key_id)


class LazyKey:
    """A key that is made once, at its first use."""

    def __init__(self, make: Callable[[], SigningKey]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self.made: SigningKey | None = None
        """The key, if it exists."""

    def now(self) -> SigningKey:
        """The key, made in this thread if necessary."""
        with self._lock:
            if self.made is None:
                self.made = self._make()
            return self.made

    async def get(self) -> SigningKey:
        """The key, made in a thread if necessary."""
        return self.made if self.made is not None else await asyncio.to_thread(self.now)
