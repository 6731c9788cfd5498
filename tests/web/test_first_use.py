"""What a sign-in does not need is made at its first use, and once."""

import asyncio
from typing import Any

import httpx
import pytest

from emulator.app import VENDORS, create_app
from emulator.control import operations
from emulator.control.outcomes import VERIFYING

SIGN_IN = "/omni-omni/v1/auth/client-token"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The control APIs that were made."""
    made: list[object] = []
    real = operations.control_api

    def noting(*arguments: Any, **options: Any) -> Any:
        made.append(real(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(operations, "control_api", noting)
    return made


def asked(*paths: str) -> list[int]:
    """The statuses of GETs that come to a new emulator all at once."""

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(create_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            answers = await asyncio.gather(*(http.get(path) for path in paths))
        return [answer.status_code for answer in answers]

    return asyncio.run(ask())


def test_the_control_api_is_made_once_however_many_ask_at_once(made: list[object]) -> None:
    paths = ["/_emulator/clock", "/realms/default/_emulator/clock", "/_emulator/docs"]
    assert asked(*paths * 5) == [200] * 15
    assert len(made) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/_emulator", 404),
        ("/_emulator/", 404),
        ("/_emulator/vault/.well-known/jwks.json", 200),
        ("/realms/nobody/auth/sign-in", 404),
        ("/nowhere", 404),
    ],
)
def test_a_first_call_is_answered_as_any_other(made: list[object], path: str, status: int) -> None:
    assert asked(path) == [status]
    assert len(made) == 1


def test_a_vendors_call_makes_no_control_api(made: list[object]) -> None:
    async def sign_in() -> int:
        transport = httpx.ASGITransport(create_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            return (await http.post(SIGN_IN, json={"clientId": "demo-client"})).status_code

    assert asyncio.run(sign_in()) == 200
    assert made == []


def test_a_fixtures_faults_may_name_each_verifying_operation() -> None:
    for vendor, _ in VENDORS:
        endpoints = operations.verifying_endpoints([vendor])
        names = dict.fromkeys(o.name for endpoint in endpoints for o in endpoint.operations)
        assert tuple(names) == VERIFYING
