"""The journal of a realm: every call to a vendor, as it came and as it ended.

What is written here was masked before: no entry ever holds a password, a code, a token or a key.
"""

from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from typing import Any

import msgspec.msgpack
import orjson
from msgspec import Struct

from emulator.core.clock import iso_milliseconds
from emulator.core.store import LogEntry, Store

MOST_ENTRIES = 10_000
"""How many entries a realm keeps unless its server is told otherwise; the oldest go first."""

AT_ONCE = 200
"""How many entries are read at a time: reading many holds up nobody for longer than 1 ms."""

Entry = Mapping[str, Any]
"""One call: what the control API tells of it."""


class Record(Struct, frozen=True, array_like=True):
    """One call, as it is kept: small, and written quickly; who reads it makes an `Entry` of it.

    It ended `at` by the realm's clock and `real_at` by the machine's (POSIX seconds), and `took` so
    many seconds. `answer_body` is JSON in bytes, or what is told as it is: a text, a wire's shape.
    """

    at: float
    real_at: float
    took: float
    vendor: str | None
    operation: str | None
    principal: str | None
    outcome: str
    reason: str | None
    status: int | None
    fault: str | None
    method: str
    path: str
    query: dict[str, Any]
    headers: dict[str, str]
    body: dict[str, Any] | None
    body_bytes: int | None
    answer_headers: dict[str, str]
    answer_body: Any = None
    answer_bytes: int = 0

    def entry(self, number: int) -> Entry:
        """What is told of it."""
        body = self.answer_body
        return {
            "number": number,
            "at": iso_milliseconds(self.at),
            "real_at": iso_milliseconds(self.real_at),
            "vendor": self.vendor,
            "operation": self.operation,
            "principal": self.principal,
            "outcome": self.outcome,
            "reason": self.reason,
            "status": self.status,
            "duration_ms": int(self.took * 1_000_000) / 1_000,
            "fault": self.fault,
            "request": {
                "method": self.method,
                "path": self.path,
                "query": self.query,
                "headers": self.headers,
                "body": self.body,
                "body_bytes": self.body_bytes,
            },
            "answer": {
                "headers": self.answer_headers,
                "body": orjson.loads(body) if isinstance(body, bytes) else body,
                "body_bytes": self.answer_bytes,
            },
        }


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Record).decode


class Page(Struct, frozen=True):
    """Entries, oldest first, and how many before them are gone that nobody cleared away.

    `read_to` is the number that the next page begins after.
    """

    entries: Sequence[Entry]
    gone: int
    read_to: int


class Journal:
    """The journal of one realm. Numbers begin at 1, and none is given twice."""

    __slots__ = ("_cleared", "_keep", "_name", "_realm", "_store")

    def __init__(self, store: Store, realm: str, log: str, keep: int = MOST_ENTRIES) -> None:
        """`log` is its name in the store, `keep` how many entries stay."""
        self._store = store
        self._realm = realm
        self._name = log
        self._keep = keep
        self._cleared = 0

    @property
    def cleared(self) -> int:
        """The number of the newest entry that was cleared away; 0 where none was."""
        return self._cleared

    def write(self, record: Record) -> Coroutine[Any, Any, int]:
        """Add an entry: its number, which comes with it when it is read."""
        return self._store.append(self._realm, self._name, _encode(record), keep=self._keep)

    async def last(self) -> int:
        """The number of the newest entry that it ever had; 0 where it had none."""
        return await self._store.last(self._realm, self._name)

    async def gone(self, after: int = 0) -> int:
        """How many entries with a number above `after` fell to the bounds."""
        begins, last = max(after, self._cleared), await self.last()
        oldest = await self._read(begins, 1)
        return max(0, (oldest[0].number if oldest else last + 1) - begins - 1)

    async def page(self, after: int = 0, limit: int = AT_ONCE) -> Page:
        """Up to `limit` entries with a number above `after`, and how many before them are gone."""
        begins, last = max(after, self._cleared), await self.last()
        found = await self._read(begins, limit)
        if not found:
            return Page((), max(0, last - begins), max(last, begins))
        return Page([_entry(e) for e in found], found[0].number - begins - 1, found[-1].number)

    async def backwards(
        self, after: int = 0, before: int | None = None
    ) -> AsyncIterator[Sequence[Entry]]:
        """All entries with a number above `after`, and below `before`, newest first, in parts."""
        begins, upper = max(after, self._cleared), await self.last()
        upper = upper if before is None else min(upper, before - 1)
        while upper > begins:
            lower = max(begins, upper - AT_ONCE)
            found = [e for e in await self._read(lower, upper - lower) if e.number <= upper]
            yield [_entry(e) for e in reversed(found)]
            if not found or found[0].number > lower + 1:
                return  # what is older is gone
            upper = lower

    async def clear(self) -> None:
        """Remove all entries; the numbers go on."""
        self._cleared = await self._store.clear(self._realm, self._name)

    async def _read(self, after: int, limit: int) -> list[LogEntry]:
        return await self._store.read(self._realm, self._name, after=after, limit=limit)


def _entry(found: LogEntry) -> Entry:
    return _decode(found.value).entry(found.number)
