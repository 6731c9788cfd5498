"""The journal of a realm: every call to a vendor, with request and response.

Entries are redacted before they are written: they hold no password, code, token or key.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from emulator.core.store import LogEntry, Store

PAGE_SIZE = 200
"""How many entries are read at a time: reading many delays no other call for longer than 1 ms."""

Entry: TypeAlias = Mapping[str, Any]
"""One call, with the members of `JournalEntry`."""


class JournalRequest(BaseModel):
    """The request; `body_bytes` is None if the body was not read."""

    method: str
    path: str
    query: dict[str, Any]
    headers: dict[str, str]
    body: dict[str, Any] | None
    body_bytes: int | None


class JournalResponse(BaseModel):
    """The response."""

    headers: dict[str, str]
    body: Any
    body_bytes: int


class JournalEntry(BaseModel):
    """One call. `at` is by the realm's clock, `real_at` by the machine's."""

    number: int
    at: str
    real_at: str
    vendor: str | None
    operation: str | None
    principal: str | None
    outcome: str
    reason: str | None
    status: int | None
    duration_ms: float
    fault: str | None
    request: JournalRequest
    response: JournalResponse


@dataclass(frozen=True)
class JournalPage:
    """Entries, oldest first, and how many before them were dropped.

    `read_to` is the number that the next page begins after.
    """

    entries: Sequence[Entry]
    dropped: int
    read_to: int


class Journal:
    """The journal of one realm. Numbers begin at 1, and are used once."""

    def __init__(self, store: Store, realm: str, log: str, keep: int) -> None:
        """`log` is its name in the store, `keep` how many entries stay."""
        self._store = store
        self._realm = realm
        self._log = log
        self._keep = keep

    async def write(self, entry: Entry) -> int:
        """Add an entry without its number, which is returned."""
        return await self._store.append(self._realm, self._log, to_json(entry), keep=self._keep)

    async def last(self) -> int:
        """The number of the newest entry that it ever had; 0 if it had none."""
        return (await self._store.position(self._realm, self._log)).last

    async def cleared(self) -> int:
        """The number of the newest entry that was cleared; 0 if none was."""
        return (await self._store.position(self._realm, self._log)).cleared

    async def dropped(self, after: int = 0) -> int:
        """How many entries with a number above `after` were dropped."""
        position = await self._store.position(self._realm, self._log)
        begins = max(after, position.cleared)
        oldest = await self._read(begins, 1)
        return max(0, (oldest[0].number if oldest else position.last + 1) - begins - 1)

    async def page(self, after: int = 0, limit: int = PAGE_SIZE) -> JournalPage:
        """Up to `limit` entries above `after`, and how many before them were dropped."""
        position = await self._store.position(self._realm, self._log)
        begins, last = max(after, position.cleared), position.last
        found = await self._read(begins, limit)
        if not found:
            return JournalPage((), max(0, last - begins), max(last, begins))
        entries = [_entry(one) for one in found]
        return JournalPage(entries, found[0].number - begins - 1, found[-1].number)

    async def newest_first(
        self, after: int = 0, before: int | None = None
    ) -> AsyncIterator[Sequence[Entry]]:
        """All entries with a number above `after`, and below `before`, in parts."""
        position = await self._store.position(self._realm, self._log)
        begins, upper = max(after, position.cleared), position.last
        upper = upper if before is None else min(upper, before - 1)
        while upper > begins:
            lower = max(begins, upper - PAGE_SIZE)
            found = [e for e in await self._read(lower, upper - lower) if e.number <= upper]
            yield [_entry(one) for one in reversed(found)]
            if not found or found[0].number > lower + 1:
                return  # what is older is gone
            upper = lower

    async def clear(self) -> None:
        """Remove all entries; numbering continues."""
        await self._store.clear(self._realm, self._log)

    async def _read(self, after: int, limit: int) -> list[LogEntry]:
        return await self._store.read(self._realm, self._log, after=after, limit=limit)


def _entry(found: LogEntry) -> Entry:
    return {"number": found.number, **from_json(found.value)}
