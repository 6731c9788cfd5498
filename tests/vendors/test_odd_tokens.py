"""Refresh tokens that are validly signed, and still not what Vault issues."""

import json
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from serving import client, serving
from tokens import claims, header

PASSWORDS = {"username": "me@x", "password": "A9#bL8@z"}
SIGN_IN = {"grant_type": "password", "client_id": "app", **PASSWORDS}


def refresh(http: httpx.Client, token: str) -> httpx.Response:
    body = {"grant_type": "refresh_token", "refresh_token": token}
    return http.post("/reg/auth/token", json=body)


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    return str(tmp_path / "key.pem"), key


def fixture(path: str) -> dict[str, Any]:
    token = {"algorithm": "ES256", "private_key_file": path}
    return {
        "omniomni": {"token": token, "clients": [{"client_id": "me@x"}]},
        "nbcgate": {
            "token": token,
            "token_response": "object",
            "users": [{"email": "me@x", "password": "correct-horse"}],
        },
        "vault": {"token": token, "clients": [{"client_id": "app"}], "users": [PASSWORDS]},
    }


DATES: list[Any] = ["2025", [], {}, True, 1e308, -1e300, -99999999999999, 10**18]
ODD: list[dict[str, Any]] = [
    *({name: None} for name in ("exp", "iat", "jti", "scope", "client_id", "token_use")),
    *({"exp": value} for value in DATES),
    {"jti": 7},
    {"jti": "default.0.x.y.z"},
    {"scope": ["a"]},
    {"client_id": 5},
    {"iat": "now"},
    {"nbf": "later"},
]


@pytest.mark.assumed
def test_a_token_signed_with_the_fixtures_key_is_refused_where_its_claims_are_odd(
    key: tuple[str, ec.EllipticCurvePrivateKey],
) -> None:
    path, private = key
    with serving(fixture(path)) as served, client(served) as http:
        token = http.post("/reg/auth/token", json=SIGN_IN).json()["refresh_token"]
        good = claims(token)
        for odd in ODD:
            changed = {**good, **odd}
            payload = {name: value for name, value in changed.items() if value is not None}
            encoded = jwt.PyJWS().encode(
                json.dumps(payload).encode(),
                private,
                algorithm="ES256",
                headers={"kid": header(token)["kid"]},
            )
            answer = refresh(http, encoded)
            expected = 200 if odd == {"iat": None} else 401
            assert answer.status_code == expected, odd


@pytest.mark.assumed
def test_vendors_that_share_a_key_still_refuse_one_anothers_tokens(
    key: tuple[str, ec.EllipticCurvePrivateKey],
) -> None:
    with serving(fixture(key[0])) as served, client(served) as http:
        body = {"email": "me@x", "password": "correct-horse"}
        pair = http.post("/auth/sign-in", json=body).json()
        opaque = jwt.utils.base64url_decode(pair["refreshToken"]).decode()
        omni = http.post("/omni-omni/v1/auth/client-token", json={"clientId": "me@x"}).json()
        for token in (opaque, pair["token"], omni["accessToken"]):
            answer = refresh(http, token)
            assert answer.status_code == 401
            assert "not a principal of this vendor" in answer.headers["X-Emulator-Reason"]


@pytest.mark.assumed
def test_a_secret_that_looks_like_a_public_key_works_like_any_other() -> None:
    token = {"algorithm": "HS256", "secret": "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQ"}
    vault = {"token": token, "clients": [{"client_id": "app"}], "users": [PASSWORDS]}
    with serving({"vault": vault}) as served, client(served) as http:
        pair = http.post("/reg/auth/token", json=SIGN_IN).json()
        assert refresh(http, pair["refresh_token"]).status_code == 200


@pytest.mark.assumed
def test_a_body_in_the_wrong_place_does_not_come_back_in_the_reason() -> None:
    vault = {"clients": [{"client_id": "app"}], "users": [PASSWORDS]}
    with serving({"vault": vault}) as served, client(served) as http:
        answer = http.post(
            "/reg/auth/token",
            content="grant_type=password;username=me@x;password=A9#bL8@z",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
    assert answer.status_code == 400
    assert "A9" not in str(answer.headers)
