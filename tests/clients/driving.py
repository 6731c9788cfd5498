"""Drives an emulator in process, and holds every answer against the model."""

import asyncio
from datetime import datetime
from functools import cache
from json import dumps, loads
from typing import Any, NamedTuple
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from clients.model import (
    ACCESS_LIFETIME,
    REFRESH_LIFETIME,
    Access,
    Family,
    Pair,
    Refresh,
    RefreshRules,
)
from emulator.app import create_app
from emulator.settings import Settings

PASSWORD = "A9#bL8@z"
SCOPE = "b a"
USERS = ("ann@x", "bob@x")
CLIENTS = ("app", "other")
TOKEN = "/reg/auth/token"
LOG_OUT = "/reg/user/session/logout/current"
FOREIGN = ("swapped", "forged", "cut", "omniomni", "realm", "generation")
STRANGER = Ed25519PrivateKey.generate()
START = "2026-01-01T00:00:00Z"


def fixture(how: RefreshRules) -> dict[str, Any]:
    user = {"password": PASSWORD, "scopes": SCOPE.split()}
    return {
        "seed": 7,
        "clock": {"now": START, "frozen": True},
        "resources": [
            {"vendor": "vault", "path": "/any", "respond": {"body": "{{principal}}"}},
            {"vendor": "vault", "path": "/a", "scopes": ["a"], "respond": {"body": 1}},
        ],
        "omniomni": {"token": {"algorithm": "EdDSA"}, "clients": [{"client_id": "me"}]},
        "vault": {
            "token": {
                "algorithm": "EdDSA",
                "lifetime": f"{ACCESS_LIFETIME}s",
                "refresh_lifetime": f"{REFRESH_LIFETIME}s",
            },
            "refresh": {"rotate": how.rotate, "reuse": how.reuse, "grace": f"{how.grace}s"},
            "clients": [{"client_id": name} for name in CLIENTS],
            "users": [
                {"username": "old@x", "lifetime": "365d", "refresh_lifetime": "365d", **user},
                *({"username": name, **user} for name in USERS),
            ],
        },
    }


class Answer(NamedTuple):
    status: int
    body: bytes
    reason: str

    def json(self) -> Any:
        return loads(self.body)


@cache
def emulator(how: RefreshRules) -> FastAPI:
    """Made once, as that takes as long as hundreds of requests."""
    return create_app(Settings(fixture=fixture(how)))


class Driver:
    """One emulator, reset, its clock standing still unless moved, and all that it issued.

    `now` is what the clock shows.
    """

    def __init__(self, how: RefreshRules) -> None:
        self.how = how
        self.now = datetime.fromisoformat(START).timestamp()
        self.issued: list[Pair] = []
        self._app = emulator(how)
        self._loop = asyncio.new_event_loop()
        self._old = self._pair("old@x")
        self._ask("POST", "/_emulator/reset")

    def close(self) -> None:
        self._loop.close()

    def _ask(
        self, method: str, path: str, token: str = "", *, json: Any = None, form: Any = None
    ) -> Answer:
        """One request, by ASGI itself: through httpx a request takes thrice as long."""
        body = (dumps(json) if json else urlencode(form or {})).encode()
        kind = b"application/json" if json else b"application/x-www-form-urlencoded"
        headers = [(b"host", b"emulator"), (b"content-type", kind)]
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": headers,
        }
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        self._loop.run_until_complete(self._app(scope, receive, send))
        reason = dict(sent[0]["headers"]).get(b"x-emulator-reason", b"no reason").decode()
        return Answer(sent[0]["status"], sent[1]["body"], reason)

    def advance(self, seconds: float) -> None:
        body = {"advance": f"{int(seconds * 1000)}ms"}
        assert self._ask("PUT", "/_emulator/clock", json=body).status == 200
        self.now += seconds

    def _sign_in(
        self, user: str, client: str = CLIENTS[0], scope: str | None = None, base: str = ""
    ) -> Answer:
        body = {"grant_type": "password", "username": user, "password": PASSWORD}
        return self._ask("POST", base + TOKEN, json={**body, "client_id": client, "scope": scope})

    def _pair(self, user: str, base: str = "") -> tuple[str, str]:
        """The tokens of a sign-in that is not noted."""
        members = self._sign_in(user, base=base).json()
        return members["access_token"], members["refresh_token"]

    def sign_in(self, user: str, client: str, scope: str | None = None) -> Pair:
        answer = self._sign_in(user, client, scope)
        assert answer.status == 200, answer
        members = answer.json()
        granted = scope or SCOPE
        assert members["scope"] == granted
        return self._noted(members, Family(user, client, granted))

    def refresh(
        self, token: Refresh, client: str | None = None, scope: str | None = None
    ) -> Pair | None:
        """The pair that a refresh gave, or None where it was rightly refused."""
        body = {"grant_type": "refresh_token", "refresh_token": token.text, "scope": scope}
        answer = self._ask("POST", TOKEN, json={**body, "client_id": client})
        status = self._status_of_refresh(token, client, scope)
        assert answer.status == status, told_and_known(answer, token)
        if status != 200:
            return None
        if self._repeated(token, scope):
            assert token.answer is not None
            texts = (token.answer.access.text, token.answer.refresh.text)
            assert (answer.json()["access_token"], answer.json()["refresh_token"]) == texts
            return token.answer
        first = self.how.rotate and token.used is None
        members = answer.json()
        assert members["scope"] == shown(scope, token)
        pair = self._noted(members, token.family, None if self.how.rotate else token)
        if first:
            token.used, token.answer = self.now, pair
        return pair

    def _status_of_refresh(self, token: Refresh, client: str | None, scope: str | None) -> int:
        """What a refresh is to meet, and what it does to the family."""
        now = self.now
        if not token.alive(now) or client not in (None, token.family.client):
            return 401
        if not set((scope or "").split()) <= set(token.family.scope.split()):
            return 400
        fresh = not self.how.rotate or token.used is None
        if fresh or self.how.reuse == "allow" or self._repeated(token, scope):
            return 200
        token.family.ended = token.family.ended or self.how.reuse == "revoke_family"
        return 401

    def _repeated(self, token: Refresh, scope: str | None) -> bool:
        """Whether the first use's answer comes again: in its grace, to the same question."""
        asked = token.answer is not None and token.answer.access.scope == shown(scope, token)
        return asked and self.how.again(token, self.now)

    def use(self, token: Access) -> bool:
        """Use the token at two resources; whether it was taken."""
        good = token.good(self.now)
        answer = self._ask("GET", "/any", token.text)
        assert answer.status == (200 if good else 401), told_and_known(answer, token)
        if not good:
            return False
        assert answer.json() == token.family.user
        status = 200 if "a" in token.scope.split() else 403
        assert self._ask("GET", "/a", token.text).status == status
        return True

    def introspect(self, token: Access | Refresh) -> None:
        now = self.now
        good = token.good(now) if isinstance(token, Access) else self.how.accepted(token, now)
        answer = self._ask("POST", "/_emulator/vault/introspect", form={"token": token.text})
        assert answer.json()["active"] is good, told_and_known(answer, token)

    def revoke(self, token: Access | Refresh) -> None:
        """Revoke a token: the clock may move as it will, it is refused ever after."""
        answer = self._ask("POST", "/_emulator/vault/revoke", form={"token": token.text})
        assert answer.status == 200
        if isinstance(token, Refresh):
            token.family.ended = True
        else:
            token.revoked = True

    def log_out(self, token: Access) -> None:
        good = token.good(self.now)
        answer = self._ask("DELETE", LOG_OUT, token.text)
        assert answer.status == (204 if good else 401), told_and_known(answer, token)
        token.family.ended = token.family.ended or good

    def rotate(self) -> None:
        body = {"vendor": "vault", "mode": "overlap"}
        assert self._ask("POST", "/_emulator/keys/rotate", json=body).status == 200

    def refuse_access(self, token: str) -> None:
        """Meet a refusal where an access token is wanted."""
        for method, path in (("GET", "/any"), ("DELETE", LOG_OUT)):
            answer = self._ask(method, path, token)
            assert answer.status == 401, answer

    def refuse_refresh(self, token: str) -> None:
        """Meet a refusal where a refresh token is wanted."""
        body = {"grant_type": "refresh_token", "refresh_token": token}
        answer = self._ask("POST", TOKEN, json=body)
        assert answer.status == 401, answer

    def foreign(self, pair: Pair, how: str) -> tuple[str, str]:
        """What looks like an access and a refresh token of ours and is not."""
        if how == "swapped":  # the one where the other is wanted
            return pair.refresh.text, pair.access.text
        if how == "forged":  # another key under our kid
            return self._forged(pair.access.text), self._forged(pair.refresh.text)
        if how == "cut":
            return pair.access.text[:-4] + "AAAA", pair.refresh.text[:-4] + "AAAA"
        if how == "omniomni":
            path = "/omni-omni/v1/auth/client-token"
            token = self._ask("POST", path, json={"clientId": "me"}).json()["accessToken"]
            return token, token
        if how == "generation":
            return self._old
        assert self._ask("PUT", "/_emulator/realms/t42", json={"from": "default"}).status < 300
        return self._pair(USERS[0], "/realms/t42")

    def _forged(self, token: str) -> str:
        claims = jwt.decode(token, options={"verify_signature": False})
        header = {**jwt.get_unverified_header(token), "typ": None}
        return jwt.encode(claims, STRANGER, algorithm="EdDSA", headers=header)

    def try_everything(self) -> None:
        """Every token once more, at each place that takes it."""
        for pair in self.issued[:]:
            self.introspect(pair.access)
            self.introspect(pair.refresh)
            self.use(pair.access)
        for pair in self.issued[:]:
            self.refresh(pair.refresh)

    def _noted(self, members: dict[str, Any], family: Family, kept: Refresh | None = None) -> Pair:
        now = int(self.now)
        if kept is not None:
            assert members["refresh_token"] == kept.text
        refresh = kept or Refresh(members["refresh_token"], family, now)
        pair = Pair(Access(members["access_token"], family, members["scope"], now), refresh)
        self.issued.append(pair)
        return pair


def shown(scope: str | None, token: Refresh) -> str:
    """The scopes of a refresh's answer: those asked for, in alphabetical order."""
    return " ".join(sorted((scope or token.family.scope).split()))


def told_and_known(answer: Answer, token: Access | Refresh) -> str:
    return f"{answer} for {token}"
