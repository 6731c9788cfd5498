"""What any store must do. `capacity` is 3 here."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any

import pytest

from emulator.core.store import LogEntry, Store, StoreFull, VersionConflict

Test = Callable[[Store], Coroutine[Any, Any, None]]


def on_a_loop(test: Test) -> Callable[[Store], None]:
    @wraps(test)
    def run(store: Store) -> None:
        asyncio.run(test(store))

    return run


@on_a_loop
async def test_a_realm_that_was_never_saved_has_version_0_and_no_state(store: Store) -> None:
    assert await store.load("r") == (0, None)


@on_a_loop
async def test_a_saved_state_is_loaded_with_its_version(store: Store) -> None:
    assert await store.save("r", b"one", 0) == 1
    assert await store.save("r", b"two", 1) == 2
    assert await store.load("r") == (2, b"two")


@on_a_loop
async def test_saving_over_another_version_is_a_conflict_and_changes_nothing(store: Store) -> None:
    await store.save("r", b"one", 0)
    with pytest.raises(VersionConflict):
        await store.save("r", b"late", 0)
    assert await store.load("r") == (1, b"one")


@on_a_loop
async def test_removing_a_state_keeps_the_version_counting(store: Store) -> None:
    await store.save("r", b"one", 0)
    assert await store.save("r", None, 1) == 2
    assert await store.load("r") == (2, None)


@on_a_loop
async def test_the_first_claim_wins_and_all_others_lose(store: Store) -> None:
    claims = [store.claim("r", "token", now=0, until=10) for _ in range(50)]
    assert sorted(await asyncio.gather(*claims), reverse=True) == [True] + [False] * 49


@on_a_loop
async def test_a_claim_can_be_looked_at(store: Store) -> None:
    assert not await store.claimed("r", "token")
    await store.claim("r", "token", now=0, until=10)
    assert await store.claimed("r", "token")
    assert not await store.claimed("other", "token")


@on_a_loop
async def test_a_full_table_of_claims_refuses_and_forgets_nothing(store: Store) -> None:
    for name in "abc":
        assert await store.claim("r", name, now=0, until=10)
    with pytest.raises(StoreFull):
        await store.claim("r", "d", now=9, until=20)
    assert not await store.claim("r", "a", now=9, until=20)


@on_a_loop
async def test_claims_past_their_time_make_room(store: Store) -> None:
    for name, until in (("a", 10), ("b", 20), ("c", 10)):
        await store.claim("r", name, now=0, until=until)
    assert await store.claim("r", "d", now=10, until=30)
    assert not await store.claim("r", "b", now=10, until=30)


@on_a_loop
async def test_a_counter_begins_at_0_and_counts_for_everyone(store: Store) -> None:
    await asyncio.gather(*(store.count("r", "n") for _ in range(50)))
    assert await store.count("r", "n", by=0) == 50
    assert await store.count("r", "other", by=5) == 5


@on_a_loop
async def test_a_value_is_there_until_its_time(store: Store) -> None:
    await store.put("r", "k", b"v", now=0, until=10)
    assert await store.get("r", "k", now=9.9) == b"v"
    assert await store.get("r", "k", now=10) is None
    assert await store.get("r", "other", now=0) is None


@on_a_loop
async def test_a_value_is_taken_once(store: Store) -> None:
    await store.put("r", "k", b"v", now=0, until=10)
    taken = await asyncio.gather(*(store.take("r", "k", now=1) for _ in range(5)))
    assert sorted(taken, key=bool) == [None] * 4 + [b"v"]
    assert await store.get("r", "k", now=1) is None


@on_a_loop
async def test_a_full_table_of_values_refuses_a_new_one_and_takes_a_newer(store: Store) -> None:
    for name in "abc":
        await store.put("r", name, b"1", now=0, until=10)
    with pytest.raises(StoreFull):
        await store.put("r", "d", b"1", now=0, until=10)
    await store.put("r", "a", b"2", now=0, until=10)
    assert await store.get("r", "a", now=0) == b"2"
    await store.put("r", "d", b"1", now=10, until=20)
    assert await store.get("r", "d", now=10) == b"1"


@on_a_loop
async def test_a_log_is_read_in_order_from_any_number(store: Store) -> None:
    numbers = [await store.append("r", "log", b"%d" % n, keep=10) for n in range(1, 6)]
    assert numbers == [1, 2, 3, 4, 5]
    assert await store.read("r", "log", after=3) == [LogEntry(4, b"4"), LogEntry(5, b"5")]
    assert await store.read("r", "log", after=1, limit=1) == [LogEntry(2, b"2")]
    assert await store.read("r", "log", after=9) == []
    assert await store.read("r", "other") == []


@on_a_loop
async def test_a_log_keeps_the_newest_and_tells_by_its_numbers_what_is_gone(store: Store) -> None:
    for n in range(1, 6):
        await store.append("r", "log", b"%d" % n, keep=2)
    assert [entry.number for entry in await store.read("r", "log")] == [4, 5]
    assert [entry.number for entry in await store.read("r", "log", after=4)] == [5]


def everything(store: Store) -> list[Awaitable[object]]:
    return [
        store.claim("a", "k", now=0, until=10),
        store.count("a", "k"),
        store.put("a", "k", b"v", now=0, until=10),
        store.append("a", "k", b"v", keep=5),
    ]


async def untouched(store: Store, realm: str) -> bool:
    return (
        await store.claim(realm, "k", now=0, until=10)
        and await store.count(realm, "k", by=0) == 0
        and await store.get(realm, "k", now=0) is None
        and await store.read(realm, "k") == []
    )


@on_a_loop
async def test_realms_never_see_one_another(store: Store) -> None:
    for call in everything(store):
        await call
    await store.save("a", b"state", 0)
    assert await untouched(store, "b")
    assert await store.load("b") == (0, None)


@on_a_loop
async def test_a_realm_can_be_forgotten_but_for_its_state(store: Store) -> None:
    await store.save("a", b"state", 0)
    for call in everything(store):
        await call
    await store.forget("a")
    assert await untouched(store, "a")
    assert await store.load("a") == (1, b"state")


@on_a_loop
async def test_the_newest_number_of_a_log_is_known_whatever_became_of_the_entry(
    store: Store,
) -> None:
    assert await store.last("r", "log") == 0
    for n in range(1, 6):
        await store.append("r", "log", b"%d" % n, keep=2)
        assert await store.last("r", "log") == n
    assert await store.last("r", "other") == await store.last("other", "log") == 0
    await store.append("r", "log", b"6", keep=0)
    assert await store.read("r", "log") == []
    assert await store.last("r", "log") == 6


@on_a_loop
async def test_a_cleared_log_is_empty_and_its_numbers_go_on(store: Store) -> None:
    assert await store.clear("r", "log") == 0
    for n in range(1, 4):
        await store.append("r", "log", b"%d" % n, keep=10)
    await store.append("r", "other", b"1", keep=10)
    assert await store.clear("r", "log") == 3
    assert await store.read("r", "log") == []
    assert await store.last("r", "log") == 3
    assert await store.clear("r", "log") == 3
    assert await store.append("r", "log", b"4", keep=10) == 4
    assert await store.read("r", "log") == [LogEntry(4, b"4")]
    assert await store.read("r", "other") == [LogEntry(1, b"1")]


@on_a_loop
async def test_a_forgotten_log_begins_anew(store: Store) -> None:
    await store.append("r", "log", b"1", keep=10)
    await store.forget("r")
    assert await store.last("r", "log") == 0
    assert await store.append("r", "log", b"1", keep=10) == 1


@on_a_loop
async def test_a_long_log_is_read_rightly_from_anywhere(store: Store) -> None:
    for n in range(1, 51):
        await store.append("r", "log", b"%d" % n, keep=40)
    for after in range(55):
        for limit in (1, 7, 100):
            numbers = [
                entry.number for entry in await store.read("r", "log", after=after, limit=limit)
            ]
            assert numbers == list(range(max(11, after + 1), 51))[:limit]
