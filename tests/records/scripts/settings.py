"""What a fixture may set: refresh, tokens, corrections, the ways of NBC Gate, and more."""

from collections.abc import Iterator
from typing import Any

from records.scripts.fixtures import usual
from records.scripts.writing import JSON, NBCGATE, Writing, password_grant

_REFRESH: tuple[dict[str, Any], ...] = (
    {},
    {"rotate": False},
    {"reuse": "revoke_family"},
    {"reuse": "allow"},
    {"grace": "30s"},
    {"grace": "30s", "reuse": "revoke_family"},
    {"rotate": False, "reuse": "revoke_family"},
    {"grace": "30s", "reuse": "allow"},
    {"rotate": False, "grace": "30s"},
)
_TOKENS: dict[str, dict[str, Any]] = {
    "claims": {
        "claims": {"region": "eu", "aud": None, "sub": None, "n": [1, {"a": None}], "scope": "mine"}
    },
    "headers": {"headers": {"typ": "at+jwt", "x": {"a": 1}}},
    "no_typ": {"headers": {"typ": None}},
    "scopes": {"scopes": ["z", "a"]},
    "audiences": {"audience": ["one", "two"]},
    "no_audience": {"audience": None},
    "lifetimes": {"lifetime": "90s"},
    "key_id": {"key_id": "kid-7"},
    "caller": {"issuer": "caller"},
    "other_issuer": {"issuer": "https://other.test/ü?x=1"},
}


def scripts() -> Iterator[Writing]:
    """All of them."""
    for number, refresh in enumerate(_REFRESH):
        yield _refresh(number, refresh)
    for name, token in _TOKENS.items():
        yield _token(name, token)
    yield _principals()
    for way in ("string", "object"):
        yield _response(way)
    yield _no_assumed_endpoints()
    yield from _corrections()
    yield _statuses()
    yield _empty()
    yield _no_reasons()
    yield _dated()
    yield _lifetimes()


def _refresh(number: int, refresh: dict[str, Any]) -> Writing:
    written = Writing(f"settings.refresh_{number}", usual(vault__refresh=refresh))
    pair = written.vault()
    first = f"<<{pair}.refresh_token>>"
    second = written.refresh(first)
    written.refresh(first)
    written.refresh(first, scope="a")
    written.refresh(f"<<{second}.refresh_token>>")
    written.clock({"advance": "31s"})
    written.refresh(first)
    written.bearer("/accounts", f"<<{pair}.access_token>>")
    written.bearer("/accounts", f"<<{second}.access_token>>")
    written.refresh(f"<<{second}.refresh_token>>")
    for token in (first, f"<<{second}.refresh_token>>"):
        written.form("/_emulator/vault/introspect", f"token={token}")
        written.post("/_emulator/tokens/inspect", {"token": token})
    return written


def _token(name: str, token: dict[str, Any]) -> Writing:
    fixture = usual()
    for vendor in ("omniomni", "nbcgate", "vault"):
        fixture[vendor]["token"] |= token
    if name == "key_id":
        del fixture["nbcgate"]["token"]["key_id"]
    written = Writing(f"settings.token_{name}", fixture)
    tokens = [
        ("/offers", written.omniomni()),
        ("/balance/x", f"<<{written.nbcgate()}.token>>"),
        ("/accounts", f"<<{written.vault()}.access_token>>"),
    ]
    for path, token_ in tokens:
        written.bearer(path, token_)
        written.post("/_emulator/tokens/inspect", {"token": token_})
    pair = written.vault()
    written.refresh(f"<<{pair}.refresh_token>>")
    written.get("/_emulator/vault/.well-known/openid-configuration")
    body = '{"email":"good@x","password":"correct-horse"}'
    seen = written.call("POST", NBCGATE, JSON, ("Host", "other.test:81"), body=body)
    written.call(
        "GET", "/balance/x", ("Host", "other.test:81"), ("Authorization", f"<<{seen}.token>>")
    )
    written.get("/_emulator/omniomni/.well-known/jwks.json")
    return written


def _principals() -> Writing:
    fixture = usual()
    own = {
        "scopes": ["own"],
        "lifetime": "15m",
        "claims": {"tenant": "acme", "aud": None, "region": None},
        "headers": {"typ": None, "x": 1},
    }
    for vendor in ("omniomni", "nbcgate", "vault"):
        fixture[vendor]["token"] |= {"scopes": ["all"], "claims": {"region": "eu", "z": 1}}
    fixture["omniomni"]["clients"].append({"client_id": "own", **own})
    fixture["nbcgate"]["users"].append(
        {"email": "own@x", "password": "correct-horse", "refresh_lifetime": "1h", **own}
    )
    fixture["vault"]["users"].append(
        {
            "username": "own@x",
            "password": "A9#bL8@z",
            "user_id": "usr:7",
            "refresh_lifetime": "2h",
            **own,
        }
    )
    written = Writing("settings.principals", fixture)
    written.omniomni("own")
    written.nbcgate("own@x")
    pair = written.vault("own@x")
    written.refresh(f"<<{pair}.refresh_token>>")
    written.get("/_emulator/omniomni/clients/own")
    written.get("/_emulator/nbcgate/users/own@x")
    written.get("/_emulator/vault/users/own@x")
    return written


def _response(way: str) -> Writing:
    fixture = usual(nbcgate__token_response=way)
    written = Writing(f"settings.token_response_{way}", fixture)
    number = written.nbcgate()
    member = ".token" if way == "object" else ""
    written.bearer("/balance/x", f"<<{number}{member}>>", scheme="")
    written.post("/auth/token/refresh", {"refreshToken": f"<<{number}.refreshToken>>"})
    written.bearer("/auth/token/check", f"<<{number}{member}>>", "POST")
    written.bearer("/auth/log-out", f"<<{number}{member}>>", "POST")
    order = {"vendor": "nbcgate", "subject": "good@x", "use": "refresh"}
    minted = written.post("/_emulator/tokens", order)
    written.post("/auth/token/refresh", {"refreshToken": f"<<{minted}.token>>"})
    return written


def _no_assumed_endpoints() -> Writing:
    written = Writing("settings.no_assumed_endpoints", usual(nbcgate__assumed_endpoints=False))
    for path in (
        "/auth/tfa/otp/email",
        "//auth/token/refresh",
        "/auth/token/check",
        "/auth/log-out",
    ):
        written.post(path, {})
        written.get(path)
    written.nbcgate("mailed@x", otp="123456")
    return written


def _corrections() -> Iterator[Writing]:
    whole = {
        "r": "{{reason}}",
        "p": "{{principal}}",
        "n": "{{now}}",
        "list": ["{{reason}}", 1, None],
    }
    corrections: dict[str, dict[str, Any]] = {
        "status": {"status": 418},
        "body": {"body": whole},
        "headers": {"headers": {"X-Why": "{{reason}}", "Content-Type": "application/problem+json"}},
        "no_body": {"body": None},
        "text": {"body": "why: {{reason}}", "headers": {"Content-Type": "text/plain"}},
        "bodiless": {"status": 204},
    }
    for name, correction in corrections.items():
        fixture = usual()
        fixture["omniomni"]["outcomes"] = dict.fromkeys(
            (
                "client_not_found",
                "invalid_credentials",
                "path_unknown",
                "bearer_refused",
                "malformed_request",
            ),
            correction,
        )
        fixture["nbcgate"]["outcomes"] = dict.fromkeys(
            (
                "wrong_password",
                "invalid_request",
                "method_not_allowed",
                "bearer_refused",
                "body_too_large",
            ),
            correction,
        )
        fixture["vault"]["outcomes"] = dict.fromkeys(
            (
                "wrong_credentials",
                "invalid_request",
                "scope_refused",
                "refresh_token_invalid",
                "signed_in",
            ),
            correction,
        )
        written = Writing(f"settings.corrected_{name}", fixture)
        written.omniomni()
        written.omniomni("nobody")
        written.omniomni("locked")
        written.post("/omni-omni/v1/auth/client-token", [])
        written.get("/omni-omni/x")
        written.get("/offers")
        written.nbcgate(password="wrong-horse")
        written.nbcgate("x")
        written.get(NBCGATE)
        written.get("/balance/x")
        written.call("POST", NBCGATE, JSON, body=[["x", 70_000]])
        pair = written.vault("none@x")
        written.vault("nobody@x")
        written.post("/reg/auth/token", password_grant(client_id=None))
        written.bearer("/accounts", f"<<{pair}.access_token>>")
        written.refresh("x")
        yield written
    fixture = usual()
    fixture["omniomni"]["outcomes"] = {
        "signed_in": {
            "status": 201,
            "body": {"t": "{{answer.accessToken}}", "whole": "{{answer}}"},
        },
        "malformed_request": {"body": {"e": "{{error}}"}},
        "bearer_refused": {"headers": {"WWW-Authenticate": "X {{challenge}}"}},
    }
    fixture["nbcgate"]["outcomes"] = {
        "signed_in": {"body": ["{{answer}}", "{{answer.token}}"]},
        "invalid_request": {"body": {"errors": "{{errors}}", "text": "e: {{reason}}"}},
        "otp_mailed": {"status": 202, "body": {"at": "{{answer.expiresAt}}"}},
    }
    fixture["vault"]["outcomes"] = {
        "signed_in": {
            "body": {"access": "{{answer.access_token}}", "in": "{{answer.expires_in}} s"}
        },
        "refresh_token_expired": {"body": {"at": "{{expired_at}}"}},
        "bearer_refused": {"body": "{{message}}"},
    }
    written = Writing("settings.corrected_placeholders", fixture)
    written.omniomni()
    written.post("/omni-omni/v1/auth/client-token", [])
    written.bearer("/offers", "x")
    written.nbcgate()
    written.nbcgate("x", password="y")
    written.post("/auth/tfa/otp/email", {"email": "mailed@x"})
    written.vault()
    written.bearer("/accounts", "x")
    order = {"vendor": "vault", "subject": "good@x", "use": "refresh", "claims": {"exp": 1}}
    minted = written.post("/_emulator/tokens", order)
    written.refresh(f"<<{minted}.token>>")
    yield written


def _statuses() -> Writing:
    fixture = usual()
    nbcgate = (
        "user_not_found",
        "otp_required",
        "otp_wrong",
        "otp_expired",
        "otp_locked",
        "user_blocked",
        "refresh_token_spent",
        "scope_refused",
        "bearer_refused",
        "invalid_request",
        "wrong_password",
    )
    vault = (
        "wrong_credentials",
        "refresh_token_expired",
        "refresh_token_invalid",
        "unknown_client",
        "unsupported_grant_type",
        "invalid_scope",
        "user_blocked",
        "bearer_refused",
        "invalid_request",
    )
    omniomni = ("client_not_found", "missing_client_id", "malformed_request", "bearer_refused")
    fixture["omniomni"]["clients"] = [{"client_id": f"s-{one}", "status": one} for one in omniomni]
    fixture["nbcgate"]["users"] = [
        {"email": f"{one}@x", "password": "correct-horse", "status": one} for one in nbcgate
    ]
    fixture["vault"]["users"] = [
        {"username": f"{one}@x", "password": "A9#bL8@z", "status": one} for one in vault
    ]
    fixture["vault"]["clients"] += [{"client_id": f"c-{one}", "status": one} for one in vault[:4]]
    written = Writing("settings.statuses", fixture)
    for one in omniomni:
        written.omniomni(f"s-{one}")
    for one in nbcgate:
        written.nbcgate(f"{one}@x")
        written.post("/auth/tfa/otp/email", {"email": f"{one}@x"})
    for one in vault:
        written.vault(f"{one}@x")
    for one in vault[:4]:
        written.vault(f"{one}@x", client_id=f"c-{one}")
    return written


def _empty() -> Writing:
    fixture = {name: value for name, value in usual().items() if name in ("seed", "clock")}
    written = Writing("settings.empty", fixture)
    written.omniomni()
    written.nbcgate()
    written.vault()
    written.get("/accounts")
    written.get("/_emulator/vault/users")
    written.get("/_emulator/realms")
    written.put("/_emulator/vault/users/u@x", {"password": "A9#bL8@z"})
    return written


def _no_reasons() -> Writing:
    written = Writing("settings.no_reasons", usual(), {"reasons": False})
    written.omniomni("nobody")
    written.nbcgate("x")
    written.vault("nobody@x")
    written.get("/accounts")
    written.form("/_emulator/vault/introspect", "token=x")
    written.get("/_emulator/nothing")
    written.get("/nothing")
    return written


def _dated() -> Writing:
    written = Writing("settings.dated", usual(), {"dated": True})
    written.omniomni()
    written.get("/nothing")
    written.get("/_emulator/clock")
    written.clock({"advance": "25h"})
    written.omniomni()
    written.put("/_emulator/realms/r1", {})
    written.omniomni(realm="/realms/r1")
    return written


def _lifetimes() -> Writing:
    written = Writing("settings.lifetimes", usual())
    pair = written.vault("short@x")
    for advance in ("9s", "1s", "9s", "1s"):
        written.bearer("/accounts", f"<<{pair}.access_token>>")
        written.form("/_emulator/vault/introspect", f"token=<<{pair}.refresh_token>>")
        written.clock({"advance": advance})
    written.refresh(f"<<{pair}.refresh_token>>")
    nbc = written.nbcgate()
    written.clock({"advance": "30d"})
    written.post("/auth/token/refresh", {"refreshToken": f"<<{nbc}.refreshToken>>"})
    return written
