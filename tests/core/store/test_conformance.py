"""What any store must do. A realm has room for 3 consumed keys and 3 values here."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from emulator.core.store import (
    LogEntry,
    LogPosition,
    Store,
    StoredState,
    StoreFull,
    VersionConflict,
)

OpenStore = Callable[[], AbstractAsyncContextManager[Store]]

NO_STATE = StoredState(0, {})


def with_a_store(test: Callable[[Store], Coroutine[Any, Any, None]]) -> Callable[[OpenStore], None]:
    """Run a test on an event loop, with a store that was opened there."""

    def run(open_store: OpenStore) -> None:
        async def work() -> None:
            async with open_store() as store:
                await test(store)

        asyncio.run(work())

    return run


# A realm's state


@with_a_store
async def test_a_realm_that_was_never_saved_has_version_0_and_no_state(store: Store) -> None:
    assert await store.load("r") == NO_STATE
    assert await store.version("r") == 0
    assert await store.names() == []


@with_a_store
async def test_what_is_saved_is_loaded_with_its_version(store: Store) -> None:
    first = await store.save("r", {"a": b"1", "b": b"\x00\xff"}, 0)
    assert first > 0
    assert await store.load("r") == StoredState(first, {"a": b"1", "b": b"\x00\xff"})
    assert await store.version("r") == first


@with_a_store
async def test_a_change_sets_its_fields_removes_those_without_a_value_and_keeps_others(
    store: Store,
) -> None:
    first = await store.save("r", {"a": b"1", "b": b"1", "c": b"1"}, 0)
    second = await store.save("r", {"a": b"2", "b": None, "d": None, "e": b""}, first)
    assert await store.load("r") == StoredState(second, {"a": b"2", "c": b"1", "e": b""})


@with_a_store
async def test_saving_over_another_version_is_a_conflict_and_changes_nothing(store: Store) -> None:
    first = await store.save("r", {"a": b"1"}, 0)
    second = await store.save("r", {"a": b"2"}, first)
    for version in (0, first, second + 1):
        with pytest.raises(VersionConflict):
            await store.save("r", {"a": b"late", "b": b"late"}, version)
    assert await store.load("r") == StoredState(second, {"a": b"2"})
    with pytest.raises(VersionConflict):
        await store.save("other", {"a": b"1"}, second)
    assert await store.names() == ["r"]


@with_a_store
async def test_of_many_that_save_over_one_version_one_wins(store: Store) -> None:
    async def save(number: int) -> int | None:
        try:
            await store.save("r", {"winner": b"%d" % number}, version)
        except VersionConflict:
            return None
        return number

    version = await store.save("r", {"winner": b"none"}, 0)
    (winner,) = [n for n in await asyncio.gather(*map(save, range(20))) if n is not None]
    assert (await store.load("r")).fields == {"winner": b"%d" % winner}


@with_a_store
async def test_what_was_loaded_does_not_change_with_what_is_saved_later(store: Store) -> None:
    version = await store.save("r", {"a": b"1"}, 0)
    loaded = await store.load("r")
    await store.save("r", {"a": b"2", "b": b"2"}, version)
    assert loaded == StoredState(version, {"a": b"1"})


@with_a_store
async def test_a_state_whose_last_field_is_removed_is_gone(store: Store) -> None:
    version = await store.save("r", {"a": b"1", "b": b"1"}, 0)
    version = await store.save("r", {"a": None}, version)
    assert await store.names() == ["r"]
    await store.save("r", {"b": None}, version)
    assert await store.load("r") == NO_STATE
    assert await store.version("r") == 0
    assert await store.names() == []


@with_a_store
async def test_no_version_is_given_twice_whichever_the_realm(store: Store) -> None:
    given = []
    for number in range(4):
        for realm in ("r", f"r{number}"):
            version = await store.version(realm)
            given.append(await store.save(realm, {"a": b"1"}, version))
            given.append(await store.save(realm, {"a": None}, given[-1]))
    assert len(set(given)) == len(given)
    assert 0 not in given


@with_a_store
async def test_what_was_read_before_a_state_was_made_again_is_never_saved_over_it(
    store: Store,
) -> None:
    before = await store.save("r", {"a": b"1"}, 0)
    await store.save("r", {"a": None}, before)
    again = await store.save("r", {"a": b"1"}, 0)
    with pytest.raises(VersionConflict):
        await store.save("r", {"a": b"late"}, before)
    assert await store.load("r") == StoredState(again, {"a": b"1"})


@with_a_store
async def test_names_come_in_the_order_in_which_their_states_did(store: Store) -> None:
    versions = {name: await store.save(name, {"a": b"1"}, 0) for name in ("z", "a", "m", "b")}
    await store.save("m", {"a": b"2"}, versions["m"])
    await store.save("z", {"a": None, "b": b"2"}, versions["z"])
    await store.save("a", {"a": None}, versions["a"])
    assert await store.names() == ["z", "m", "b"]
    await store.save("a", {"a": b"2"}, 0)
    assert await store.names() == ["z", "m", "b", "a"]


# What is consumed


@with_a_store
async def test_the_first_to_consume_a_key_wins_and_all_others_lose(store: Store) -> None:
    calls = [store.consume("r", "token", now=0, until=10) for _ in range(50)]
    assert sorted(await asyncio.gather(*calls), reverse=True) == [True] + [False] * 49


@with_a_store
async def test_whether_a_key_was_consumed_can_be_looked_at(store: Store) -> None:
    assert not await store.consumed("r", "token")
    await store.consume("r", "token", now=0, until=10)
    assert await store.consumed("r", "token")
    assert not await store.consumed("other", "token")


@with_a_store
async def test_a_full_table_of_consumed_keys_refuses_and_forgets_nothing(store: Store) -> None:
    for name in "abc":
        assert await store.consume("r", name, now=0, until=10)
    with pytest.raises(StoreFull):
        await store.consume("r", "d", now=9, until=20)
    assert not await store.consume("r", "a", now=9, until=20)
    assert not await store.consumed("r", "d")
    assert await store.consume("other", "d", now=9, until=20)


@with_a_store
async def test_consumed_keys_past_their_time_make_room_and_no_others_do(store: Store) -> None:
    for name, until in (("a", 10), ("b", 20), ("c", 10)):
        await store.consume("r", name, now=0, until=until)
    assert await store.consume("r", "d", now=10, until=30)
    assert not await store.consume("r", "b", now=10, until=30)


@with_a_store
async def test_a_key_is_not_consumed_again_for_less_time(store: Store) -> None:
    await store.consume("r", "a", now=0, until=20)
    assert not await store.consume("r", "a", now=0, until=5)
    for name in "bc":
        await store.consume("r", name, now=0, until=100)
    with pytest.raises(StoreFull):
        await store.consume("r", "d", now=10, until=100)


# Counters


@with_a_store
async def test_a_counter_begins_at_0_and_counts_for_everybody(store: Store) -> None:
    counted = await asyncio.gather(*(store.count("r", "n") for _ in range(50)))
    assert sorted(counted) == list(range(1, 51))
    assert await store.count("r", "n", by=0) == 50
    assert await store.count("r", "other", by=5) == 5


# Values


@with_a_store
async def test_a_value_is_there_until_its_time(store: Store) -> None:
    await store.put("r", "k", b"\x00v", now=0, until=10)
    assert await store.get("r", "k", now=9.9) == b"\x00v"
    assert await store.get("r", "k", now=10) is None
    assert await store.get("r", "other", now=0) is None


@with_a_store
async def test_a_value_without_an_end_stays(store: Store) -> None:
    await store.put("r", "k", b"v", now=0, until=float("inf"))
    assert await store.get("r", "k", now=1e12) == b"v"


@with_a_store
async def test_a_newer_value_takes_the_place_of_an_older_one_and_of_its_time(store: Store) -> None:
    await store.put("r", "k", b"old", now=0, until=10)
    await store.put("r", "k", b"new", now=0, until=20)
    assert await store.get("r", "k", now=15) == b"new"
    await store.put("r", "k", b"short", now=0, until=5)
    assert await store.get("r", "k", now=15) is None


@with_a_store
async def test_a_full_table_of_values_refuses_a_new_one_and_takes_a_newer(store: Store) -> None:
    for name in "abc":
        await store.put("r", name, b"1", now=0, until=10)
    with pytest.raises(StoreFull):
        await store.put("r", "d", b"1", now=0, until=10)
    await store.put("r", "a", b"2", now=0, until=10)
    assert await store.get("r", "a", now=0) == b"2"
    await store.put("other", "d", b"1", now=0, until=10)
    await store.put("r", "d", b"1", now=10, until=20)
    assert await store.get("r", "d", now=10) == b"1"


# Logs


@with_a_store
async def test_a_log_is_read_in_order_from_any_number(store: Store) -> None:
    numbers = [await store.append("r", "log", b"%d" % n, keep=10) for n in range(1, 6)]
    assert numbers == [1, 2, 3, 4, 5]
    assert await store.read("r", "log", after=3) == [LogEntry(4, b"4"), LogEntry(5, b"5")]
    assert await store.read("r", "log", after=1, limit=1) == [LogEntry(2, b"2")]
    assert await store.read("r", "log", after=9) == []
    assert await store.read("r", "other") == []


@with_a_store
async def test_no_number_of_a_log_is_given_twice_to_those_who_append_at_once(store: Store) -> None:
    numbers = await asyncio.gather(*(store.append("r", "log", b"x", keep=50) for _ in range(50)))
    assert sorted(numbers) == list(range(1, 51))


@with_a_store
async def test_a_log_keeps_the_newest_and_its_numbers_show_what_is_gone(store: Store) -> None:
    for n in range(1, 6):
        await store.append("r", "log", b"%d" % n, keep=2)
    assert await store.read("r", "log") == [LogEntry(4, b"4"), LogEntry(5, b"5")]
    assert await store.read("r", "log", after=4) == [LogEntry(5, b"5")]


@with_a_store
async def test_where_a_log_stands_is_known_whatever_became_of_its_entries(store: Store) -> None:
    assert await store.position("r", "log") == LogPosition(last=0, cleared=0)
    for n in range(1, 6):
        await store.append("r", "log", b"%d" % n, keep=2)
        assert await store.position("r", "log") == LogPosition(last=n, cleared=0)
    assert await store.position("r", "other") == LogPosition()
    assert await store.position("other", "log") == LogPosition()
    await store.append("r", "log", b"6", keep=0)
    assert await store.read("r", "log") == []
    assert await store.position("r", "log") == LogPosition(last=6, cleared=0)


@with_a_store
async def test_a_cleared_log_is_empty_and_its_numbers_go_on(store: Store) -> None:
    await store.clear("r", "log")
    assert await store.position("r", "log") == LogPosition(last=0, cleared=0)
    for n in range(1, 4):
        await store.append("r", "log", b"%d" % n, keep=10)
    await store.append("r", "other", b"1", keep=10)
    await store.clear("r", "log")
    assert await store.read("r", "log") == []
    assert await store.position("r", "log") == LogPosition(last=3, cleared=3)
    assert await store.append("r", "log", b"4", keep=10) == 4
    assert await store.position("r", "log") == LogPosition(last=4, cleared=3)
    assert await store.read("r", "log") == [LogEntry(4, b"4")]
    assert await store.read("r", "other") == [LogEntry(1, b"1")]


@with_a_store
async def test_a_long_log_is_read_rightly_from_anywhere(store: Store) -> None:
    for n in range(1, 51):
        await store.append("r", "log", b"%d" % n, keep=40)
    for after in range(55):
        for limit in (1, 7, 100):
            found = await store.read("r", "log", after=after, limit=limit)
            expected = list(range(max(11, after + 1), 51))[:limit]
            assert found == [LogEntry(n, b"%d" % n) for n in expected]


# What belongs to whom


def all_writes(store: Store, realm: str, key: str = "k") -> list[Awaitable[object]]:
    return [
        store.consume(realm, key, now=0, until=10),
        store.count(realm, key),
        store.put(realm, key, b"v", now=0, until=10),
        store.append(realm, key, b"v", keep=5),
    ]


async def is_untouched(store: Store, realm: str, key: str = "k") -> bool:
    return (
        not await store.consumed(realm, key)
        and await store.count(realm, key, by=0) == 0
        and await store.get(realm, key, now=0) is None
        and await store.read(realm, key) == []
        and await store.position(realm, key) == LogPosition()
    )


@with_a_store
async def test_realms_never_see_one_another(store: Store) -> None:
    await asyncio.gather(*all_writes(store, "a"))
    await store.save("a", {"field": b"1"}, 0)
    assert await is_untouched(store, "b")
    assert await store.load("b") == NO_STATE


@with_a_store
async def test_names_that_hold_what_may_join_names_stay_apart(store: Store) -> None:
    await asyncio.gather(*all_writes(store, "a:b", "c"))
    await store.save("a/b", {"c": b"1"}, 0)
    for realm, key in (("a", "b:c"), ("a:b:c", ""), ("", "a:b:c"), ("a:b", "C"), ("a:b", "c ")):
        assert await is_untouched(store, realm, key), (realm, key)
    for realm in ("a", "", "a:b", "a/b/c", "A/b"):
        assert await store.load(realm) == NO_STATE


@with_a_store
async def test_the_four_kinds_of_what_is_stored_do_not_share_their_keys(store: Store) -> None:
    for write in all_writes(store, "r"):
        await write
    assert await store.count("r", "k", by=0) == 1
    assert await store.get("r", "k", now=0) == b"v"
    assert await store.read("r", "k") == [LogEntry(1, b"v")]
    assert await store.consumed("r", "k")


@with_a_store
async def test_a_realm_can_be_forgotten_but_for_its_state(store: Store) -> None:
    version = await store.save("a", {"field": b"1"}, 0)
    await asyncio.gather(*all_writes(store, "a"), *all_writes(store, "b"))
    await store.forget("a")
    await store.forget("never there")
    assert await is_untouched(store, "a")
    assert not await is_untouched(store, "b")
    assert await store.load("a") == StoredState(version, {"field": b"1"})


@with_a_store
async def test_a_forgotten_log_begins_again(store: Store) -> None:
    for _ in range(3):
        await store.append("r", "log", b"1", keep=10)
    await store.clear("r", "log")
    await store.forget("r")
    assert await store.append("r", "log", b"1", keep=10) == 1
    assert await store.position("r", "log") == LogPosition(last=1, cleared=0)


@with_a_store
async def test_removing_a_state_forgets_nothing_else(store: Store) -> None:
    version = await store.save("r", {"field": b"1"}, 0)
    await asyncio.gather(*all_writes(store, "r"))
    await store.save("r", {"field": None}, version)
    assert await store.consumed("r", "k")
    assert await store.read("r", "k") == [LogEntry(1, b"v")]
