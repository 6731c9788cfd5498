"""Another fixture while it is served: what becomes of realms, in each of two processes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

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
    template,
    token,
    user,
    user_added,
    user_removed,
    users,
    with_two_processes,
)

from emulator.core import clock as clock_module
from emulator.core.keys import Rotation
from emulator.core.minting import TokenSpec, Use, mint
from emulator.core.outbox import Mail
from emulator.core.realm import DEFAULT
from emulator.core.realms import Realms
from emulator.core.signatures import TokenProblem

CHANGED = {
    **FIXTURE,
    "faults": [{"vendor": "vault", "times": 1, "delay": "1s"}],
    "vault": {
        "token": {"algorithm": "ES256", "lifetime": "1h"},
        "clients": [{"client_id": "app"}],
        "users": [
            {"username": "me@x", "password": "A9#bL8@z", "scopes": ["new"]},
            {"username": "fresh@x", "password": "A9#bL8@z"},
        ],
    },
}


@with_two_processes()
async def test_principals_and_faults_are_the_new_fixtures(one: Realms, other: Realms) -> None:
    await one.change(DEFAULT, user_added("called@x"))
    await one.change(DEFAULT, user_added("me@x", status="locked"))
    await one.change(DEFAULT, fault_added(delay="2s"))
    await one.reload(template(CHANGED))
    await other.reload(template(CHANGED))
    for realms in (one, other):
        realm = await get(realms)
        assert users(realm) == ["me@x", "fresh@x"]
        assert user(realm, "me@x").status == "active"
        assert user(realm, "me@x").scopes == ("new",)
        assert [fault.fault.times for fault in realm.faults] == [1]
        assert realm.vendors["vault"].issuer.settings.lifetime == 3600
    await in_step(one, other)


@with_two_processes()
async def test_tokens_used_and_revoked_ones_journal_and_outbox_stay(
    one: Realms, other: Realms
) -> None:
    realm = await get(one)
    kept, revoked, gone = [
        await mint(realm, TokenSpec(vendor="vault", subject=name))
        for name in ("me@x", "me@x", "you@x")
    ]
    refresh = await mint(realm, TokenSpec(vendor="vault", subject="me@x", use=Use.REFRESH))
    await realm.consume_refresh_token(refresh.claims["jti"], 4e9)
    await realm.revoke_token(revoked.claims["jti"], 4e9)
    await realm.journal.write({"n": 1})
    await realm.outbox.put(Mail(vendor="nbcgate", to="", code="", sent_at="", expires_at=""))
    for realms in (one, other):
        await realms.reload(template(CHANGED))
    for after in (await get(one), await get(other)):
        assert await problem(after, kept.token) is None
        assert await problem(after, revoked.token) is TokenProblem.REVOKED
        assert await problem(after, gone.token) is TokenProblem.SUBJECT_DELETED
        assert await after.refresh_token_used(refresh.claims["jti"])
        assert await after.journal.last() == 1
        assert len(await after.outbox.mails()) == 1
        assert await one.is_current(after)
    assert not realm.closed


@with_two_processes()
async def test_what_was_issued_to_a_principal_that_was_removed_is_refused_though_it_comes_back(
    one: Realms, other: Realms
) -> None:
    await one.change(DEFAULT, user_added("called@x"))
    realm = await get(one)
    of_the_fixture, of_a_call = await token(realm, "you@x"), await token(realm, "called@x")
    for fixture in (CHANGED, FIXTURE, CHANGED, FIXTURE):
        for realms in (one, other):
            await realms.reload(template(fixture))
    await one.change(DEFAULT, user_added("called@x"))
    for after in (await get(one), await get(other)):
        assert users(after) == ["me@x", "you@x", "called@x"]
        for issued in (of_the_fixture, of_a_call):
            assert await problem(after, issued) is TokenProblem.SUBJECT_DELETED
        assert await problem(after, await token(after, "you@x")) is None


@with_two_processes()
async def test_keys_stay_rotated_ones_too_unless_they_come_from_elsewhere(
    one: Realms, other: Realms
) -> None:
    rotated = await one.rotate(DEFAULT, "vault", Rotation.OVERLAP)
    assert rotated is not None
    before = await kid(await get(one), "omniomni")
    for realms in (one, other):
        await realms.reload(template(CHANGED))
    for realms in (one, other):
        assert await kid(await get(realms)) == rotated.kid
        assert await kid(await get(realms), "omniomni") == before
    issued = await token(await get(one))
    named = {
        **FIXTURE,
        "vault": {**FIXTURE["vault"], "token": {"algorithm": "ES256", "key_id": "mine"}},
    }
    for realms in (one, other):
        await realms.reload(template(named))
    for realms in (one, other):
        assert await kid(await get(realms)) == "mine"
        assert await problem(await get(realms), issued) is TokenProblem.UNKNOWN_KEY
    await in_step(one, other)


@with_two_processes()
async def test_the_clock_stays_unless_it_starts_otherwise(one: Realms, other: Realms) -> None:
    await one.change(DEFAULT, standing)
    for realms in (one, other):
        await realms.reload(template(CHANGED))
        assert (await get(realms)).clock.now() == NEW_YEAR.timestamp()
    early = {"now": "2020-01-01T00:00:00Z", "frozen": True}
    for realms in (one, other):
        await realms.reload(template(CHANGED, clock=early))
    for realms in (one, other):
        clock = (await get(realms)).clock
        assert clock.now() == datetime(2020, 1, 1, tzinfo=UTC).timestamp()
        assert clock.latest() == NEW_YEAR.timestamp()
    await one.change(DEFAULT, moved(60))
    for realms in (one, other):
        await realms.reload(template(FIXTURE, clock=dict(early)))
    assert (await get(one)).clock.now() == datetime(2020, 1, 1, 0, 1, tzinfo=UTC).timestamp()


@with_two_processes()
async def test_other_realms_keep_what_they_were_made_from_and_new_ones_are_of_the_new_fixture(
    one: Realms, other: Realms
) -> None:
    await one.make("known to both")
    await get(other, "known to both")
    await one.make("known to one")
    await one.change("known to one", user_added("called@x"))
    for realms in (one, other):
        await realms.reload(template(CHANGED))
    await one.make("new")
    await one.change("known to both", moved(1))
    for realms in (one, other):
        assert users(await get(realms, "known to both")) == ["me@x", "you@x"]
        assert users(await get(realms, "known to one")) == ["me@x", "you@x", "called@x"]
        assert users(await get(realms, "new")) == ["me@x", "fresh@x"]
    await other.reset(await get(other, "known to both"))
    await other.make("copy", source=await get(other, "known to both"))
    await other.make("copy of the new", source=await get(other, "new"))
    for name in ("known to both", "copy"):
        assert users(await get(one, name)) == ["me@x", "you@x"]
        await one.reset(await get(one, name))
        assert users(await get(other, name)) == ["me@x", "you@x"]
    assert users(await get(one, "copy of the new")) == ["me@x", "fresh@x"]
    await one.make("known to both")
    assert users(await get(other, "known to both")) == ["me@x", "fresh@x"]


def test_a_new_fixtures_faults_have_changed_no_call_yet_and_live_from_now_on(
    passing: Callable[[float], None],
) -> None:
    fault = {"vendor": "vault", "times": 1, "delay": "1s", "ttl": "10s"}

    async def work() -> None:
        realms = process(AwaitingStore(), {**FIXTURE, "faults": [fault]})
        realm = await get(realms)
        first = [await matched(realm), await matched(realm)]
        assert (first[0] is None, first[1]) == (False, None)
        passing(20)
        await realms.reload(template(CHANGED, faults=[fault]))
        assert await matched(realm) not in (None, first[0])
        passing(9)
        (active,) = realm.faults
        assert await realm.fault_counters(active) == (1, 1)
        assert active.expires_at == clock_module.machine_time() + 1

    asyncio.run(work())


@with_two_processes()
async def test_a_reset_after_it_goes_back_to_the_new_fixture(one: Realms, other: Realms) -> None:
    await one.reload(template(CHANGED))
    await other.reload(template(CHANGED))
    await one.change(DEFAULT, user_removed("me@x"))
    await other.reset(await get(other))
    for realms in (one, other):
        assert users(await get(realms)) == ["me@x", "fresh@x"]
        assert [fault.id for fault in (await get(realms)).faults] == ["f1"]


@with_two_processes()
async def test_a_change_while_the_other_takes_up_another_fixture_is_not_lost(
    one: Realms, other: Realms
) -> None:
    await one.change(DEFAULT, standing)
    await asyncio.gather(
        one.reload(template(CHANGED)), *(other.change(DEFAULT, moved(1)) for _ in range(10))
    )
    await other.reload(template(CHANGED))
    assert (await get(one)).clock.now() == NEW_YEAR.timestamp() + 10
    assert users(await get(one)) == ["me@x", "fresh@x"]
    await in_step(one, other)


@with_two_processes()
async def test_a_rotation_over_which_the_fixture_gets_another_algorithm_is_of_that(
    one: Realms, other: Realms
) -> None:
    await get(one)
    fixture = {**FIXTURE, "vault": {**FIXTURE["vault"], "token": {"algorithm": "EdDSA"}}}
    key, _ = await asyncio.gather(
        one.rotate(DEFAULT, "vault", Rotation.OVERLAP), one.reload(template(fixture))
    )
    assert key is not None
    assert (await get(one)).vendors["vault"].issuer.keyring.algorithm.name == "EdDSA"
    await other.reload(template(fixture))
    for realms in (one, other):
        issued = await token(await get(realms))
        assert await problem(await get(one), issued) is None
        assert await problem(await get(other), issued) is None
    await in_step(one, other)
