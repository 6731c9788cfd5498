"""httpx clients, sync and async, that reach an emulator in this process without a network."""

import asyncio
import socket
from collections.abc import Iterator

import driving
import httpx
import pytest
from driving import FIXTURE

from emulator.testing import Emulator, NotRunning


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(FIXTURE, mode="in_process") as emulator:
        yield emulator


@pytest.fixture
def http(emulator: Emulator) -> Iterator[httpx.Client]:
    with (
        emulator.realm() as realm,
        httpx.Client(base_url=realm.url, transport=emulator.transport()) as http,
    ):
        yield http


def test_no_socket_is_opened(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a socket was connected")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "bind", refuse)
    with emulator.realm() as realm, httpx.Client(transport=emulator.transport()) as http:
        assert driving.vault(http, realm.url).status_code == 200
        realm.journal.verify(count=1)


def test_whatever_host_is_addressed_the_emulator_answers(emulator: Emulator) -> None:
    with httpx.Client(transport=emulator.transport()) as http:
        for url in ("https://api.sandbox-v2.vault.ist", "http://localhost:9", emulator.url):
            assert driving.vault(http, url).status_code == 200
        two_slashes = http.post("https://api.client.nbcgate.tech//auth/sign-in?a=%2F", json={})
        assert driving.reason(two_slashes).startswith("invalid_request")
    assert emulator.journal.entries(vendor="nbcgate")[-1].path == "//auth/sign-in"


def test_the_address_by_which_it_was_reached_is_the_callers(emulator: Emulator) -> None:
    with httpx.Client(transport=emulator.transport()) as http:
        answer = http.get("https://auth.test/_emulator/vault/.well-known/openid-configuration")
    assert answer.json()["jwks_uri"].startswith("https://auth.test/_emulator/vault/")


def test_async_clients_of_several_loops_share_it(emulator: Emulator) -> None:
    async def signed_in() -> list[int]:
        async with httpx.AsyncClient(transport=emulator.transport()) as http:
            calls = [
                http.post(f"{emulator.url}{driving.OMNIOMNI}", json={"clientId": "me"})
                for _ in range(10)
            ]
            return [answer.status_code for answer in await asyncio.gather(*calls)]

    for _ in range(2):
        assert asyncio.run(signed_in()) == [200] * 10


def test_a_slow_answer_meets_the_clients_own_patience(
    emulator: Emulator, http: httpx.Client
) -> None:
    emulator.faults.add(vendor="omniomni", delay="5s")
    try:
        with (
            httpx.Client(transport=emulator.transport(), timeout=0.05) as hasty,
            pytest.raises(httpx.ReadTimeout),
        ):
            driving.omniomni(hasty, emulator.url)

        async def hasten() -> None:
            async with httpx.AsyncClient(transport=emulator.transport(), timeout=0.05) as hasty:
                await hasty.post(f"{emulator.url}{driving.OMNIOMNI}", json={"clientId": "me"})

        with pytest.raises(httpx.ReadTimeout):
            asyncio.run(hasten())
    finally:
        emulator.faults.clear()
    assert driving.omniomni(http).status_code == 200


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("reset", httpx.ReadError, "reset by peer"),
        ("close", httpx.RemoteProtocolError, "disconnected without"),
        ("truncate", httpx.RemoteProtocolError, "without sending complete"),
        ("garbage", httpx.RemoteProtocolError, "illegal status line"),
    ],
)
def test_a_connection_breaks_as_a_real_one_does(
    emulator: Emulator, fault: str, error: type[Exception], said: str
) -> None:
    with emulator.realm() as realm, httpx.Client(transport=emulator.transport()) as http:
        realm.faults.add(connection=fault)  # type: ignore[arg-type]  # one of its kinds
        with pytest.raises(error, match=said):
            driving.vault(http, realm.url)
        realm.journal.verify(outcome=f"connection_{fault}", count=1)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", httpx.ReadError),
        ("close", httpx.RemoteProtocolError),
        ("truncate", httpx.RemoteProtocolError),
        ("garbage", httpx.RemoteProtocolError),
    ],
)
def test_so_a_real_one_does(fault: str, error: type[Exception]) -> None:
    with Emulator(FIXTURE) as emulator, httpx.Client(trust_env=False) as http:
        emulator.faults.add(connection=fault)  # type: ignore[arg-type]  # one of its kinds
        with pytest.raises(error):
            driving.vault(http, emulator.url)


def test_a_served_emulator_of_this_process_has_one_too() -> None:
    with Emulator(FIXTURE) as emulator:
        with httpx.Client(transport=emulator.transport()) as http:
            assert driving.vault(http, emulator.url).status_code == 200
        transport = emulator.transport()
    with httpx.Client(transport=transport) as http, pytest.raises(NotRunning):
        driving.vault(http, "http://x")


def test_one_of_another_process_has_none() -> None:
    with (
        Emulator(FIXTURE, mode="subprocess") as emulator,
        pytest.raises(NotRunning, match="in_process"),
    ):
        emulator.transport()


def test_in_process_there_are_no_events() -> None:
    with (
        Emulator(FIXTURE, mode="in_process") as emulator,
        pytest.raises(NotRunning, match="thread"),
    ):
        next(emulator.journal.events())


def test_pages_for_people_are_there_as_well(emulator: Emulator) -> None:
    with httpx.Client(transport=emulator.transport(), base_url=emulator.url) as http:
        assert http.get("/docs").status_code == 200
        assert http.get("/openapi.json").json()["openapi"] == "3.0.3"
