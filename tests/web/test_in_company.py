"""Calls that come together go through the work together, part by part."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sized
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import orjson
import pytest
from serving import serving

from emulator.app import create_app
from emulator.config import Config
from emulator.core.journal import Journal
from emulator.core.keys.key import decoded
from emulator.core.realm import Realm
from emulator.core.realms import Realms
from emulator.web import visit
from emulator.web.connection import CONNECTION, Connection, connection_of
from emulator.web.exchange import Exchange
from emulator.web.operation import Api
from emulator.web.stage import Stage

PATH = "/omni-omni/v1/auth/client-token"
BODY = b'{"clientId": "demo-client"}'
FIXTURE = {"omniomni": {"clients": [{"client_id": "demo-client"}]}}


class InHand:
    """A server's calls, and what they do, one after the other."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stage: Stage = create_app(Config(fixture=FIXTURE))
        self.company = 1
        self.done: list[str] = []
        self._note(monkeypatch, "works", Api, "run")
        self._note(monkeypatch, "tells", Journal, "write")

    def _note(self, monkeypatch: pytest.MonkeyPatch, name: str, kind: type, method: str) -> None:
        original: Callable[..., Awaitable[Any]] = getattr(kind, method)

        def noted(*args: Any) -> Awaitable[Any]:
            self.done.append(name)
            return original(*args)

        monkeypatch.setattr(kind, method, noted)

    async def sign_in(self, realm: str = "") -> int:
        return (await self.answer(realm)).status

    async def answer(self, realm: str) -> Exchange:
        told = Accompanied(BODY, in_hand=self)
        path = realm + PATH
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
            "extensions": {CONNECTION: told},
        }
        await self.stage(scope, told.receive, told.send)
        return told

    async def make_the_key(self) -> None:
        assert await self.sign_in() == 200
        self.done.clear()


class Accompanied(Exchange, kw_only=True):
    """A call of a server that has others in hand."""

    in_hand: InHand

    @property
    def tasks(self) -> Sized:
        return range(self.in_hand.company)


@pytest.fixture
def in_hand(monkeypatch: pytest.MonkeyPatch) -> InHand:
    return InHand(monkeypatch)


async def _four_at_once(in_hand: InHand, company: int) -> list[str]:
    await in_hand.make_the_key()
    in_hand.company = company
    assert await asyncio.gather(*(in_hand.sign_in() for _ in range(4))) == [200] * 4
    return in_hand.done


def test_calls_in_company_go_through_each_part_together(in_hand: InHand) -> None:
    done = asyncio.run(_four_at_once(in_hand, company=4))
    assert done == ["works"] * 4 + ["tells"] * 4


def test_a_call_that_is_alone_waits_for_nobody(in_hand: InHand) -> None:
    done = asyncio.run(_four_at_once(in_hand, company=1))
    assert done == ["works", "tells"] * 4


def test_calls_that_come_a_turn_later_are_waited_for(in_hand: InHand) -> None:
    async def in_two_groups() -> None:
        await in_hand.make_the_key()
        in_hand.company = 4
        first = [asyncio.create_task(in_hand.sign_in()) for _ in range(4)]
        await asyncio.sleep(0)
        in_hand.company = 8
        second = [asyncio.create_task(in_hand.sign_in()) for _ in range(4)]
        assert await asyncio.gather(*first, *second) == [200] * 8

    asyncio.run(in_two_groups())
    assert in_hand.done == ["works"] * 8 + ["tells"] * 8


async def _overtaken(
    in_hand: InHand, end: Callable[[Realms, Realm], Awaitable[object]]
) -> Exchange:
    """The answer to a call at a realm that ends while the call lets others catch up."""
    realms = in_hand.stage.realms
    realm = await realms.make("t", realms.blueprint)
    await in_hand.make_the_key()
    in_hand.company = 4
    waiting = asyncio.create_task(in_hand.answer("/realms/t"))
    await asyncio.sleep(0)
    assert in_hand.done == []
    await end(realms, realm)
    return await waiting


def test_a_call_whose_realm_is_reset_meanwhile_is_answered_by_the_next_one(
    in_hand: InHand,
) -> None:
    told = asyncio.run(_overtaken(in_hand, Realms.reset))
    _, payload, _ = orjson.loads(bytes(told.content))["accessToken"].split(".")
    realm, incarnation, *_ = orjson.loads(decoded(payload))["jti"].split(".")
    next_one = asyncio.run(in_hand.stage.realms.find("t"))
    assert next_one is not None
    assert (realm, incarnation) == ("t", str(next_one.incarnation))
    assert in_hand.done == ["works", "tells"]


def test_a_call_whose_realm_is_removed_meanwhile_is_told_that_there_is_none(
    in_hand: InHand,
) -> None:
    told = asyncio.run(_overtaken(in_hand, Realms.remove))
    assert told.status == 404
    assert b"PUT /_emulator/realms/t makes it" in bytes(told.content)
    assert in_hand.done == []


def test_a_server_counts_the_calls_in_hand_of_all_its_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[int] = []

    def counting(scope: Mapping[str, Any]) -> Connection | None:
        connection = connection_of(scope)
        assert connection is not None
        counted.append(len(connection.tasks))
        return connection

    slow = {"vendor": "omniomni", "principal": "slow", "delay": "1s"}
    clients = [{"client_id": "slow"}, {"client_id": "demo-client"}]
    with serving({"omniomni": {"clients": clients}, "faults": [slow]}) as served:
        monkeypatch.setattr(visit, "connection_of", counting)

        def sign_in(client_id: str) -> int:
            answer = httpx.post(served.url + PATH, json={"clientId": client_id}, trust_env=False)
            return answer.status_code

        with ThreadPoolExecutor() as callers:
            waiting = [callers.submit(sign_in, "slow") for _ in range(3)]
            while len(counted) < len(waiting):
                time.sleep(0.01)
            assert sign_in("demo-client") == 200
            assert [call.result() for call in waiting] == [200] * 3
    assert counted[-1] == len(waiting) + 1
