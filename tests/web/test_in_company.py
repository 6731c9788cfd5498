"""Calls that come together go through the work together, part by part."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from serving import serving

from emulator.app import create_app
from emulator.config import Config
from emulator.core.journal import Journal
from emulator.web import visit
from emulator.web.connection import CONNECTION, Connection, connection_of
from emulator.web.exchange import Exchange
from emulator.web.operation import Api
from emulator.web.stage import Stage

PATH = "/omni-omni/v1/auth/client-token"
BODY = b'{"clientId": "demo-client"}'
FIXTURE = {"omniomni": {"clients": [{"client_id": "demo-client"}]}}


class Accompanied(Exchange):
    """A call of a server that has so many in hand."""

    calls: int = 1

    @property
    def company(self) -> int:
        return self.calls


async def _sign_in(stage: Stage, company: int) -> int:
    told = Accompanied(BODY, calls=company)
    scope = {
        "type": "http",
        "method": "POST",
        "path": PATH,
        "raw_path": PATH.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")],
        "extensions": {CONNECTION: told},
    }
    await stage(scope, told.receive, told.send)
    return told.status


def _order(monkeypatch: pytest.MonkeyPatch, company: int) -> list[str]:
    """What four calls at once do, one after the other."""
    done: list[str] = []

    def noting(name: str, kind: type, method: str) -> None:
        original: Callable[..., Awaitable[Any]] = getattr(kind, method)

        def noted(*args: Any) -> Awaitable[Any]:
            done.append(name)
            return original(*args)

        monkeypatch.setattr(kind, method, noted)

    noting("works", Api, "run")
    noting("tells", Journal, "write")
    stage = create_app(Config(fixture=FIXTURE))

    async def four() -> list[int]:
        assert await _sign_in(stage, company=1) == 200  # makes the key
        done.clear()
        return await asyncio.gather(*(_sign_in(stage, company) for _ in range(4)))

    assert asyncio.run(four()) == [200] * 4
    return done


def test_calls_in_company_go_through_each_part_together(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _order(monkeypatch, company=4) == ["works"] * 4 + ["tells"] * 4


def test_a_call_that_is_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _order(monkeypatch, company=1) == ["works", "tells"] * 4


def test_a_server_counts_the_calls_in_hand_of_all_its_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[int] = []

    def counting(scope: Mapping[str, Any]) -> Connection | None:
        connection = connection_of(scope)
        assert connection is not None
        counted.append(connection.company)
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
