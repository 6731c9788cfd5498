"""The store protocol. `tests/core/store` tests every implementation.

Names are scoped by realm: the same key in two realms is two keys. Values are bytes. Times are
passed in, in POSIX seconds of the realm's clock: a store reads no clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class VersionConflict(Exception):
    """The realm's state was saved by another since it was loaded; load it again."""


class StoreFull(Exception):
    """The store is full; nothing that is still needed was dropped."""


@dataclass(frozen=True)
class StoredState:
    """The fields of a realm's state, and its version: 0 where there is no state."""

    version: int
    fields: Mapping[str, bytes]


@dataclass(frozen=True)
class LogEntry:
    """An entry of a log and its number: the first is 1, and numbers are used once."""

    number: int
    value: bytes


@dataclass(frozen=True)
class LogPosition:
    """The numbers of a log's newest entry and of its newest cleared entry."""

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

        Versions are unique over all realms; a state without fields does not exist. Raises
        VersionConflict unless `version` is the one in force.
        """
        ...

    async def consume(self, realm: str, key: str, *, now: float, until: float) -> bool:
        """True for the first to consume `key`, False for all others, until `until` at least.

        Raises StoreFull if there is no room: nothing is dropped before `until`.
        """
        ...

    async def consumed(self, realm: str, key: str) -> bool:
        """Whether `key` was consumed."""
        ...

    async def count(self, realm: str, key: str, by: int = 1) -> int:
        """Add `by` to a counter that begins at 0, and return it."""
        ...

    async def put(self, realm: str, key: str, value: bytes, *, now: float, until: float) -> None:
        """Keep `value` until `until`, replacing an older one. Raises StoreFull."""
        ...

    async def get(self, realm: str, key: str, *, now: float) -> bytes | None:
        """The value, if it has not expired."""
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

        The first entry's number shows whether some were dropped.
        """
        ...

    async def position(self, realm: str, log: str) -> LogPosition:
        """The numbers of a log's newest and last cleared entries."""
        ...

    async def clear(self, realm: str, log: str) -> None:
        """Drop all entries of a log; the next one's number follows the last."""
        ...

    async def forget(self, realm: str) -> None:
        """Drop all of a realm but its state: consumed keys, counters, values and logs."""
        ...
