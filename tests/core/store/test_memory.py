"""The bound on all logs of a memory store, what it costs, and versions that it forgets."""

import asyncio
import statistics
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from emulator.core.store import MemoryStore
from emulator.core.store import memory as memory_module

KIB = 1024


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


async def fill(store: MemoryStore, realm: str, log: str, entries: int, size: int = KIB) -> None:
    for _ in range(entries):
        await store.append(realm, log, b"x" * size, keep=1_000_000)


async def kept(store: MemoryStore, realm: str, log: str = "log") -> int:
    return len(await store.read(realm, log, limit=1_000_000))


def test_all_logs_together_stay_below_the_bound() -> None:
    async def work() -> None:
        store = MemoryStore(log_bytes=100 * KIB)
        for number in range(300):
            await fill(store, f"r{number % 20}", "log", 1)
            total = sum([await kept(store, f"r{realm}") for realm in range(20)])
            assert total * KIB <= 100 * KIB
        assert total > 80

    run(work())


def test_the_largest_realm_loses_its_oldest_entries_first() -> None:
    async def work() -> None:
        store = MemoryStore(log_bytes=100 * KIB)
        await fill(store, "small", "log", 20)
        await fill(store, "large", "log", 300)
        assert await kept(store, "small") == 20
        entries = await store.read("large", "log", limit=1000)
        assert entries[-1].number == await store.last("large", "log") == 300
        assert entries[0].number == 300 - len(entries) + 1 > 200

    run(work())


def test_a_realm_is_as_large_as_all_its_logs_and_the_largest_of_them_gives_way() -> None:
    async def work() -> None:
        store = MemoryStore(log_bytes=100 * KIB)
        await fill(store, "two", "outbox", 16)
        await fill(store, "two", "journal", 44)
        await fill(store, "one", "journal", 40)
        assert await kept(store, "one", "journal") == 40
        assert await kept(store, "two", "outbox") == 16
        assert await kept(store, "two", "journal") < 44

    run(work())


def test_what_is_cleared_and_forgotten_makes_room() -> None:
    async def work() -> None:
        store = MemoryStore(log_bytes=100 * KIB)
        for round_ in range(20):
            await fill(store, "a", "log", 40)
            await fill(store, "b", f"log{round_}", 40)
            await store.clear("a", "log")
            await store.forget("b")
        await fill(store, "c", "log", 80)
        assert await kept(store, "c") == 80

    run(work())


def test_an_entry_larger_than_the_bound_leaves_nothing_and_its_number() -> None:
    async def work() -> None:
        store = MemoryStore(log_bytes=100 * KIB)
        assert await store.append("a", "log", b"x" * 200 * KIB, keep=5) == 1
        assert await store.read("a", "log") == []
        assert await store.append("a", "log", b"y", keep=5) == 2
        assert [entry.number for entry in await store.read("a", "log")] == [2]

    run(work())


def test_to_give_way_costs_little_even_among_many_realms() -> None:
    async def work() -> None:
        store = MemoryStore(log_bytes=8 * KIB * KIB)
        took = []
        for number in range(30_000):
            began = time.perf_counter()
            await store.append(f"r{number % 2_000}", "log", b"x" * KIB, keep=10_000)
            took.append(time.perf_counter() - began)
        assert await kept(store, "r0") < 15
        assert statistics.mean(took) < 0.000_1  # 100 us, where 5 are usual
        assert statistics.quantiles(took, n=100)[98] < 0.005

    run(work())


def test_versions_of_realms_that_are_gone_are_forgotten_and_never_given_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory_module, "_MOST_NAMES", 10)

    async def work() -> None:
        store = MemoryStore()
        await store.save("stays", b"state", 0)
        for _ in range(5):
            version, _ = await store.load("gone")
            await store.save("gone", None, version)
        highest, _ = await store.load("gone")
        for number in range(30):
            version, _ = await store.load(f"r{number}")
            await store.save(f"r{number}", None, version)
        assert await store.load("stays") == (1, b"state")
        again, state = await store.load("gone")
        assert (again >= highest, state) == (True, None)
        assert await store.save("gone", b"new", again) > highest

    run(work())
