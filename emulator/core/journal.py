"""The journal of a realm: every call to a vendor, as it came and as it ended.

What is written here was masked before: no entry ever holds a password, a code, a token or a key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from emulator.core.store import Store

MOST_ENTRIES = 10_000
"""How many entries a realm keeps unless its server is told otherwise; the oldest go first."""

Entry = Mapping[str, Any]
"""One call: `number`, `at` (the realm's clock), `real_at`, and what `web.recording` tells of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, oldest first, and how many before them are gone that nobody cleared away."""

    entries: Sequence[Entry]
    gone: int


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

    async def write(self, entry: Mapping[str, Any]) -> None:
        """Add an entry; its number comes with it when it is read."""
        await self._store.append(self._realm, self._name, orjson.dumps(entry), keep=self._keep)

    async def last(self) -> int:
        """The number of the newest entry that it ever had; 0 where it had none."""
        return await self._store.last(self._realm, self._name)

    async def page(self, after: int = 0) -> Page:
        """The entries with a number above `after`, and how many of those are gone."""
        begins = max(after, self._cleared)
        found = await self._store.read(self._realm, self._name, after=begins, limit=self._keep)
        entries = [{"number": entry.number, **orjson.loads(entry.value)} for entry in found]
        first = found[0].number if found else await self.last() + 1
        return Page(entries, first - begins - 1)

    async def clear(self) -> None:
        """Remove all entries; the numbers go on."""
        self._cleared = await self._store.clear(self._realm, self._name)
