"""One clock a realm, and everything that reads it."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import driving
import httpx
import pytest
from driving import active, nbcgate, omniomni, pair, reason, refresh, use
from serving import client, serving
from tokens import claims

from emulator.app import load_fixture
from emulator.fixture import FixtureError
from emulator.testing import OmniOmniSignature

ROOT = Path(__file__).parents[2]
KEY = ROOT / "fixtures" / "signing-client.demo-private-key.pem"
NOON = "2031-06-01T12:00:00Z"
SIGNING = {
    "client_id": "signs",
    "signature": "required",
    "public_key_file": str(ROOT / "fixtures" / "signing-client.pub"),
}

FIXTURE = {
    **driving.FIXTURE,
    "omniomni": {
        **driving.FIXTURE["omniomni"],
        "clients": [*driving.FIXTURE["omniomni"]["clients"], SIGNING],
    },
}


def put(http: httpx.Client, base: str = "", **change: Any) -> httpx.Response:
    return http.put(f"{base}/_emulator/clock", json=change)


def now(http: httpx.Client) -> str:
    told: str = http.get("/_emulator/clock").json()["now"]
    return told


def test_a_clock_runs_as_the_machines_does_until_somebody_moves_it(http: httpx.Client) -> None:
    told = http.get("/_emulator/clock").json()
    assert told["frozen"] is False
    apart = datetime.fromisoformat(told["now"]) - datetime.now(UTC)
    assert abs(apart.total_seconds()) < 5


def test_the_clock_jumps_moves_and_stands_still_in_one_call(http: httpx.Client) -> None:
    answer = put(http, now=NOON, advance="25h", frozen=True)
    assert (answer.status_code, answer.json()) == (
        200,
        {"now": "2031-06-02T13:00:00.000Z", "frozen": True},
    )
    assert now(http) == "2031-06-02T13:00:00.000Z"
    assert put(http, frozen=False).json()["frozen"] is False
    assert now(http).startswith("2031-06-02T13:00:0")


def test_a_token_past_its_lifetime_is_refused_everywhere_at_once(http: httpx.Client) -> None:
    put(http, now=NOON, frozen=True)
    tokens = pair(http)
    assert use(http, tokens["access_token"]).status_code == 200
    assert active(http, tokens["access_token"])
    put(http, advance="24h")
    put(http, advance="1s")
    answer = use(http, tokens["access_token"])
    assert answer.status_code == 401
    assert "it expired at 2031-06-02T12:00:00.000Z" in reason(answer)
    assert not active(http, tokens["access_token"])
    assert refresh(http, tokens["refresh_token"]).status_code == 200


def test_a_refresh_token_past_its_lifetime_is_refused(http: httpx.Client) -> None:
    put(http, now=NOON, frozen=True)
    for tokens, spend in (
        (pair(http)["refresh_token"], refresh),
        (nbcgate(http).json()["refreshToken"], _refresh_at_nbcgate),
    ):
        put(http, advance="30d")
        put(http, advance="1s")
        answer = spend(http, tokens)
        assert answer.status_code == 401
        assert reason(answer).startswith("refresh_token_expired; ")


def _refresh_at_nbcgate(http: httpx.Client, token: str) -> httpx.Response:
    return http.post("/auth/token/refresh", json={"refreshToken": token})


def test_a_signature_is_checked_by_the_same_clock(http: httpx.Client) -> None:
    put(http, now=NOON, frozen=True)
    signed = http.build_request(
        "POST", "/omni-omni/v1/auth/client-token", json={"clientId": "signs"}
    )
    flow = OmniOmniSignature(KEY, now=datetime.fromisoformat(NOON).timestamp).auth_flow(signed)
    request = next(flow)
    put(http, advance="301s")
    late = http.send(request)
    assert late.status_code == 401
    put(http, advance="-1s")
    answer = http.send(request)
    assert answer.status_code == 200, reason(answer)


def test_mailed_codes_expire_by_the_same_clock(http: httpx.Client) -> None:
    put(http, now=NOON, frozen=True)
    http.post("/auth/tfa/otp/email", json={"email": "mailed@x"}).raise_for_status()
    (mail,) = http.get("/_emulator/outbox").json()["mails"]
    assert mail["sent_at"] == "2031-06-01T12:00:00.000Z"
    put(http, advance="5m")
    body = {"email": "mailed@x", "password": "correct-horse", "otp": mail["code"]}
    assert reason(http.post("/auth/sign-in", json=body)).startswith("otp_expired; ")


@pytest.mark.parametrize("path", ["/omni-omni/v1/auth/client-token", "/docs", "/_emulator/health"])
def test_the_date_header_follows(http: httpx.Client, path: str) -> None:
    put(http, now=NOON, frozen=True)
    answer = http.request("POST" if "token" in path else "GET", path, json={"clientId": "me"})
    assert parsedate_to_datetime(answer.headers["Date"]) == datetime.fromisoformat(NOON)


def test_the_date_header_is_of_the_realm_that_answers(http: httpx.Client) -> None:
    http.put("/_emulator/realms/dated").raise_for_status()
    put(http, "/realms/dated", now="2031-01-01T00:00:00Z", frozen=True)
    answers = [omniomni(http, base) for base in ("", "/realms/dated", "")]
    years = [parsedate_to_datetime(answer.headers["Date"]).year for answer in answers]
    assert years == [datetime.now(UTC).year, 2031, datetime.now(UTC).year]


def test_going_back_is_allowed_and_says_so(http: httpx.Client) -> None:
    put(http, now=NOON, frozen=True)
    token = pair(http)["access_token"]
    answer = put(http, advance="-2h").json()
    assert answer["went_back"] == "2h"
    assert "2031-06-01T12:00:00" in answer["warning"]
    refused = use(http, token)
    assert refused.status_code == 401
    assert "in the future" in reason(refused)
    put(http, advance="2h")
    assert use(http, token).status_code == 200
    assert "went_back" not in put(http, advance="1h").json()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"now": "2031-06-01"}, "no time zone"),
        ({"now": "tomorrow"}, "expected an instant"),
        ({"now": 7}, "expected an instant"),
        ({"now": "1970-01-01T00:00:00Z"}, "1971 to 9000"),
        ({"advance": "25"}, "expected a duration"),
        ({"advance": "--25h"}, "expected a duration"),
        ({"advance": "-30000d"}, "1971 and 9000"),
        ({"now": "9000-01-01T00:00:00Z", "advance": "36500d"}, "1971 and 9000"),
        ({"now": "9000-01-01T00:00:00Z", "advance": "36500d", "frozen": False}, "1971 and 9000"),
        ({"frozen": "yes"}, "expected true or false"),
        ({"freeze": True}, 'did you mean "frozen"?'),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(
    http: httpx.Client, change: dict[str, Any], said: str
) -> None:
    put(http, now=NOON, frozen=True)
    answer = put(http, **change)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert now(http) == "2031-06-01T12:00:00.000Z"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_cannot_be_read_is_refused(http: httpx.Client, body: bytes) -> None:
    assert http.put("/_emulator/clock", content=body).status_code == 400


@pytest.mark.parametrize(
    ("clock", "told"),
    [
        (NOON, {"now": "2031-06-01T12:00:0", "frozen": False}),
        ({"now": NOON, "frozen": True}, {"now": "2031-06-01T12:00:00.000Z", "frozen": True}),
        ({"now": NOON, "advance": "-36h"}, {"now": "2031-05-31T00:00:0", "frozen": False}),
    ],
)
def test_a_fixture_says_how_the_clock_starts_and_a_reset_goes_back_to_that(
    clock: object, told: dict[str, Any]
) -> None:
    with serving({**FIXTURE, "clock": clock}) as served, client(served) as http:
        for _ in range(2):
            found = http.get("/_emulator/clock").json()
            assert found["now"].startswith(told["now"])
            assert found["frozen"] is told["frozen"]
            assert claims(pair(http)["access_token"])["iat"] > 0
            put(http, advance="90d", frozen=not told["frozen"])
            http.post("/_emulator/reset").raise_for_status()


def test_a_fixtures_clock_can_be_ahead_of_the_real_time() -> None:
    with serving({**FIXTURE, "clock": {"advance": "365d"}}) as served, client(served) as http:
        ahead = datetime.fromisoformat(now(http)) - datetime.now(UTC)
        assert 364.9 < ahead.total_seconds() / 86400 < 365.1


@pytest.mark.parametrize(
    "clock", [{"advance": "1"}, {"frozn": True}, {"now": 5}, 5, {"advance": "-36500d"}]
)
def test_a_mistake_in_a_fixtures_clock_is_reported(clock: object) -> None:
    with pytest.raises(FixtureError, match="clock"):
        load_fixture({"clock": clock})


def test_a_clock_that_ran_past_its_last_year_can_be_copied_and_brought_back(
    http: httpx.Client,
) -> None:
    http.put("/_emulator/realms/late").raise_for_status()
    put(http, "/realms/late", now="9000-12-31T00:00:00Z").raise_for_status()
    assert http.put("/_emulator/realms/later", json={"from": "late"}).status_code == 201
    assert http.post("/realms/later/_emulator/reset").status_code == 200
    assert put(http, "/realms/late", advance="-10d").status_code == 200
    assert put(http, "/realms/late", advance="36500d").status_code == 400


def test_a_revoked_sign_in_stays_revoked_however_long_its_tokens_last(http: httpx.Client) -> None:
    put(http, now=NOON, frozen=True)
    body = {"vendor": "vault", "subject": "me@x", "use": "refresh", "lifetime": "365d"}
    token = http.post("/_emulator/tokens", json=body).raise_for_status().json()["token"]
    http.post("/_emulator/vault/revoke", data={"token": token}).raise_for_status()
    put(http, advance="31d")
    assert not active(http, token)
    assert refresh(http, token).status_code == 401


def test_a_code_can_be_mailed_again_after_a_trip_of_the_clock(http: httpx.Client) -> None:
    def mail() -> int:
        body = {"email": "mailed@x"}
        return http.post("/auth/tfa/otp/email", json=body).status_code

    put(http, now="2031-01-01T12:00:00Z", frozen=True)
    assert mail() == 200
    put(http, now="2030-01-01T12:00:00Z")
    assert mail() == 200
    put(http, now="2031-01-01T12:02:00Z")
    assert mail() == 200
