"""Keys, metadata, introspection, revocation, rotation: as a service that verifies meets them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import jwt
import pytest
from serving import client, serving
from tokens import claims, header

SECRET = "a-secret-of-thirty-two-bytes-or-more"
FIXTURE: dict[str, Any] = {
    "resources": [
        {"vendor": "vault", "path": "/accounts", "respond": {"body": []}},
    ],
    "omniomni": {"token": {"algorithm": "ES256"}, "clients": [{"client_id": "me"}]},
    "nbcgate": {
        "token": {"secret": SECRET},
        "token_response": "object",
        "users": [{"email": "me@x", "password": "correct-horse"}],
    },
    "vault": {
        "token": {"algorithm": "ES256"},
        "clients": [{"client_id": "app"}],
        "users": [{"username": "me@x", "password": "A9#bL8@z", "scopes": ["read"]}],
    },
}


def vault(http: httpx.Client) -> dict[str, Any]:
    body = {
        "grant_type": "password",
        "client_id": "app",
        "username": "me@x",
        "password": "A9#bL8@z",
    }
    pair: dict[str, Any] = http.post("/reg/auth/token", json=body).raise_for_status().json()
    return pair


def refresh(http: httpx.Client, pair: dict[str, Any]) -> httpx.Response:
    body = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    return http.post("/reg/auth/token", json=body)


def introspect(http: httpx.Client, token: str, vendor: str = "vault") -> httpx.Response:
    return http.post(f"/_emulator/{vendor}/introspect", data={"token": token})


def revoke(http: httpx.Client, token: str, vendor: str = "vault") -> httpx.Response:
    return http.post(f"/_emulator/{vendor}/revoke", data={"token": token})


def jwks(http: httpx.Client, vendor: str = "vault") -> list[dict[str, str]]:
    keys: list[dict[str, str]] = http.get(f"/_emulator/{vendor}/.well-known/jwks.json").json()[
        "keys"
    ]
    return keys


@pytest.mark.parametrize("document", ["openid-configuration", "oauth-authorization-server"])
def test_the_metadata_follow_the_callers_address_and_the_fixtures_issuer(
    http: httpx.Client, document: str
) -> None:
    told = http.get(
        f"/_emulator/vault/.well-known/{document}", headers={"Host": "auth-emulator:9"}
    ).json()
    assert told["issuer"] == "https://vault.emulator.test"
    assert told["token_endpoint"] == "http://auth-emulator:9/reg/auth/token"
    assert told["jwks_uri"] == "http://auth-emulator:9/_emulator/vault/.well-known/jwks.json"
    assert told["introspection_endpoint"] == "http://auth-emulator:9/_emulator/vault/introspect"
    assert told["id_token_signing_alg_values_supported"] == ["ES256"]
    assert {"response_types_supported", "grant_types_supported"} <= told.keys()


def test_only_vaults_sign_in_is_called_a_token_endpoint(http: httpx.Client) -> None:
    for vendor in ("omniomni", "nbcgate"):
        told = http.get(f"/_emulator/{vendor}/.well-known/openid-configuration").json()
        assert "token_endpoint" not in told


def test_forwarded_headers_of_a_stranger_change_no_address(http: httpx.Client) -> None:
    headers = {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https"}
    told = http.get("/_emulator/vault/.well-known/openid-configuration", headers=headers).json()
    assert told["jwks_uri"].startswith("http://127.0.0.1:")


def test_with_issuer_caller_iss_metadata_and_address_match() -> None:
    fixture = {
        **FIXTURE,
        "vault": {**FIXTURE["vault"], "token": {"algorithm": "ES256", "issuer": "caller"}},
    }
    with serving(fixture) as served, client(served) as http:
        issuer = f"{served.url}/_emulator/vault"
        # What Spring's issuer-uri does: the document below the issuer must name the issuer.
        assert http.get(f"{issuer}/.well-known/openid-configuration").json()["issuer"] == issuer
        pair = vault(http)
        assert claims(pair["access_token"])["iss"] == issuer
        bearer = {"Authorization": f"Bearer {pair['access_token']}"}
        assert http.get("/accounts", headers=bearer).status_code == 200
        body = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
        other = http.post("/reg/auth/token", json=body, headers={"Host": "auth-emulator:9"})
        assert claims(other.json()["access_token"])["iss"] == (
            "http://auth-emulator:9/_emulator/vault"
        )


def test_a_good_token_is_active_and_says_what_it_is(http: httpx.Client) -> None:
    pair = vault(http)
    told = introspect(http, pair["access_token"]).json()
    found = claims(pair["access_token"])
    assert told["active"] is True
    assert (told["token_type"], told["username"]) == ("Bearer", "me@x")
    for name in ("iss", "sub", "aud", "exp", "iat", "jti", "scope", "client_id"):
        assert told[name] == found[name]
    assert introspect(http, pair["refresh_token"]).json()["token_type"] == "refresh_token"


def test_a_bad_token_is_inactive_and_the_reason_says_why(http: httpx.Client) -> None:
    foreign = http.post("/omni-omni/v1/auth/client-token", json={"clientId": "me"}).json()
    for token, why in (
        ("x", "it is not a JWT"),
        (foreign["accessToken"], "it is a token of omniomni"),
        (
            vault(http)["access_token"][:-8] + "AAAAAAAA",
            "its signature does not verify with the key",
        ),
    ):
        answer = introspect(http, token)
        assert (answer.status_code, answer.json()) == (200, {"active": False})
        assert why in answer.headers["X-Emulator-Reason"]


def test_nbc_gates_tokens_are_introspected_and_revoked_too(http: httpx.Client) -> None:
    pair = http.post("/auth/sign-in", json={"email": "me@x", "password": "correct-horse"}).json()
    for token in (pair["token"], pair["refreshToken"]):
        assert introspect(http, token, "nbcgate").json()["active"] is True
    assert revoke(http, pair["refreshToken"], "nbcgate").status_code == 200
    for token in (pair["token"], pair["refreshToken"]):
        assert introspect(http, token, "nbcgate").json()["active"] is False


def test_a_revoked_access_token_is_refused_everywhere_and_its_siblings_are_not(
    http: httpx.Client,
) -> None:
    pair = vault(http)
    answer = revoke(http, pair["access_token"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert introspect(http, pair["access_token"]).json() == {"active": False}
    bearer = {"Authorization": f"Bearer {pair['access_token']}"}
    assert http.get("/accounts", headers=bearer).status_code == 401
    assert refresh(http, pair).status_code == 200


def test_a_revoked_refresh_token_takes_its_access_tokens_along(http: httpx.Client) -> None:
    pair = vault(http)
    later = refresh(http, pair).json()
    assert revoke(http, later["refresh_token"]).status_code == 200
    for token in (pair["access_token"], later["access_token"], later["refresh_token"]):
        assert introspect(http, token).json() == {"active": False}
    assert refresh(http, later).status_code == 401


def test_a_reused_refresh_token_is_inactive(http: httpx.Client) -> None:
    pair = vault(http)
    assert introspect(http, pair["refresh_token"]).json()["active"] is True
    refresh(http, pair)
    answer = introspect(http, pair["refresh_token"])
    assert answer.json() == {"active": False}
    assert "was used before" in answer.headers["X-Emulator-Reason"]


@pytest.mark.parametrize("settings", [{"reuse": "allow"}, {"grace": "1m"}, {"rotate": False}])
def test_a_used_refresh_token_is_active_where_it_would_be_taken(settings: dict[str, Any]) -> None:
    fixture = {**FIXTURE, "vault": {**FIXTURE["vault"], "refresh": settings}}
    with serving(fixture) as served, client(served) as http:
        pair = vault(http)
        refresh(http, pair)
        assert introspect(http, pair["refresh_token"]).json()["active"] is True
        assert refresh(http, pair).status_code == 200


def test_revoking_a_bad_token_is_200_and_the_reason_says_why(http: httpx.Client) -> None:
    answer = revoke(http, "x")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["X-Emulator-Reason"].endswith("it is not a JWT")


@pytest.mark.parametrize("call", ["introspect", "revoke"])
def test_what_is_no_form_with_a_token_is_a_problem(http: httpx.Client, call: str) -> None:
    for sent in ({"json": {"token": "x"}}, {"data": {"other": "x"}}, {"data": {"token": ""}}):
        answer = http.post(f"/_emulator/vault/{call}", **sent)  # type: ignore[arg-type]  # a table
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_time_agrees_everywhere() -> None:
    with serving(FIXTURE) as served, client(served) as http:
        pair = vault(http)
        served.clock.advance(86401)
        assert introspect(http, pair["access_token"]).json() == {"active": False}
        bearer = {"Authorization": f"Bearer {pair['access_token']}"}
        assert http.get("/accounts", headers=bearer).status_code == 401
        assert introspect(http, pair["refresh_token"]).json()["active"] is True
        served.clock.advance(29 * 86400)
        assert introspect(http, pair["refresh_token"]).json() == {"active": False}
        assert refresh(http, pair).status_code == 401


@pytest.fixture
def rotating() -> Iterator[httpx.Client]:
    with serving(FIXTURE) as served, client(served) as http:
        yield http


def rotate(http: httpx.Client, mode: str, vendor: str = "vault") -> httpx.Response:
    return http.post("/_emulator/keys/rotate", json={"vendor": vendor, "mode": mode})


def good(http: httpx.Client, token: str) -> bool:
    bearer = {"Authorization": f"Bearer {token}"}
    return http.get("/accounts", headers=bearer).status_code == 200


def test_with_an_overlap_old_tokens_stay_good_and_both_keys_are_published(
    rotating: httpx.Client,
) -> None:
    old = vault(rotating)["access_token"]
    told = rotate(rotating, "overlap").json()
    new = vault(rotating)["access_token"]
    assert header(new)["kid"] == told["signs_with"] != header(old)["kid"]
    assert {key["kid"] for key in jwks(rotating)} == {header(old)["kid"], header(new)["kid"]}
    assert good(rotating, old)
    assert good(rotating, new)


def test_without_an_overlap_old_tokens_are_refused(rotating: httpx.Client) -> None:
    pair = vault(rotating)
    rotate(rotating, "no_overlap")
    new = vault(rotating)["access_token"]
    assert [key["kid"] for key in jwks(rotating)] == [header(new)["kid"]]
    assert not good(rotating, pair["access_token"])
    assert refresh(rotating, pair).status_code == 401
    assert good(rotating, new)


def test_an_unknown_kid_is_good_here_and_not_to_be_found_in_the_jwks(
    rotating: httpx.Client,
) -> None:
    rotate(rotating, "unknown_kid")
    token = vault(rotating)["access_token"]
    assert header(token)["kid"] not in {key["kid"] for key in jwks(rotating)}
    assert good(rotating, token)


def test_the_same_kid_with_a_new_key_fails_who_kept_the_old_one(rotating: httpx.Client) -> None:
    (kept,) = jwks(rotating)
    rotate(rotating, "same_kid")
    token = vault(rotating)["access_token"]
    assert header(token)["kid"] == kept["kid"]
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, jwt.PyJWK(kept), algorithms=["ES256"], audience="vault-api")
    (fresh,) = jwks(rotating)
    assert jwt.decode(token, jwt.PyJWK(fresh), algorithms=["ES256"], audience="vault-api")


def test_rotations_at_the_same_time_lose_no_key(rotating: httpx.Client) -> None:
    tokens: list[str] = []

    def work(number: int) -> None:
        if number % 2:
            assert rotate(rotating, "overlap").status_code == 200
        else:
            tokens.append(vault(rotating)["access_token"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert all(good(rotating, token) for token in tokens)
    kids = [key["kid"] for key in jwks(rotating)]
    assert len(kids) == len(set(kids)) == 21


def test_the_keys_are_reported_and_a_secret_is_not(http: httpx.Client) -> None:
    told = http.get("/_emulator/keys").json()
    assert told["nbcgate"] == {"algorithm": "HS256", "signs_with": None, "published": []}
    assert told["vault"]["published"] == jwks(http)
    assert SECRET not in http.get("/_emulator/keys").text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"vendor": "valt"}, "did you mean"),
        ({}, "vendor: is missing"),
        ({"vendor": "vault", "mode": "overlp"}, 'did you mean "overlap"'),
        ({"vendor": "vault", "mod": "overlap"}, 'did you mean "mode"'),
        ({"vendor": []}, "expected a string"),
        ({"vendor": "vault", "mode": {}}, "expected one of overlap"),
        ({"vendor": "nbcgate"}, "signs with a secret of the fixture"),
    ],
)
def test_a_rotation_that_cannot_be_is_a_problem_that_says_why(
    http: httpx.Client, body: dict[str, Any], said: str
) -> None:
    answer = http.post("/_emulator/keys/rotate", json=body)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
