"""Minting tokens: what a sign-in would give, changed at will, and what faults make of a sign-in."""

from typing import Any

import driving
import httpx
import jwt
import pytest
from driving import active, reason, use
from minting import mint, minting
from serving import Served, client, serving
from tokens import claims, header

FIXTURE: dict[str, Any] = {
    **driving.FIXTURE,
    "omniomni": {
        "token": {"algorithm": "ES256", "scopes": ["base"], "claims": {"tier": "gold"}},
        "clients": [
            {
                "client_id": "me",
                "scopes": ["read"],
                "lifetime": "7m",
                "claims": {"tenant": "acme"},
                "headers": {"x": 1},
            },
            {"client_id": "failing", "status": "server_error"},
        ],
    },
    "vault": {
        **driving.FIXTURE["vault"],
        "token": {"algorithm": "ES256", "headers": {"x": 1}, "claims": {"tier": "gold"}},
        "clients": [{"client_id": "off", "status": "disabled"}, {"client_id": "app"}],
        "users": [
            *driving.FIXTURE["vault"]["users"],
            {"username": "locked@x", "password": driving.PASSWORD, "status": "locked"},
        ],
    },
}
SUBJECTS = {"omniomni": "me", "nbcgate": "me@x", "vault": "me@x"}
PATHS = {"omniomni": "/offers", "nbcgate": "/cards", "vault": "/accounts"}
SIGNS_WITH_SECRET = {"nbcgate"}
EACH_ONES_OWN = {"jti", "iat", "exp"}


def signed_in(http: httpx.Client, vendor: str) -> tuple[str, str | None]:
    """The access and the refresh token of a vendor's own sign-in."""
    if vendor == "omniomni":
        return driving.omniomni(http).json()["accessToken"], None
    if vendor == "nbcgate":
        pair = driving.nbcgate(http).json()
        return pair["token"], pair["refreshToken"]
    pair = driving.pair(http)
    return pair["access_token"], pair["refresh_token"]


def refreshed(http: httpx.Client, vendor: str, token: str) -> int:
    if vendor == "vault":
        return driving.refresh(http, token).status_code
    return http.post("/auth/token/refresh", json={"refreshToken": token}).status_code


def without_its_own(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name not in EACH_ONES_OWN}


@pytest.mark.parametrize("vendor", SUBJECTS)
def test_a_minted_token_is_what_a_sign_in_issues(http: httpx.Client, vendor: str) -> None:
    told = mint(http, vendor=vendor, subject=SUBJECTS[vendor])
    issued, _ = signed_in(http, vendor)
    assert list(told) == ["token", "header", "claims"]
    assert (told["header"], told["claims"]) == (header(told["token"]), claims(told["token"]))
    assert told["header"] == header(issued)
    assert list(told["claims"]) == list(claims(issued))
    assert without_its_own(told["claims"]) == without_its_own(claims(issued))
    lifetimes = [found["exp"] - found["iat"] for found in (told["claims"], claims(issued))]
    assert lifetimes[0] == lifetimes[1]


@pytest.mark.parametrize("vendor", SUBJECTS)
def test_a_minted_token_is_taken_everywhere_and_can_be_revoked(
    http: httpx.Client, vendor: str
) -> None:
    token = mint(http, vendor=vendor, subject=SUBJECTS[vendor])["token"]
    assert use(http, token, path=PATHS[vendor]).status_code == 200
    assert active(http, token, vendor=vendor)
    http.post(f"/_emulator/{vendor}/revoke", data={"token": token}).raise_for_status()
    assert use(http, token, path=PATHS[vendor]).status_code == 401
    assert not active(http, token, vendor=vendor)


@pytest.mark.parametrize("vendor", ["nbcgate", "vault"])
def test_a_minted_refresh_token_refreshes_once(http: httpx.Client, vendor: str) -> None:
    told = mint(http, vendor=vendor, subject="me@x", use="refresh")
    _, issued = signed_in(http, vendor)
    assert issued is not None
    assert ("." in told["token"]) is ("." in issued)
    assert told["claims"]["token_use"] == "refresh"
    assert active(http, told["token"], vendor=vendor)
    assert refreshed(http, vendor, told["token"]) == 200
    assert refreshed(http, vendor, told["token"]) in (400, 401)


def test_a_minted_refresh_token_is_made_like_the_vendors(http: httpx.Client) -> None:
    told = mint(http, vendor="vault", subject="me@x", use="refresh")
    issued = driving.pair(http)["refresh_token"]
    assert told["header"] == header(issued)
    assert without_its_own(told["claims"]) == without_its_own(claims(issued))
    assert told["claims"]["client_id"] == "app"  # the first that can be signed in through


def test_a_vendor_without_refresh_tokens_has_none_to_mint(http: httpx.Client) -> None:
    answer = minting(http, vendor="omniomni", subject="me", use="refresh")
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"path": "use", "message": "omniomni has no refresh tokens"}]


def test_lifetime_scopes_claims_and_headers_are_as_wanted(http: httpx.Client) -> None:
    told = mint(
        http,
        vendor="vault",
        subject="me@x",
        lifetime="90s",
        scopes=["a", "b"],
        claims={"tenant": "acme", "client_id": None, "nested": {"null": None}},
        headers={"typ": "at+jwt", "jku": ["x"]},
    )
    found = claims(told["token"])
    assert found["exp"] - found["iat"] == 90
    assert found["scope"] == "a b"
    assert (found["tenant"], found["nested"]) == ("acme", {"null": None})
    assert "client_id" not in found
    assert header(told["token"])["typ"] == "at+jwt"
    assert active(http, told["token"])


def test_no_scopes_at_all_may_be_wanted(http: httpx.Client) -> None:
    assert mint(http, vendor="vault", subject="me@x", scopes=[])["claims"]["scope"] == ""


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"exp": 1}, "it expired at 1970-01-01T00:00:01.000Z"),
        ({"exp": None}, "it has no exp that is a date"),
        ({"exp": "soon"}, "it has no exp that is a date"),
        ({"iat": 9_000_000_000}, "its iat is 2255-"),
        ({"nbf": 9_000_000_000}, "its nbf is 2255-"),
        ({"iss": "https://idp.test"}, "its iss is not https://vault.emulator.test"),
        ({"aud": ["a", "b"]}, "its aud is not vault-api"),
        ({"jti": "mine"}, "it was issued by another realm, or before a reset"),
    ],
)
def test_any_claim_may_be_set_and_the_note_says_what_comes_of_it(
    http: httpx.Client, changed: dict[str, Any], why: str
) -> None:
    told = mint(http, vendor="vault", subject="me@x", claims=changed)
    found = jwt.decode(told["token"], options={"verify_signature": False, "verify_aud": False})
    assert {name: found.get(name) for name in changed} == changed
    assert told["note"].startswith(f"the emulator itself refuses this token: {why}")
    assert not active(http, told["token"])


def test_sub_may_be_anybody(http: httpx.Client) -> None:
    told = mint(http, vendor="vault", subject="me@x", claims={"sub": "someone else"})
    assert claims(told["token"])["sub"] == "someone else"
    assert active(http, told["token"])


@pytest.mark.parametrize("vendor", SUBJECTS)
def test_an_unknown_subject_gets_a_token_that_only_others_take(
    http: httpx.Client, vendor: str
) -> None:
    told = mint(http, vendor=vendor, subject="you@y", scopes=["read"])
    assert told["claims"]["sub"] == "you@y"
    assert told["claims"]["scope"] == "read"
    assert told["note"].startswith("the emulator itself refuses this token: there is no ")
    assert "'you@y'" in told["note"]
    used = use(http, told["token"], path=PATHS[vendor])
    assert used.status_code == 401
    assert "not a principal of this vendor" in reason(used)
    if vendor not in SIGNS_WITH_SECRET:
        jwks = http.get(f"/_emulator/{vendor}/.well-known/jwks.json").json()["keys"]
        aud = told["claims"].get("aud")
        jwt.decode(told["token"], jwt.PyJWK(jwks[0]), algorithms=["ES256"], audience=aud)


def test_the_token_of_a_stranger_stays_bad_when_somebody_of_the_name_comes(
    http: httpx.Client,
) -> None:
    token = mint(http, vendor="omniomni", subject="late")["token"]
    http.put("/_emulator/omniomni/clients/late", json={}).raise_for_status()
    assert not active(http, token, vendor="omniomni")
    assert active(http, mint(http, vendor="omniomni", subject="late")["token"], vendor="omniomni")


def test_a_vault_without_clients_mints_and_says_that_no_one_can_sign_in() -> None:
    fixture = {"vault": {"users": driving.FIXTURE["vault"]["users"]}}
    with serving(fixture) as served, client(served) as http:
        told = mint(http, vendor="vault", subject="me@x")
        assert told["note"].endswith("vault has no client to sign in through")
        assert not active(http, told["token"])


def test_a_blocked_principal_gets_a_token_that_is_refused_for_it(http: httpx.Client) -> None:
    told = mint(http, vendor="vault", subject="locked@x")
    assert told["note"] == "the emulator itself refuses this token: locked@x is locked"
    assert reason(use(http, told["token"])).endswith("locked@x is locked")


def test_who_always_fails_gets_a_token_that_says_so(http: httpx.Client) -> None:
    told = mint(http, vendor="omniomni", subject="failing")
    assert told["note"].endswith("failing: every call ends in server_error")
    assert use(http, told["token"], path="/offers").status_code == 500


def test_a_token_is_dated_by_the_realms_clock_and_is_good_there_alone(
    http: httpx.Client,
) -> None:
    http.put("/_emulator/realms/later", json={}).raise_for_status()
    here = "/realms/later"
    http.put(f"{here}/_emulator/clock", json={"now": "2031-01-01T00:00:00Z"}).raise_for_status()
    told = mint(http, here, vendor="vault", subject="me@x")
    assert 1_924_992_000 <= told["claims"]["iat"] < 1_924_992_060
    assert active(http, told["token"], base=here)
    assert not active(http, told["token"])


def test_with_issuer_caller_a_minted_token_names_the_address_of_the_caller() -> None:
    vault = {**FIXTURE["vault"], "token": {"algorithm": "ES256", "issuer": "caller"}}
    with serving({**FIXTURE, "vault": vault}) as served, client(served) as http:
        told = mint(http, vendor="vault", subject="me@x")
        assert told["claims"]["iss"] == f"{served.url}/_emulator/vault"
        assert active(http, told["token"])


def test_minting_writes_nothing(http: httpx.Client, served: Served) -> None:
    mint(http, vendor="vault", subject="me@x")
    store: Any = served.app.state.emulator.realms.store
    before = repr(vars(store))
    mint(http, vendor="vault", subject="me@x", use="refresh")
    mint(http, vendor="vault", subject="you@y", defect="expired")
    assert repr(vars(store)) == before
    driving.pair(http)  # writes the journal, at the least
    assert repr(vars(store)) != before


def test_a_defect_outlasts_the_claims_that_are_wanted_with_it(http: httpx.Client) -> None:
    for defect, claim in (("expired", "exp"), ("wrong_issuer", "iss"), ("wrong_audience", "aud")):
        wanted = {"exp": 9_000_000_000, "iss": "https://vault.emulator.test", "aud": "vault-api"}
        told = mint(http, vendor="vault", subject="me@x", claims=wanted, defect=defect)
        assert told["claims"][claim] != wanted[claim]
        assert told["note"].startswith("the emulator itself refuses this token")


@pytest.mark.parametrize("exp", [2**63 - 1, 2**64 - 1, 1e308, -5, True, "x", None])
@pytest.mark.parametrize("defect", ["expired", "not_yet_valid", "missing_exp"])
def test_dates_that_are_none_are_no_bug_with_a_defect(
    http: httpx.Client, exp: object, defect: str
) -> None:
    changed = {"exp": exp, "iat": exp}
    assert mint(http, vendor="vault", subject="me@x", claims=changed, defect=defect)["note"]


def test_every_mistake_is_reported_at_once_with_what_was_meant(http: httpx.Client) -> None:
    answer = minting(
        http,
        vendor="valt",
        subject="",
        use="acess",
        lifetime="1",
        scopes=["a b"],
        headers={"alg": "RS256"},
        defect="expird",
        clams={},
    )
    assert answer.status_code == 400
    errors = {error["path"]: error["message"] for error in answer.json()["errors"]}
    assert 'did you mean "vault"?' in errors["vendor"]
    assert 'did you mean "access"?' in errors["use"]
    assert 'did you mean "expired"?' in errors["defect"]
    assert 'did you mean "claims"?' in errors["clams"]
    assert "set defect to alg_none" in errors["headers"]
    assert {"subject", "lifetime", "scopes[0]"} <= errors.keys()


@pytest.mark.parametrize("defect", ["wrong_issuer", "wrong_audience"])
@pytest.mark.parametrize("vendor", ["vault", "nbcgate"])
def test_a_refresh_token_with_a_wrong_address_is_refused_too(
    http: httpx.Client, vendor: str, defect: str
) -> None:
    order = {"vendor": vendor, "subject": "me@x", "use": "refresh", "defect": defect}
    token = http.post("/_emulator/tokens", json=order).raise_for_status().json()["token"]
    told = http.post(f"/_emulator/{vendor}/introspect", data={"token": token})
    assert told.json() == {"active": False}
    assert (
        http.post("/_emulator/tokens/inspect", json={"token": token}).json()["verdict"] == "refused"
    )
