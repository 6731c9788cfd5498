"""The Vault that clients are tried against, and what a test does there without them."""

from typing import Any

import httpx
from serving import Served

PASSWORD = "A9#bL8@z"
DAY = 86400
SCOPES = ["transfer:read", "accounts:read"]
FIXTURE: dict[str, Any] = {
    "resources": [
        {
            "vendor": "vault",
            "path": "/accounts",
            "scopes": ["accounts:read"],
            "respond": {"body": "{{principal}}"},
        },
    ],
    "vault": {
        "token": {"algorithm": "ES256"},
        "clients": [{"client_id": "app"}],
        "users": [
            {"username": "me@x", "password": PASSWORD, "scopes": SCOPES},
            {"username": "broken@x", "password": PASSWORD, "status": "server_error"},
        ],
    },
}


def token_url(served: Served) -> str:
    return f"{served.url}/reg/auth/token"


def accounts_url(served: Served) -> str:
    return f"{served.url}/accounts"


def jwks_url(served: Served) -> str:
    return f"{served.url}/_emulator/vault/.well-known/jwks.json"


def access_token(http: httpx.Client) -> str:
    """The token of a fresh sign-in."""
    body = {"grant_type": "password", "client_id": "app", "username": "me@x", "password": PASSWORD}
    answer = http.post("/reg/auth/token", json=body).raise_for_status()
    token: str = answer.json()["access_token"]
    return token


def rotate(http: httpx.Client, mode: str) -> None:
    http.post("/_emulator/keys/rotate", json={"vendor": "vault", "mode": mode}).raise_for_status()


def good(http: httpx.Client, token: str) -> bool:
    """Whether the emulator itself takes the token."""
    answer = http.get("/accounts", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == 200
