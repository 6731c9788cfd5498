from collections.abc import Iterator
from typing import get_args

import httpx
import pytest

from emulator.testing import Emulator, Realm
from emulator.testing.emulator import Mode

FIXTURE = {
    "resources": [
        {"vendor": "vault", "path": "/accounts", "scopes": ["read"], "respond": {"body": []}}
    ],
    "omniomni": {"token": {"algorithm": "ES256"}, "clients": [{"client_id": "me"}]},
    "nbcgate": {
        "token": {"secret": "a-secret-of-thirty-two-bytes-or-more"},
        "assumed_endpoints": True,
        "users": [
            {"email": "me@x", "password": "correct-horse"},
            {"email": "mailed@x", "password": "correct-horse", "otp": {"mailed": True}},
        ],
    },
    "vault": {
        "token": {"algorithm": "ES256"},
        "clients": [{"client_id": "app"}],
        "users": [{"username": "me@x", "password": "A9#bL8@z", "scopes": ["read"]}],
    },
}

WAYS = [*get_args(Mode), "elsewhere"]


@pytest.fixture(scope="package", params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """How the emulator runs; tests that use it are run for each way."""
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="package")
def emulator(way: str) -> Iterator[Emulator]:
    if way == "elsewhere":
        with Emulator(FIXTURE) as served, Emulator.connect(served.url) as connected:
            yield connected
    else:
        with Emulator(FIXTURE, mode=way) as emulator:  # type: ignore[arg-type]  # one of its ways
            yield emulator


@pytest.fixture
def realm(emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[Realm]:
    with emulator.realm(request.node.name) as realm:
        yield realm


@pytest.fixture
def http(emulator: Emulator, realm: Realm, way: str) -> Iterator[httpx.Client]:
    """A client of the realm, as a test's own code has one."""
    transport = emulator.transport() if way == "in_process" else httpx.HTTPTransport()
    with httpx.Client(base_url=realm.url, transport=transport, trust_env=False) as http:
        yield http
