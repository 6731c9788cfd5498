"""The journal: reading by every filter, verifying, clearing, and what it does not tell."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from records.scripts.fixtures import usual
from records.scripts.writing import FORM, JSON, Writing

PATH = "/_emulator/journal"
VERIFY = f"{PATH}/verify"


def scripts() -> Iterator[Writing]:
    """All of them."""
    yield _filters()
    yield _bad_filters()
    yield _verified()
    yield _bad_expectations()
    yield _cleared()
    yield _bounds()
    yield _secrets()


def _calls(written: Writing) -> None:
    written.omniomni()
    written.omniomni("nobody")
    written.nbcgate()
    written.nbcgate("locked@x")
    pair = written.vault()
    written.refresh(f"<<{pair}.refresh_token>>")
    written.bearer("/accounts", f"<<{pair}.access_token>>")
    written.get("/accounts")
    written.post("/_emulator/faults", {"vendor": "omniomni", "times": 1, "outcome": "server_error"})
    written.omniomni()
    written.post("/_emulator/faults", {"vendor": "omniomni", "times": 1, "connection": "reset"})
    written.omniomni()
    written.get("/nowhere")
    written.get("/auth/nowhere")
    written.call("DELETE", "/auth/sign-in")
    written.get("/_emulator/vault/.well-known/jwks.json")
    written.form("/_emulator/vault/introspect", "token=x")
    written.clock({"advance": "1h"})
    written.nbcgate()


_GOOD = (
    "vendor=vault",
    "vendor=omniomni",
    "operation=sign_in",
    "outcome=signed_in",
    "status=200",
    "status=404",
    "principal=good%40x",
    "fault=f1",
    "fault=f9",
    "method=GET",
    "path=/accounts",
    "path=%2Fauth%2Fsign-in",
    "since=0",
    "since=5",
    "since=2026-01-01T00:30:00Z",
    "since=2026-01-01T02:30:00%2B02:00",
    "since=999",
    "limit=1",
    "limit=1000",
    "before=5",
    "before=1",
    "before=5&limit=2",
    "vendor=vault&operation=refresh",
    "vendor=nbcgate&status=400",
    "outcome=connection_reset",
    "operation=resource",
    "operation=jwks",
    "outcome=path_unknown",
    "method=DELETE",
    "principal=",
    "path=",
)
_BAD = (
    "vendor=valt",
    "vendor=",
    "vendor=VAULT",
    "operation=signin",
    "outcome=singed_in",
    "status=99",
    "status=600",
    "status=x",
    "status=200.0",
    "status=-1",
    "fault=1",
    "fault=x",
    "fault=f0",
    "method=get",
    "method=G%20T",
    "path=accounts",
    "since=x",
    "since=-1",
    "since=2026-01-01",
    "since=2026-01-01T00:00:00",
    "limit=0",
    "limit=1001",
    "limit=x",
    "before=0",
    "before=x",
    "x=1",
    "vendr=vault",
    "limit=1&x=1&status=y",
    "vendor=omniomni&operation=refresh",
    "vendor=omniomni&outcome=user_blocked",
    "vendor=vault&vendor=nbcgate",
    "principal=" + "x" * 300,
    "status=%ff",
    "since=99999999999999999999",
    "vendor=null",
    "fault=null",
)


def _filters() -> Writing:
    written = Writing("journal.filters", usual())
    _calls(written)
    written.get(PATH)
    for query in _GOOD:
        written.get(f"{PATH}?{query}{'' if 'limit' in query else '&limit=3'}")
    written.get("/realms/none/_emulator/journal")
    written.put("/_emulator/realms/r1", {})
    written.omniomni(realm="/realms/r1")
    written.get("/realms/r1/_emulator/journal")
    return written


def _bad_filters() -> Writing:
    written = Writing("journal.bad_filters", usual())
    written.omniomni()
    for query in _BAD:
        written.get(f"{PATH}?{query}")
    written.get(PATH + "?" + "&".join(f"a{n}=1" for n in range(30)))
    written.call("GET", PATH, JSON, body='{"a":1}')
    for method in ("POST", "PUT", "PATCH", "HEAD", "OPTIONS"):
        written.call(method, PATH)
    return written


def _verified() -> Writing:
    written = Writing("journal.verified", usual())
    written.post(VERIFY, {})
    written.post(VERIFY, {"count": 0})
    _calls(written)
    wheres: tuple[dict[str, Any], ...] = (
        {},
        {"vendor": "vault"},
        {"vendor": None},
        {"operation": "sign_in"},
        {"operation": None},
        {"principal": None},
        {"fault": None},
        {"fault": "f1"},
        {"status": None},
        {"status": 200},
        {"vendor": "vault", "operation": "refresh", "outcome": "refreshed"},
        {"principal": "goood@x"},
        {"vendor": "omniomni", "principal": "nobody", "status": 200},
        {"path": "/acounts"},
        {"since": 8},
        {"method": "PUT"},
        {"since": "2026-01-01T00:30:00Z"},
        {"vendor": "vault", "status": 500},
    )
    counts: tuple[Any, ...] = (
        None,
        0,
        1,
        {"at_least": 2},
        {"at_most": 1},
        {"at_least": 1, "at_most": 2},
    )
    for number, (where, count) in enumerate(product(wheres, counts)):
        if number % 2 == 0 or count is None:
            written.post(VERIFY, {"where": where} | ({} if count is None else {"count": count}))
    written.post(VERIFY, {"where": {"vendor": "vault"}, "count": 1, "within": "30ms"})
    written.post(VERIFY, {"where": {"vendor": "vault"}, "count": 99, "within": "30ms"})
    written.post(VERIFY, {"where": {"vendor": "vault"}, "within": "1s"})
    return written


def _bad_expectations() -> Writing:
    written = Writing("journal.bad_expectations", usual())
    written.omniomni()
    body: Any
    for body in (
        {"wher": {}},
        {"where": []},
        {"where": {"vendor": "valt"}},
        {"where": {"limit": 1}},
        {"where": {"before": 1}},
        {"where": {"outcome": None}},
        {"where": {"method": None}},
        {"where": {"path": None}},
        {"where": {"since": None}},
        {"where": {"status": "200"}},
        {"where": {"status": True}},
        {"where": {"x": 1, "y": 2, "vendor": 3}},
        {"count": -1},
        {"count": "1"},
        {"count": 1.5},
        {"count": True},
        {"count": {}},
        {"count": None},
        {"count": {"at_least": 3, "at_most": 1}},
        {"count": {"at_last": 1}},
        {"count": {"at_least": -1}},
        {"count": {"at_least": None, "at_most": None}},
        {"within": "61s"},
        {"within": 1},
        {"within": "x"},
        {"within": None},
        {"within": "60001ms"},
        [],
        None,
        "x",
        {"where": None},
        {"where": {"vendor": "omniomni", "operation": "refresh"}},
        {"where": {"since": "x"}},
        {"where": {"principal": 1, "path": "x", "fault": "y", "method": "get"}},
    ):
        written.post(VERIFY, body)
    written.call("POST", VERIFY)
    written.call("POST", VERIFY, JSON, body="{")
    written.post(f"{VERIFY}?count=1", {})
    written.get(VERIFY)
    return written


def _cleared() -> Writing:
    written = Writing("journal.cleared", usual())
    written.omniomni()
    written.omniomni()
    written.call("DELETE", f"{PATH}?x=1")
    written.call("DELETE", PATH, body="x")
    written.call("DELETE", PATH)
    written.get(PATH)
    written.post(VERIFY, {"count": 0})
    written.omniomni()
    written.get(PATH)
    written.get(f"{PATH}?since=1")
    written.call("POST", "/_emulator/reset")
    written.omniomni()
    written.get(PATH)
    return written


def _bounds() -> Writing:
    written = Writing("journal.bounds", usual(), {"journal_entries": 4})
    for _ in range(7):
        written.omniomni()
    written.get(PATH)
    for since in range(6):
        written.get(f"{PATH}?since={since}&limit=1")
    body: Any
    for body in (
        {"count": 4},
        {"count": 7},
        {"count": {"at_least": 3}},
        {"count": {"at_most": 9}},
        {"where": {"since": 3}, "count": 4},
        {"where": {"since": 2}, "count": 4},
        {"where": {"vendor": "vault"}, "count": 0},
    ):
        written.post(VERIFY, body)
    return written


def _secrets() -> Writing:
    written = Writing("journal.secrets", usual())
    token = f"<<{written.vault()}.access_token>>"
    omniomni, nbcgate, vault = "/omni-omni/v1/auth/client-token", "/auth/sign-in", "/reg/auth/token"
    for path, body in product(
        (omniomni, nbcgate, vault),
        (
            {
                "clientId": "correct-horse",
                "email": "correct-horse",
                "username": "A9#bL8@z",
                "grant_type": "x",
            },
            {"clientId": token, "email": token, "username": token, "grant_type": token},
            {"clientId": '{"a":1}', "email": "a=b&c=d", "username": "<x>", "client_id": "[1]"},
            {
                "secret": "s",
                "123456": "x",
                "a b": 1,
                "x": None,
                "": 1,
                "password": "p",
                "ü": 2,
                "note": [1],
            },
            {f"m{n}": n for n in range(25)},
            {"clientId": "n" * 150, "email": "e" * 150 + "@x", "scope": "s" * 120},
            {"clientId": 5, "email": True, "username": 1.5, "scope": None, "client_id": [1]},
            {"clientId": "a\u0000b\u202e", "email": "ü@x", "username": "日本"},
        ),
    ):
        written.post(path, body)
    for target in (
        f"/auth/{token}",
        "/auth/correct-horse",
        "/x/" + "y" * 200,
        "/reg/v1/123456",
        "/balance/correct-horse",
        "/accounts/7/of/very-secret-value",
        "/reg/auth/token?password=x&client_id=app&a=b&1=2&token=" + token,
        "/balance/BTC?api_key=7&page=2",
        "/login?user=me&pw=it",
        "/oauth2/tokens",
        "/AUTH/Sign-In",
    ):
        written.get(target)
        written.bearer(target, token)
    written.call(
        "POST", vault, FORM, ("User-Agent", token), body=f"grant_type=password&username={token}&a=b"
    )
    written.call("POST", vault, ("Content-Type", "x" * 150), ("User-Agent", "u" * 150), body="text")
    written.call(
        "POST", nbcgate, JSON, ("Authorization", "Digest secret"), body='["correct-horse"]'
    )
    return written
