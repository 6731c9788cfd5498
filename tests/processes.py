"""Two `Realms` over one store, which are like two processes, and what tests do with a realm."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

from emulator.app import load_fixture
from emulator.core import clock as clock_module
from emulator.core.clock import Clock
from emulator.core.faults import Fault
from emulator.core.minting import TokenSpec, mint
from emulator.core.realm import DEFAULT, Changes, Realm, RealmTemplate, dump, principal_field
from emulator.core.realms import Realms
from emulator.core.signatures import TokenProblem, TokenRefused
from emulator.core.store import MemoryStore, StoredState
from emulator.core.verification import verify_token

SECRET = "a-secret-of-thirty-two-bytes-or-more"
FIXTURE: dict[str, Any] = {
    "omniomni": {"token": {"algorithm": "ES256"}, "clients": [{"client_id": "svc"}]},
    "nbcgate": {"token": {"secret": SECRET}},
    "vault": {
        "token": {"algorithm": "ES256"},
        "clients": [{"client_id": "app"}],
        "users": [
            {"username": "me@x", "password": "A9#bL8@z"},
            {"username": "you@x", "password": "A9#bL8@z"},
        ],
    },
}
NEW_YEAR = datetime(2031, 1, 1, tzinfo=UTC)


class AwaitingStore(MemoryStore):
    """Lets other tasks run before each call, as a store in another process does."""

    async def names(self) -> list[str]:
        await asyncio.sleep(0)
        return await super().names()

    async def version(self, realm: str) -> int:
        await asyncio.sleep(0)
        return await super().version(realm)

    async def load(self, realm: str) -> StoredState:
        await asyncio.sleep(0)
        return await super().load(realm)

    async def save(self, realm: str, changes: Mapping[str, bytes | None], version: int) -> int:
        await asyncio.sleep(0)
        saved = await super().save(realm, changes, version)
        await asyncio.sleep(0)
        return saved

    async def count(self, realm: str, key: str, by: int = 1) -> int:
        await asyncio.sleep(0)
        return await super().count(realm, key, by)

    async def forget(self, realm: str) -> None:
        await asyncio.sleep(0)
        await super().forget(realm)


def template(fixture: Mapping[str, Any] = FIXTURE, /, **more: Any) -> RealmTemplate:
    return load_fixture({**fixture, **more}).fixture.template()


def process(store: MemoryStore, fixture: Mapping[str, Any] = FIXTURE) -> Realms:
    """A process that serves a fixture over a store."""
    return Realms(template(fixture), store, template)


Test = Callable[[Realms, Realms], Coroutine[Any, Any, None]]


def with_two_processes(
    fixture: Mapping[str, Any] = FIXTURE,
) -> Callable[[Test], Callable[[], None]]:
    def decorate(test: Test) -> Callable[[], None]:
        def run() -> None:
            store = AwaitingStore()
            asyncio.run(test(process(store, fixture), process(store, fixture)))

        return run

    return decorate


async def get(realms: Realms, name: str = DEFAULT) -> Realm:
    realm = await realms.get(name)
    assert realm is not None
    return realm


def moved(seconds: float) -> Callable[[Realm], Changes]:
    """The change that moves a realm's clock."""

    def change(realm: Realm) -> Changes:
        clock = Clock(realm.clock.state)
        clock.advance(seconds)
        return {"clock": dump(clock.state)}

    return change


def standing(realm: Realm) -> Changes:
    """The change that makes a realm's clock stand still at the new year."""
    clock = Clock(realm.clock.state)
    clock.freeze()
    clock.set(NEW_YEAR)
    return {"clock": dump(clock.state)}


def user_added(name: str, **members: Any) -> Callable[[Realm], Changes]:
    def change(realm: Realm) -> Changes:
        users = realm.vendors["vault"].principals["users"]
        new = users.table.model(username=name, password="A9#bL8@z", **members)
        return {principal_field("vault", "users", name): dump(users.changed(new))}

    return change


def user_removed(name: str) -> Callable[[Realm], Changes]:
    def change(realm: Realm) -> Changes:
        users = realm.vendors["vault"].principals["users"]
        return {principal_field("vault", "users", name): dump(users.removed(name))}

    return change


def fault_added(**members: Any) -> Callable[[Realm], Changes]:
    def change(realm: Realm) -> Changes:
        fault = Fault.model_validate(members)
        return {"faults": dump(realm.fault_list.with_added([fault], clock_module.machine_time()))}

    return change


def users(realm: Realm) -> list[str]:
    return [user.name for user in realm.vendors["vault"].principals["users"]]


def user(realm: Realm, name: str) -> Any:
    return realm.vendors["vault"].principals["users"].find(name)


async def matched(realm: Realm, principal: str = "me@x") -> str | None:
    """The fault that changes a sign-in at Vault."""
    now = clock_module.machine_time()
    triggered = await realm.matching_fault(now, "vault", "sign_in", principal, {})
    return None if triggered is None else triggered.id


async def token(realm: Realm, subject: str = "me@x", vendor: str = "vault") -> str:
    return (await mint(realm, TokenSpec(vendor=vendor, subject=subject))).token


async def problem(realm: Realm, token: str, vendor: str = "vault") -> TokenProblem | None:
    """Why a realm refuses a token; None if it does not."""
    try:
        await verify_token(realm, realm.vendors[vendor], token)
    except TokenRefused as refused:
        return refused.problem
    return None


async def kid(realm: Realm, vendor: str = "vault") -> str | None:
    return (await realm.vendors[vendor].issuer.keyring.active()).kid


async def in_step(one: Realms, other: Realms, name: str = DEFAULT) -> None:
    """Both know the realm as it is in the store."""
    mine, theirs = await get(one, name), await get(other, name)
    assert mine.version == theirs.version
    assert mine.fields == theirs.fields
    assert mine.header == theirs.header
    assert mine.clock.state == theirs.clock.state
    assert mine.fault_list == theirs.fault_list
    assert [fault.id for fault in mine.faults] == [fault.id for fault in theirs.faults]
    assert users(mine) == users(theirs)
    assert await kid(mine) == await kid(theirs)
