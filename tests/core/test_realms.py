"""Realms over one store: two `Realms` objects are like two processes that share it.

Whatever is changed through one is seen by the other when it next asks for the realm, and of changes
at the same moment none is lost.
"""

import asyncio
from collections.abc import Callable

import pytest
from processes import (
    FIXTURE,
    NEW_YEAR,
    AwaitingStore,
    fault_added,
    get,
    in_step,
    kid,
    matched,
    moved,
    problem,
    process,
    standing,
    token,
    user,
    user_added,
    user_removed,
    users,
    with_two_processes,
)

from emulator.core import clock as clock_module
from emulator.core import realms as realms_module
from emulator.core.keys import CannotRotate, Rotation
from emulator.core.minting import TokenSpec, mint
from emulator.core.outbox import Mail
from emulator.core.realm import DEFAULT, Changes, Realm, dump
from emulator.core.realms import Realms, TooManyRealms
from emulator.core.signatures import TokenProblem
from emulator.core.store import MemoryStore, VersionConflict

# Changes that the other process sees


@with_two_processes()
async def test_the_default_realm_is_made_once(one: Realms, other: Realms) -> None:
    await asyncio.gather(one.default(), other.default(), other.default())
    assert await one.store.names() == [DEFAULT]
    await in_step(one, other)


@with_two_processes()
async def test_a_moved_clock_is_moved_for_the_other_too(one: Realms, other: Realms) -> None:
    before = await get(other)
    await one.change(DEFAULT, standing)
    await one.change(DEFAULT, moved(90))
    assert (await get(other)).clock.now() == NEW_YEAR.timestamp() + 90
    assert (await get(other)).header == before.header
    await in_step(one, other)


@with_two_processes()
async def test_a_principal_that_was_added_can_sign_in_through_the_other(
    one: Realms, other: Realms
) -> None:
    await get(other)
    await one.change(DEFAULT, user_added("new@x", scopes=("a:read",), claims={"n": 2**70}))
    found = user(await get(other), "new@x")
    assert found.claims == {"n": 2**70}
    assert found.password.get_secret_value() == "A9#bL8@z"
    await in_step(one, other)


@with_two_processes()
async def test_what_was_issued_to_a_removed_principal_is_refused_by_the_other(
    one: Realms, other: Realms
) -> None:
    issued = await token(await get(other))
    assert await problem(await get(one), issued) is None
    await one.change(DEFAULT, user_removed("me@x"))
    assert await problem(await get(other), issued) is TokenProblem.SUBJECT_DELETED
    await other.change(DEFAULT, user_added("me@x"))
    assert await problem(await get(one), issued) is TokenProblem.SUBJECT_DELETED
    assert await problem(await get(one), await token(await get(other))) is None
    await in_step(one, other)


@with_two_processes()
async def test_a_fault_is_triggered_so_often_by_both_together(one: Realms, other: Realms) -> None:
    await get(other)
    await one.change(DEFAULT, fault_added(vendor="vault", after=3, times=5, delay="1s"))
    realms = [await get(one), await get(other)] * 10
    triggered = await asyncio.gather(*map(matched, realms))
    assert sorted(triggered, key=str) == [None] * 15 + ["f1"] * 5
    (fault,) = (await get(other)).faults
    assert await (await get(other)).fault_counters(fault) == (20, 5)


@with_two_processes()
async def test_a_fault_that_was_removed_changes_no_call_of_the_other(
    one: Realms, other: Realms
) -> None:
    await one.change(DEFAULT, fault_added(delay="1s"))
    await one.change(DEFAULT, fault_added(principal="me@x", delay="2s"))
    assert await matched(await get(other)) == "f1"

    def without_first(realm: Realm) -> Changes:
        entries = realm.fault_list.entries[1:]
        return {"faults": dump(realm.fault_list.model_copy(update={"entries": entries}))}

    await one.change(DEFAULT, without_first)
    assert await matched(await get(other)) == "f2"
    await other.change(DEFAULT, fault_added(delay="3s"))
    assert [fault.id for fault in (await get(one)).faults] == ["f2", "f3"]


@with_two_processes()
async def test_a_rotated_key_signs_and_verifies_for_the_other(one: Realms, other: Realms) -> None:
    before = await token(await get(other))
    key = await one.rotate(DEFAULT, "vault", Rotation.OVERLAP)
    assert key is not None
    assert await kid(await get(other)) == key.kid
    assert await problem(await get(other), before) is None
    assert await problem(await get(one), await token(await get(other))) is None
    await other.rotate(DEFAULT, "vault", Rotation.NO_OVERLAP)
    assert await problem(await get(one), before) is TokenProblem.UNKNOWN_KEY
    await in_step(one, other)


@with_two_processes()
async def test_a_refresh_token_is_used_once_by_both_together(one: Realms, other: Realms) -> None:
    realms = [await get(one), await get(other)] * 5
    used = await asyncio.gather(*(realm.consume_refresh_token("j", 2e9) for realm in realms))
    assert sorted(used) == [False] * 9 + [True]
    assert await (await get(other)).refresh_token_used("j")
    assert not await (await get(other)).refresh_token_used("k")


@with_two_processes()
async def test_what_was_revoked_is_refused_by_the_other(one: Realms, other: Realms) -> None:
    mine = await get(one)
    issued = [await mint(mine, TokenSpec(vendor="vault", subject="me@x")) for _ in range(3)]
    await mine.revoke_token(issued[0].claims["jti"], 4e9)
    grant = mine.identity.grant_of(issued[1].claims["jti"])
    assert grant is not None
    await mine.revoke_grant(grant)
    problems = [await problem(await get(other), each.token) for each in issued]
    assert problems == [TokenProblem.REVOKED, TokenProblem.REVOKED, None]


@with_two_processes()
async def test_journal_and_outbox_are_of_both(one: Realms, other: Realms) -> None:
    await (await get(one)).journal.write({"n": 1})
    await (await get(other)).journal.write({"n": 2})
    page = await (await get(one)).journal.page()
    assert [(entry["number"], entry["n"]) for entry in page.entries] == [(1, 1), (2, 2)]
    await (await get(one)).journal.clear()
    assert await (await get(other)).journal.cleared() == 2
    assert await (await get(other)).journal.write({"n": 3}) == 3
    mail = Mail(vendor="nbcgate", to="a@x", code="1", sent_at="", expires_at="")
    await (await get(one)).outbox.put(mail)
    assert await (await get(other)).outbox.mails() == [(1, mail)]


# Realms that are made, reset, removed and expire


@with_two_processes()
async def test_a_realm_that_one_made_is_there_for_the_other(one: Realms, other: Realms) -> None:
    assert await other.get("r") is None
    made = await one.make("r")
    issued = await token(made)
    assert await problem(await get(other, "r"), issued) is None
    assert await problem(await get(other), issued) is TokenProblem.OTHER_REALM
    await other.make("s")
    for realms in (one, other):
        assert [realm.name for realm in await realms.all()] == [DEFAULT, "r", "s"]
    await in_step(one, other, "r")


@with_two_processes()
async def test_what_a_realm_issued_before_a_reset_is_refused_by_the_other(
    one: Realms, other: Realms
) -> None:
    for name in (DEFAULT, "r"):
        if name != DEFAULT:
            await one.make(name)
        theirs = await get(other, name)
        issued = await token(theirs)
        await theirs.consume_refresh_token("j", 4e9)
        await theirs.journal.write({"n": 1})
        await one.change(name, user_added("new@x"))
        await one.change(name, moved(3600))
        await one.change(name, fault_added(delay="1s"))
        await one.reset(await get(one, name))
        again = await get(other, name)
        assert theirs.closed
        assert not await other.is_current(theirs)
        assert await other.is_current(again)
        assert await problem(again, issued) is TokenProblem.OTHER_REALM
        assert not await again.refresh_token_used("j")
        assert await again.journal.last() == 0
        assert (users(again), again.faults, again.clock.moved) == (["me@x", "you@x"], [], False)
        await in_step(one, other, name)


@with_two_processes()
async def test_what_is_stored_as_soon_as_a_realm_is_made_again_stays(
    one: Realms, other: Realms
) -> None:
    before = await one.make("r")

    async def use_at_once() -> Realm:
        while True:
            realm = await get(other, "r")
            if realm.header.generation != before.header.generation:
                assert await realm.consume_refresh_token("j", 4e9)
                return realm
            await asyncio.sleep(0)

    used, _ = await asyncio.gather(use_at_once(), one.reset(before))
    assert await used.refresh_token_used("j")
    assert not await (await get(one, "r")).consume_refresh_token("j", 4e9)


@with_two_processes()
async def test_a_removed_realm_is_gone_for_the_other_with_all_that_it_stored(
    one: Realms, other: Realms
) -> None:
    await one.make("r")
    theirs = await get(other, "r")
    issued = await token(theirs)
    await theirs.journal.write({"n": 1})
    await theirs.consume_once("k", 4e9)
    await one.remove(await get(one, "r"))
    assert await other.get("r") is None
    assert theirs.closed
    assert isinstance(one.store, MemoryStore)
    assert "r" not in one.store.realms_with_data
    again = await other.make("r")
    assert await problem(await get(one, "r"), issued) is TokenProblem.OTHER_REALM
    assert again.header.generation > theirs.header.generation


@with_two_processes()
async def test_a_realm_that_was_made_again_is_made_of_what_was_said_last(
    one: Realms, other: Realms
) -> None:
    await one.make("r", fixture={"vault": {"users": [{"username": "a@x", "password": "A9#bL8@z"}]}})
    assert users(await get(other, "r")) == ["a@x"]
    await other.make("r", fixture={"vault": {"users": []}, "clock": "2031-01-01T00:00:00Z"})
    assert users(await get(one, "r")) == []
    await one.reset(await get(one, "r"))
    again = await get(other, "r")
    assert users(again) == []
    assert 0 <= again.clock.now() - NEW_YEAR.timestamp() < 60
    await one.make("r")
    assert users(await get(other, "r")) == ["me@x", "you@x"]


@with_two_processes()
async def test_a_reset_of_a_realm_that_the_other_just_made_again_keeps_what_that_made(
    one: Realms, other: Realms
) -> None:
    stale = await one.make("r")
    await other.make("r", fixture={"vault": {"users": []}})
    again = await one.reset(stale)
    assert users(again) == users(await get(other, "r")) == []


def test_a_realm_expires_for_the_other_too(passing: Callable[[float], None]) -> None:
    async def work() -> None:
        store = AwaitingStore()
        one, other, third = process(store), process(store), process(store)
        await one.make("r", ttl=60)
        theirs = await get(other, "r")
        await theirs.journal.write({"n": 1})
        passing(59.5)
        await one.reset(await get(one, "r"))
        assert await third.get("r") is not None
        passing(0.5)
        assert await process(store).get("r") is None  # which never had it
        assert await other.get("r") is None
        assert [realm.name for realm in await one.all()] == [DEFAULT]
        assert await store.names() == [DEFAULT]
        assert "r" not in store.realms_with_data

    asyncio.run(work())


def test_a_realm_that_was_made_again_without_a_ttl_stays(
    passing: Callable[[float], None],
) -> None:
    async def work() -> None:
        store = AwaitingStore()
        one, other = process(store), process(store)
        await one.make("r", ttl=60)
        await get(other, "r")
        again = await one.make("r")
        await again.journal.write({"n": 1})
        passing(61)
        theirs = await get(other, "r")
        assert theirs.header == again.header
        assert await theirs.journal.last() == 1
        assert not again.closed

    asyncio.run(work())


def test_a_realm_that_expires_later_is_looked_for_again(passing: Callable[[float], None]) -> None:
    async def work() -> None:
        realms = process(AwaitingStore())
        for name, ttl in (("a", 10), ("b", 20), ("c", 30)):
            await realms.make(name, ttl=ttl)
        for left in (["a", "b", "c"], ["b", "c"], ["c"], []):
            assert [realm.name for realm in await realms.all()] == [DEFAULT, *left]
            passing(10)

    asyncio.run(work())


def test_the_limit_counts_the_realms_of_all_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realms_module, "_MAX_REALMS", 3)

    async def work() -> None:
        store = AwaitingStore()
        one, other = process(store), process(store)
        await one.default()
        await one.make("a")
        await one.make("b", ttl=60)
        with pytest.raises(TooManyRealms):
            await other.make("c")
        await other.make("a")
        await other.remove(await get(other, "b"))
        await one.make("c")

    asyncio.run(work())


@with_two_processes()
async def test_a_realm_that_is_not_there_is_neither_changed_nor_rotated(
    one: Realms, other: Realms
) -> None:
    assert await one.change("r", moved(1)) is None
    assert await one.rotate("r", "vault", Rotation.OVERLAP) is None
    await other.make("r")
    await one.get("r")
    await other.remove(await get(other, "r"))
    assert await one.change("r", moved(1)) is None
    assert await one.rotate("r", "vault", Rotation.OVERLAP) is None
    with pytest.raises(CannotRotate, match="nbcgate signs with a secret"):
        await one.rotate(DEFAULT, "nbcgate", Rotation.OVERLAP)


@with_two_processes()
async def test_a_closed_realm_stores_nothing_more_however_it_is_seen(
    one: Realms, other: Realms
) -> None:
    made = await one.make("r")
    views = [
        made,
        made.seen_from("http://x"),
        made.issuing_with("vault", made.vendors["vault"].issuer),
    ]
    await one.remove(made.seen_from("http://y"))
    for view in views:
        assert view.closed
        assert await view.consume_refresh_token("j", 4e9)
        await view.revoke_token("j", 4e9)
        await view.outbox.put(Mail(vendor="", to="", code="", sent_at="", expires_at=""))
        assert not await one.is_current(view)
    assert isinstance(other.store, MemoryStore)
    assert "r" not in other.store.realms_with_data


# A realm that is made from another


@with_two_processes()
async def test_a_realm_made_from_another_begins_as_that_one_is_and_goes_back_to_that(
    one: Realms, other: Realms
) -> None:
    await one.make("source")
    await one.change("source", user_added("new@x"))
    await one.change("source", user_removed("me@x"))
    await one.change("source", standing)
    await one.rotate("source", "vault", Rotation.NO_OVERLAP)
    copied = await other.make("copy", source=await get(other, "source"))
    for realm in (copied, await get(one, "copy")):
        assert users(realm) == ["you@x", "new@x"]
        assert (realm.clock.now(), realm.clock.frozen) == (NEW_YEAR.timestamp(), True)
        assert await kid(realm) == await kid(await get(one, "source"))
    await one.change("source", user_added("late@x"))
    await one.change("copy", user_removed("you@x"))
    await one.change("copy", moved(60))
    await other.rotate("copy", "vault", Rotation.OVERLAP)
    await one.reset(await get(one, "copy"))
    again = await get(other, "copy")
    assert users(again) == ["you@x", "new@x"]
    assert again.clock.now() == NEW_YEAR.timestamp()
    assert await kid(again) == await kid(await get(other, "source"))
    await in_step(one, other, "copy")


def test_the_faults_of_a_copy_begin_again_and_those_that_expired_are_left_out(
    passing: Callable[[float], None],
) -> None:
    async def work() -> None:
        store = AwaitingStore()
        one, other = process(store), process(store)
        for members in ({"ttl": "1m"}, {"times": 1}, {"ttl": "3m", "times": 1}):
            await one.change(DEFAULT, fault_added(delay="1s", vendor="vault", **members))
        passing(61)
        assert [await matched(await get(one)) for _ in range(3)] == ["f2", "f3", None]
        copied = await one.make("copy", source=await get(one))
        assert [fault.fault.ttl is None for fault in copied.faults] == [True, False]
        assert [await matched(copied) for _ in range(3)] == ["f1", "f2", None]
        passing(179)  # from now on a fault of three minutes has one second left
        again = await other.reset(await get(other, "copy"))
        assert [await matched(again) for _ in range(3)] == ["f1", "f2", None]
        passing(2)
        assert again.faults[1].expires_at == pytest.approx(clock_module.machine_time() + 178)

    asyncio.run(work())


@with_two_processes({**FIXTURE, "faults": [{"delay": "1s", "times": 1, "vendor": "vault"}]})
async def test_realms_share_the_faults_of_their_fixture_and_count_for_themselves(
    one: Realms, other: Realms
) -> None:
    made = [await one.make("a"), await one.make("b")]
    assert made[0].faults is made[1].faults
    assert [await matched(realm) for realm in [*made, await get(other, "a")]] == ["f1", "f1", None]
    await other.change("a", fault_added(delay="2s"))
    assert await matched(await get(one, "a")) == "f2"
    assert await matched(await get(one, "b")) is None


# Changes at the same moment


@with_two_processes()
async def test_of_changes_at_once_none_is_lost(one: Realms, other: Realms) -> None:
    await one.change(DEFAULT, standing)
    await asyncio.gather(
        *(realms.change(DEFAULT, moved(1)) for realms in [one, other] * 20),
        *(one.change(DEFAULT, user_added(f"a{number}@x")) for number in range(5)),
        *(other.change(DEFAULT, user_added(f"b{number}@x")) for number in range(5)),
        *(realms.change(DEFAULT, fault_added(delay="1s")) for realms in [one, other] * 5),
    )
    found = await get(one)
    assert found.clock.now() == NEW_YEAR.timestamp() + 40
    added = [f"{kind}{number}@x" for kind in "ab" for number in range(5)]
    assert sorted(users(found)) == sorted(["me@x", "you@x", *added])
    assert [fault.id for fault in found.faults] == [f"f{number}" for number in range(1, 11)]
    await in_step(one, other)


@with_two_processes()
async def test_rotations_and_changes_at_once_are_all_there(one: Realms, other: Realms) -> None:
    before = await token(await get(one))
    rotations = [realms.rotate(DEFAULT, "vault", Rotation.OVERLAP) for realms in (one, other, one)]
    changes = [other.change(DEFAULT, user_added(f"u{number}@x")) for number in range(5)]
    keys, _ = await asyncio.gather(asyncio.gather(*rotations), asyncio.gather(*changes))
    kids = {key.kid for key in keys if key is not None}
    keyring = (await get(one)).vendors["vault"].issuer.keyring
    assert len(kids) == keyring.rotation.count == 3
    assert kids < {key.kid for key in await keyring.verifiers()}
    assert await problem(await get(other), before) is None
    assert len(users(await get(one))) == 7
    await in_step(one, other)


@with_two_processes()
async def test_a_rotation_over_which_the_realm_is_reset_is_of_the_realm_after_it(
    one: Realms, other: Realms
) -> None:
    await one.make("r")
    await get(other, "r")
    key, _ = await asyncio.gather(
        one.rotate("r", "vault", Rotation.OVERLAP), other.reset(await get(other, "r"))
    )
    assert key is not None
    await in_step(one, other, "r")
    assert await problem(await get(other, "r"), await token(await get(one, "r"))) is None


@with_two_processes()
async def test_a_realm_that_both_make_at_once_is_one_realm(one: Realms, other: Realms) -> None:
    await asyncio.gather(one.make("r"), other.make("r"), one.make("r"))
    await in_step(one, other, "r")
    assert await problem(await get(one, "r"), await token(await get(other, "r"))) is None
    mine, theirs = await get(one, "r"), await get(other, "r")
    resets = [realms.reset(mine if realms is one else theirs) for realms in [one, other] * 3]
    made = await asyncio.gather(*resets)
    assert len({realm.header.generation for realm in made}) == 6
    await in_step(one, other, "r")
    current = [realm for realm in made if await one.is_current(realm)]
    assert len({realm.header.generation for realm in current}) == 1


@with_two_processes()
async def test_what_the_change_raises_is_raised_and_nothing_is_changed(
    one: Realms, other: Realms
) -> None:
    version = (await get(one)).version

    def fail(_: Realm) -> Changes:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await one.change(DEFAULT, fail)
    assert (await get(other)).version == version


@with_two_processes()
async def test_a_change_is_made_of_the_realm_as_it_is_when_it_is_saved(
    one: Realms, other: Realms
) -> None:
    await one.change(DEFAULT, standing)
    seen = []

    def change(realm: Realm) -> Changes:
        seen.append(realm.clock.now() - NEW_YEAR.timestamp())
        return moved(10)(realm)

    await asyncio.gather(one.change(DEFAULT, change), other.change(DEFAULT, moved(1)))
    assert (await get(one)).clock.now() - NEW_YEAR.timestamp() == 11
    assert seen[-1] in (0, 1)
    with pytest.raises(VersionConflict):
        await one.store.save(DEFAULT, {"clock": b"{}"}, (await get(one)).version - 1)


# Ids


def test_a_seed_gives_the_first_process_the_same_ids_at_each_start_and_after_a_reset() -> None:
    async def ids(seed: int | None) -> list[str]:
        realms = process(AwaitingStore(), {**FIXTURE, "seed": seed})
        first = (await get(realms)).identity.ids.unique()
        again = await realms.reset(await get(realms))
        return [first, again.identity.ids.unique()]

    seven, also_seven, eight = (asyncio.run(ids(seed)) for seed in (7, 7, 8))
    assert seven == also_seven
    assert seven[0] == seven[1] != eight[0]
    assert len({*asyncio.run(ids(None)), *asyncio.run(ids(None))}) == 4


@with_two_processes({**FIXTURE, "seed": 7})
async def test_with_a_seed_no_id_is_made_by_both(one: Realms, other: Realms) -> None:
    made = []
    for number in range(10):
        for realms in (one, other):
            made.append((await get(realms)).identity.ids.unique())
            await realms.change(DEFAULT, user_added(f"u{number}@x"))
    assert len(set(made)) == 20


@with_two_processes(
    {**FIXTURE, "seed": 7, "faults": [{"vendor": "vault", "probability": 0.5, "delay": "1s"}]}
)
async def test_with_a_seed_faults_trigger_the_same_way_whatever_else_needs_ids(
    one: Realms, other: Realms
) -> None:
    async def pattern(realm: Realm, *, sign_ins: int) -> list[str | None]:
        found = []
        for _ in range(20):
            found.append(await matched(realm))
            for _ in range(sign_ins):
                await token(realm)
        return found

    expected = await pattern(await one.make("a"), sign_ins=0)
    assert await pattern(await one.make("b"), sign_ins=1) == expected
    assert set(expected) == {None, "f1"}
    await other.reset(await get(other, "a"))
    assert await pattern(await get(other, "a"), sign_ins=2) == expected
