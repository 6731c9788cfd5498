"""Realms and clocks: making, resetting, removing them, and moving time."""

from collections.abc import Iterator
from typing import Any

from records.scripts.fixtures import FROZEN, LONG_SECRET, SECRET, usual
from records.scripts.writing import JSON, Writing

NEW = "/_emulator/realms/r1"
ES = {"algorithm": "ES256"}
OWN = {
    "seed": 3,
    "clock": {"now": "2030-06-01T12:00:00Z", "frozen": True},
    "omniomni": {"token": ES, "clients": [{"client_id": "theirs", "scopes": ["z"]}]},
    "vault": {
        "token": ES,
        "clients": [{"client_id": "app"}],
        "users": [{"username": "u@x", "password": "A9#bL8@z"}],
    },
}


def scripts() -> Iterator[Writing]:
    """All of them."""
    yield _life()
    yield _bad()
    yield _of_fixtures()
    yield _like_another()
    yield _names()
    yield _clock()
    yield _bad_clocks()
    yield _starts()


def _look(written: Writing, realm: str) -> None:
    written.get("/_emulator/realms")
    written.get(f"/_emulator/realms/{realm}")
    written.get(f"/realms/{realm}/_emulator/clock")
    written.omniomni(realm=f"/realms/{realm}")


def _life() -> Writing:
    written = Writing("realms.life", usual())
    _look(written, "r1")
    written.call("PUT", NEW)
    _look(written, "r1")
    written.put(NEW, {})
    written.put(NEW, {"ttl": "10m"}, mask=["ttl"])
    written.get(NEW, mask=["ttl"])
    written.put(NEW, {"ttl": None})
    token = written.omniomni(realm="/realms/r1")
    written.bearer("/realms/r1/offers", token)
    written.call("POST", "/realms/r1/_emulator/reset")
    written.bearer("/realms/r1/offers", token)
    written.get("/realms/r1/_emulator/journal")
    written.call("POST", "/_emulator/reset")
    written.call("POST", "/_emulator/reset", JSON, body="{}")
    written.call("POST", "/_emulator/reset", JSON, body='{"x":1}')
    written.call("POST", "/_emulator/reset?x=1")
    written.call("DELETE", NEW, body="x")
    written.call("DELETE", NEW)
    written.call("DELETE", NEW)
    _look(written, "r1")
    for method in ("PUT", "DELETE", "GET", "POST", "PATCH"):
        written.call(method, "/_emulator/realms/default")
        written.call(method, "/_emulator/realms")
    written.put("/realms/r1/_emulator/realms/r1", {})
    written.put("/realms/r1/_emulator/realms/r2", {})
    written.get("/realms/r2/_emulator/realms")
    written.get("/realms/r1")
    written.get("/realms/r1/")
    written.get("/realms/r1/docs")
    written.get("/realms/r1/_emulator/health")
    return written


def _bad() -> Writing:
    written = Writing("realms.bad", usual())
    body: Any
    for body in (
        {"tll": "10m"},
        {"ttl": "10"},
        {"ttl": 10},
        {"ttl": "0s"},
        {"ttl": "-1s"},
        {"ttl": "99999d"},
        {"ttl": ""},
        {"ttl": "1.5h"},
        {"ttl": "1w"},
        {"ttl": "10ms"},
        {"ttl": "36500d"},
        {"from": "none"},
        {"from": 1},
        {"from": ""},
        {"from": "default", "fixture": {}},
        {"fixture": []},
        {"fixture": "x"},
        {"fixture": None},
        {"from": None},
        {"Fixture": {}},
        {"fixture": {"vualt": {}}},
        {"fixture": {"seed": "x"}, "ttl": "x", "y": 1},
        [],
        "x",
        1,
        None,
        {"fixture": {"nbcgate": {}}},
        {"fixture": {"vault": {"users": {}}}},
        {"fixture": {"vault": {"users": [{"username": "a"}], "clients": [{"client_id": 1}]}}},
        {"fixture": {"omniomni": {"token": {"private_key_file": "/etc/passwd"}}}},
        {"fixture": {"omniomni": {"token": {"issuer": "${HOME}"}}}},
        {"fixture": {"omniomni": {"token": {"issuer": "$${HOME}", "algorithm": "ES256"}}}},
        {"fixture": {"vault": {"users_file": "x.jsonl"}}},
        {"fixture": {"resources": [{"vendor": "vault", "path": "/x"}]}},
        {"fixture": {"faults": [{"vendor": "vault"}]}},
        {"fixture": {"clock": "yesterday"}},
        {"fixture": {"x": {str(n): n for n in range(200)}}},
        {"fixture": {"vault": {"clients": [{"x": 1}] * 120}}},
    ):
        written.put(NEW, body)
    written.call("PUT", NEW, JSON, body="{")
    written.call("PUT", NEW, ("Content-Type", "text/plain"), body="{}")
    written.call("PUT", NEW, JSON, body=['{"fixture":{"a":', ["[", 300], ["]", 300], "}}"])
    written.call("PUT", NEW, JSON, body=['{"ttl":"', ["x", 70_000], '"}'])
    written.put(f"{NEW}?ttl=10m", {})
    return written


def _of_fixtures() -> Writing:
    written = Writing("realms.of_fixtures", usual())
    for number, fixture in enumerate(
        (
            OWN,
            {"clock": FROZEN},
            {"clock": {"now": "2031-01-01T00:00:00+02:00", "advance": "-1h", "frozen": True}},
            {
                "clock": FROZEN,
                "nbcgate": {
                    "token": {"secret": SECRET},
                    "sign_in_with": "password_or_otp",
                    "users": [{"email": "u@x", "password": "short", "otp": {"code": "1"}}],
                },
            },
            {"clock": FROZEN, "vault": {"token": {"algorithm": "HS512", "secret": LONG_SECRET}}},
        )
    ):
        written.put(f"/_emulator/realms/f{number}", {"fixture": fixture})
        realm = f"/realms/f{number}"
        written.omniomni("theirs", realm=realm)
        written.omniomni("good", realm=realm)
        written.nbcgate("u@x", realm=realm)
        written.vault("u@x", realm=realm)
        written.get(f"{realm}/_emulator/vault/users")
        written.get(f"{realm}/accounts")
        written.call("POST", f"{realm}/_emulator/reset")
    return written


def _like_another() -> Writing:
    written = Writing("realms.like_another", usual())
    written.put("/_emulator/omniomni/clients/new", {"scopes": ["n"]})
    written.call("DELETE", "/_emulator/omniomni/clients/plain")
    written.clock({"advance": "1h"})
    written.post("/_emulator/faults", {"vendor": "vault", "times": 1, "outcome": "server_error"})
    written.vault()
    written.post("/_emulator/keys/rotate", {"vendor": "omniomni", "mode": "overlap"})
    written.put(NEW, {"from": "default"})
    for name in ("new", "plain", "good"):
        written.omniomni(name, realm="/realms/r1")
    written.vault(realm="/realms/r1")
    written.vault(realm="/realms/r1")
    written.get("/realms/r1/_emulator/faults")
    written.get("/realms/r1/_emulator/omniomni/clients")
    written.get("/realms/r1/_emulator/omniomni/.well-known/jwks.json")
    written.clock({"advance": "1h"}, "/realms/r1")
    written.get("/_emulator/clock")
    written.call("POST", "/realms/r1/_emulator/reset")
    written.get("/realms/r1/_emulator/clock")
    written.call("POST", "/_emulator/reset")
    written.get("/_emulator/omniomni/clients")
    written.get("/_emulator/omniomni/.well-known/jwks.json")
    return written


def _names() -> Writing:
    written = Writing("realms.names", usual())
    for name in ("a", "A-b_9", "x" * 64, "x" * 65, "a.b", "a%20b", "%C3%BC", "a%2Fb", "-", "_", ""):
        written.put(f"/_emulator/realms/{name}", {})
        written.omniomni(realm=f"/realms/{name}")
        written.get(f"/realms/{name}/_emulator/clock")
    return written


def _clock() -> Writing:
    written = Writing("realms.clock", usual())
    written.get("/_emulator/clock")
    for change in (
        {"advance": "25h"},
        {"advance": "-25h"},
        {"now": "2031-01-01T00:00:00Z"},
        {"frozen": True},
        {"now": "2031-01-01T00:00:00Z", "advance": "25h", "frozen": True},
        {},
        {"advance": "1ms"},
        {"now": "2031-01-01T00:00:00.123456Z"},
        {"now": "2031-01-01T12:00:00+05:30"},
        {"now": "1971-01-01T00:00:00Z"},
        {"advance": "-1s"},
        {"now": "9000-12-31T00:00:00Z"},
        {"advance": "1d"},
        {"advance": "-36500d"},
        {"advance": "0s"},
        {"now": None, "frozen": None},
        {"now": "20310101T000000Z"},
        {"now": "2031-01-01 00:00:00Z"},
        {"now": "2031-W01-1T00:00:00Z"},
    ):
        written.clock(change)
        written.nbcgate()
    written.put("/_emulator/clock", {"frozen": False}, mask=["now"])
    written.get("/_emulator/clock", mask=["now"])
    written.clock({"now": "2031-01-01T00:00:00Z", "frozen": True})
    written.get("/_emulator/clock")
    return written


def _bad_clocks() -> Writing:
    written = Writing("realms.bad_clocks", usual())
    body: Any
    for body in (
        {"advnce": "25h"},
        {"advance": 25},
        {"advance": "25"},
        {"advance": "--1h"},
        {"advance": "+1h"},
        {"advance": "1h30m"},
        {"advance": ""},
        {"advance": "99999999d"},
        {"advance": "36501d"},
        {"now": "2031"},
        {"now": "2031-01-01"},
        {"now": "2031-01-01T00:00:00"},
        {"now": 1767225600},
        {"now": "1970-12-31T23:59:59Z"},
        {"now": "9001-01-01T00:00:00Z"},
        {"now": "now"},
        {"now": ""},
        {"frozen": "true"},
        {"frozen": 1},
        {"frozen": "yes"},
        {"a": 1, "b": 2},
        [],
        None,
        "x",
        {"now": True, "advance": True, "frozen": "x"},
        {"now": "2031-13-01T00:00:00Z"},
        {"now": [], "advance": {}},
        {"Now": "x", "FROZEN": True},
    ):
        written.put("/_emulator/clock", body)
    written.call("PUT", "/_emulator/clock")
    written.call("PUT", "/_emulator/clock", JSON, body="{]")
    written.put("/_emulator/clock?advance=1h", {})
    written.get("/_emulator/clock?x=1")
    written.call("GET", "/_emulator/clock", JSON, body='{"x":1}')
    for method in ("POST", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        written.call(method, "/_emulator/clock")
    written.get("/_emulator/clock/")
    written.get("/_emulator/clok")
    written.get("/_emulator/clock")
    return written


def _starts() -> Writing:
    start = {"now": "2026-03-01T00:00:00Z", "advance": "36h", "frozen": True}
    written = Writing("realms.clock_of_a_fixture", usual(clock=start))
    written.get("/_emulator/clock")
    written.nbcgate()
    written.clock({"advance": "1h"})
    written.call("POST", "/_emulator/reset")
    written.get("/_emulator/clock")
    return written
