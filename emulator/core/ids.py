"""Random ids; with a seed, the same ones in the same order."""

import os
import random
import uuid
from functools import lru_cache

_NAMESPACE = uuid.UUID("5b3b1f0e-6f0f-5c8e-9d57-6c1c2f3a7a10")
"""Our own namespace for the names below; any fixed UUID serves (RFC 9562 §5.5)."""

_SHARED = random.Random()  # noqa: S311 - an id has to be unique; a token is good by its signature
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SHARED.seed)  # or a fork would repeat its parent's ids


class Ids:
    """A source of random ids. Two of them with one seed and stream give the same sequence."""

    def __init__(self, seed: int | None = None, stream: int = 1) -> None:
        """Processes that share a realm have a `stream` each, or they would make the same ids."""
        if seed is None:
            self._random = _SHARED
        else:
            self._random = random.Random(seed if stream == 1 else f"{seed}/{stream}")  # noqa: S311 - see above

    def unique(self, bits: int = 128) -> str:
        """`bits` random bits as hexadecimal digits, for a `jti` (RFC 7519 §4.1.7)."""
        return self._random.getrandbits(bits).to_bytes(bits // 8, "big").hex()

    def digits(self, count: int) -> str:
        """Random decimal digits, for a one-time code."""
        return f"{self._random.randrange(10**count):0{count}}"

    def chance(self, probability: float) -> bool:
        """True with this probability (0 to 1)."""
        return probability >= 1 or self._random.random() < probability

    def between(self, least: float, most: float) -> float:
        """A number from `least` to `most`."""
        return self._random.uniform(least, most)


@lru_cache(maxsize=4096)
def stable_uuid(*names: str) -> str:
    """The same UUID for the same names, at every start and on every machine."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join(names)))
