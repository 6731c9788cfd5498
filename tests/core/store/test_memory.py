"""The bounds of a memory store: consumed keys and values of a realm, and all logs together."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from emulator.core.store import MemoryStore, StoreFull

KIB = 1024


def on_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        asyncio.run(test())

    return run


async def fill(store: MemoryStore, realm: str, log: str, entries: int, size: int = KIB) -> None:
    for _ in range(entries):
        await store.append(realm, log, b"x" * size, keep=1_000_000)


async def kept(store: MemoryStore, realm: str, log: str = "log") -> int:
    return len(await store.read(realm, log, limit=1_000_000))


@on_a_loop
async def test_a_realm_has_room_for_a_hundred_thousand_consumed_keys_and_no_more() -> None:
    store = MemoryStore()
    for number in range(100_000):
        assert await store.consume("r", f"k{number}", now=0, until=10)
    with pytest.raises(StoreFull, match="100000 entries"):
        await store.consume("r", "one more", now=0, until=10)
    assert await store.consume("other", "one more", now=0, until=10)
    assert await store.consume("r", "one more", now=10, until=20)


@on_a_loop
async def test_a_time_that_is_over_removes_a_consumed_key_only_where_room_is_needed() -> None:
    store = MemoryStore(capacity=2)
    await store.consume("r", "a", now=0, until=10)
    assert not await store.consume("r", "a", now=20, until=30)
    await store.consume("r", "b", now=20, until=30)
    assert await store.consume("r", "c", now=20, until=30)
    assert not await store.consumed("r", "a")


@on_a_loop
async def test_values_past_their_time_make_room_and_no_others_do() -> None:
    store = MemoryStore(capacity=3)
    for name, until in (("a", 10), ("b", 20), ("c", 10)):
        await store.put("r", name, b"v", now=0, until=until)
    await store.put("r", "d", b"v", now=10, until=20)
    assert [await store.get("r", name, now=5) for name in "abcd"] == [None, b"v", None, b"v"]


@on_a_loop
async def test_all_logs_together_stay_below_the_bound() -> None:
    store = MemoryStore(log_bytes=100 * KIB)
    for number in range(300):
        await fill(store, f"r{number % 20}", "log", 1)
        total = sum([await kept(store, f"r{realm}") for realm in range(20)])
        assert total * KIB <= 100 * KIB
    assert total > 80


@on_a_loop
async def test_the_largest_realm_loses_its_oldest_entries_first() -> None:
    store = MemoryStore(log_bytes=100 * KIB)
    await fill(store, "small", "log", 20)
    await fill(store, "large", "log", 300)
    assert await kept(store, "small") == 20
    entries = await store.read("large", "log", limit=1000)
    assert entries[-1].number == (await store.position("large", "log")).last == 300
    assert entries[0].number == 300 - len(entries) + 1 > 200


@on_a_loop
async def test_a_realm_is_as_large_as_all_its_logs_and_the_largest_of_them_gives_way() -> None:
    store = MemoryStore(log_bytes=100 * KIB)
    await fill(store, "two", "outbox", 16)
    await fill(store, "two", "journal", 44)
    await fill(store, "one", "journal", 40)
    assert await kept(store, "one", "journal") == 40
    assert await kept(store, "two", "outbox") == 16
    assert await kept(store, "two", "journal") < 44


@on_a_loop
async def test_entries_that_no_log_keeps_any_more_take_no_room() -> None:
    store = MemoryStore(log_bytes=100 * KIB)
    for _ in range(1000):
        await store.append("short", "log", b"x" * KIB, keep=5)
    await fill(store, "other", "log", 80)
    assert (await kept(store, "short"), await kept(store, "other")) == (5, 80)


@on_a_loop
async def test_what_is_cleared_and_forgotten_makes_room() -> None:
    store = MemoryStore(log_bytes=100 * KIB)
    for round_ in range(20):
        await fill(store, "a", "log", 40)
        await fill(store, "b", f"log{round_}", 40)
        await store.clear("a", "log")
        await store.forget("b")
    await fill(store, "c", "log", 80)
    assert await kept(store, "c") == 80


@on_a_loop
async def test_an_entry_larger_than_the_bound_leaves_nothing_but_its_number() -> None:
    store = MemoryStore(log_bytes=100 * KIB)
    assert await store.append("a", "log", b"x" * 200 * KIB, keep=5) == 1
    assert await store.read("a", "log") == []
    assert await store.append("a", "log", b"y", keep=5) == 2
    assert [entry.number for entry in await store.read("a", "log")] == [2]


@on_a_loop
async def test_to_give_way_among_thousands_of_realms_holds_up_no_call_for_long() -> None:
    store = MemoryStore(log_bytes=8 * KIB * KIB)
    longest = 0.0
    for number in range(9_000):
        before = time.perf_counter()
        await store.append(f"r{number}", "log", b"x" * KIB, keep=10_000)
        longest = max(longest, time.perf_counter() - before)
    assert await kept(store, "r0") == 0
    assert longest < 1  # 0.02 s are usual


@on_a_loop
async def test_which_realms_hold_something_is_known() -> None:
    store = MemoryStore()
    await store.save("state alone", {"a": b"1"}, 0)
    await store.read("read alone", "log")
    await store.consumed("read alone", "k")
    await store.count("counted", "k")
    await store.append("logged", "log", b"x", keep=5)
    assert store.realms_with_data == {"counted", "logged"}
    await store.forget("counted")
    assert store.realms_with_data == {"logged"}
