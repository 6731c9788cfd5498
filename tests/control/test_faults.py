"""Faults, driven while the server runs."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import driving
import httpx
import pytest
from driving import OMNIOMNI, active, nbcgate, omniomni, pair, reason, refresh, use, vault

FIXTURE = {"seed": 7, **driving.FIXTURE}


def add(http: httpx.Client, **fault: Any) -> dict[str, Any]:
    answer = http.post("/_emulator/faults", json=fault)
    assert answer.status_code == 201, answer.text
    added: dict[str, Any] = answer.json()
    return added


def listed(http: httpx.Client) -> list[dict[str, Any]]:
    faults: list[dict[str, Any]] = http.get("/_emulator/faults").json()["faults"]
    return faults


def test_a_fault_is_added_shown_in_the_fixtures_shape_and_removed(http: httpx.Client) -> None:
    fault = {
        "vendor": "vault",
        "operation": "refresh",
        "principal": "me@x",
        "after": 1,
        "times": 2,
        "probability": 0.5,
        "ttl": "90s",
        "delay": {"min": "1ms", "max": "2ms"},
        "respond": {"status": 503, "headers": {"Retry-After": "2"}},
        "phase": "after",
    }
    added = add(http, **fault)
    assert added == {"id": "f1", **fault, "matched": 0, "triggered": 0}
    assert http.get("/_emulator/faults/f1").json() == added
    assert listed(http) == [added]
    assert http.delete("/_emulator/faults/f1").status_code == 204
    assert http.get("/_emulator/faults/f1").status_code == 404
    assert http.delete("/_emulator/faults/f1").status_code == 404


def test_all_are_removed_at_once_and_no_id_is_given_twice(http: httpx.Client) -> None:
    for _ in range(3):
        add(http, delay="1ms")
    assert http.delete("/_emulator/faults").status_code == 204
    assert listed(http) == []
    assert add(http, delay="1ms")["id"] == "f4"


def test_it_shows_how_often_it_matched_and_triggered(http: httpx.Client) -> None:
    add(http, vendor="omniomni", after=1, times=2, outcome="server_error")
    assert [omniomni(http).status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    vault(http)
    (told,) = listed(http)
    assert (told["matched"], told["triggered"]) == (5, 2)


def test_the_reason_and_the_journal_name_the_applied_fault(http: httpx.Client) -> None:
    add(http, vendor="vault", delay="1ms")
    add(http, vendor="omniomni", outcome="server_error")
    assert reason(omniomni(http)) == "server_error; the fault f2 was applied"
    assert vault(http).status_code == 200
    entries = http.get("/_emulator/journal", params={"limit": 2}).json()["entries"]
    assert [(e["vendor"], e["fault"]) for e in entries] == [("vault", "f1"), ("omniomni", "f2")]


def test_a_principal_is_affected_wherever_it_calls(http: httpx.Client) -> None:
    mine, yours = pair(http, username="me@x"), pair(http, username="you@x")
    add(http, principal="me@x", outcome="server_error")
    assert vault(http, username="me@x").status_code == 500
    assert nbcgate(http, email="me@x").status_code == 500
    assert refresh(http, mine["refresh_token"]).status_code == 500
    assert use(http, mine["access_token"]).status_code == 500
    assert vault(http, username="you@x").status_code == 200
    assert use(http, yours["access_token"]).status_code == 200
    assert refresh(http, yours["refresh_token"]).status_code == 200


def test_a_body_that_cannot_be_read_is_affected_too(http: httpx.Client) -> None:
    add(http, vendor="omniomni", respond={"status": 503})
    headers = {"Content-Type": "application/json"}
    assert http.post(OMNIOMNI, content=b"{", headers=headers).status_code == 503


def test_times_holds_under_fifty_calls_at_once(http: httpx.Client) -> None:
    add(http, vendor="omniomni", times=7, delay="30ms", outcome="server_error")
    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(lambda _: omniomni(http).status_code, range(50)))
    assert sorted(statuses) == [200] * 43 + [500] * 7
    assert listed(http)[0]["triggered"] == 7


def test_probability_falls_the_same_way_after_a_reset_of_a_seeded_fixture(
    http: httpx.Client,
) -> None:
    runs = []
    for _ in range(2):
        add(http, vendor="omniomni", probability=0.5, outcome="server_error")
        runs.append([omniomni(http).status_code for _ in range(40)])
        http.post("/_emulator/reset").raise_for_status()
    assert runs[0] == runs[1]
    assert 5 < runs[0].count(500) < 35


def test_a_fault_goes_by_itself_after_its_ttl_of_real_time(http: httpx.Client) -> None:
    add(http, vendor="omniomni", ttl="300ms", outcome="server_error")
    http.put("/_emulator/clock", json={"advance": "1h"}).raise_for_status()
    assert omniomni(http).status_code == 500
    time.sleep(0.35)
    assert omniomni(http).status_code == 200
    assert listed(http) == []


def test_after_does_the_work_and_loses_the_answer(http: httpx.Client) -> None:
    tokens = pair(http)
    add(http, operation="refresh", phase="after", times=1, outcome="server_error")
    assert refresh(http, tokens["refresh_token"]).status_code == 500
    assert reason(refresh(http, tokens["refresh_token"])).startswith("refresh_token_reused; ")
    again = pair(http)
    add(http, operation="refresh", phase="before", times=1, outcome="server_error")
    assert refresh(http, again["refresh_token"]).status_code == 500
    assert refresh(http, again["refresh_token"]).status_code == 200


def test_who_waits_no_longer_than_a_delay_after_the_work_has_reused_its_token(
    http: httpx.Client,
) -> None:
    tokens = pair(http)
    add(http, operation="refresh", phase="after", times=1, delay="500ms")
    with pytest.raises(httpx.ReadTimeout):
        http.post(
            "/reg/auth/token",
            json={"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]},
            timeout=0.2,
        )
    assert refresh(http, tokens["refresh_token"]).status_code == 401


def test_a_delay_alone_lets_the_call_go_on(http: httpx.Client) -> None:
    add(http, vendor="omniomni", delay="200ms")
    began = time.monotonic()
    assert omniomni(http).status_code == 200
    assert time.monotonic() - began >= 0.2


def test_a_token_with_a_defect_comes_in_the_vendors_own_answer(http: httpx.Client) -> None:
    add(http, vendor="vault", token={"defect": "expired"}, times=1)
    tokens = pair(http)
    assert tokens["expires_in"] == 86400
    answer = use(http, tokens["access_token"])
    assert answer.status_code == 401
    assert "it expired at" in reason(answer)
    assert refresh(http, tokens["refresh_token"]).status_code == 200
    assert active(http, pair(http)["access_token"])


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        ("jwks", "/_emulator/vault/.well-known/jwks.json"),
        ("metadata", "/_emulator/vault/.well-known/openid-configuration"),
    ],
)
def test_jwks_and_metadata_fail_and_say_so_in_the_journal(
    http: httpx.Client, operation: str, call: str
) -> None:
    add(http, vendor="vault", operation=operation, times=1, respond={"status": 503})
    add(http, vendor="vault", operation=operation, times=1, connection="close")
    assert http.get(call).status_code == 503
    with pytest.raises(httpx.RemoteProtocolError):
        http.get(call)
    assert http.get(call).status_code == 200
    entries = http.get("/_emulator/journal", params={"operation": operation}).json()["entries"]
    assert [entry["fault"] for entry in entries[:3]] == [None, "f2", "f1"]


def test_no_fault_ever_strikes_the_control_api(http: httpx.Client) -> None:
    add(http, outcome="server_error")
    assert omniomni(http).status_code == 500
    assert http.get("/_emulator/clock").status_code == 200
    assert http.delete("/_emulator/faults").status_code == 204


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({}, "the fault does nothing"),
        ({"vendor": "vualt", "delay": "1s"}, 'did you mean "vault"?'),
        ({"outcome": "server_error", "token": {"defect": "expired"}}, "expected one of outcome"),
        (
            {"vendor": "vault", "outcome": "default_realm_protected"},
            "is not an outcome of these operations",
        ),
        ({"connection": "rest"}, 'did you mean "reset"?'),
        ({"connection": "reset", "phase": "later"}, "phase"),
        ({"connection": "truncate", "phase": "before"}, "need phase: after"),
        ({"token": {"defect": "expierd"}}, 'did you mean "expired"?'),
        (
            {"token": {"defect": "expired"}, "operation": "jwks", "vendor": "vault"},
            "no token is issued",
        ),
        ({"delay": "1s", "ttl": "-1s"}, "expected a duration"),
        ({"delay": "1s", "ttl": "0s"}, "a duration above 0"),
        ({"delay": {"min": "3s"}}, "delay.max: is missing"),
        ({"respond": {"status": 204, "body": {}}}, "has no body"),
        ({"delay": "1s", "times": 1.5}, "times"),
        ({"delay": "1s", "probability": "often"}, "probability"),
        ({"respond": {"headers": {"A": "x\r\nB: y"}}}, "not allowed in a header"),
    ],
)
def test_a_fault_is_refused_as_a_fixtures_is(
    http: httpx.Client, fault: dict[str, Any], said: str
) -> None:
    answer = http.post("/_emulator/faults", json=fault)
    assert answer.status_code == 400
    assert any(said in f"{e['path']}: {e['message']}" for e in answer.json()["errors"])
    assert listed(http) == []


def test_there_is_an_end_to_how_many_a_realm_takes(http: httpx.Client) -> None:
    for _ in range(1000):
        add(http, vendor="nbcgate", principal="nobody", delay="1ms")
    answer = http.post("/_emulator/faults", json={"delay": "1ms"})
    assert answer.status_code == 507
    assert "remove some" in answer.json()["detail"]


def test_an_outcome_strikes_the_calls_that_can_end_in_it(http: httpx.Client) -> None:
    add(http, vendor="vault", outcome="user_blocked")
    assert reason(vault(http)).startswith("user_blocked; ")
    assert http.get("/_emulator/vault/.well-known/jwks.json").status_code == 200


def test_an_answer_names_the_principal_and_may_be_a_page_of_a_gateway(http: httpx.Client) -> None:
    html = "<html>Bad Gateway for {{principal}}</html>"
    respond = {"status": 502, "headers": {"Content-Type": "text/html"}, "body": html}
    add(http, vendor="omniomni", respond=respond)
    answer = omniomni(http)
    assert (answer.status_code, answer.text) == (502, "<html>Bad Gateway for me</html>")


@pytest.mark.parametrize("method", ["DELETE", "GET"])
def test_a_query_that_no_one_reads_is_refused_and_removes_nothing(
    http: httpx.Client, method: str
) -> None:
    add(http, vendor="omniomni", delay="1ms")
    answer = http.request(method, "/_emulator/faults", params={"vendor": "vault"})
    assert answer.status_code == 400
    assert len(listed(http)) == 1
