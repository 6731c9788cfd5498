"""Suites as users write them, run by pytester: in this process, or in one of their own."""

from pathlib import Path

import httpx
import pytest
import requests
import time_machine

from emulator.testing import Emulator, pool  # all of it once: a suite's imports are forgotten

__all__ = ["pool", "requests", "time_machine"]

TWO_HUNDRED = Path(__file__).with_name("two_hundred.py")

CLIENT = '''
import httpx

BODY = {"grant_type": "password", "client_id": "haequi3Aah8lie2r"}


class MyVaultClient:
    """The code under test of the examples."""

    def __init__(self, url, username, password):
        self._http = httpx.Client(base_url=url, trust_env=False)
        self._body = {**BODY, "username": username, "password": password}
        self._tokens = {}

    def accounts(self):
        answer = self._ask()
        if answer.status_code == 401:
            self._renew()
            answer = self._ask()
        return answer.raise_for_status().json()["accounts"]

    def close(self):
        self._http.close()

    def _ask(self):
        bearer = f"Bearer {self._tokens.get('access_token')}"
        return self._http.get("/accounts", headers={"Authorization": bearer})

    def _renew(self):
        body = self._body
        if self._tokens:
            body = {"grant_type": "refresh_token", "refresh_token": self._tokens["refresh_token"]}
        answer = self._http.post("/reg/auth/token", json=body)
        if answer.is_server_error:
            answer = self._http.post("/reg/auth/token", json=body)
        self._tokens = answer.raise_for_status().json()


def sign_in(realm, password="A9#bL8@z"):
    body = {**BODY, "username": "alice@example.com", "password": password}
    return httpx.post(f"{realm.url}/reg/auth/token", json=body, trust_env=False)
'''


@pytest.fixture
def two_hundred(pytester: pytest.Pytester) -> int:
    """The file of two hundred tests, to be run; how many they are."""
    (pytester.path / "test_two_hundred.py").write_text(TWO_HUNDRED.read_text())
    return 200


@pytest.fixture(scope="session", autouse=True)
def used() -> None:
    """What a server imports at its use is there before the first suite."""
    with Emulator() as emulator:
        httpx.get(f"{emulator.url}/docs", trust_env=False)


@pytest.fixture(autouse=True)
def as_users_have_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings are errors in their suites too; the client under test is there as `mine`."""
    options = "-W error -p no:cacheprovider -o asyncio_default_fixture_loop_scope=function"
    monkeypatch.setenv("PYTEST_ADDOPTS", options)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))
    monkeypatch.syspath_prepend(pytester.path)
    # What is left open shows in this process; it makes others slow.
    monkeypatch.delenv("PYTHONDEVMODE", raising=False)
    pytester.makepyfile(mine=CLIENT)
