"""What a store can do. `tests/core/store` holds every implementation to it.

Names are scoped by realm: the same key in two realms is two keys. Values are bytes; what they
mean is the caller's. Time comes in with the call, in POSIX seconds of the realm's clock, so that
a store never reads one.
"""

from typing import Protocol

from msgspec import Struct


class VersionConflict(Exception):
    """Somebody else saved the realm's state since it was loaded; load it again."""


class StoreFull(Exception):
    """The store holds as much as it may. What is still needed was not thrown away for it."""


class LogEntry(Struct, frozen=True):
    """An entry of a log and its number: the first is 1, and no number is given twice."""

    number: int
    value: bytes


class Store(Protocol):
    """The protocol. Every call is atomic; several workers may share one store."""

    async def load(self, realm: str) -> tuple[int, bytes | None]:
        """The realm's state and its version; None where it has none, and version 0 at the first.

        A store may forget the versions of realms without a state, as long as every later state of
        theirs gets a higher one.
        """
        ...

    async def save(self, realm: str, state: bytes | None, version: int) -> int:
        """Save over `version` and return the new one; None removes the state, not the version.

        Raises VersionConflict unless `version` is the one in force.
        """
        ...

    async def claim(self, realm: str, key: str, *, now: float, until: float) -> bool:
        """True for the first to claim `key`, False for all others, until `until` at least.

        A claim is never dropped before `until`; where no room is left, raises StoreFull.
        """
        ...

    async def claimed(self, realm: str, key: str) -> bool:
        """Whether somebody claimed `key`."""
        ...

    async def count(self, realm: str, key: str, by: int = 1) -> int:
        """Add `by` to a counter that begins at 0, and return it."""
        ...

    async def put(self, realm: str, key: str, value: bytes, *, now: float, until: float) -> None:
        """Keep `value` until `until`; over an older one. Raises StoreFull like `claim`."""
        ...

    async def get(self, realm: str, key: str, *, now: float) -> bytes | None:
        """What was put and is neither taken nor past its time."""
        ...

    async def take(self, realm: str, key: str, *, now: float) -> bytes | None:
        """The same, and it is gone: of several takers one gets it."""
        ...

    async def append(self, realm: str, log: str, value: bytes, *, keep: int) -> int:
        """Add an entry, drop all but the newest `keep`, and return the entry's number.

        Where all logs together are too large, the oldest entries of the largest go too.
        """
        ...

    async def read(
        self, realm: str, log: str, *, after: int = 0, limit: int = 100
    ) -> list[LogEntry]:
        """Up to `limit` entries with a number above `after`, oldest first.

        The first entry's number tells whether some are gone.
        """
        ...

    async def last(self, realm: str, log: str) -> int:
        """The number of the newest entry that the log ever had; 0 where it had none."""
        ...

    async def clear(self, realm: str, log: str) -> int:
        """Drop all entries of a log, and return the newest's number; the next one follows it."""
        ...

    async def forget(self, realm: str) -> None:
        """Drop the realm's claims, counters, values and logs; its state and version stay."""
        ...
