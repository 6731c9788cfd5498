"""Faults that put a bad token into a vendor's own answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import driving
import httpx
import pytest
from driving import FIXTURE, active, reason, refresh
from serving import client, serving
from tokens import header

from emulator.app import load_fixture
from emulator.core.defects import Defect
from emulator.fixture import FixtureError

ACCESS = {"omniomni": "accessToken", "nbcgate": "token", "vault": "access_token"}
REFRESH = {"nbcgate": "refreshToken", "vault": "refresh_token"}
NEEDS_KEY_PAIR = {Defect.UNKNOWN_KID, Defect.HS256_WITH_PUBLIC_KEY}
POSSIBLE = [
    (vendor, defect)
    for vendor in ACCESS
    for defect in Defect
    if vendor != "nbcgate" or defect not in NEEDS_KEY_PAIR
]
IMPOSSIBLE = "unknown_kid needs a key pair, and nbcgate signs with a secret (HS256)"


@contextmanager
def faulty(*faults: dict[str, Any], **sections: Any) -> Iterator[httpx.Client]:
    with (
        serving({**FIXTURE, "faults": list(faults), **sections}) as served,
        client(served) as http,
    ):
        yield http


def sign_in(http: httpx.Client, vendor: str) -> httpx.Response:
    answer: httpx.Response = getattr(driving, vendor)(http)
    return answer


@pytest.mark.parametrize(("vendor", "defect"), POSSIBLE)
def test_a_sign_in_hands_out_a_bad_access_token_beside_a_good_refresh_token(
    vendor: str, defect: Defect
) -> None:
    fault = {"vendor": vendor, "operation": "sign_in", "times": 1, "token": {"defect": defect}}
    with faulty(fault) as http:
        answer = sign_in(http, vendor)
        assert answer.status_code == 200
        members = answer.json()
        bad = members[ACCESS[vendor]]
        explained = http.post("/_emulator/tokens/inspect", json={"token": bad}).json()
        (problem,) = explained["problems"]
        spoiled = {Defect.WRONG_KEY, Defect.CORRUPT_SIGNATURE}
        assert problem["code"] == ("bad_signature" if defect in spoiled else defect)
        assert not active(http, bad, vendor=vendor)
        if vendor in REFRESH:
            assert active(http, members[REFRESH[vendor]], vendor=vendor)
        good = sign_in(http, vendor).json()
        assert list(good) == list(members)
        assert active(http, good[ACCESS[vendor]], vendor=vendor)


def test_a_refresh_hands_out_a_bad_token_too_and_consumes_its_own() -> None:
    fault = {"vendor": "vault", "operation": "refresh", "token": {"defect": "expired"}}
    with faulty(fault) as http:
        first = driving.pair(http)
        assert active(http, first["access_token"])
        second = refresh(http, first["refresh_token"]).json()
        assert not active(http, second["access_token"])
        assert active(http, second["refresh_token"])
        assert refresh(http, first["refresh_token"]).status_code == 401


def test_a_sign_in_that_is_refused_is_refused_as_ever() -> None:
    with faulty({"token": {"defect": "expired"}}) as http:
        answer = driving.omniomni(http, client_id="nobody")
        assert answer.status_code == 404
        assert reason(answer).startswith("client_not_found; ")


def test_a_defect_that_a_secret_cannot_have_is_a_mistake_of_the_fixture() -> None:
    fault = {"vendor": "nbcgate", "token": {"defect": "unknown_kid"}}
    with pytest.raises(FixtureError) as raised:
        load_fixture({**FIXTURE, "faults": [{"delay": "1s"}, fault]})
    assert str(raised.value) == f"fixture: faults[1].token.defect: {IMPOSSIBLE}"


def test_a_vendor_that_the_fixture_leaves_out_counts_with_its_usual_algorithm() -> None:
    fault = {"vendor": "nbcgate", "token": {"defect": "unknown_kid"}}
    with pytest.raises(FixtureError, match="needs a key pair"):
        load_fixture({"faults": [fault]})
    load_fixture({"faults": [{**fault, "vendor": "vault"}]})


def test_a_defect_that_a_secret_cannot_have_is_a_mistake_of_the_call() -> None:
    fault = {"vendor": "nbcgate", "token": {"defect": "unknown_kid"}}
    with faulty() as http:
        answer = http.post("/_emulator/faults", json=fault)
        assert answer.status_code == 400
        assert answer.json()["errors"] == [{"path": "token.defect", "message": IMPOSSIBLE}]
        assert http.get("/_emulator/faults").json() == {"faults": []}
        made = http.put("/_emulator/realms/r", json={"fixture": {**FIXTURE, "faults": [fault]}})
        assert made.status_code == 400
        assert IMPOSSIBLE in made.json()["detail"]


@pytest.mark.parametrize("by", ["the fixture", "a call", "another realm"])
def test_a_fault_for_all_changes_those_that_can_have_its_defect(by: str) -> None:
    fault = {"times": 2, "token": {"defect": "unknown_kid"}}
    with faulty(*([] if by == "a call" else [fault])) as http:
        base = ""
        if by == "a call":
            assert http.post("/_emulator/faults", json=fault).status_code == 201
        if by == "another realm":
            base = "/realms/r"
            http.put("/_emulator/realms/r", json={"from": "default"}).raise_for_status()
        good = driving.nbcgate(http, base).json()["token"]
        assert active(http, good, base, "nbcgate")
        bad = [driving.omniomni(http, base).json()["accessToken"], driving.pair(http, base)]
        assert not active(http, bad[0], base, "omniomni")
        assert not active(http, bad[1]["access_token"], base)
        (shown,) = http.get(f"{base}/_emulator/faults").json()["faults"]
        assert (shown["matched"], shown["triggered"]) == (2, 2)


def test_a_fault_for_all_that_none_can_have_is_a_mistake() -> None:
    secret = {"algorithm": "HS256", "secret": driving.SECRET}
    fixture = {vendor: {**FIXTURE[vendor], "token": secret} for vendor in ACCESS}
    with pytest.raises(FixtureError, match="vault signs with a secret"):
        load_fixture({**fixture, "faults": [{"token": {"defect": "unknown_kid"}}]})


def test_a_rotation_changes_nothing_about_a_fault() -> None:
    fault = {"vendor": "vault", "token": {"defect": "unknown_kid"}}
    with faulty(fault) as http:
        body = {"vendor": "vault", "mode": "overlap"}
        http.post("/_emulator/keys/rotate", json=body).raise_for_status()
        bad = driving.pair(http)["access_token"]
        jwks = http.get("/_emulator/vault/.well-known/jwks.json").json()["keys"]
        assert header(bad)["kid"] not in {key["kid"] for key in jwks}
