"""What tests of the control API sign in with, and as which principals."""

from typing import Any

import httpx

OMNIOMNI = "/omni-omni/v1/auth/client-token"
NBCGATE = "/auth/sign-in"
VAULT = "/reg/auth/token"
ACCOUNTS = "/accounts"

SECRET = "a-secret-of-thirty-two-bytes-or-more"
PASSWORD = "A9#bL8@z"

FIXTURE: dict[str, Any] = {
    "resources": [
        {"vendor": "omniomni", "path": "/offers", "respond": {"body": []}},
        {"vendor": "nbcgate", "path": "/cards", "respond": {"body": []}},
        {"vendor": "vault", "path": ACCOUNTS, "respond": {"body": []}},
    ],
    "omniomni": {"token": {"algorithm": "ES256"}, "clients": [{"client_id": "me"}]},
    "nbcgate": {
        "token": {"secret": SECRET},
        "token_response": "object",
        "assumed_endpoints": True,
        "users": [
            {"email": "me@x", "password": "correct-horse"},
            {"email": "mailed@x", "password": "correct-horse", "otp": {"mailed": True}},
        ],
    },
    "vault": {
        "token": {"algorithm": "ES256"},
        "clients": [{"client_id": "app"}],
        "users": [
            {"username": "me@x", "password": PASSWORD, "scopes": ["read"]},
            {"username": "you@x", "password": PASSWORD, "scopes": ["read"]},
        ],
    },
}


def omniomni(http: httpx.Client, base: str = "", client_id: str = "me") -> httpx.Response:
    return http.post(f"{base}{OMNIOMNI}", json={"clientId": client_id})


def nbcgate(http: httpx.Client, base: str = "", email: str = "me@x") -> httpx.Response:
    return http.post(f"{base}{NBCGATE}", json={"email": email, "password": "correct-horse"})


def vault(http: httpx.Client, base: str = "", username: str = "me@x") -> httpx.Response:
    body = {
        "grant_type": "password",
        "client_id": "app",
        "username": username,
        "password": PASSWORD,
    }
    return http.post(f"{base}{VAULT}", json=body)


def pair(http: httpx.Client, base: str = "", username: str = "me@x") -> dict[str, Any]:
    """A pair of Vault's tokens."""
    tokens: dict[str, Any] = vault(http, base, username).raise_for_status().json()
    return tokens


def refresh(http: httpx.Client, refresh_token: str, base: str = "") -> httpx.Response:
    body = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return http.post(f"{base}{VAULT}", json=body)


def use(http: httpx.Client, token: str, base: str = "", path: str = ACCOUNTS) -> httpx.Response:
    return http.get(f"{base}{path}", headers={"Authorization": f"Bearer {token}"})


def active(http: httpx.Client, token: str, base: str = "", vendor: str = "vault") -> bool:
    answer = http.post(f"{base}/_emulator/{vendor}/introspect", data={"token": token})
    good: bool = answer.raise_for_status().json()["active"]
    return good


def reason(answer: httpx.Response) -> str:
    text: str = answer.headers.get("X-Emulator-Reason", "")
    return text
