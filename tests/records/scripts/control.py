"""Principals, keys, metadata, the outbox and what else the control API has."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from records.build import KEYS
from records.scripts.fixtures import TOTP, usual
from records.scripts.writing import JSON, Writing

_RFC_8037 = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
LISTS = {
    "omniomni/clients": ("client_id", {}),
    "nbcgate/users": ("email", {"password": "correct-horse"}),
    "vault/clients": ("client_id", {}),
    "vault/users": ("username", {"password": "A9#bL8@z"}),
}
ROTATIONS = ("overlap", "no_overlap", "unknown_kid", "same_kid")
_COMMON: tuple[dict[str, Any], ...] = (
    {"status": "locked"},
    {"status": "server_error"},
    {"status": "lcoked"},
    {"status": ""},
    {"status": None},
    {"status": 1},
    {"status": "signed_in"},
    {"status": "path_unknown"},
    {"scopes": ["x", "y"]},
    {"scopes": []},
    {"scopes": "x"},
    {"scopes": [1]},
    {"scopes": ["a b"]},
    {"scopes": None},
    {"scopes": ["ü"]},
    {"scopes": [""]},
    {"scopes": ["a", "a"]},
    {"lifetime": "10m"},
    {"lifetime": "0s"},
    {"lifetime": "1500ms"},
    {"lifetime": 10},
    {"lifetime": "90s", "claims": {"a": 1}},
    {"claims": {"tenant": {"a": [1]}}},
    {"claims": []},
    {"claims": {"iat": 1}},
    {"claims": {"exp": 1, "jti": "x"}},
    {"claims": {"sub": None}},
    {"claims": {"tenant": None}},
    {"headers": {"x": 1}},
    {"headers": {"alg": "none"}},
    {"headers": {"kid": "x", "crit": []}},
    {"headers": "x"},
    {"unknown": 1},
    {"refresh_lifetime": "1h"},
    {"refresh_lifetime": "x"},
    {"password": "abcdefgh"},
    {"password": ""},
    {"password": 12345678},
    {"password": None},
    {"password": "short"},
    {"password": "${HOME}"},
    {"user_id": "usr:7"},
    {"user_id": ""},
    {"user_id": 7},
    {"signature": "required"},
    {"signature": "sometimes"},
    {"otp": {"code": "1"}},
    {"otp": {"totp": TOTP}},
    {"otp": {}},
    {"otp": {"mailed": True}},
    {"otp": {"mailed": False}},
    {"otp": {"code": "1", "mailed": True}},
    {"otp": {"totp": "1"}},
    {"otp": {"totp": "AAAA"}},
    {"otp": {"totp": 7}},
    {"otp": "123456"},
    {"otp": {"cod": "1"}},
    {"otp": None},
    {"public_key": "x"},
    {"public_key_file": "x"},
    {"public_key": 1},
    {"public_key": {"kty": "RSA"}},
    {"private_key_file": "x"},
    {},
)


def scripts() -> Iterator[Writing]:
    """All of them."""
    for path, (member, whole) in LISTS.items():
        yield _changes(path, "PUT", whole)
        if path.endswith("users"):
            yield _changes(path, "PATCH", {})
        yield _life(path, member, whole)
        yield _lists(path, whole)
    yield _public_keys()
    yield _names()
    yield from _rotations()
    yield _bad_rotations()
    yield _metadata()
    yield _small_calls()
    yield from _random_changes()


def _changes(path: str, method: str, whole: dict[str, Any]) -> Writing:
    written = Writing(f"control.{path.replace('/', '_')}_{method.lower()}", usual())
    one = f"/_emulator/{path}/new@x"
    written.put(one, whole)
    chosen = Random(path).sample(_COMMON, 40) if path.endswith("clients") else _COMMON
    for change in chosen:
        written.send(method, one, {**whole, **change})
        if change in (
            {"claims": {"tenant": {"a": [1]}}},
            {"otp": {"code": "1"}},
            {"status": "locked"},
        ):
            written.get(one)
    for body in ("", "{", "[]", "null", '"x"', "1"):
        written.call(method, one, JSON, body=body)
    written.call(method, one, ("Content-Type", "text/plain"), body="{}")
    written.send(method, f"{one}?x=1", whole)
    written.get(one)
    return written


def _life(path: str, member: str, whole: dict[str, Any]) -> Writing:
    written = Writing(f"control.{path.replace('/', '_')}_life", usual())
    one = f"/_emulator/{path}/new@x"
    written.get(one)
    written.call("DELETE", one)
    written.send("PATCH", one, {"status": "locked"})
    written.put(one, whole)
    written.put(one, {**whole, member: "new@x"})
    written.put(one, {**whole, member: "other@x"})
    written.put(one, {**whole, member: 7})
    written.put(one, {**whole, member: None})
    written.send("PATCH", one, {member: "other@x"})
    written.send("PATCH", one, {member: "new@x", "status": "disabled"})
    written.get(one)
    written.get(f"{one}?x=1")
    written.call("GET", one, JSON, body='{"a":1}')
    written.call("DELETE", one, JSON, body='{"a":1}')
    written.send("PATCH", one, {"status": None})
    for method in ("POST", "OPTIONS", "HEAD"):
        written.call(method, one)
        written.call(method, f"/_emulator/{path}")
    written.omniomni("new@x")
    written.nbcgate("new@x")
    written.vault("new@x")
    written.vault(client_id="new@x")
    written.call("DELETE", one)
    written.vault("new@x")
    written.get(f"/_emulator/{path}/god")
    written.get(f"/_emulator/{path}/GOOD@X")
    return written


def _lists(path: str, whole: dict[str, Any]) -> Writing:
    written = Writing(f"control.{path.replace('/', '_')}_list", usual())
    for name in ("zoe", "Ann", "ü", "10", "9"):
        written.put(f"/_emulator/{path}/{name if name != 'ü' else '%C3%BC'}", whole)
    for query in (
        "",
        "?limit=2",
        "?limit=2&after=good@x",
        "?after=zzz",
        "?after=",
        "?limit=0",
        "?limit=1001",
        "?limit=1000",
        "?limit=x",
        "?limit=",
        "?limit=-1",
        "?limit=1.5",
        "?limt=2",
        "?after=a&after=z",
        "?limit=%32",
        "?limit=2&limit=3",
        "?" + "&".join(f"a{n}=1" for n in range(25)),
        "?limit=٣",
        "?after=%ff",
        "?",
    ):
        if query.isascii():
            written.get(f"/_emulator/{path}{query}")
    return written


def _public_keys() -> Writing:
    written = Writing("control.public_keys", usual())
    one = "/_emulator/omniomni/clients/signer"
    pem = {name: (KEYS / f"{name}.pub").read_text() for name in ("rsa", "p256", "p384", "ed25519")}
    for name, text in pem.items():
        written.put(one, {"public_key": text, "signature": "required"})
        written.put(one, {"public_key": text.replace("\n", "")})
        written.put(one, {"public_key": text[:60], "note": name})
    written.put(one, {"public_key": (KEYS / "rsa.pem").read_text()[:100]})
    written.put(one, {"public_key": {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}})
    written.put(
        one,
        {
            "public_key": {
                "kty": "OKP",
                "crv": "Ed25519",
                "x": _RFC_8037,
            }
        },
    )
    written.put(
        one,
        {"public_key": json.dumps({"kty": "OKP", "crv": "Ed25519", "x": _RFC_8037})},
    )
    written.put(one, {"public_key": {"kty": "oct", "k": "AA"}})
    written.put(one, {"public_key": pem["rsa"], "public_key_file": "x"})
    written.put(one, {"signature": "required"})
    written.get(one)
    written.send("PATCH", one, {"public_key": None})
    written.send("PATCH", one, {"signature": "ignored"})
    written.send("PATCH", one, {"public_key": pem["ed25519"]})
    return written


def _names() -> Writing:
    written = Writing("control.names", usual())
    for name in (
        "team%2Falice",
        "a%20b",
        "%C3%BC",
        "%ff",
        "%00",
        "a/b",
        "",
        "x" * 300,
        "%2E%2E",
        "a+b",
        "a%25b",
        "%F0%9F%98%80",
        "a?b",
        "a%3Fb",
        "a;b",
    ):
        written.put(f"/_emulator/omniomni/clients/{name}", {"scopes": ["s"]})
        written.get(f"/_emulator/omniomni/clients/{name}")
    for name in ("team/alice", "a b", "ü", "..", "😀", "a+b"):
        written.omniomni(name)
    written.get("/_emulator/omniomni/clients")
    for path in (
        "omniomni/users/x",
        "nbcgate/clients/x",
        "valt/users",
        "vault/user/good@x",
        "vault/users/",
    ):
        written.get(f"/_emulator/{path}")
        written.put(f"/_emulator/{path}", {})
    return written


def _rotations() -> Iterator[Writing]:
    for mode in ROTATIONS:
        for algorithm in ("ES256", "EdDSA"):
            settings = {
                f"{vendor}__token": {"algorithm": algorithm} for vendor in ("omniomni", "vault")
            }
            written = Writing(f"control.rotate_{mode}_{algorithm}", usual(**settings))
            before = written.omniomni()
            pair = written.vault()
            for vendor in ("omniomni", "vault"):
                written.get(f"/_emulator/{vendor}/.well-known/jwks.json")
                written.post("/_emulator/keys/rotate", {"vendor": vendor, "mode": mode})
                written.get(f"/_emulator/{vendor}/.well-known/jwks.json")
            after = written.omniomni()
            for token in (before, after):
                written.bearer("/offers", token)
                written.post("/_emulator/tokens/inspect", {"token": token})
            written.refresh(f"<<{pair}.refresh_token>>")
            written.post("/_emulator/keys/rotate", {"vendor": "omniomni", "mode": mode})
            written.get("/_emulator/keys")
            written.bearer("/offers", after)
            written.call("POST", "/_emulator/reset")
            written.get("/_emulator/omniomni/.well-known/jwks.json")
            yield written
    written = Writing("control.rotate_rsa", usual())
    pair = written.vault()
    written.post("/_emulator/keys/rotate", {"vendor": "vault"})
    written.get("/_emulator/vault/.well-known/jwks.json")
    written.bearer("/accounts", f"<<{pair}.access_token>>")
    written.bearer("/accounts", f"<<{written.vault()}.access_token>>")
    yield written


def _bad_rotations() -> Writing:
    written = Writing("control.bad_rotations", usual())
    path = "/_emulator/keys/rotate"
    body: Any
    for body in (
        {},
        {"vendor": "valt"},
        {"vendor": ""},
        {"vendor": 1},
        {"vendor": "nbcgate"},
        [],
        {"vendor": "vault", "mode": "over"},
        {"vendor": "vault", "mode": None},
        {"vendor": "vault", "mode": ""},
        {"mode": "overlap"},
        {"vendor": "omniomni", "x": 1},
    ):
        written.post(path, body)
    written.call("POST", path)
    written.get(path)
    written.post(f"{path}?vendor=vault", {"vendor": "vault"})
    written.get("/_emulator/keys?x=1")
    written.put("/_emulator/keys", {})
    return written


def _metadata() -> Writing:
    fixture = usual(vault__token__issuer="caller", omniomni__token__audience=["a", "b"])
    written = Writing("control.metadata", fixture, {"trusted_proxies": ["10.0.0.0/8"]})
    written.put("/_emulator/realms/r1", {})
    documents = ("jwks.json", "openid-configuration", "oauth-authorization-server", "x", "")
    for vendor in ("omniomni", "nbcgate", "vault"):
        for document in documents:
            path = f"/_emulator/{vendor}/.well-known/{document}"
            written.get(path)
            written.get(f"/realms/r1{path}", ("Host", "auth.test:8443"))
            written.get(f"{path}?x=1")
        written.call("HEAD", f"/_emulator/{vendor}/.well-known/jwks.json")
        written.call("POST", f"/_emulator/{vendor}/.well-known/jwks.json")
    path = "/_emulator/vault/.well-known/openid-configuration"
    forwarded = (
        ("X-Forwarded-Host", "out.test"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Prefix", "/p/"),
    )
    for client in ("10.1.2.3", "127.0.0.1"):
        written.get(path, *forwarded, client=client)
        written.get(
            path,
            ("X-Forwarded-Host", "a.test, b.test"),
            ("X-Forwarded-Proto", "ftp"),
            client=client,
        )
        written.get(path, ("X-Forwarded-Prefix", "no/slash"), client=client)
    for host in ("[::1]:8080", "a b", "evil/x", "x:99999", "", "LOCALHOST", "a_b.test"):
        written.get(path, ("Host", host))
    pair = written.call("POST", "/reg/auth/token", JSON, ("Host", "me.test"), body=_GRANT)
    token = ("Authorization", f"Bearer <<{pair}.access_token>>")
    written.get("/accounts", token, ("Host", "me.test"))
    written.get("/accounts", token, ("Host", "other.test"))
    written.post("/_emulator/tokens/inspect", {"token": f"<<{pair}.access_token>>"})
    return written


_GRANT = '{"grant_type":"password","username":"good@x","password":"A9#bL8@z","client_id":"app"}'


def _small_calls() -> Writing:
    written = Writing("control.small_calls", usual())
    for path in (
        "health",
        "ca.pem",
        "outbox",
        "outbox?to=x",
        "outbox?wait=10ms",
        "outbox?wait=61s",
        "outbox?wait=x",
        "outbox?to=&wait=",
        "outbox?x=1",
        "outbox?to=a&wait=0s",
        "keys",
        "realms",
        "health?x=1",
        "journal/events?since=x",
        "journal/events?vendor=valt",
        "openapi",
        "docs/x",
    ):
        written.get(f"/_emulator/{path}")
    written.call("GET", "/_emulator/health", JSON, body="anything")
    for path in (
        "health",
        "outbox",
        "tokens",
        "tokens/inspect",
        "journal/verify",
        "faults",
        "reset",
        "keys",
    ):
        for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"):
            if (path, method) not in {("keys", "GET"), ("faults", "GET"), ("outbox", "GET")}:
                written.call(method, f"/_emulator/{path}")
    return written


def _random_changes() -> Iterator[Writing]:
    for part in range(3):
        chance = Random(f"control {part}")
        written = Writing(f"control.random_changes_{part}", usual())
        for _ in range(20):
            path = chance.choice(list(LISTS))
            change: dict[str, Any] = {}
            for _ in range(chance.randint(1, 3)):
                change |= chance.choice(_COMMON)
            name = chance.choice(("good@x", "good", "app", "new", "mailed@x"))
            whole = LISTS[path][1] if chance.random() < 0.7 else {}
            written.send(
                chance.choice(("PUT", "PATCH")), f"/_emulator/{path}/{name}", {**whole, **change}
            )
        written.get("/_emulator/vault/users")
        written.get("/_emulator/nbcgate/users/good@x")
        yield written
