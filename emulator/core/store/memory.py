"""The store of one process. It forgets at a restart."""

from collections import deque
from heapq import heapify, heapreplace
from itertools import islice
from typing import TypeVar

from msgspec import Struct, field

from emulator.core.store.protocol import LogEntry, StoreFull, VersionConflict

V = TypeVar("V")

_OF_AN_ENTRY = 70
"""What a log entry takes beside its value, in bytes: an object, and its place."""

_FREED_AT_ONCE = 64
"""The logs give up this part of their bytes at a time, so that not each entry seeks a victim."""

_MOST_NAMES = 100_000
"""How many names of realms keep a version of their own."""


def _trimmed(value: bytes) -> bytes:
    """A copy in memory of its own size: what orjson returns holds on to several times as much."""
    return memoryview(value).tobytes()


class _Log(Struct):
    """A log. Numbers follow one another without a gap, so an entry's place tells its own."""

    values: deque[bytes] = field(default_factory=deque)
    last: int = 0
    size: int = 0

    def drop_oldest(self) -> int:
        """Drop an entry; the bytes that this frees."""
        freed = len(self.values.popleft()) + _OF_AN_ENTRY
        self.size -= freed
        return freed


def _size_of(log: _Log) -> int:
    return log.size


class _Room(Struct):
    """What one realm has stored."""

    claims: dict[str, float] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    values: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    logs: dict[str, _Log] = field(default_factory=dict)

    @property
    def logged(self) -> int:
        """The bytes of its logs."""
        return sum(map(_size_of, self.logs.values()))


_NOTHING = _Room()
"""What a realm has that stored nothing yet; it is only read."""


class MemoryStore:
    """A `Store` in memory. No call awaits anything, which is what makes each atomic."""

    def __init__(self, capacity: int = 100_000, log_bytes: int = 32 * 1024 * 1024) -> None:
        """`capacity` bounds the claims, and likewise the values, of one realm.

        `log_bytes` bounds the logs of all realms together.
        """
        self._capacity = capacity
        self._log_bytes = log_bytes
        self._logged = 0
        self._rooms: dict[str, _Room] = {}
        self._states: dict[str, tuple[int, bytes | None]] = {}
        self._forgotten_version = 0
        """No realm whose version was forgotten had a higher one."""

    @property
    def realms(self) -> frozenset[str]:
        """The realms that it holds something of, beside their state."""
        return frozenset(self._rooms)

    async def load(self, realm: str) -> tuple[int, bytes | None]:
        """See `Store.load`."""
        return self._states.get(realm, (self._forgotten_version, None))

    async def save(self, realm: str, state: bytes | None, version: int) -> int:
        """See `Store.save`."""
        known, _ = await self.load(realm)
        if known != version:
            raise VersionConflict(f"realm {realm} is at version {known}, not {version}")
        self._states[realm] = (version + 1, state)
        if len(self._states) > _MOST_NAMES:
            self._forget_versions()
        return version + 1

    async def claim(self, realm: str, key: str, *, now: float, until: float) -> bool:
        """See `Store.claim`. Claims past their time are dropped only to make room."""
        claims = self._room(realm).claims
        if key in claims:
            return False
        if len(claims) >= self._capacity:
            self._make_room(claims, {name for name, end in claims.items() if end <= now}, realm)
        claims[key] = until
        return True

    async def claimed(self, realm: str, key: str) -> bool:
        """See `Store.claimed`."""
        return key in self._rooms.get(realm, _NOTHING).claims

    async def count(self, realm: str, key: str, by: int = 1) -> int:
        """See `Store.count`."""
        counters = self._room(realm).counters
        counters[key] = counters.get(key, 0) + by
        return counters[key]

    async def put(self, realm: str, key: str, value: bytes, *, now: float, until: float) -> None:
        """See `Store.put`."""
        values = self._room(realm).values
        if key not in values and len(values) >= self._capacity:
            self._make_room(
                values, {name for name, (end, _) in values.items() if end <= now}, realm
            )
        values[key] = (until, _trimmed(value))

    async def get(self, realm: str, key: str, *, now: float) -> bytes | None:
        """See `Store.get`."""
        end, value = self._rooms.get(realm, _NOTHING).values.get(key, (now, b""))
        return value if end > now else None

    async def take(self, realm: str, key: str, *, now: float) -> bytes | None:
        """See `Store.take`."""
        end, value = self._room(realm).values.pop(key, (now, b""))
        return value if end > now else None

    async def append(self, realm: str, log: str, value: bytes, *, keep: int) -> int:
        """See `Store.append`."""
        # Not trimmed as in `put`: msgspec writes what is logged, and wastes 20 bytes at most.
        room = self._rooms.get(realm) or self._room(realm)
        kept = room.logs.get(log)
        if kept is None:
            kept = room.logs[log] = _Log()
        kept.last += 1
        kept.values.append(value)
        added = len(value) + _OF_AN_ENTRY
        kept.size += added
        while len(kept.values) > keep:
            added -= kept.drop_oldest()
        self._logged += added
        if self._logged > self._log_bytes:
            self._shorten_logs()
        return kept.last

    async def read(
        self, realm: str, log: str, *, after: int = 0, limit: int = 100
    ) -> list[LogEntry]:
        """See `Store.read`."""
        kept = self._rooms.get(realm, _NOTHING).logs.get(log)
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

    async def last(self, realm: str, log: str) -> int:
        """See `Store.last`."""
        kept = self._rooms.get(realm, _NOTHING).logs.get(log)
        return 0 if kept is None else kept.last

    async def clear(self, realm: str, log: str) -> int:
        """See `Store.clear`."""
        room = self._rooms.get(realm, _NOTHING)
        kept = room.logs.get(log)
        if kept is None:
            return 0
        self._logged -= kept.size
        kept.values.clear()
        kept.size = 0
        return kept.last

    async def forget(self, realm: str) -> None:
        """See `Store.forget`."""
        room = self._rooms.pop(realm, _NOTHING)
        self._logged -= room.logged

    def _room(self, realm: str) -> _Room:
        room = self._rooms.get(realm)
        if room is None:
            room = self._rooms[realm] = _Room()
        return room

    def _make_room(self, table: dict[str, V], ended: set[str], realm: str) -> None:
        if not ended:
            raise StoreFull(f"realm {realm} holds {self._capacity} entries that are still in force")
        for name in ended:
            del table[name]

    def _shorten_logs(self) -> None:
        """Drop the oldest entry of the largest realm, again and again, until there is room again.

        Of a realm's logs, the largest loses it.
        """
        wanted = self._log_bytes - self._log_bytes // _FREED_AT_ONCE
        rooms = list(self._rooms.values())
        sizes = [(-room.logged, number) for number, room in enumerate(rooms)]
        heapify(sizes)
        while self._logged > wanted:
            room = rooms[sizes[0][1]]
            freed = max(room.logs.values(), key=_size_of).drop_oldest()
            self._logged -= freed
            heapreplace(sizes, (-room.logged, sizes[0][1]))

    def _forget_versions(self) -> None:
        """Forget the versions of realms that are gone; later ones of their names begin above."""
        gone = {name: version for name, (version, state) in self._states.items() if state is None}
        self._forgotten_version = max([self._forgotten_version, *gone.values()])
        for name in gone:
            del self._states[name]
