"""A test's server that containers and other machines reach."""

import socket
from typing import get_args

import httpx
import pytest

from emulator.testing import ApiError, Emulator, NotStarted
from emulator.testing.emulator import Mode

SERVED = [mode for mode in get_args(Mode) if mode != "in_process"]
CLOCK = "/_emulator/clock"


@pytest.mark.parametrize("mode", SERVED)
def test_the_environment_has_the_advertised_host_and_the_admin_token(mode: Mode) -> None:
    with (
        Emulator(mode=mode, host="0.0.0.0", advertised_host="other.test") as emulator,
        emulator.realm() as realm,
    ):
        port = httpx.URL(emulator.url).port
        shown = realm.environment()
        assert shown["VAULT_URL"] == f"http://other.test:{port}/realms/{realm.name}"
        assert shown["OMNIOMNI_URL"].endswith(f":{port}/realms/{realm.name}/ecrop-command")
        assert "other.test" in shown["NO_PROXY"]
        token = shown["AUTH_EMULATOR_ADMIN_TOKEN"]
        assert realm.clock.now()
        with httpx.Client(base_url=emulator.url, trust_env=False) as http:
            assert http.get(CLOCK).status_code == 401
            bearer = {"Authorization": f"Bearer {token}", "Host": f"other.test:{port}"}
            assert http.get(CLOCK, headers=bearer).status_code == 200


@pytest.mark.parametrize("mode", SERVED)
def test_by_default_only_this_machine_reaches_it_without_a_token(mode: Mode) -> None:
    with Emulator(mode=mode) as emulator:
        assert emulator.url.startswith("http://127.0.0.1:")
        assert emulator.environment()["AUTH_EMULATOR_URL"] == emulator.url
        assert "AUTH_EMULATOR_ADMIN_TOKEN" not in emulator.environment()
        assert httpx.get(f"{emulator.url}{CLOCK}", trust_env=False).status_code == 200


@pytest.mark.parametrize("mode", SERVED)
def test_a_port_can_be_chosen_and_one_in_use_is_an_error(mode: Mode) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(NotStarted, match="in use"):
            Emulator(mode=mode, port=port).start()
    with Emulator(mode=mode, port=port) as emulator:
        assert httpx.URL(emulator.url).port == port


def test_in_process_there_is_no_address() -> None:
    with pytest.raises(ValueError, match='need mode="thread" or "subprocess"'):
        Emulator(mode="in_process", port=8080)


def test_another_token_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "mine")
    with Emulator(host="0.0.0.0") as emulator:
        assert emulator.environment()["AUTH_EMULATOR_ADMIN_TOKEN"] == "mine"
        with (
            Emulator.connect(emulator.url, admin_token="other") as other,
            pytest.raises(ApiError, match="does not hold the admin token"),
        ):
            other.clock.now()
