"""Protected resources: what is refused before them, in whose words, and why."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from serving import Served, client, serving
from tokens import claims, header

SECRET = "a-secret-of-thirty-two-bytes-or-more"
FIXTURE: dict[str, Any] = {
    "resources": [
        {"vendor": vendor, "path": f"/{vendor}", "scopes": ["read"], "respond": {"body": "yes"}}
        for vendor in ("omniomni", "nbcgate", "vault")
    ],
    "omniomni": {
        "token": {"algorithm": "ES256"},
        "clients": [
            {"client_id": "me", "scopes": ["read"]},
            {"client_id": "narrow", "scopes": ["write"]},
        ],
    },
    "nbcgate": {
        "token": {"secret": SECRET},
        "users": [{"email": "me@x", "password": "correct-horse", "scopes": ["read"]}],
    },
    "vault": {
        "token": {"algorithm": "ES256"},
        "clients": [{"client_id": "app"}],
        "users": [
            {"username": "me@x", "password": "A9#bL8@z", "scopes": ["read", "write"]},
            {
                "username": "own@x",
                "password": "A9#bL8@z",
                "scopes": ["read"],
                "claims": {"aud": None, "iss": "https://other.test", "sub": "mine"},
            },
        ],
    },
}


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with serving(FIXTURE) as served:
        yield served


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with client(served) as http:
        yield http


def omniomni(http: httpx.Client, client_id: str = "me") -> str:
    answer = http.post("/omni-omni/v1/auth/client-token", json={"clientId": client_id})
    token: str = answer.json()["accessToken"]
    return token


def nbcgate(http: httpx.Client) -> str:
    body = {"email": "me@x", "password": "correct-horse"}
    token: str = http.post("/auth/sign-in", json=body).json()
    return token


def vault(http: httpx.Client, username: str = "me@x", **more: str) -> dict[str, Any]:
    body = {
        "grant_type": "password",
        "client_id": "app",
        "username": username,
        "password": "A9#bL8@z",
        **more,
    }
    pair: dict[str, Any] = http.post("/reg/auth/token", json=body).json()
    return pair


def ask(http: httpx.Client, vendor: str, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return http.get(f"/{vendor}", headers=headers)


def reason(answer: httpx.Response) -> str:
    return str(answer.headers["X-Emulator-Reason"])


def resigned(token: str, http: httpx.Client, vendor: str) -> dict[str, str]:
    """The same claims, signed as attackers do."""
    (key,) = http.get(f"/_emulator/{vendor}/.well-known/jwks.json").json()["keys"]
    public = jwt.PyJWK(key).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    said, kid = claims(token), {"kid": key["kid"]}
    other = ec.generate_private_key(ec.SECP256R1())
    hs256 = jwt.get_algorithm_by_name("HS256")
    # PyJWT itself refuses to take a public key for a secret, so the attack is made by hand.
    message = ".".join(
        jwt.utils.base64url_encode(part).decode()
        for part in (b'{"alg":"HS256"}', jwt.utils.base64url_decode(token.split(".")[1]))
    )
    confused = jwt.utils.base64url_encode(hs256.sign(message.encode(), public)).decode()
    return {
        "alg none": jwt.encode(said, "", algorithm="none"),
        "public key": f"{message}.{confused}",
        "wrong key": jwt.encode(said, other, algorithm="ES256", headers=kid),
        "unknown kid": jwt.encode(said, other, algorithm="ES256", headers={"kid": "other"}),
        "another secret": jwt.encode(said, "x" * 32, algorithm="HS256"),
        "corrupted": token[:-8] + "AAAAAAAA",
    }


WHY = {
    "alg none": "it is not signed (alg none)",
    "public key": "it is signed with HS256 and the public key as the secret",
    "wrong key": "its signature does not verify with the key that it names",
    "unknown kid": "it names a key that is not this vendor's",
    "another secret": "it is not signed with ES256",
    "corrupted": "its signature does not verify with the key that it names",
}


@pytest.mark.documented
def test_omniomni_and_vault_take_the_token_as_bearer(http: httpx.Client) -> None:
    assert ask(http, "omniomni", f"Bearer {omniomni(http)}").json() == "yes"
    assert ask(http, "vault", f"bearer {vault(http)['access_token']}").json() == "yes"


@pytest.mark.assumed
@pytest.mark.parametrize("form", ["{}", "Bearer {}", "bearer  {}"])
def test_nbc_gate_takes_the_token_with_and_without_bearer(http: httpx.Client, form: str) -> None:
    assert ask(http, "nbcgate", form.format(nbcgate(http))).json() == "yes"


@pytest.mark.assumed
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic bWU6bWU=", "x y"])
def test_who_sends_no_token_gets_401_and_no_error_code(
    http: httpx.Client, authorization: str | None
) -> None:
    omni, nbc, vlt = (ask(http, v, authorization) for v in ("omniomni", "nbcgate", "vault"))
    assert (omni.status_code, omni.content) == (401, b"")
    assert omni.headers["WWW-Authenticate"] == 'Bearer realm="omni-omni"'
    sent = " " in (authorization or "")  # at NBC Gate another scheme is something that was sent
    assert (nbc.status_code, nbc.json()["errors"]) == (401, [{"code": 4017 if sent else 4016}])
    assert (vlt.status_code, vlt.json()["status"]) == (401, "UNAUTHORIZED")
    assert vlt.headers["WWW-Authenticate"] == 'Bearer realm="vault"'


@pytest.mark.assumed
@pytest.mark.parametrize("token", ["x", "a.b.c", "..", "e30.e30.", "e30.e30.AAAA", "é.é.é"])
def test_what_is_no_jwt_is_refused_in_each_vendors_words(http: httpx.Client, token: str) -> None:
    sent = f"Bearer {token}".encode()
    omni, nbc, vlt = (
        http.get(f"/{v}", headers={b"Authorization": sent})
        for v in ("omniomni", "nbcgate", "vault")
    )
    assert (omni.status_code, omni.content) == (401, b"")
    assert omni.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert nbc.json() == {"statusCode": 401, "message": "Unauthorized", "errors": [{"code": 4017}]}
    assert vlt.json() == {
        "status": "UNAUTHORIZED",
        "message": "The Token is invalid",
        "traceId": "TraceId unavailable",
        "errors": [],
    }
    assert vlt.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.assumed
@pytest.mark.parametrize("attack", WHY)
def test_each_attack_on_the_signature_is_refused_for_its_own_reason(
    http: httpx.Client, attack: str
) -> None:
    token = resigned(omniomni(http), http, "omniomni")[attack]
    answer = ask(http, "omniomni", f"Bearer {token}")
    assert answer.status_code == 401
    assert reason(answer) == f"invalid_token; {WHY[attack]}"


@pytest.mark.assumed
def test_a_token_of_another_vendor_is_reported_whose_it_is(http: httpx.Client) -> None:
    tokens = {
        "omniomni": omniomni(http),
        "nbcgate": nbcgate(http),
        "vault": vault(http)["access_token"],
    }
    for vendor, token in tokens.items():
        for other in tokens.keys() - {vendor}:
            answer = ask(http, other, f"Bearer {token}")
            assert answer.status_code == 401
            assert reason(answer) == f"invalid_token; it is a token of {vendor}"


@pytest.mark.assumed
def test_a_token_of_another_emulator_is_refused(http: httpx.Client) -> None:
    with serving({**FIXTURE, "seed": 5}) as other, client(other) as theirs:
        stranger = omniomni(theirs)
    assert "names a key that is not this vendor's" in reason(
        ask(http, "omniomni", f"Bearer {stranger}")
    )


@pytest.mark.assumed
def test_a_refresh_token_is_no_access_token(http: httpx.Client) -> None:
    answer = ask(http, "vault", f"Bearer {vault(http)['refresh_token']}")
    assert reason(answer) == "invalid_token; a refresh token was sent as the access token"


@pytest.mark.assumed
def test_two_authorization_headers_are_refused(http: httpx.Client) -> None:
    token = omniomni(http)
    pairs = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    answer = http.get("/omniomni", headers=httpx.Headers(pairs))
    assert reason(answer) == "invalid_token; two Authorization headers were sent"


@pytest.mark.documented_elsewhere
def test_an_expired_token_is_reported_when_it_expired_at_vault() -> None:
    with serving(FIXTURE) as served, client(served) as http:
        served.clock.freeze()
        token = vault(http)["access_token"]
        served.clock.advance(86400 - 2)
        assert ask(http, "vault", f"Bearer {token}").status_code == 200
        served.clock.advance(3)
        answer = ask(http, "vault", f"Bearer {token}")
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(claims(token)["exp"]))
    assert answer.json()["message"] == f"The Token has expired on {at}"
    assert reason(answer) == f"invalid_token; it expired at {at}"


@pytest.mark.assumed
def test_a_clock_that_went_back_makes_a_token_not_yet_valid() -> None:
    with serving(FIXTURE) as served, client(served) as http:
        token = omniomni(http)
        served.clock.advance(-3600)
        assert "its iat is" in reason(ask(http, "omniomni", f"Bearer {token}"))
        served.clock.advance(3600)
        assert ask(http, "omniomni", f"Bearer {token}").status_code == 200


@pytest.mark.assumed
def test_a_missing_scope_is_403_in_each_vendors_words() -> None:
    fixture = {
        **FIXTURE,
        "resources": [
            {"vendor": v, "path": f"/{v}", "scopes": ["read", "admin"], "respond": {"body": 1}}
            for v in ("omniomni", "nbcgate", "vault")
        ],
    }
    with serving(fixture) as served, client(served) as http:
        omni = ask(http, "omniomni", f"Bearer {omniomni(http)}")
        nbc = ask(http, "nbcgate", nbcgate(http))
        vlt = ask(http, "vault", f"Bearer {vault(http)['access_token']}")
    assert (omni.status_code, omni.content) == (403, b"")
    insufficient = 'Bearer error="insufficient_scope", scope="read admin"'
    assert omni.headers["WWW-Authenticate"] == insufficient
    assert nbc.json() == {"statusCode": 403, "message": "Forbidden", "errors": []}
    assert (vlt.status_code, vlt.json()["status"]) == (403, "FORBIDDEN")
    assert vlt.headers["WWW-Authenticate"] == insufficient
    assert reason(omni) == "insufficient_scope; the token of me lacks the scope admin"


@pytest.mark.assumed
def test_a_narrowed_token_is_good_for_what_it_was_narrowed_to(http: httpx.Client) -> None:
    wide, narrow = (vault(http, scope=scope)["access_token"] for scope in ("read write", "write"))
    assert ask(http, "vault", f"Bearer {wide}").status_code == 200
    assert ask(http, "vault", f"Bearer {narrow}").status_code == 403


@pytest.mark.assumed
def test_claims_of_a_principals_own_do_not_make_its_tokens_foreign(http: httpx.Client) -> None:
    token = vault(http, "own@x")["access_token"]
    assert claims(token)["iss"] == "https://other.test"
    assert "aud" not in claims(token)
    assert ask(http, "vault", f"Bearer {token}").status_code == 200
    assert "kid" in header(token)


@pytest.mark.assumed
def test_log_out_ends_every_token_of_the_sign_in_and_no_other(http: httpx.Client) -> None:
    one, other = vault(http), vault(http)
    refreshed = http.post(
        "/reg/auth/token",
        json={"grant_type": "refresh_token", "refresh_token": one["refresh_token"]},
    ).json()
    answer = http.delete(
        "/reg/user/session/logout/current",
        headers={"Authorization": f"Bearer {one['access_token']}"},
    )
    assert (answer.status_code, answer.content) == (204, b"")
    for token in (one["access_token"], refreshed["access_token"]):
        assert reason(ask(http, "vault", f"Bearer {token}")) == "invalid_token; it was revoked"
    again = {"grant_type": "refresh_token", "refresh_token": refreshed["refresh_token"]}
    assert http.post("/reg/auth/token", json=again).status_code == 401
    assert ask(http, "vault", f"Bearer {other['access_token']}").status_code == 200


@pytest.mark.assumed
def test_log_out_wants_a_token(http: httpx.Client) -> None:
    assert http.delete("/reg/user/session/logout/current").status_code == 401
