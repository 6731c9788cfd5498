"""Faults of a fixture, through a real server."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from serving import client, serving

from emulator.app import load_fixture
from emulator.fixture import FixtureError

PATH = "/omni-omni/v1/auth/client-token"
JWKS = "/_emulator/omniomni/.well-known/jwks.json"


@contextmanager
def faulty(*faults: dict[str, Any], seed: int = 7) -> Iterator[httpx.Client]:
    fixture = {
        "seed": seed,
        "faults": list(faults),
        "resources": [{"vendor": "omniomni", "path": "/offers/{id}", "respond": {"body": []}}],
        "omniomni": {
            "token": {"algorithm": "ES256"},
            "clients": [{"client_id": "me"}, {"client_id": "other"}],
        },
    }
    with serving(fixture) as served, client(served) as http:
        yield http


def sign_in(http: httpx.Client, client_id: str = "me") -> int:
    return http.post(PATH, json={"clientId": client_id}).status_code


def test_an_outcome_changes_the_calls_that_match_and_no_others() -> None:
    fault = {"vendor": "omniomni", "match": {"clientId": "me"}, "outcome": "server_error"}
    with faulty(fault) as http:
        answer = http.post(PATH, json={"clientId": "me"})
        assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
        assert answer.headers["X-Emulator-Reason"] == ("server_error; the fault f1 was applied")
        assert sign_in(http, "other") == 200
        assert http.get(JWKS).status_code == 200


def test_after_and_times_say_which_calls_it_changes() -> None:
    with faulty(
        {"operation": "sign_in", "after": 2, "times": 3, "outcome": "server_error"}
    ) as http:
        assert [sign_in(http) for _ in range(7)] == [200, 200, 500, 500, 500, 200, 200]


def test_times_holds_under_fifty_calls_at_once() -> None:
    with (
        faulty({"times": 5, "delay": "50ms", "outcome": "server_error"}) as http,
        ThreadPoolExecutor(50) as pool,
    ):
        statuses = list(pool.map(lambda _: sign_in(http), range(50)))
    assert sorted(statuses) == [200] * 45 + [500] * 5


def test_probability_falls_the_same_way_with_the_same_seed() -> None:
    fault = {"operation": "sign_in", "probability": 0.5, "outcome": "server_error"}
    runs = []
    for seed in (7, 7, 8):
        with faulty(fault, seed=seed) as http:
            runs.append([sign_in(http) for _ in range(40)])
    assert runs[0] == runs[1] != runs[2]
    assert 5 < runs[0].count(500) < 35


def test_an_answer_of_ones_own() -> None:
    respond = {"status": 503, "headers": {"Retry-After": "2"}, "body": {"now": "{{now}}"}}
    with faulty({"operation": "sign_in", "times": 1, "respond": respond}) as http:
        answer = http.post(PATH, json={"clientId": "me"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert list(answer.json()) == ["now"]
        assert answer.headers["X-Emulator-Reason"].startswith("fault; ")
        assert sign_in(http) == 200


def test_a_jwks_that_is_slow_or_fails_is_a_fault_like_any_other() -> None:
    slow = {"vendor": "omniomni", "operation": "jwks", "times": 1, "delay": "300ms"}
    broken = {"vendor": "omniomni", "operation": "jwks", "times": 1, "respond": {"status": 503}}
    with faulty(slow, broken) as http:
        began = time.monotonic()
        assert http.get(JWKS).status_code == 200
        assert time.monotonic() - began >= 0.3
        assert http.get(JWKS).status_code == 503
        assert http.get(JWKS).status_code == 200
        assert http.get(JWKS.replace("omniomni", "vault")).status_code == 200


def test_a_delay_may_differ_from_call_to_call_and_holds_up_no_other_call() -> None:
    fault = {"match": {"clientId": "me"}, "delay": {"min": "300ms", "max": "600ms"}}
    with faulty(fault) as http, ThreadPoolExecutor(2) as pool:
        sign_in(http, "other")
        began = time.monotonic()
        slow = pool.submit(sign_in, http)
        assert sign_in(http, "other") == 200
        assert time.monotonic() - began < 0.3
        assert slow.result() == 200
        assert 0.3 <= time.monotonic() - began < 1.5


def test_a_fault_matches_a_protected_resource_by_its_parameters() -> None:
    fault = {"operation": "resource", "match": {"id": "7"}, "outcome": "server_error"}
    with faulty({**fault, "vendor": "omniomni"}) as http:
        assert http.get("/offers/7").status_code == 500
        assert http.get("/offers/8").status_code == 401


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"vendor": "valt", "delay": "1s"}, "'valt' is not a vendor; did you mean \"vault\"?"),
        ({"operation": "sign-in", "delay": "1s"}, 'did you mean "sign_in"?'),
        ({"vendor": "omniomni", "operation": "refresh", "delay": "1s"}, "has no operation refresh"),
        ({"vendor": "vault", "outcome": "server_eror"}, "not an outcome of these operations"),
        ({"vendor": "vault", "operation": "refresh", "outcome": "server_eror"}, "server_error"),
        ({"vendor": "vault"}, "the fault does nothing"),
        (
            {"outcome": "server_error", "respond": {}},
            "expected one of outcome, respond, connection and token",
        ),
        ({"delay": "1"}, "expected a duration"),
        ({"delay": {"min": "2s", "max": "1s"}}, "min is longer than max"),
        ({"probability": 2, "delay": "1s"}, "probability"),
        ({"times": 0, "delay": "1s"}, "times"),
        ({"respond": {"body": "{{nope}}"}}, "{{nope}} is not known here"),
    ],
)
def test_a_mistake_in_a_fault_gets_its_line(fault: dict[str, Any], said: str) -> None:
    with pytest.raises(FixtureError) as raised:
        load_fixture({"faults": [fault]})
    assert said in str(raised.value)
