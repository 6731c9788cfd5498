"""The journal's numbers and bounds: what is read, what is gone, and what was cleared."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from emulator.core.journal import PAGE_SIZE, Entry, Journal, JournalEntry
from emulator.core.store import MemoryStore

ENTRY: Entry = {
    "at": "2025-01-01T00:00:00.000Z",
    "real_at": "2025-01-01T00:00:00.123Z",
    "vendor": "vault",
    "operation": "sign_in",
    "principal": "me@example.com",
    "outcome": "signed_in",
    "reason": None,
    "status": 200,
    "duration_ms": 1.234,
    "fault": "f1",
    "request": {
        "method": "POST",
        "path": "/reg/auth/token",
        "query": {"a": "***"},
        "headers": {"content-type": "application/json"},
        "body": {"username": "mé@example.com", "password": "***", "otp": None, "n": 2**63},
        "body_bytes": 120,
    },
    "response": {
        "headers": {"content-type": "application/json"},
        "body": {"token": "***", "list": [1, None, "é"]},
        "body_bytes": 700,
    },
}


def on_a_loop(test: Callable[[Journal], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test with a journal that keeps 10 entries."""

    def run() -> None:
        asyncio.run(test(Journal(MemoryStore(), "r", "journal", 10)))

    return run


async def write(journal: Journal, count: int) -> None:
    for _ in range(count):
        await journal.write({"n": await journal.last() + 1})


def numbers(entries: Any) -> list[int]:
    assert all(entry["number"] == entry["n"] for entry in entries)
    return [entry["number"] for entry in entries]


async def newest_first(journal: Journal, **where: Any) -> list[int]:
    parts = [numbers(part) async for part in journal.newest_first(**where)]
    return [number for part in parts for number in part]


@on_a_loop
async def test_an_entry_is_read_as_it_was_written_with_its_number(journal: Journal) -> None:
    assert await journal.write(ENTRY) == 1
    assert await journal.write(ENTRY) == 2
    page = await journal.page()
    assert page.entries == [{"number": 1, **ENTRY}, {"number": 2, **ENTRY}]
    assert JournalEntry.model_validate(page.entries[0]).model_dump() == page.entries[0]


@on_a_loop
async def test_pages_follow_one_another(journal: Journal) -> None:
    await write(journal, 7)
    after, found = 0, list[Entry]()
    for expected in ([1, 2, 3], [4, 5, 6], [7], []):
        page = await journal.page(after, limit=3)
        assert numbers(page.entries) == expected
        after, found = page.read_to, [*found, *page.entries]
    assert (after, len(found)) == (7, 7)
    await write(journal, 1)
    assert numbers((await journal.page(after)).entries) == [8]


@on_a_loop
async def test_a_page_shows_how_many_entries_before_it_were_dropped(journal: Journal) -> None:
    await write(journal, 25)
    page = await journal.page()
    assert (numbers(page.entries), page.dropped, page.read_to) == (list(range(16, 26)), 15, 25)
    assert (await journal.page(12)).dropped == 3
    assert (await journal.page(15)).dropped == (await journal.page(20)).dropped == 0
    assert [await journal.dropped(after) for after in (0, 12, 15, 20, 25, 99)] == [
        15,
        3,
        0,
        0,
        0,
        0,
    ]


@on_a_loop
async def test_what_was_cleared_is_not_gone(journal: Journal) -> None:
    await write(journal, 25)
    await journal.clear()
    page = await journal.page()
    assert (list(page.entries), page.dropped, page.read_to) == ([], 0, 25)
    assert (await journal.dropped(), await journal.last(), await journal.cleared()) == (0, 25, 25)
    await write(journal, 12)
    page = await journal.page()
    assert (numbers(page.entries), page.dropped) == (list(range(28, 38)), 2)
    assert (await journal.page(26)).dropped == 1
    assert await journal.dropped() == 2


@on_a_loop
async def test_an_empty_journal_has_an_empty_page(journal: Journal) -> None:
    page = await journal.page()
    assert (list(page.entries), page.dropped, page.read_to) == ([], 0, 0)
    assert (await journal.dropped(), await journal.last(), await journal.cleared()) == (0, 0, 0)
    assert await newest_first(journal) == []


def test_entries_that_are_gone_all_together_are_counted() -> None:
    async def work() -> None:
        store = MemoryStore(log_bytes=1000)
        journal = Journal(store, "r", "journal", 10)
        for _ in range(3):
            await journal.write({"text": "x" * 2000})  # more than there is room for
        page = await journal.page()
        assert (list(page.entries), page.dropped, page.read_to) == ([], 3, 3)
        assert (await journal.dropped(), await journal.dropped(2)) == (3, 1)
        assert (await journal.page(2)).dropped == 1

    asyncio.run(work())


@on_a_loop
async def test_it_is_read_newest_first_between_two_numbers(journal: Journal) -> None:
    await write(journal, 9)
    assert await newest_first(journal) == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert await newest_first(journal, after=4) == [9, 8, 7, 6, 5]
    assert await newest_first(journal, before=4) == [3, 2, 1]
    assert await newest_first(journal, after=2, before=5) == [4, 3]
    assert await newest_first(journal, after=4, before=5) == []
    assert await newest_first(journal, before=99) == [9, 8, 7, 6, 5, 4, 3, 2, 1]


@on_a_loop
async def test_newest_first_it_ends_where_entries_are_gone_or_cleared(journal: Journal) -> None:
    await write(journal, 12)
    assert await newest_first(journal) == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]
    await journal.clear()
    assert await newest_first(journal) == []
    await write(journal, 2)
    assert await newest_first(journal) == [14, 13]


@pytest.mark.parametrize("count", [PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE + 7])
def test_a_long_journal_is_read_in_parts_and_without_a_gap(count: int) -> None:
    async def work() -> None:
        journal = Journal(MemoryStore(), "r", "journal", 2 * PAGE_SIZE)
        await write(journal, count)
        expected = list(range(max(0, count - 2 * PAGE_SIZE) + 1, count + 1))
        assert await newest_first(journal) == expected[::-1]
        assert numbers((await journal.page(limit=10_000)).entries) == expected

    asyncio.run(work())
