"""Calls that come together go through the work together, part by part."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from emulator.app import create_app
from emulator.config import Config
from emulator.core.journal import Journal
from emulator.web.connection import CONNECTION
from emulator.web.exchange import Exchange
from emulator.web.operation import Api
from emulator.web.stage import Stage

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
    path = "/omni-omni/v1/auth/client-token"
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
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
