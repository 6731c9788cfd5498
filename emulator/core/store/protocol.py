"""What a store can do. `tests/core/store` holds every implementation to it.

Names are scoped by realm: the same key in two realms is two keys. Values are bytes; what they mean
is the caller's. Time comes in with the call, in POSIX seconds of the realm's clock, so that a store
never reads one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class VersionConflict(Exception):
    """The realm's state was saved by somebody else since it was loaded; load it again."""


class StoreFull(Exception):
    """The store holds as much as it may. What is still needed was not thrown away for it."""


@dataclass(frozen=True)
class StoredState:
    """The fields of a realm's state, and its version: 0 where there is no state."""

    version: int
    fields: Mapping[str, bytes]


@dataclass(frozen=True)
class LogEntry:
    """An entry of a log and its number: the first is 1, and no number is given twice."""

    number: int
    value: bytes


@dataclass(frozen=True)
class LogPosition:
    """The numbers of the newest entry that a log ever had, and of the newest that was cleared."""

    last: int = 0
    cleared: int = 0


class Store(Protocol):
    """The protocol. Every call is atomic; several processes may share one store."""

    async def names(self) -> list[str]:
        """The realms that have a state, in the order in which they first had one."""
        ...

    async def version(self, realm: str) -> int:
        """The version of a realm's state."""
        ...

    async def load(self, realm: str) -> StoredState:
        """A realm's state."""
        ...

    async def save(self, realm: str, changes: Mapping[str, bytes | None], version: int) -> int:
        """Set fields of a realm's state, or remove those that are None; return the new version.

        A version is never given twice, whichever the realm; a state whose last field is removed is
        gone. Raises VersionConflict unless `version` is the one in force.
        """
        ...

    async def consume(self, realm: str, key: str, *, now: float, until: float) -> bool:
        """True for the first to consume `key`, False for all others, until `until` at least.

        What was consumed is not forgotten before `until`; if no room is left, raises StoreFull.
        """
        ...

    async def consumed(self, realm: str, key: str) -> bool:
        """Whether `key` was consumed."""
        ...

    async def count(self, realm: str, key: str, by: int = 1) -> int:
        """Add `by` to a counter that begins at 0, and return it."""
        ...

    async def put(self, realm: str, key: str, value: bytes, *, now: float, until: float) -> None:
        """Keep `value` until `until`; over an older one. Raises StoreFull like `consume`."""
        ...

    async def get(self, realm: str, key: str, *, now: float) -> bytes | None:
        """What was put and is not past its time."""
        ...

    async def append(self, realm: str, log: str, value: bytes, *, keep: int) -> int:
        """Add an entry, drop all but the newest `keep`, and return the entry's number.

        If all logs together are too large, the oldest entries of the largest go too.
        """
        ...

    async def read(
        self, realm: str, log: str, *, after: int = 0, limit: int = 100
    ) -> list[LogEntry]:
        """Up to `limit` entries with a number above `after`, oldest first.

        The first entry's number tells whether some are gone.
        """
        ...

    async def position(self, realm: str, log: str) -> LogPosition:
        """Where a log stands."""
        ...

    async def clear(self, realm: str, log: str) -> None:
        """Drop all entries of a log; the next one's number follows the last."""
        ...

    async def forget(self, realm: str) -> None:
        """Drop all of a realm but its state: consumed keys, counters, values and logs."""
        ...
