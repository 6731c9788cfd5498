import httpx
import pytest

from emulator.core.fixture import FixtureError
from emulator.testing import Emulator

PATH = "/omni-omni/v1/auth/client-token"


def test_it_serves_the_demo_from_with_to_its_end() -> None:
    with Emulator() as emulator:
        url = emulator.url
        answer = httpx.post(url + PATH, json={"clientId": "demo-client"}, trust_env=False)
        assert answer.status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_it_serves_a_fixture_that_is_data() -> None:
    with Emulator({"omniomni": {"clients": [{"client_id": "mine"}]}}) as emulator:
        answer = httpx.post(emulator.url + PATH, json={"clientId": "mine"}, trust_env=False)
    assert answer.status_code == 200


def test_two_of_them_run_side_by_side() -> None:
    with Emulator() as one, Emulator() as other:
        assert one.url != other.url


def test_a_fixture_with_mistakes_is_refused_at_once() -> None:
    with pytest.raises(FixtureError, match='did you mean "vault"'):
        Emulator({"valt": {}})


def test_its_url_is_known_while_it_runs_and_a_second_run_is_refused() -> None:
    emulator = Emulator()
    with pytest.raises(RuntimeError, match="is not running"):
        _ = emulator.url
    with emulator:
        pass
    with pytest.raises(RuntimeError, match="make another"), emulator:
        pass
