"""Where a vendor's key comes from, and having it made no earlier than it is needed."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from emulator.core.discreet import Discreet
from emulator.core.keys.algorithms import Algorithm, PrivateKey
from emulator.core.keys.key import SigningKey, made_ready
from emulator.core.keys.making import cached_key, fresh_key, seedable, seeded_key

_log = logging.getLogger(__name__)


class KeyOrigin(Discreet, frozen=True):
    """What a fixture says of a key. `secret` is for HS; `private_key` came from a file."""

    hidden = frozenset({"secret", "private_key"})

    algorithm: Algorithm
    owner: str
    secret: bytes | None = None
    private_key: PrivateKey | None = None
    key_id: str | None = None

    def same_as(self, other: "KeyOrigin") -> bool:
        """Whether another fixture says the same; a file that was read again is the same key."""
        keys = (self.private_key, other.private_key)
        # Two private keys of one file differ for `==`; their public halves do not.
        mine, its = (key.public_key() if key is not None else None for key in keys)
        return mine == its and replace(self, private_key=other.private_key) == other


class KeySource:
    """A key that is made at its first use, once, whoever asks first."""

    def __init__(self, make: Callable[[], SigningKey]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self.made: SigningKey | None = None
        """The key, once it is there."""

    @classmethod
    def of(cls, origin: KeyOrigin, seed: int | None) -> "KeySource":
        """The source that `origin` describes: its own key, else the seed's, else the cache's."""
        return cls(lambda: made_ready(origin.algorithm, _material(origin, seed), origin.key_id))

    def key_now(self) -> SigningKey:
        """The key, made in this thread if need be (an RSA key takes up to 150 ms)."""
        with self._lock:
            if self.made is None:
                self.made = self._make()
            return self.made

    async def key(self) -> SigningKey:
        """The key; if it must be made, that happens in a thread while others are served."""
        if self.made is not None:
            return self.made
        return await asyncio.to_thread(self.key_now)


def cache_folder() -> Path:
    """The folder of made keys: $AUTH_EMULATOR_CACHE_DIR, else the user's cache folder."""
    named = os.environ.get("AUTH_EMULATOR_CACHE_DIR")
    if named:
        return Path(named) / "keys"
    from platformdirs import user_cache_path  # here: only who makes keys needs it

    return user_cache_path("auth-emulator") / "keys"


def _material(origin: KeyOrigin, seed: int | None) -> PrivateKey | bytes:
    if origin.secret is not None:
        return origin.secret
    if origin.private_key is not None:
        return origin.private_key
    if seed is not None and seedable(origin.algorithm):
        return seeded_key(origin.algorithm, seed, origin.owner)
    try:
        folder = cache_folder()
    except RuntimeError as error:  # nobody's home
        _log.warning("%s: the key of %s is not kept", error, origin.owner)
        return fresh_key(origin.algorithm, seed, origin.owner)
    return cached_key(origin.algorithm, origin.owner, folder)
