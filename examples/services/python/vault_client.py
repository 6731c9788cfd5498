"""Vault as a service uses it: a client that keeps its token, and the check of callers' tokens.

Nothing here knows of the emulator: in production `url` is Vault's own.
"""

import time
from typing import Any

import httpx
import jwt

CLIENT_ID = "haequi3Aah8lie2r"
BUSY = (429, 503)


class VaultClient:
    """Signs in at the first call, and renews its token when Vault refuses it."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=10)
        self._user = {"username": username, "password": password}
        self._pair: dict[str, str] = {}

    @property
    def access_token(self) -> str:
        """The token that it has, or that a sign-in gives it."""
        if not self._pair:
            self.sign_in()
        return self._pair["access_token"]

    def accounts(self) -> list[Any]:
        """The user's accounts; httpx.HTTPStatusError where Vault refuses."""
        answer = self._read("/accounts")
        if answer.status_code == 401:
            self._renew()
            answer = self._read("/accounts")
        accounts: list[Any] = answer.raise_for_status().json()["accounts"]
        return accounts

    def sign_in(self) -> None:
        """Get a pair of tokens for the password."""
        self._pair = self._ask({"grant_type": "password", **self._user}).raise_for_status().json()

    def _renew(self) -> None:
        """Get a new pair for the refresh token, or for the password where that one is refused."""
        refresh_token = self._pair["refresh_token"]
        answer = self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token})
        if answer.status_code == 401:
            self.sign_in()
        else:
            self._pair = answer.raise_for_status().json()

    def _read(self, path: str) -> httpx.Response:
        return self._http.get(path, headers={"Authorization": f"Bearer {self.access_token}"})

    def _ask(self, grant: dict[str, str], attempts: int = 3) -> httpx.Response:
        """Ask for tokens, and again after a pause while Vault is busy."""
        body = {**grant, "client_id": CLIENT_ID}
        while True:
            answer = self._http.post("/reg/auth/token", json=body)
            attempts -= 1
            if answer.status_code not in BUSY or not attempts:
                return answer
            time.sleep(int(answer.headers.get("Retry-After", "1")))  # HTTP allows a date too


class Verifier:
    """Checks the tokens that callers bring, by the keys that Vault publishes."""

    def __init__(self, jwks_url: str) -> None:
        self._keys = jwt.PyJWKClient(jwks_url)

    def subject(self, token: str) -> str:
        """Whose token it is; jwt.PyJWTError where it is not good."""
        claims = jwt.decode(
            token,
            self._keys.get_signing_key_from_jwt(token),
            algorithms=["RS256"],
            issuer="https://vault.emulator.test",
            audience="vault-api",
        )
        subject: str = claims["sub"]
        return subject
