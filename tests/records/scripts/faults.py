"""Faults: of a fixture and added by calls, each kind, bounds and matches, and bad ones."""

import json
from collections.abc import Iterator
from typing import Any

from records.scripts.bearers import DEFECTS, RESOURCE
from records.scripts.fixtures import usual
from records.scripts.writing import JSON, Writing

PATH = "/_emulator/faults"
KINDS: tuple[dict[str, Any], ...] = (
    {"outcome": "server_error"},
    {"delay": "1ms"},
    {"delay": {"min": "1ms", "max": "2ms"}},
    {"respond": {"status": 503, "headers": {"Retry-After": "2"}}},
    {"respond": {}},
    {
        "respond": {
            "status": 418,
            "body": {"who": "{{principal}}", "why": "{{reason}}", "at": "{{now}}"},
        }
    },
    {"respond": {"body": "text", "headers": {"Content-Type": "text/plain"}}},
    {"respond": {"body": "text"}},
    {"respond": {"status": 204}},
    {"connection": "reset"},
    {"connection": "close"},
    {"connection": "truncate"},
    {"connection": "garbage"},
    {"token": {"defect": "wrong_key"}},
    {"outcome": "server_error", "phase": "after"},
    {"outcome": "server_error", "delay": "1ms"},
    {"respond": {"status": 500}, "phase": "after"},
    {"connection": "reset", "phase": "after"},
)
BAD: tuple[Any, ...] = (
    {},
    [],
    None,
    "x",
    {"vendor": "valt", "delay": "1s"},
    {"vendor": 1, "delay": "1s"},
    {"operation": "signin", "delay": "1s"},
    {"vendor": "omniomni", "operation": "refresh", "delay": "1s"},
    {"outcome": "signed_in"},
    {"outcome": "srever_error"},
    {"vendor": "omniomni", "outcome": "user_blocked"},
    {"outcome": "server_error", "respond": {}},
    {"connection": "reset", "token": {"defect": "expired"}},
    {"connection": "rest"},
    {"token": {"defect": "expird"}},
    {"token": {}},
    {"token": "expired"},
    {"token": {"defect": "expired"}, "phase": "before"},
    {"connection": "truncate", "phase": "before"},
    {"operation": "log_out", "token": {"defect": "expired"}},
    {"phase": "during", "delay": "1s"},
    {"vendor": "nbcgate", "token": {"defect": "unknown_kid"}},
    {"delay": "x"},
    {"delay": {"min": "1s"}},
    {"delay": {"min": "2s", "max": "1s"}},
    {"delay": {"min": "1s", "max": "2s", "x": 1}},
    {"delay": 1},
    {"delay": "1s", "times": 0},
    {"delay": "1s", "times": "2"},
    {"delay": "1s", "times": 1.5},
    {"delay": "1s", "after": -1},
    {"delay": "1s", "after": None},
    {"delay": "1s", "probability": 2},
    {"delay": "1s", "probability": "x"},
    {"delay": "1s", "probability": -0.1},
    {"delay": "1s", "ttl": "0s"},
    {"delay": "1s", "match": {"a": 1}},
    {"delay": "1s", "match": []},
    {"delay": "1s", "principal": 7},
    {"respond": {"status": 99}},
    {"respond": {"status": 600}},
    {"respond": {"status": "503"}},
    {"respond": {"status": 204, "body": 1}},
    {"respond": {"headers": {"Content-Length": "1"}}},
    {"respond": {"headers": {"a b": "1"}}},
    {"respond": {"headers": {"X": 1}}},
    {"respond": {"x": 1}},
    {"respond": {"headers": {"X": "a\nb"}}},
    {"respond": {"body": "{{nwo}}"}},
    {"respond": {"headers": []}},
    {"dealy": "1s"},
    {"delay": "1s", "id": "f1"},
    {"a": 1, "b": 2, "c": 3},
    {"outcome": None},
)


def scripts() -> Iterator[Writing]:
    """All of them."""
    for number, kind in enumerate(KINDS):
        yield _kind(number, kind)
    yield _calls()
    yield _bad()
    yield _bounds()
    yield _matches()
    yield _order()
    yield from _defects()
    yield _of_a_fixture()
    yield _verifying()
    yield _lost_answers()


def _all_calls(written: Writing) -> None:
    written.omniomni()
    written.nbcgate()
    pair = written.vault()
    written.omniomni("nobody")
    written.refresh(f"<<{pair}.refresh_token>>")
    written.bearer("/accounts", f"<<{pair}.access_token>>")
    written.get("/_emulator/vault/.well-known/jwks.json")
    written.form("/_emulator/vault/introspect", f"token=<<{pair}.access_token>>")
    written.post("/auth/token/check", {"token": "x"})
    written.get("/auth/nothing")
    written.call("HEAD", "/accounts")


def _kind(number: int, kind: dict[str, Any]) -> Writing:
    word = next(iter(kind))
    written = Writing(f"faults.kind_{number:02}_{word}", usual())
    written.post(PATH, kind)
    _all_calls(written)
    written.get(PATH)
    written.call("DELETE", f"{PATH}/f1")
    written.omniomni()
    return written


def _calls() -> Writing:
    written = Writing("faults.calls", usual())
    written.get(PATH)
    for fault in (
        {
            "vendor": "vault",
            "operation": "refresh",
            "principal": "good@x",
            "match": {"scope": "a"},
            "after": 1,
            "times": 2,
            "probability": 0.5,
            "ttl": "10m",
            "phase": "after",
            "delay": "1ms",
            "outcome": "server_error",
        },
        {"delay": {"min": "1ms", "max": "1ms"}, "times": None, "ttl": None, "vendor": None},
        {"operation": "sign_in", "respond": {"status": 503, "body": [1], "headers": {"X-A": "b"}}},
        {"operation": "jwks", "delay": "0s"},
        {"operation": "sign_in", "token": {"defect": "unknown_kid"}},
    ):
        number = written.post(PATH, fault)
        written.get(f"{PATH}/<<{number}.id>>")
    written.get(PATH)
    for target in (
        f"{PATH}/f9",
        f"{PATH}/x",
        f"{PATH}/f01",
        f"{PATH}/",
        f"{PATH}?x=1",
        f"{PATH}/f1?x=1",
    ):
        written.get(target)
        written.call("DELETE", target)
    written.call("DELETE", f"{PATH}/f2")
    written.get(f"{PATH}/f2")
    written.post(PATH, {"delay": "1ms"})
    written.call("DELETE", PATH, body="x")
    written.call("DELETE", PATH)
    written.get(PATH)
    written.post(PATH, {"delay": "1ms"})
    written.call("POST", "/_emulator/reset")
    written.get(PATH)
    written.post(PATH, {"delay": "1ms"})
    return written


def _bad() -> Writing:
    written = Writing("faults.bad", usual())
    for body in BAD:
        written.post(PATH, body)
    written.call("POST", PATH)
    written.call("POST", PATH, JSON, body="{")
    written.post(f"{PATH}?x=1", {"delay": "1ms"})
    for method in ("PUT", "PATCH"):
        written.call(method, PATH)
        written.call(method, f"{PATH}/f1")
    written.get(PATH)
    return written


def _bounds() -> Writing:
    written = Writing("faults.bounds", usual())
    written.post(PATH, {"vendor": "omniomni", "after": 2, "times": 2, "outcome": "server_error"})
    for _ in range(6):
        written.omniomni()
    written.get(PATH)
    written.post(
        PATH,
        {
            "vendor": "nbcgate",
            "operation": "sign_in",
            "probability": 0.5,
            "respond": {"status": 503},
        },
    )
    for _ in range(12):
        written.nbcgate()
    written.get(PATH)
    written.post(PATH, {"vendor": "vault", "probability": 0, "outcome": "server_error"})
    written.vault()
    written.get(PATH)
    return written


def _matches() -> Writing:
    written = Writing("faults.matches", usual())
    for fault in (
        {"vendor": "vault", "match": {"scope": "a"}, "respond": {"status": 599}},
        {
            "vendor": "vault",
            "match": {"grant_type": "refresh_token", "client_id": "app"},
            "respond": {"status": 598},
        },
        {"vendor": "nbcgate", "match": {"coin": "BTC"}, "respond": {"status": 597}},
        {"vendor": "omniomni", "match": {"note": "7"}, "respond": {"status": 596}},
        {"vendor": "omniomni", "match": {"flag": "true"}, "respond": {"status": 594}},
        {"principal": "locked@x", "respond": {"status": 595}},
    ):
        written.post(PATH, fault)
    for scope in ("a", "b", "a b", ""):
        written.vault(scope=scope)
    pair = written.vault()
    written.refresh(f"<<{pair}.refresh_token>>", client_id="app")
    written.refresh(f"<<{pair}.refresh_token>>")
    token = f"<<{written.nbcgate()}.token>>"
    written.bearer("/balance/BTC", token)
    written.bearer("/balance/ETH", token)
    for more in ({"note": "7"}, {"note": 7}, {"note": None}, {"flag": True}, {"flag": "true"}):
        written.post("/omni-omni/v1/auth/client-token", {"clientId": "good", **more})
    written.nbcgate("locked@x")
    written.vault("locked@x")
    written.get(PATH)
    return written


def _order() -> Writing:
    written = Writing("faults.order", usual())
    written.post(PATH, {"operation": "sign_in", "times": 1, "delay": "1ms"})
    written.post(PATH, {"operation": "sign_in", "times": 1, "respond": {"status": 503}})
    written.post(PATH, {"outcome": "server_error"})
    for _ in range(3):
        written.omniomni()
    written.put("/_emulator/realms/r1", {})
    written.omniomni(realm="/realms/r1")
    written.put("/_emulator/realms/r2", {"from": "default"})
    written.omniomni(realm="/realms/r2")
    written.get("/realms/r2/_emulator/faults")
    written.get(PATH)
    return written


def _defects() -> Iterator[Writing]:
    for vendor in ("omniomni", "nbcgate", "vault"):
        written = Writing(f"faults.tokens_{vendor}", usual())
        for defect in DEFECTS:
            written.post(PATH, {"vendor": vendor, "times": 1, "token": {"defect": defect}})
            if vendor == "omniomni":
                token = written.omniomni()
            elif vendor == "nbcgate":
                token = f"<<{written.nbcgate()}.token>>"
            else:
                token = f"<<{written.vault()}.access_token>>"
            written.post("/_emulator/tokens/inspect", {"token": token})
            written.bearer(RESOURCE[vendor], token)
        pair = written.vault()
        written.post(PATH, {"times": 1, "operation": "refresh", "token": {"defect": "expired"}})
        written.refresh(f"<<{pair}.refresh_token>>")
        written.get(PATH)
        yield written


def _of_a_fixture() -> Writing:
    faults = [
        {
            "vendor": "vault",
            "operation": "refresh",
            "after": 1,
            "times": 2,
            "outcome": "server_error",
        },
        {"principal": "good@x", "delay": "2ms"},
        {
            "operation": "sign_in",
            "probability": 0.3,
            "respond": {"status": 503, "headers": {"Retry-After": "2"}},
        },
        {
            "vendor": "omniomni",
            "operation": "sign_in",
            "times": 1,
            "token": {"defect": "wrong_key"},
        },
        {"vendor": "omniomni", "operation": "jwks", "delay": {"min": "1ms", "max": "3ms"}},
    ]
    written = Writing("faults.of_a_fixture", usual(faults=faults))
    for _ in range(6):
        written.omniomni()
        written.nbcgate()
        pair = written.vault()
        written.refresh(f"<<{pair}.refresh_token>>")
    written.get("/_emulator/omniomni/.well-known/jwks.json")
    written.get(PATH)
    written.call("POST", "/_emulator/reset")
    written.get(PATH)
    return written


def _verifying() -> Writing:
    written = Writing("faults.verifying", usual())
    for operation in ("jwks", "metadata", "introspect", "revoke"):
        for outcome in (
            "server_error",
            "invalid_request",
            "store_full",
            "body_too_large",
            "bearer_refused",
        ):
            written.post(PATH, {"operation": operation, "times": 1, "outcome": outcome})
    for _ in range(5):
        written.get("/_emulator/vault/.well-known/jwks.json")
        written.get("/_emulator/nbcgate/.well-known/openid-configuration")
        written.form("/_emulator/vault/introspect", "token=x")
        written.form("/_emulator/omniomni/revoke", "token=x")
    written.get(PATH)
    return written


def _lost_answers() -> Writing:
    written = Writing("faults.lost_answers", usual())
    pair = written.vault()
    written.post(
        PATH,
        {
            "vendor": "vault",
            "operation": "refresh",
            "phase": "after",
            "connection": "reset",
            "times": 1,
        },
    )
    written.refresh(f"<<{pair}.refresh_token>>")
    written.refresh(f"<<{pair}.refresh_token>>")
    nbc = written.nbcgate()
    written.post(
        PATH,
        {
            "vendor": "nbcgate",
            "operation": "refresh",
            "phase": "before",
            "outcome": "refresh_token_spent",
            "times": 1,
        },
    )
    for _ in range(3):
        written.post("/auth/token/refresh", {"refreshToken": f"<<{nbc}.refreshToken>>"})
    for operation in ("log_out", "mail_code", "check_token", "resource"):
        written.post(PATH, {"operation": operation, "times": 1, "outcome": "server_error"})
    token = f"<<{nbc}.token>>"
    written.bearer("/auth/token/check", token, "POST")
    written.post("/auth/tfa/otp/email", {"email": "mailed@x"})
    written.bearer("/balance/X", token)
    written.bearer("/auth/log-out", token, "POST")
    written.bearer("/auth/log-out", token, "POST")
    written.call(
        "POST", "/omni-omni/v1/auth/client-token", JSON, body=json.dumps({"clientId": "good"})
    )
    return written
