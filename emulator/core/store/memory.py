"""The store of one process. It forgets at a restart."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from itertools import islice
from typing import TypeVar

from emulator.core.store.protocol import (
    LogEntry,
    LogPosition,
    StoredState,
    StoreFull,
    VersionConflict,
)

V = TypeVar("V")

_ENTRY_OVERHEAD = 70
"""The memory of a log entry besides its value, in bytes."""

_FREED_AT_ONCE = 64
"""Logs drop this part of their bytes at a time, so that not every entry drops another."""


@dataclass
class _Log:
    """A log. Numbers follow one another without a gap, so an entry's place gives its number."""

    values: deque[bytes] = field(default_factory=deque)
    last: int = 0
    cleared: int = 0
    size: int = 0

    def drop_oldest(self) -> int:
        """Drop an entry; returns the freed bytes."""
        freed = len(self.values.popleft()) + _ENTRY_OVERHEAD
        self.size -= freed
        return freed


@dataclass
class _RealmData:
    """What one realm has stored beside its state."""

    consumed: dict[str, float] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    values: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    logs: dict[str, _Log] = field(default_factory=dict)

    @property
    def log_bytes(self) -> int:
        return sum(log.size for log in self.logs.values())


@dataclass
class _State:
    version: int = 0
    fields: dict[str, bytes] = field(default_factory=dict)


_NO_DATA = _RealmData()
_NO_STATE = _State()


class MemoryStore:
    """A `Store` in memory. Calls are atomic, as they await nothing."""

    def __init__(self, capacity: int = 100_000, log_bytes: int = 32 * 1024 * 1024) -> None:
        """`capacity` bounds the consumed keys, and likewise the values, of one realm.

        `log_bytes` bounds the logs of all realms together.
        """
        self._capacity = capacity
        self._log_limit = log_bytes
        self._logged = 0
        self._data: dict[str, _RealmData] = {}
        self._states: dict[str, _State] = {}
        self._last_version = 0

    @property
    def realms_with_data(self) -> frozenset[str]:
        """The realms that have data besides their state."""
        return frozenset(self._data)

    async def names(self) -> list[str]:
        """See `Store.names`."""
        return list(self._states)

    async def version(self, realm: str) -> int:
        """See `Store.version`."""
        return self._states.get(realm, _NO_STATE).version

    async def load(self, realm: str) -> StoredState:
        """See `Store.load`."""
        state = self._states.get(realm, _NO_STATE)
        return StoredState(state.version, dict(state.fields))

    async def save(self, realm: str, changes: Mapping[str, bytes | None], version: int) -> int:
        """See `Store.save`."""
        state = self._states.get(realm, _NO_STATE)
        if state.version != version:
            raise VersionConflict(f"realm {realm} is at version {state.version}, not {version}")
        if state is _NO_STATE:
            state = self._states[realm] = _State()
        for name, value in changes.items():
            if value is None:
                state.fields.pop(name, None)
            else:
                state.fields[name] = value
        self._last_version += 1
        state.version = self._last_version
        if not state.fields:
            del self._states[realm]
        return state.version

    async def consume(self, realm: str, key: str, *, now: float, until: float) -> bool:
        """See `Store.consume`. Keys past their time are dropped only to make room."""
        consumed = self._data_of(realm).consumed
        if key in consumed:
            return False
        if len(consumed) >= self._capacity:
            self._make_room(consumed, {name for name, end in consumed.items() if end <= now}, realm)
        consumed[key] = until
        return True

    async def consumed(self, realm: str, key: str) -> bool:
        """See `Store.consumed`."""
        return key in self._data.get(realm, _NO_DATA).consumed

    async def count(self, realm: str, key: str, by: int = 1) -> int:
        """See `Store.count`."""
        counters = self._data_of(realm).counters
        counters[key] = counters.get(key, 0) + by
        return counters[key]

    async def put(self, realm: str, key: str, value: bytes, *, now: float, until: float) -> None:
        """See `Store.put`."""
        values = self._data_of(realm).values
        if key not in values and len(values) >= self._capacity:
            ended = {name for name, (end, _) in values.items() if end <= now}
            self._make_room(values, ended, realm)
        values[key] = (until, value)

    async def get(self, realm: str, key: str, *, now: float) -> bytes | None:
        """See `Store.get`."""
        end, value = self._data.get(realm, _NO_DATA).values.get(key, (now, b""))
        return value if end > now else None

    async def append(self, realm: str, log: str, value: bytes, *, keep: int) -> int:
        """See `Store.append`."""
        kept = self._data_of(realm).logs.setdefault(log, _Log())
        kept.last += 1
        kept.values.append(value)
        added = len(value) + _ENTRY_OVERHEAD
        kept.size += added
        while len(kept.values) > keep:
            added -= kept.drop_oldest()
        self._logged += added
        if self._logged > self._log_limit:
            self._shorten_logs()
        return kept.last

    async def read(
        self, realm: str, log: str, *, after: int = 0, limit: int = 100
    ) -> list[LogEntry]:
        """See `Store.read`."""
        kept = self._data.get(realm, _NO_DATA).logs.get(log)
        if kept is None:
            return []
        held = len(kept.values)
        before = kept.last - held
        skipped = max(0, after - before)
        if skipped < held // 2:
            found = list(islice(kept.values, skipped, skipped + limit))
        else:  # a deque is walked from its near end
            newest = list(islice(reversed(kept.values), max(0, held - skipped)))
            found = newest[::-1][:limit]
        return [LogEntry(number, value) for number, value in enumerate(found, before + skipped + 1)]

    async def position(self, realm: str, log: str) -> LogPosition:
        """See `Store.position`."""
        kept = self._data.get(realm, _NO_DATA).logs.get(log)
        return LogPosition() if kept is None else LogPosition(kept.last, kept.cleared)

    async def clear(self, realm: str, log: str) -> None:
        """See `Store.clear`."""
        kept = self._data.get(realm, _NO_DATA).logs.get(log)
        if kept is not None:
            self._logged -= kept.size
            kept.values.clear()
            kept.size = 0
            kept.cleared = kept.last

    async def forget(self, realm: str) -> None:
        """See `Store.forget`."""
        self._logged -= self._data.pop(realm, _NO_DATA).log_bytes

    def _data_of(self, realm: str) -> _RealmData:
        data = self._data.get(realm)
        if data is None:
            data = self._data[realm] = _RealmData()
        return data

    def _make_room(self, table: dict[str, V], ended: set[str], realm: str) -> None:
        if not ended:
            raise StoreFull(f"realm {realm} holds {self._capacity} entries that are still in force")
        for name in ended:
            del table[name]

    def _shorten_logs(self) -> None:
        """Drop the oldest entry of the largest realm's largest log until there is room again."""
        wanted = self._log_limit - self._log_limit // _FREED_AT_ONCE
        sizes = [(-data.log_bytes, realm) for realm, data in self._data.items()]
        heapify(sizes)
        while self._logged > wanted:
            realm = sizes[0][1]
            data = self._data[realm]
            self._logged -= max(data.logs.values(), key=lambda log: log.size).drop_oldest()
            heapreplace(sizes, (-data.log_bytes, realm))
