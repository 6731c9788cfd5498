"""The store of one process. It forgets at a restart."""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from emulator.core.store.protocol import LogEntry, StoreFull, VersionConflict

V = TypeVar("V")


@dataclass(slots=True)
class _Log:
    entries: deque[LogEntry] = field(default_factory=deque)
    last: int = 0


@dataclass(slots=True)
class _Room:
    """What one realm has stored."""

    version: int = 0
    state: bytes | None = None
    claims: dict[str, float] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    values: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    logs: dict[str, _Log] = field(default_factory=dict)


class MemoryStore:
    """A `Store` in memory. No call awaits anything, which is what makes each atomic."""

    def __init__(self, capacity: int = 100_000) -> None:
        """`capacity` bounds the claims, and likewise the values, of one realm."""
        self._capacity = capacity
        self._rooms: dict[str, _Room] = {}

    async def load(self, realm: str) -> tuple[int, bytes | None]:
        """See `Store.load`."""
        room = self._rooms.get(realm)
        return (room.version, room.state) if room else (0, None)

    async def save(self, realm: str, state: bytes | None, version: int) -> int:
        """See `Store.save`."""
        room = self._room(realm)
        if room.version != version:
            raise VersionConflict(f"realm {realm} is at version {room.version}, not {version}")
        room.version += 1
        room.state = state
        return room.version

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
        return key in self._room(realm).claims

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
        values[key] = (until, value)

    async def get(self, realm: str, key: str, *, now: float) -> bytes | None:
        """See `Store.get`."""
        end, value = self._room(realm).values.get(key, (now, b""))
        return value if end > now else None

    async def take(self, realm: str, key: str, *, now: float) -> bytes | None:
        """See `Store.take`."""
        end, value = self._room(realm).values.pop(key, (now, b""))
        return value if end > now else None

    async def append(self, realm: str, log: str, value: bytes, *, keep: int) -> int:
        """See `Store.append`."""
        kept = self._room(realm).logs.setdefault(log, _Log())
        kept.last += 1
        kept.entries.append(LogEntry(kept.last, value))
        while len(kept.entries) > keep:
            kept.entries.popleft()
        return kept.last

    async def read(
        self, realm: str, log: str, *, after: int = 0, limit: int = 100
    ) -> list[LogEntry]:
        """See `Store.read`."""
        entries = self._room(realm).logs.get(log, _Log()).entries
        # Numbers follow one another without a gap, so the place of an entry is known.
        skipped = max(0, after + 1 - entries[0].number) if entries else 0
        return list(islice(entries, skipped, skipped + limit))

    async def forget(self, realm: str) -> None:
        """See `Store.forget`."""
        room = self._room(realm)
        self._rooms[realm] = _Room(version=room.version, state=room.state)

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
