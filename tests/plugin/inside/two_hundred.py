"""Two hundred tests of a user's; the checks run a copy of this file, either half of it."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from emulator.testing import Realm

SIGN_INS: list[tuple[str, str, dict[str, str]]] = [
    ("omniomni", "/omni-omni/v1/auth/client-token", {"clientId": "demo-client"}),
    ("nbcgate", "/auth/sign-in", {"email": "alice@example.com", "password": "correct-horse"}),
    (
        "vault",
        "/reg/auth/token",
        {
            "grant_type": "password",
            "client_id": "haequi3Aah8lie2r",
            "username": "alice@example.com",
            "password": "A9#bL8@z",
        },
    ),
]
EACH = pytest.mark.parametrize("number", range(200))
A_WHILE = timedelta(seconds=30)


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


@EACH
def test_emulated(
    auth_emulator: Realm,
    client: httpx.Client,
    record_property: Callable[[str, object], None],
    number: int,
) -> None:
    vendor, path, body = SIGN_INS[number % 3]
    began = time.perf_counter()
    before = auth_emulator.clock.now()
    moved = auth_emulator.clock.advance(hours=number)
    control = time.perf_counter() - began
    assert timedelta(0) <= moved - before - timedelta(hours=number) < A_WHILE

    assert client.post(auth_emulator.url + path, json=body).status_code == 200

    began = time.perf_counter()
    (entry,) = auth_emulator.journal.entries()
    auth_emulator.journal.verify(vendor=vendor, operation="sign_in", outcome="signed_in", count=1)
    record_property("control", control + time.perf_counter() - began)
    record_property("server", auth_emulator.url.partition("/realms/")[0])
    assert timedelta(0) <= entry.at - moved < A_WHILE


@EACH
def test_constant(httpserver: Any, client: httpx.Client, number: int) -> None:
    _, path, body = SIGN_INS[number % 3]
    httpserver.expect_request(path, method="POST").respond_with_json({"accessToken": "constant"})
    assert client.post(httpserver.url_for(path), json=body).status_code == 200
    assert len(httpserver.log) == 1
    httpserver.check()
