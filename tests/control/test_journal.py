"""The journal: what an entry tells, reading, clearing, and verifying what was called."""

import json
import threading
import time
from typing import Any

import driving
import httpx
import pytest
from driving import (
    ACCOUNTS,
    NBCGATE,
    OMNIOMNI,
    PASSWORD,
    VAULT,
    nbcgate,
    omniomni,
    pair,
    refresh,
    use,
    vault,
)
from serving import Served, client

from emulator.core.clock import iso_milliseconds

FIXTURE = driving.FIXTURE
JOURNAL = "/_emulator/journal"
VERIFY = f"{JOURNAL}/verify"


def read(http: httpx.Client, **filters: Any) -> list[dict[str, Any]]:
    answer = http.get(JOURNAL, params=filters).raise_for_status()
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


def numbers(http: httpx.Client, **filters: Any) -> list[int]:
    return [entry["number"] for entry in read(http, **filters)]


def verify(http: httpx.Client, where: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
    return http.post(VERIFY, json={"where": where or {}, **more})


def some_calls(http: httpx.Client) -> None:
    """1: OmniOmni, 2: nobody of OmniOmni, 3: NBC Gate, 4 and 5: Vault and its resource."""
    omniomni(http)
    omniomni(http, client_id="nobody")
    nbcgate(http)
    use(http, pair(http)["access_token"])


def test_an_entry_shows_all_of_a_call_but_its_secrets(http: httpx.Client) -> None:
    vault(http)
    (entry,) = read(http)
    assert entry.pop("duration_ms") > 0
    assert entry.pop("at")
    assert entry.pop("real_at")
    assert entry.pop("response") == {
        "headers": {"content-type": "application/json"},
        "body": {
            "access_token": "***",
            "token_type": "Bearer",
            "refresh_token": "***",
            "scope": "read",
            "expires_in": 86400,
            "user_id": entry_user_id(http),
        },
        "body_bytes": len(vault(http).content),
    }
    sent = {"grant_type": "password", "client_id": "app", "username": "me@x", "password": "***"}
    assert entry.pop("request") == {
        "method": "POST",
        "path": VAULT,
        "query": {},
        "headers": {"content-type": "application/json", "user-agent": http.headers["User-Agent"]},
        "body": sent,
        "body_bytes": len(vault(http).request.content),
    }
    assert entry == {
        "number": 1,
        "vendor": "vault",
        "operation": "sign_in",
        "principal": "me@x",
        "outcome": "signed_in",
        "reason": None,
        "status": 200,
        "fault": None,
    }


def entry_user_id(http: httpx.Client) -> str:
    user_id: str = vault(http).json()["user_id"]
    return user_id


def test_every_call_to_a_vendor_or_astray_has_an_entry_and_no_other_has(http: httpx.Client) -> None:
    base = "/_emulator/vault"
    tokens = pair(http)
    use(http, tokens["access_token"])
    http.post(ACCOUNTS)
    http.get("/reg/no-such-path")
    http.get(VAULT)
    http.post(VAULT, content=b"x" * 70_000)
    http.get(f"{base}/.well-known/jwks.json")
    http.get(f"{base}/.well-known/openid-configuration")
    http.post(f"{base}/introspect", data={"token": tokens["access_token"]})
    http.post(f"{base}/introspect", content=b"x" * 70_000)
    http.post(f"{base}/revoke", data={"token": tokens["access_token"]})
    for path in ("/", "/nowhere", "/_emulator/clock", "/realms/none/x", "/_emulator/nowhere"):
        http.get(path)
    assert [(e["operation"], e["outcome"]) for e in read(http)][::-1] == [
        ("sign_in", "signed_in"),
        ("resource", "answered"),
        (None, "method_not_allowed"),
        (None, "path_unknown"),
        (None, "method_not_allowed"),
        ("sign_in", "body_too_large"),
        ("jwks", "jwks_sent"),
        ("metadata", "ok"),
        ("introspect", "ok"),
        ("introspect", "body_too_large"),
        ("revoke", "revoked"),
        (None, "path_unknown"),
    ]
    assert {entry["vendor"] for entry in read(http)[1:]} == {"vault"}


def test_a_call_astray_is_of_no_vendor_and_says_where_it_might_have_gone(
    http: httpx.Client,
) -> None:
    secret = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJlLW9mLWl0"
    http.post(f"/sign-in?token={secret}", json={"email": "me@x", "password": PASSWORD})
    http.get(f"/{secret}")
    astray, first = read(http)
    assert (first["vendor"], first["operation"], first["status"]) == (None, None, 404)
    assert first["reason"].endswith("NBC Gate has /auth/sign-in")
    assert (first["request"]["path"], first["request"]["body"]) == ("/sign-in", None)
    assert astray["request"]["path"] == "/***"
    assert secret not in json.dumps([astray, first])
    where = {"where": {"vendor": None}, "count": 2}
    assert http.post("/_emulator/journal/verify", json=where).json()["verified"]


def test_each_realm_has_a_journal_of_its_own(http: httpx.Client) -> None:
    http.put("/_emulator/realms/mine").raise_for_status()
    omniomni(http, "/realms/mine")
    nbcgate(http)
    assert [entry["vendor"] for entry in read(http)] == ["nbcgate"]
    entries = http.get(f"/realms/mine{JOURNAL}").json()["entries"]
    assert [(e["vendor"], e["request"]["path"]) for e in entries] == [("omniomni", OMNIOMNI)]


def test_an_entry_names_the_applied_fault(http: httpx.Client) -> None:
    fault = {"operation": "sign_in", "times": 1, "respond": {"status": 503}}
    http.post("/_emulator/faults", json=fault).raise_for_status()
    http.post("/_emulator/faults", json={"times": 1, "connection": "close"}).raise_for_status()
    omniomni(http)
    with pytest.raises(httpx.HTTPError):
        omniomni(http)
    omniomni(http)
    told = [(e["fault"], e["outcome"], e["status"]) for e in read(http)]
    assert told == [
        (None, "signed_in", 200),
        ("f2", "connection_close", None),
        ("f1", "fault", 503),
    ]
    assert numbers(http, fault="f2") == [2]
    assert verify(http, {"fault": None}, count=1).status_code == 200
    assert verify(http, {"status": None, "outcome": "connection_close"}).status_code == 200


def test_emulated_and_real_time_stand_side_by_side(http: httpx.Client) -> None:
    http.put("/_emulator/clock", json={"now": "2031-05-06T07:08:09.123Z", "frozen": True})
    before = iso_milliseconds(time.time())
    omniomni(http)
    (entry,) = read(http)
    assert entry["at"] == "2031-05-06T07:08:09.123Z"
    assert before <= entry["real_at"] <= iso_milliseconds(time.time())


def test_it_is_read_newest_first_and_no_more_than_asked_for(http: httpx.Client) -> None:
    some_calls(http)
    assert numbers(http) == [5, 4, 3, 2, 1]
    assert numbers(http, limit=2) == [5, 4]
    assert http.get(JOURNAL).json()["last"] == 5
    assert http.get(JOURNAL).json()["dropped"] == 0
    assert http.head(JOURNAL).status_code == 200


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"vendor": "vault"}, [5, 4]),
        ({"vendor": "vault", "operation": "resource"}, [5]),
        ({"operation": "sign_in"}, [4, 3, 2, 1]),
        ({"outcome": "client_not_found"}, [2]),
        ({"status": 200, "vendor": "omniomni"}, [1]),
        ({"principal": "me@x"}, [5, 4, 3]),
        ({"method": "GET"}, [5]),
        ({"path": NBCGATE}, [3]),
        ({"fault": "f1"}, []),
        ({"since": 3}, [5, 4]),
        ({"since": 3, "limit": 1}, [5]),
        ({"since": 99}, []),
    ],
)
def test_filters_choose_entries(
    http: httpx.Client, filters: dict[str, Any], found: list[int]
) -> None:
    some_calls(http)
    assert numbers(http, **filters) == found


def test_since_an_instant_is_by_the_realms_clock(http: httpx.Client) -> None:
    http.put("/_emulator/clock", json={"now": "2031-01-01T00:00:00Z", "frozen": True})
    omniomni(http)
    http.put("/_emulator/clock", json={"advance": "1h"})
    omniomni(http)
    assert numbers(http, since="2031-01-01T01:00:00Z") == [2]
    assert numbers(http, since="2031-01-01T01:00:00.001Z") == []
    assert numbers(http, since="2031-01-01T02:00:00+02:00") == [2, 1]


def test_many_entries_are_found_though_they_are_read_in_parts(http: httpx.Client) -> None:
    omniomni(http, client_id="nobody")
    for _ in range(450):
        omniomni(http)
    assert numbers(http, outcome="client_not_found") == [1]
    assert numbers(http, limit=1000) == list(range(451, 0, -1))
    assert verify(http, {"status": 200}, count=450).status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("vendor=valt", 'did you mean "vault"?'),
        ("vendr=vault", 'did you mean "vendor"?'),
        ("operation=signin", 'did you mean "sign_in"?'),
        ("vendor=omniomni&operation=refresh", "'refresh' is not an operation of omniomni"),
        ("outcome=wrong_pasword", 'did you mean "wrong_password"?'),
        ("vendor=vault&outcome=client_not_found", "is not an outcome of vault"),
        ("status=good", "status: expected a whole number"),
        ("status=42", "status: "),
        ("method=post", 'did you mean "POST"?'),
        ("path=reg", "begins with /"),
        ("path=/reg?x=1", "has no query"),
        ("fault=x", "such as f1"),
        ("since=yesterday", "expected an entry's number, or an instant"),
        ("since=-1", "expected an entry's number, or an instant"),
        ("since=2026-01-01T00:00:00", "expected an entry's number, or an instant"),
        ("limit=0", "limit: "),
        ("limit=1001", "limit: "),
        ("limit=all", "limit: expected a whole number"),
        ("principal=", "principal: expected a string that is not empty"),
    ],
)
def test_a_filter_that_no_entry_could_fit_is_refused(
    http: httpx.Client, query: str, said: str
) -> None:
    answer = http.get(f"{JOURNAL}?{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert said in answer.json()["detail"]


def test_clearing_removes_the_entries_and_the_numbers_go_on(http: httpx.Client) -> None:
    some_calls(http)
    assert http.delete(JOURNAL).status_code == 204
    assert http.get(JOURNAL).json() == {"entries": [], "dropped": 0, "last": 5}
    omniomni(http)
    assert numbers(http) == [6]
    assert http.get(JOURNAL).json()["dropped"] == 0
    assert verify(http, count=1).json() == {"verified": True, "count": 1, "dropped": 0}


def test_a_reset_begins_a_new_journal(http: httpx.Client) -> None:
    omniomni(http)
    http.post("/_emulator/reset")
    assert http.get(JOURNAL).json() == {"entries": [], "dropped": 0, "last": 0}


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ({}, {"at_least": 5}),
        ({}, 5),
        ({"vendor": "vault"}, {"at_least": 1, "at_most": 2}),
        ({"outcome": "wrong_credentials"}, 0),
        ({"outcome": "wrong_credentials"}, {"at_most": 3}),
        ({"since": 3}, 2),
        ({"vendor": "omniomni", "status": 404, "principal": "nobody", "method": "POST"}, 1),
    ],
)
def test_what_is_as_expected_is_verified(http: httpx.Client, where: Any, count: Any) -> None:
    some_calls(http)
    answer = verify(http, where, count=count)
    assert answer.status_code == 200
    assert list(answer.json()) == ["verified", "count", "dropped"]


def test_without_a_count_one_call_is_enough(http: httpx.Client) -> None:
    some_calls(http)
    told = {"verified": True, "count": 2, "dropped": 0}
    assert verify(http, {"vendor": "vault"}).json() == told
    assert verify(http, {"operation": "refresh"}).status_code == 409


def test_a_failure_shows_what_came_nearest_and_why_it_is_not_it(http: httpx.Client) -> None:
    some_calls(http)
    where = {"vendor": "vault", "operation": "refresh", "principal": "me@x"}
    answer = verify(http, where, count=2)
    assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
    problem = answer.json()
    assert problem["detail"] == (
        "expected 2 calls with vendor vault and operation refresh and principal me@x, and there "
        "are 0; the nearest, number 5, differs in operation (expected refresh, was resource)"
    )
    assert (problem["count"], problem["expected"], problem["dropped"]) == (0, 2, 0)
    assert [call["number"] for call in problem["nearest"]] == [5, 4, 3, 2, 1]
    first, _, third = problem["nearest"][:3]
    assert first["differs"] == {"operation": {"expected": "refresh", "was": "resource"}}
    assert third["differs"] == {
        "vendor": {"expected": "vault", "was": "nbcgate"},
        "operation": {"expected": "refresh", "was": "sign_in"},
    }
    told = ("method", "path", "status", "outcome", "principal")
    assert [first[name] for name in told] == ["GET", ACCOUNTS, 200, "answered", "me@x"]
    assert answer.headers["X-Emulator-Reason"].startswith("verification_failed; expected 2 calls")


def test_a_call_before_since_comes_near_and_is_reported(http: httpx.Client) -> None:
    omniomni(http)
    omniomni(http, client_id="nobody")
    (nearest, _) = verify(http, {"principal": "me", "since": 1}).json()["nearest"]
    assert nearest["differs"] == {"since": {"expected": "a number above 1", "was": 1}}


def test_too_many_calls_are_reported_too(http: httpx.Client) -> None:
    some_calls(http)
    problem = verify(http, {"operation": "sign_in"}, count={"at_most": 3}).json()
    assert problem["detail"].startswith("expected at most 3 calls with operation sign_in")
    assert [call["number"] for call in problem["nearest"]] == [4, 3, 2, 1]
    assert all(call["differs"] == {} for call in problem["nearest"])


def test_verifying_waits_for_what_is_still_to_come(http: httpx.Client, served: Served) -> None:
    def later() -> None:
        with client(served) as other:
            time.sleep(0.3)
            omniomni(other)

    thread = threading.Thread(target=later)
    thread.start()
    began = time.monotonic()
    assert verify(http, {"vendor": "omniomni"}, within="5s").status_code == 200
    assert 0.25 < time.monotonic() - began < 2
    thread.join()


def test_verifying_waits_no_longer_than_it_is_reported(http: httpx.Client) -> None:
    began = time.monotonic()
    assert verify(http, {"vendor": "omniomni"}, within="300ms").status_code == 409
    assert 0.3 <= time.monotonic() - began < 1


def test_what_cannot_come_true_any_more_is_not_waited_for(http: httpx.Client) -> None:
    some_calls(http)
    began = time.monotonic()
    assert verify(http, count=1, within="9s").status_code == 409
    assert verify(http, count={"at_most": 9}, within="9s").status_code == 200
    assert time.monotonic() - began < 1


def test_a_reset_ends_the_waiting(http: httpx.Client, served: Served) -> None:
    def later() -> None:
        with client(served) as other:
            time.sleep(0.3)
            other.post("/_emulator/reset")

    thread = threading.Thread(target=later)
    thread.start()
    began = time.monotonic()
    assert verify(http, {"vendor": "omniomni"}, within="9s").status_code == 409
    assert time.monotonic() - began < 3
    thread.join()


def test_calls_that_are_cleared_away_while_it_waits_do_not_count(
    http: httpx.Client, served: Served
) -> None:
    def later() -> None:
        with client(served) as other:
            time.sleep(0.2)
            other.delete(JOURNAL)
            omniomni(other)

    omniomni(http)
    thread = threading.Thread(target=later)
    thread.start()
    problem = verify(http, count={"at_least": 2}, within="1s").json()
    assert problem["count"] == 1
    thread.join()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"whre": {}}, 'did you mean "where"?'),
        ({"where": {"vendr": "vault"}}, 'where.vendr: unknown key; did you mean "vendor"?'),
        ({"where": {"vendor": "valt"}}, 'did you mean "vault"?'),
        ({"where": {"outcome": None}}, "every entry has outcome"),
        ({"where": {"limit": 3}}, "where.limit: unknown key"),
        ({"where": []}, "where: expected a mapping"),
        ({"count": "one"}, "expected a whole number from 0 on, or at_least and at_most"),
        ({"count": True}, "expected a whole number from 0 on, or at_least and at_most"),
        ({"count": -1}, "expected a whole number from 0 on, or at_least and at_most"),
        ({"count": 1.5}, "expected a whole number from 0 on, or at_least and at_most"),
        ({"count": {}}, "expected at_least, at_most, or both"),
        ({"count": {"at_lest": 1}}, 'did you mean "at_least"?'),
        ({"count": {"at_least": 2, "at_most": 1}}, "at_least is more than at_most"),
        ({"count": {"at_least": -1}}, "count.at_least"),
        ({"within": "61s"}, "within: expected a duration of at most 60s"),
        ({"within": 5}, "expected a duration"),
        ([], "is an array"),
    ],
)
def test_an_expectation_that_makes_no_sense_is_refused(
    http: httpx.Client, body: Any, said: str
) -> None:
    answer = http.post(VERIFY, json=body)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_refresh_is_reported_with_the_user_it_was_issued_to(http: httpx.Client) -> None:
    refresh(http, pair(http)["refresh_token"])
    entry = read(http)[0]
    assert (entry["operation"], entry["principal"]) == ("refresh", "me@x")
    assert entry["request"]["body"] == {"grant_type": "refresh_token", "refresh_token": "***"}
