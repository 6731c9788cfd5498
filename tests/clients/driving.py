"""Drives an emulator in process, and holds every answer against the model."""

import asyncio
from copy import copy
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from clients.model import (
    ACCESS_LIFETIME,
    REFRESH_LIFETIME,
    Access,
    Family,
    Pair,
    Refresh,
    Settings,
)
from emulator.app import Config, create_app
from emulator.core.clock import Clock
from emulator.vendors.vault.rules import sign_in
from emulator.vendors.vault.wire import PasswordGrant

PASSWORD = "A9#bL8@z"
SCOPE = "b a"
USERS = ("ann@x", "bob@x")
CLIENTS = ("app", "other")
TOKEN = "/reg/auth/token"
LOG_OUT = "/reg/user/session/logout/current"
FOREIGN = ("swapped", "forged", "cut", "omniomni", "realm", "incarnation")
STRANGER = Ed25519PrivateKey.generate()


def fixture(how: Settings) -> dict[str, Any]:
    return {
        "seed": 7,
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
                {"username": name, "password": PASSWORD, "scopes": SCOPE.split()} for name in USERS
            ],
        },
    }


class Answer(NamedTuple):
    status: int
    body: bytes
    reason: str

    def json(self) -> Any:
        return orjson.loads(self.body)


class Driver:
    """One emulator, its clock standing still unless moved, and all that it issued."""

    def __init__(self, how: Settings) -> None:
        self.how = how
        self.clock = Clock(datetime(2026, 1, 1, tzinfo=UTC))
        self.clock.freeze()
        self.stage = create_app(Config(fixture=fixture(how)), clock=self.clock)
        self.issued: list[Pair] = []
        self._loop = asyncio.new_event_loop()

    def close(self) -> None:
        self._loop.close()

    def _ask(
        self, method: str, path: str, token: str = "", *, json: Any = None, form: Any = None
    ) -> Answer:
        """One request, by ASGI itself: through httpx a request takes thrice as long."""
        body = orjson.dumps(json) if json else urlencode(form or {}).encode()
        kind = b"application/json" if json else b"application/x-www-form-urlencoded"
        headers = [(b"host", b"emulator"), (b"content-type", kind)]
        if token:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        self._loop.run_until_complete(self.stage(scope, receive, send))
        reason = dict(sent[0]["headers"]).get(b"x-emulator-reason", b"no reason").decode()
        return Answer(sent[0]["status"], sent[1]["body"], reason)

    def sign_in(self, user: str, client: str, scope: str | None = None) -> Pair:
        body = {"grant_type": "password", "username": user, "password": PASSWORD}
        answer = self._ask("POST", TOKEN, json={**body, "client_id": client, "scope": scope})
        assert answer.status == 200, answer
        told = answer.json()
        granted = scope or SCOPE
        assert told["scope"] == granted
        return self._noted(told, Family(user, client, granted))

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
        told = answer.json()
        assert told["scope"] == shown(scope, token)
        pair = self._noted(told, token.family, None if self.how.rotate else token)
        if first:
            token.used, token.answer = self.clock.now(), pair
        return pair

    def _status_of_refresh(self, token: Refresh, client: str | None, scope: str | None) -> int:
        """What a refresh is to meet, and what it does to the family."""
        now = self.clock.now()
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
        return asked and self.how.again(token, self.clock.now())

    def use(self, token: Access) -> bool:
        """Use the token at two resources; whether it was taken."""
        good = token.good(self.clock.now())
        answer = self._ask("GET", "/any", token.text)
        assert answer.status == (200 if good else 401), told_and_known(answer, token)
        if not good:
            return False
        assert answer.json() == token.family.user
        status = 200 if "a" in token.scope.split() else 403
        assert self._ask("GET", "/a", token.text).status == status
        return True

    def introspect(self, token: Access | Refresh) -> None:
        now = self.clock.now()
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
        good = token.good(self.clock.now())
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
        elsewhere = copy(self.stage.realm)
        change: Any = {"realm": "t42"} if how == "realm" else {"incarnation": 1}
        elsewhere.stamp = replace(elsewhere.stamp, **change)
        grant = PasswordGrant("password", PASSWORD, USERS[0], CLIENTS[0])
        told = self._loop.run_until_complete(sign_in(elsewhere, grant))
        return told.access_token, told.refresh_token

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

    def _noted(self, told: dict[str, Any], family: Family, kept: Refresh | None = None) -> Pair:
        now = int(self.clock.now())
        if kept is not None:
            assert told["refresh_token"] == kept.text
        refresh = kept or Refresh(told["refresh_token"], family, now)
        pair = Pair(Access(told["access_token"], family, told["scope"], now), refresh)
        self.issued.append(pair)
        return pair


def shown(scope: str | None, token: Refresh) -> str:
    """The scopes of a refresh's answer: those asked for, in alphabetical order."""
    return " ".join(sorted((scope or token.family.scope).split()))


def told_and_known(answer: Answer, token: Access | Refresh) -> str:
    return f"{answer} for {token}"
