"""Tokens at protected resources, at introspection, check and log-out: good ones and bad ones."""

from collections.abc import Iterator
from typing import Any

from records.scripts.fixtures import LONG_SECRET, SECRET, usual
from records.scripts.writing import FORM, Writing

DEFECTS = (
    "expired",
    "not_yet_valid",
    "wrong_issuer",
    "wrong_audience",
    "missing_exp",
    "unknown_kid",
    "wrong_key",
    "corrupt_signature",
    "alg_none",
    "hs256_with_public_key",
    "malformed",
)
RESOURCE = {"omniomni": "/offers", "nbcgate": "/balance/BTC", "vault": "/accounts"}
SUBJECT = {"omniomni": "good", "nbcgate": "good@x", "vault": "good@x"}
_CHANGES = ("tampered", "forged", "unsigned", "half", "twice", "headless", "spaced", "upper")
ALGORITHMS = (
    ("RS256", "rsa"),
    ("RS384", "rsa"),
    ("RS512", "rsa"),
    ("PS256", "rsa"),
    ("PS384", "rsa"),
    ("PS512", "rsa"),
    ("ES256", "p256"),
    ("ES384", "p384"),
    ("ES512", "p521"),
    ("EdDSA", "ed25519"),
    ("HS256", ""),
    ("HS384", ""),
    ("HS512", ""),
)


def scripts() -> Iterator[Writing]:
    """All of them."""
    for vendor in RESOURCE:
        yield _changed(vendor)
        yield _defects(vendor)
        yield _schemes(vendor)
        yield _elsewhere(vendor)
        yield _ended(vendor)
    for algorithm, key in ALGORITHMS:
        yield _algorithm(algorithm, key)
    yield _seeded()
    yield _scopes_and_methods()
    yield from _handed_on()
    yield _introspection_bodies()
    yield _nbcgate_calls()
    yield _vault_log_out()


def signed_in(written: Writing, vendor: str, realm: str = "") -> str:
    """A sign-in at a vendor; a reference to its token."""
    if vendor == "omniomni":
        return written.omniomni(realm=realm)
    if vendor == "nbcgate":
        return f"<<{written.nbcgate(realm=realm)}.token>>"
    return f"<<{written.vault(realm=realm)}.access_token>>"


def held(written: Writing, vendor: str, token: str, realm: str = "") -> None:
    """A token at everything that looks at one."""
    written.bearer(f"{realm}{RESOURCE[vendor]}", token)
    written.form(f"{realm}/_emulator/{vendor}/introspect", f"token={token}")
    written.post(f"{realm}/_emulator/tokens/inspect", {"token": token})


def changed(token: str, change: str) -> str:
    """A reference with a change."""
    return token.replace(">>", f"|{change}>>")


def _changed(vendor: str) -> Writing:
    written = Writing(f"bearers.{vendor}_changed", usual())
    token = signed_in(written, vendor)
    held(written, vendor, token)
    for change in _CHANGES:
        written.bearer(RESOURCE[vendor], changed(token, change))
        written.post("/_emulator/tokens/inspect", {"token": changed(token, change)})
    for other in RESOURCE:
        if other != vendor:
            foreign = signed_in(written, other)
            held(written, vendor, foreign)
    return written


def _defects(vendor: str) -> Writing:
    written = Writing(f"bearers.{vendor}_defects", usual())
    for defect in DEFECTS:
        order = {"vendor": vendor, "subject": SUBJECT[vendor], "defect": defect}
        minted = written.post("/_emulator/tokens", order)
        held(written, vendor, f"<<{minted}.token>>")
    return written


def _schemes(vendor: str) -> Writing:
    written = Writing(f"bearers.{vendor}_schemes", usual())
    token = signed_in(written, vendor)
    path = RESOURCE[vendor]
    written.get(path)
    for scheme in (
        "Bearer ",
        "bearer ",
        "BEARER ",
        "",
        "Bearer  ",
        "Basic ",
        "Token ",
        "Bearer",
        " ",
    ):
        written.bearer(path, token, scheme=scheme)
    for value in (
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "x",
        "Bearer a b",
        f"Bearer {token} x",
        "a.b.c",
        f'Bearer "{token}"',
        "Bearer ..",
        "Bearer eyJ.eyJ.x",
        "Bearer \u00e4",
        f"{token},",
    ):
        written.call("GET", path, ("Authorization", value))
    written.call("GET", path, ("Authorization", f"Bearer {token}"), ("Authorization", "Bearer x"))
    written.get(f"{path}?access_token={token}")
    written.call("POST", path, FORM, body=f"access_token={token}")
    written.call("GET", path, ("Cookie", f"token={token}"))
    return written


def _elsewhere(vendor: str) -> Writing:
    written = Writing(f"bearers.{vendor}_elsewhere", usual())
    written.put("/_emulator/realms/r1", {})
    written.put("/_emulator/realms/r2", {"from": "r1"})
    here, there = signed_in(written, vendor), signed_in(written, vendor, "/realms/r1")
    for realm in ("", "/realms/r1", "/realms/r2"):
        held(written, vendor, here, realm)
        held(written, vendor, there, realm)
    written.put("/_emulator/realms/r1", {})
    held(written, vendor, there, "/realms/r1")
    written.post("/_emulator/reset", {})
    held(written, vendor, here)
    return written


def _ended(vendor: str) -> Writing:
    written = Writing(f"bearers.{vendor}_ended", usual())
    token = signed_in(written, vendor)
    written.clock({"advance": "59m"})
    held(written, vendor, token)
    written.clock({"advance": "1m"})
    held(written, vendor, token)
    written.clock({"advance": "25h"})
    held(written, vendor, token)
    written.clock({"advance": "-48h"})
    held(written, vendor, token)
    written.clock({"now": "2026-01-01T00:00:10Z"})
    written.form(f"/_emulator/{vendor}/revoke", f"token={token}")
    held(written, vendor, token)
    written.form(f"/_emulator/{vendor}/revoke", f"token={token}")
    second = signed_in(written, vendor)
    kind = "clients" if vendor == "omniomni" else "users"
    one = f"/_emulator/{vendor}/{kind}/{SUBJECT[vendor]}"
    for status in ("locked", "disabled", "server_error", "active"):
        written.send("PATCH", one, {"status": status})
        held(written, vendor, second)
    written.call("DELETE", one)
    held(written, vendor, second)
    written.put(one, {} if vendor == "omniomni" else {"password": "A9#bL8@z-and"})
    held(written, vendor, second)
    return written


def _algorithm(algorithm: str, key: str) -> Writing:
    token: dict[str, Any] = {
        "algorithm": algorithm,
        "issuer": "https://i.test",
        "key_id": "the-key",
    }
    if key:
        token["private_key_file"] = f"@keys/{key}.pem"
    else:
        token["secret"] = LONG_SECRET
        del token["key_id"]
    settings = {f"{vendor}__token": token for vendor in RESOURCE}
    written = Writing(f"bearers.algorithm_{algorithm}", usual(**settings))
    for vendor in RESOURCE:
        held(written, vendor, signed_in(written, vendor))
    written.get("/_emulator/vault/.well-known/jwks.json")
    for defect in ("wrong_key", "hs256_with_public_key", "unknown_kid"):
        order = {"vendor": "vault", "subject": "good@x", "defect": defect}
        minted = f"<<{written.post('/_emulator/tokens', order)}.token>>"
        written.bearer("/accounts", minted)
        written.post("/_emulator/tokens/inspect", {"token": minted})
    written.get("/_emulator/keys")
    return written


def _seeded() -> Writing:
    """Keys that a seed makes: the same at each start, of each version."""
    settings = {
        "omniomni__token": {"algorithm": "ES256"},
        "nbcgate__token": {"algorithm": "EdDSA"},
        "vault__token": {"algorithm": "ES512"},
    }
    written = Writing("bearers.seeded_keys", usual(**settings))
    written.get("/_emulator/keys")
    for vendor in RESOURCE:
        held(written, vendor, signed_in(written, vendor))
    return written


def _scopes_and_methods() -> Writing:
    fixture = usual()
    fixture["resources"] = [
        {"vendor": vendor, "method": method, "path": path, "scopes": scopes, "respond": respond}
        for vendor in RESOURCE
        for method, path, scopes, respond in (
            ("GET", f"/{vendor}/r", [], {"body": {"p": "{{principal}}"}}),
            ("POST", f"/{vendor}/r", ["a"], {"status": 201, "body": "{{now}}"}),
            ("*", f"/{vendor}/any/**", ["a", "b"], {"status": 204}),
            (
                "DELETE",
                f"/{vendor}/{{id}}/of/{{name}}",
                [],
                {
                    "body": ["{{id}}", {"{{name}}": "{{name}} is {{id}}"}],
                    "headers": {"X-Id": "{{id}}"},
                },
            ),
            (
                "GET",
                f"/{vendor}/page",
                [],
                {"body": "<p>{{principal}}</p>", "headers": {"Content-Type": "text/html"}},
            ),
            ("PUT", f"/{vendor}/r", ["nobody-has"], {"status": 404, "body": None}),
        )
    ]
    written = Writing("bearers.resources", fixture)
    for vendor in RESOURCE:
        token = signed_in(written, vendor)
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
            written.bearer(f"/{vendor}/r", token, method)
        for method in ("GET", "DELETE", "OPTIONS"):
            written.bearer(f"/{vendor}/any/x/y", token, method)
        for path in ("any", "any/", "any/a/../b", "any/%2e%2e/x", "page", "r/", "r?a=1&token=x"):
            written.bearer(f"/{vendor}/{path}", token)
        for path in ("1/of/b", "%C3%BC/of/a%2Fb", "%22/of/%0a", "a/of/"):
            written.bearer(f"/{vendor}/{path}", token, "DELETE")
        written.get(f"/{vendor}/r")
    return written


def _handed_on() -> Iterator[Writing]:
    fixture = usual()
    fixture["resources"] = [
        {"vendor": "vault", "method": "*", "path": "/up/**", "forward_to": "http://@upstream"},
        {
            "vendor": "nbcgate",
            "method": "GET",
            "path": "/base/{id}",
            "forward_to": "http://@upstream/below/",
        },
        {
            "vendor": "omniomni",
            "method": "*",
            "path": "/dead/**",
            "forward_to": "http://127.0.0.1:9",
        },
    ]
    written = Writing("bearers.handed_on", fixture)
    vault = ("Authorization", f"Bearer {signed_in(written, 'vault')}")
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        written.call(method, "/up/x/y?b=2&a=1&b=3", vault, ("X-Mine", "1"), body="text")
    for target in (
        "/up/teapot",
        "/up/gone",
        "/up/made",
        "/up/%C3%BC%2F?q=%20+",
        "/up",
        "/up/a/../b",
    ):
        written.call(
            "GET", target, vault, ("Connection", "x-hop"), ("X-Hop", "1"), ("Cookie", "c=d")
        )
    written.call("POST", "/up/big", vault, body=[["x", 3000]])
    written.call("GET", "/up/x")
    token = signed_in(written, "nbcgate")
    written.bearer("/base/7?x=1", token, scheme="")
    written.bearer("/base/7", token, "POST")
    omniomni = signed_in(written, "omniomni")
    written.bearer("/dead/x?y=1", omniomni)
    written.bearer("/dead/x", omniomni, "POST")
    written.bearer("/dead/x", "x")
    yield written


def _introspection_bodies() -> Writing:
    written = Writing("bearers.introspection_bodies", usual())
    token = signed_in(written, "vault")
    for name in ("introspect", "revoke"):
        path = f"/_emulator/vault/{name}"
        for body in (
            "",
            "token=",
            "token",
            "x=1",
            "token=x&token=y",
            "token=%ff",
            "{}",
            f"token={token}&token_type_hint=access_token",
            f"token={token}&client_id=a",
            f"token=+{token}",
            "token=" + "x" * 500,
            '{"token":"x"}',
        ):
            written.form(path, body)
        written.post(path, {"token": token})
        written.call("POST", path, body=f"token={token}")
        written.get(path)
        written.call("PUT", path)
        written.form(f"{path}?token={token}", "")
        written.call("POST", path, FORM, body=[["x", 70_000]])
    return written


def _nbcgate_calls() -> Writing:
    written = Writing("bearers.nbcgate_calls", usual())
    pair = written.nbcgate()
    token, refresh = f"<<{pair}.token>>", f"<<{pair}.refreshToken>>"
    check, log_out = "/auth/token/check", "//auth/log-out"
    for body in (
        {},
        {"token": token},
        {"token": "x"},
        {"token": 1},
        {"token": None},
        {"token": refresh},
        {"token": ""},
        {"token": changed(token, "forged")},
        {"tok": token},
    ):
        written.post(check, body)
        written.post(check, body, ("Authorization", f"Bearer {token}"))
    written.bearer(check, token, "POST")
    written.bearer(check, token, "POST", scheme="")
    written.call("POST", check, body="not json")
    written.call("POST", check, ("Content-Type", "text/plain"), body=token)
    written.bearer(log_out, "x", "POST")
    written.call("POST", log_out)
    written.bearer(log_out, token, "GET")
    written.bearer(log_out, refresh, "POST")
    second = written.nbcgate()
    written.bearer(log_out, token, "POST")
    written.bearer(log_out, token, "POST")
    held(written, "nbcgate", token)
    written.post("/auth/token/refresh", {"refreshToken": refresh})
    held(written, "nbcgate", f"<<{second}.token>>")
    third = written.post("/auth/token/refresh", {"refreshToken": f"<<{second}.refreshToken>>"})
    written.form("/_emulator/nbcgate/revoke", f"token=<<{third}.refreshToken>>")
    held(written, "nbcgate", f"<<{third}.token>>")
    held(written, "nbcgate", f"<<{third}.refreshToken>>")
    return written


def _vault_log_out() -> Writing:
    written = Writing("bearers.vault_log_out", usual())
    pair = written.vault()
    token, refresh = f"<<{pair}.access_token>>", f"<<{pair}.refresh_token>>"
    path = "/reg/user/session/logout/current"
    written.call("DELETE", path)
    written.bearer(path, "x", "DELETE")
    written.bearer(path, token, "POST")
    written.bearer(path, refresh, "DELETE")
    written.call("DELETE", path, ("Authorization", f"Bearer {token}"), body="x")
    written.bearer(path, token, "DELETE")
    held(written, "vault", token)
    written.refresh(refresh)
    held(written, "vault", refresh)
    again = written.vault()
    written.form("/_emulator/vault/revoke", f"token=<<{again}.refresh_token>>")
    held(written, "vault", f"<<{again}.access_token>>")
    written.refresh(f"<<{again}.refresh_token>>")
    return written


__all__ = ["ALGORITHMS", "DEFECTS", "RESOURCE", "SECRET", "SUBJECT", "held", "scripts", "signed_in"]
