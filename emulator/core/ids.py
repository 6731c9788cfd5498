"""The one file that makes random ids; with a seed, the same ones in the same order."""

import os
import random
import uuid
from functools import lru_cache

_ISSUED_BY_US = uuid.UUID("5b3b1f0e-6f0f-5c8e-9d57-6c1c2f3a7a10")
"""Our own namespace for the names below; any fixed UUID serves (RFC 9562 §5.5)."""

_UNSEEDED = random.SystemRandom()

_UNIQUE = random.Random()  # noqa: S311 - an id has to be unique; a token is good by its signature
"""In a fifth of the time that asking the system takes, which is 4 % of a sign-in."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_UNIQUE.seed)  # or a fork would repeat its parent's ids


class Ids:
    """A source of random ids. Two of them with one seed give the same sequence."""

    __slots__ = ("_seed", "_source")

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self._source: random.Random | None = _UNSEEDED if seed is None else None

    @property
    def _random(self) -> random.Random:
        if self._source is None:  # its state takes 2.5 KB, which most realms never need
            self._source = random.Random(self._seed)  # noqa: S311 - a seed is asked for so that ids repeat
        return self._source

    def unique(self, bits: int = 128) -> str:
        """So many random bits as hexadecimal digits, for a `jti` (RFC 7519 §4.1.7)."""
        source = _UNIQUE if self._seed is None else self._random
        return source.getrandbits(bits).to_bytes(bits // 8, "big").hex()

    def digits(self, count: int) -> str:
        """So many random decimal digits, for a one-time code."""
        return f"{self._random.randrange(10**count):0{count}}"

    def chance(self, probability: float) -> bool:
        """Whether something of this probability (0 to 1) happens now."""
        return probability >= 1 or self._random.random() < probability

    def between(self, least: float, most: float) -> float:
        """A number from `least` to `most`."""
        return self._random.uniform(least, most)


@lru_cache(maxsize=4096)
def lasting_uuid(*names: str) -> str:
    """The same UUID for the same names, at every start and on every machine."""
    return str(uuid.uuid5(_ISSUED_BY_US, "\n".join(names)))
