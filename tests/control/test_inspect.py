"""Any token explained: ours, foreign ones, and what is none at all."""

from typing import Any

import driving
import httpx
import jwt
import pytest
from driving import refresh
from minting import faults, foreign, inspect, inspecting, vaults
from serving import client, serving
from tokens import claims, header

FIXTURE: dict[str, Any] = {**driving.FIXTURE, "clock": {"frozen": True}}
VENDORS = {"omniomni": "me", "nbcgate": "me@x", "vault": "me@x"}


def test_a_good_token_is_reported_whole_with_its_dates(http: httpx.Client) -> None:
    http.put("/_emulator/clock", json={"now": "2030-01-01T12:00:00Z"}).raise_for_status()
    token = driving.pair(http)["access_token"]
    http.put("/_emulator/clock", json={"advance": "1h"}).raise_for_status()
    told = inspect(http, token)
    assert told == {
        "verdict": "good",
        "summary": "An access token of vault for me@x, good: it expires in 23h.",
        "problems": [],
        "notes": [],
        "format": "jwt",
        "vendor": "vault",
        "realm": "default",
        "use": "access",
        "principal": "me@x",
        "signature": "good",
        "header": header(token),
        "claims": claims(token),
        "dates": {
            "iat": {"at": "2030-01-01T12:00:00.000Z", "when": "1h ago"},
            "exp": {"at": "2030-01-02T12:00:00.000Z", "when": "in 23h"},
        },
    }


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_vendors_tokens_are_known(http: httpx.Client, vendor: str) -> None:
    subject = VENDORS[vendor]
    told = inspect(http, vaults(http, vendor=vendor, subject=subject))
    assert (told["vendor"], told["use"], told["principal"]) == (vendor, "access", subject)
    assert (told["verdict"], told["signature"], told["realm"]) == ("good", "good", "default")


def test_an_opaque_refresh_token_is_unwrapped(http: httpx.Client) -> None:
    token = driving.nbcgate(http).json()["refreshToken"]
    told = inspect(http, token)
    assert (told["format"], told["verdict"]) == ("opaque_refresh_token", "good")
    assert (told["vendor"], told["use"]) == ("nbcgate", "refresh")
    assert told["claims"]["token_use"] == "refresh"
    assert told["summary"].startswith("A refresh token of nbcgate for me@x, good")


def test_the_signature_is_never_repeated(http: httpx.Client) -> None:
    pair = driving.nbcgate(http).json()
    for token in (pair["token"], pair["refreshToken"], vaults(http), foreign(iss="x")):
        jws = token if "." in token else jwt.utils.base64url_decode(token).decode()
        answer = inspecting(http, token).text
        assert jws.rpartition(".")[2] not in answer
        assert token not in answer


def test_every_problem_is_reported_and_not_the_first_alone(http: httpx.Client) -> None:
    token = vaults(
        http,
        defect="corrupt_signature",
        claims={"exp": 1, "nbf": 9_000_000_000, "iss": "https://idp.test", "aud": "them"},
    )
    http.delete("/_emulator/vault/users/me@x").raise_for_status()
    told = inspect(http, token)
    assert faults(told) == [
        "bad_signature",
        "subject_deleted",
        "expired",
        "not_yet_valid",
        "wrong_issuer",
        "wrong_audience",
    ]
    assert told["signature"] == "bad"
    assert told["summary"].startswith("Apparently an access token of vault, refused: ")


def test_a_revoked_token_of_a_locked_user_is_both(http: httpx.Client) -> None:
    token = vaults(http)
    http.post("/_emulator/vault/revoke", data={"token": token}).raise_for_status()
    body = {"password": driving.PASSWORD, "status": "locked"}
    http.put("/_emulator/vault/users/me@x", json=body).raise_for_status()
    http.put("/_emulator/clock", json={"advance": "24h"}).raise_for_status()
    assert faults(inspect(http, token)) == ["expired", "revoked", "subject_blocked"]


def test_a_reused_refresh_token_is_reported(http: httpx.Client) -> None:
    token = driving.pair(http)["refresh_token"]
    assert inspect(http, token)["verdict"] == "good"
    refresh(http, token).raise_for_status()
    told = inspect(http, token)
    assert told["problems"] == [{"code": "reused", "reason": "the refresh token was used before"}]


def test_a_token_from_before_a_reset_is_reported(http: httpx.Client) -> None:
    token = vaults(http)
    http.post("/_emulator/reset").raise_for_status()
    told = inspect(http, token)
    assert faults(told) == ["other_realm"]
    assert "before a reset" in told["problems"][0]["reason"]
    assert (told["vendor"], told["realm"], told["signature"]) == ("vault", "default", "good")


@pytest.mark.parametrize("keys", ["shared", "its own"])
def test_a_token_of_another_realm_is_reported_with_its_realm_and_subject(
    http: httpx.Client, keys: str
) -> None:
    base = "/realms/there"
    http.put("/_emulator/realms/there", json={}).raise_for_status()
    if keys == "its own":
        body = {"vendor": "vault", "mode": "no_overlap"}
        http.post(f"{base}/_emulator/keys/rotate", json=body).raise_for_status()
    token = vaults(http, base)
    assert inspect(http, token, base)["verdict"] == "good"
    told = inspect(http, token)
    assert faults(told) == ["unknown_kid", "other_realm"][keys == "shared" :]
    assert told["problems"][-1]["reason"] == "it was issued by the realm there"
    assert (told["vendor"], told["realm"], told["principal"]) == ("vault", "there", "me@x")
    http.delete("/_emulator/realms/there").raise_for_status()
    gone = inspect(http, token)["problems"][-1]["reason"]
    assert gone == "it was issued by the realm there, which does not exist now"


def test_a_token_of_a_key_that_is_gone_is_reported(http: httpx.Client) -> None:
    token = vaults(http)
    body = {"vendor": "vault", "mode": "no_overlap"}
    http.post("/_emulator/keys/rotate", json=body).raise_for_status()
    told = inspect(http, token)
    assert (faults(told), told["signature"]) == (["unknown_kid"], "unknown_key")
    assert (told["vendor"], told["principal"]) == ("vault", "me@x")


@pytest.mark.parametrize(
    ("defect", "signature"),
    [
        ("alg_none", "unsigned"),
        ("hs256_with_public_key", "signed_with_public_key"),
        ("wrong_key", "bad"),
        ("unknown_kid", "unknown_key"),
        ("malformed", "unsigned"),
        ("expired", "good"),
    ],
)
def test_the_signature_is_judged(http: httpx.Client, defect: str, signature: str) -> None:
    told = inspect(http, vaults(http, defect=defect))
    assert told["signature"] == signature
    assert len(told["problems"]) == 1


def test_a_foreign_token_is_said_to_be_one_and_whose(http: httpx.Client) -> None:
    token = foreign(iss="https://idp.test/x", sub="me", exp=1_700_000_000, iat=1_699_990_000)
    told = inspect(http, token)
    assert (told["vendor"], told["realm"], told["use"], told["principal"]) == (None,) * 4
    assert (told["signature"], told["claims"]["sub"]) == ("unknown_key", "me")
    assert told["problems"][0] == {
        "code": "unknown_kid",
        "reason": "no key of this realm signed it",
    }
    assert faults(told) == ["unknown_kid", "expired"]
    assert "not signed by a key of this realm: its iss is https://idp.test/x" in told["summary"]
    assert "it expired at 2023-11-14T22:13:20.000Z" in told["summary"]


def test_a_foreign_token_without_a_name_or_signature_is_reported(http: httpx.Client) -> None:
    told = inspect(http, jwt.encode({"exp": 9_000_000_000}, "", algorithm="none"))
    assert (faults(told), told["signature"]) == (["alg_none"], "unsigned")
    assert "it has no iss" in told["summary"]


def test_a_foreign_token_that_was_cut_off_is_said_to_be_both(http: httpx.Client) -> None:
    told = inspect(http, foreign(iss="https://idp.test", exp=9_000_000_000).rpartition(".")[0])
    assert (faults(told), told["signature"]) == (["malformed"], "unsigned")
    assert "A foreign token" in told["summary"]
    assert "it has 2 segments, and a JWT has 3" in told["summary"]


def test_a_token_that_says_it_is_of_a_vendor_and_is_not_is_reported(http: httpx.Client) -> None:
    token = foreign(iss="https://vault.emulator.test", aud="vault-api", exp=9_000_000_000)
    told = inspect(http, token)
    assert (told["vendor"], told["signature"]) == ("vault", "unknown_key")
    assert faults(told) == ["unknown_kid", "other_realm"]
    assert told["problems"][1]["reason"] == "its jti is not one of the emulator's"


def test_who_says_less_is_known_by_its_subject_or_by_how_it_is_wrapped(http: httpx.Client) -> None:
    told = inspect(http, vaults(http, claims={"iss": None}, defect="alg_none"))
    assert (told["vendor"], told["principal"]) == ("vault", "me@x")
    assert faults(told) == ["alg_none", "wrong_issuer"]
    nameless = {"iss": None, "jti": None}
    wanted = {"vendor": "nbcgate", "use": "refresh", "claims": nameless, "defect": "wrong_key"}
    told = inspect(http, vaults(http, **wanted))
    assert (told["vendor"], told["signature"]) == ("nbcgate", "bad")
    assert faults(told) == ["bad_signature", "other_realm", "wrong_issuer"]


def test_dates_in_milliseconds_are_recognized(http: httpx.Client) -> None:
    told = inspect(http, vaults(http, claims={"exp": 1_900_000_000_000}))
    assert faults(told) == ["missing_exp"]
    assert told["dates"]["exp"] == {"at": None, "when": "no date"}
    assert any("exp seems to be in milliseconds" in note for note in told["notes"])
    assert inspect(http, vaults(http, claims={"exp": True}))["notes"] == []


def test_a_forced_outcome_is_reported_and_does_not_make_the_token_bad() -> None:
    fixture = {"omniomni": {"clients": [{"client_id": "me", "status": "server_error"}]}}
    with serving(fixture) as served, client(served) as http:
        told = inspect(http, vaults(http, vendor="omniomni", subject="me"))
        assert told["verdict"] == "good"
        assert told["notes"] == ["me: every call ends in server_error, also with a valid token"]


def test_vendors_that_share_a_secret_are_distinguished() -> None:
    token = {"algorithm": "HS256", "secret": driving.SECRET}
    fixture = {
        "omniomni": {"token": token, "clients": [{"client_id": "me@x"}]},
        "nbcgate": {**driving.FIXTURE["nbcgate"], "token": token},
        "vault": {**driving.FIXTURE["vault"], "token": token},
    }
    with serving(fixture) as served, client(served) as http:
        for vendor in VENDORS:
            for subject in ("me@x", "stranger"):
                told = inspect(http, vaults(http, vendor=vendor, subject=subject))
                assert (told["vendor"], told["signature"]) == (vendor, "good")
