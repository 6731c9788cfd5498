"""Bodies, headers, paths and methods of the sign-ins and what follows them, many at random."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any

from records.scripts.fixtures import usual
from records.scripts.writing import FORM, JSON, NBCGATE, OMNIOMNI, VAULT, Writing, password_grant

_ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**30,
    "",
    " ",
    "x",
    "a" * 99,
    "a" * 101,
    "b" * 300,
    "ü",
    "日本語",
    "\u0000",
    "a\nb",
    "\u202e",
    "😀",
    "{",
    "<b>",
    "a=b",
    "good@x ",
    " good@x",
    "GOOD@X",
    [],
    ["good"],
    {},
    {"clientId": "good"},
    [[[]]],
    "null",
    "eyJhbGciOiJub25lIn0.e30.",
    "correct-horse",
    "Correct-Horse",
    "CORRECT-HORSE",
    "correct-horse ",
    "A9#bL8@z",
    "a9#bL8@z",
)
_BODIES: dict[str, dict[str, Any]] = {
    "omniomni": {"clientId": "good"},
    "nbcgate": {"email": "good@x", "password": "correct-horse"},
    "vault": password_grant(),
}
_PATHS = {"omniomni": OMNIOMNI, "nbcgate": NBCGATE, "vault": VAULT}
_MEMBERS = {
    "omniomni": ("clientId", "client_id", "clientID", "note"),
    "nbcgate": ("email", "password", "otp", "note"),
    "vault": ("grant_type", "username", "password", "client_id", "scope", "refresh_token"),
}
_RAW = (
    "",
    " ",
    "{",
    "}",
    "[]",
    "[1]",
    '"x"',
    "1",
    "null",
    "true",
    "{}",
    "{} {}",
    '{"a":}',
    "{'a':1}",
    '{"clientId":"good",}',
    '{"clientId":"locked","clientId":"good"}',
    "clientId=good",
    "\ufeff{}",
    '{"clientId":"\\ud800"}',
    '{"clientId": "good"}\n\n',
    "NaN",
    '{"a":NaN}',
    '{"clientId":"good"',
    "<xml/>",
    '{"email":"good@x","email":"otp@x","password":"correct-horse"}',
)
_TYPES = (
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    "text/json",
    "application/json;charset=iso-8859-1",
    "text/plain",
    "application/vnd.api+json",
    "",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "json",
    "application/x-www-form-urlencoded; charset=UTF-8",
    "*/*",
    "application/json, text/plain",
)


def scripts() -> Iterator[Writing]:
    """All of them."""
    for vendor in _BODIES:
        yield from _odd_members(vendor)
        yield _raw(vendor)
        yield _types(vendor)
        yield from _random(vendor)
        yield _sizes(vendor)
        yield _methods(vendor)
    yield _forms()
    yield from _refreshes()
    yield _paths()
    yield _headers()


def _odd_members(vendor: str) -> Iterator[Writing]:
    path, good = _PATHS[vendor], _BODIES[vendor]
    for member in _MEMBERS[vendor]:
        written = Writing(f"bodies.{vendor}_odd_{member}", usual())
        if member in good:
            written.post(path, {name: value for name, value in good.items() if name != member})
        for value in Random(f"{vendor} {member}").sample(_ODD, 22):
            written.post(path, {**good, member: value})
        yield written


def _raw(vendor: str) -> Writing:
    written = Writing(f"bodies.{vendor}_raw", usual())
    for body in _RAW:
        written.call("POST", _PATHS[vendor], JSON, body=body)
    for content in ("/w==", "eyJjbGllbnRJZCI6Iv8ifQ==", "AAAA"):
        written.call("POST", _PATHS[vendor], JSON, body={"base64": content})
    for depth in (10, 100, 500, 2000):
        deep = ['{"clientId":"good","a":', ["[", depth], ["]", depth], "}"]
        written.call("POST", _PATHS[vendor], JSON, body=deep)
    written.call("POST", _PATHS[vendor], JSON, body=[["[", 3000]])
    many = {f"m{n}": n for n in range(30)}
    written.post(_PATHS[vendor], {**_BODIES[vendor], **many})
    written.post(_PATHS[vendor], {**many, **_BODIES[vendor]})
    return written


def _types(vendor: str) -> Writing:
    written = Writing(f"bodies.{vendor}_content_types", usual())
    body = json.dumps(_BODIES[vendor])
    for kind in _TYPES:
        written.call("POST", _PATHS[vendor], ("Content-Type", kind), body=body)
    written.call("POST", _PATHS[vendor], body=body)
    written.call("POST", _PATHS[vendor], JSON, FORM, body=body)
    written.call("POST", _PATHS[vendor], FORM, JSON, body=body)
    return written


def _random(vendor: str) -> Iterator[Writing]:
    for part in range(3):
        chance = Random(f"bodies {vendor} {part}")
        written = Writing(f"bodies.{vendor}_random_{part}", usual())
        for _ in range(22):
            body = dict(_BODIES[vendor])
            for _ in range(chance.randint(1, 3)):
                member = chance.choice(_MEMBERS[vendor])
                if chance.random() < 0.25:
                    body.pop(member, None)
                else:
                    body[member] = chance.choice(_ODD)
            members = list(body.items())
            chance.shuffle(members)
            written.post(_path(chance, vendor), dict(members))
        yield written


def _path(chance: Random, vendor: str) -> str:
    before = {"omniomni": ("", "/ecrop-command"), "nbcgate": ("", "/"), "vault": ("", "")}[vendor]
    return chance.choice(before) + _PATHS[vendor]


def _sizes(vendor: str) -> Writing:
    written = Writing(f"bodies.{vendor}_sizes", usual())
    start = json.dumps(_BODIES[vendor])[:-1] + ',"pad":"'
    for size in (65_535, 65_536, 65_537, 70_000, 200_000):
        written.call("POST", _PATHS[vendor], JSON, body=[start, ["x", size - len(start) - 2], '"}'])
    written.call("POST", _PATHS[vendor], JSON, ("Content-Length", "70000"), body="{}")
    written.call("POST", _PATHS[vendor], JSON, ("Content-Length", "abc"), body="{}")
    written.call("GET", _PATHS[vendor], JSON, body=[["x", 70_000]])
    return written


def _methods(vendor: str) -> Writing:
    written = Writing(f"bodies.{vendor}_methods", usual())
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW", "post"):
        written.call(method, _PATHS[vendor])
        written.call(method, _PATHS[vendor] + "/")
    for target in ("?", "?a=1", "?clientId=good&email=good%40x", "?a=%ff&b=%00", "?token=secret"):
        written.post(_PATHS[vendor] + target, _BODIES[vendor])
    return written


def _forms() -> Writing:
    written = Writing("bodies.vault_forms", usual())
    good = "grant_type=password&client_id=app&username=good%40x&password=A9%23bL8%40z"
    for body in (
        good,
        good + "&scope=a",
        good + "&scope=a+b",
        good + "&scope=",
        good + "&scope=a&scope=b",
        good + "&username=x",
        "&" + good,
        good + "&",
        good + "&&x",
        good.replace("%40", "@"),
        "",
        "x",
        "=",
        "grant_type",
        "grant_type=",
        "grant_type=password",
        "grant_type=%ff",
        "grant_type=refresh_token",
        "grant_type=refresh_token&refresh_token=",
        "{}",
        json.dumps(password_grant()),
        "grant_type=client_credentials",
        "grant_type=Password",
        good + "&" + "&".join(f"m{n}=1" for n in range(120)),
        good + "&ü=1",
        good + "&a=%zz",
        good + "&otp=1",
        " " + good,
        good + " ",
        good.replace("%23", "#"),
    ):
        written.form(VAULT, body)
    for scope in ("a b", "b a", "a a", "c", "a c", " a", "a  b", "A", '"', "a\tb", "é", "*"):
        written.vault(scope=scope)
    for path, body in ((OMNIOMNI, "clientId=good"), (NBCGATE, "email=good%40x&password=x")):
        written.form(path, body)
    return written


def _refreshes() -> Iterator[Writing]:
    written = Writing("bodies.vault_refresh", usual())
    pair = written.vault()
    token = f"<<{pair}.refresh_token>>"
    for value in _ODD[:20]:
        written.refresh(value)
    for change in (
        "tampered",
        "forged",
        "half",
        "unsigned",
        "twice",
        "headless",
        "spaced",
        "upper",
    ):
        written.refresh(token.replace(">>", f"|{change}>>"))
    written.refresh(f"<<{pair}.access_token>>")
    for more in (
        {"client_id": "other"},
        {"client_id": "shut"},
        {"client_id": 1},
        {"scope": "c"},
        {"scope": 1},
        {"client_id": ""},
        {"scope": "a", "client_id": "app"},
    ):
        written.refresh(token, **more)
    written.refresh(token)
    second = written.vault()
    again = written.refresh(f"<<{second}.refresh_token>>", scope="b")
    third = written.refresh(f"<<{again}.refresh_token>>")
    written.bearer("/accounts", f"<<{again}.access_token>>")
    written.bearer("/accounts", f"<<{third}.access_token>>")
    written.form(VAULT, f"grant_type=refresh_token&refresh_token=<<{third}.refresh_token>>")
    yield written
    written = Writing("bodies.nbcgate_refresh", usual())
    pair = written.nbcgate()
    token = f"<<{pair}.refreshToken>>"
    for path in ("/auth/token/refresh", "//auth/token/refresh"):
        for value in (
            *_ODD[:12],
            token.replace(">>", "|tampered>>"),
            token.replace(">>", "|half>>"),
            f"<<{pair}.token>>",
            token,
            token,
        ):
            written.post(path, {"refreshToken": value})
        written.post(path, {})
        written.post(path, [])
        written.call("POST", path)
        written.get(path)
    yield written


def _paths() -> Writing:
    written = Writing("bodies.paths", usual())
    for target in (
        "//auth/sign-in",
        "///auth/sign-in",
        "//auth//sign-in",
        "/auth//sign-in",
        "/auth/sign-in/",
        "//auth/sign-in/",
        "/AUTH/sign-in",
        "/auth/sign%2Din",
        "/auth%2Fsign-in",
        "/%61uth/sign-in",
        "//omni-omni/v1/auth/client-token",
        "/ecrop-command/omni-omni/v1/auth/client-token",
        "/ecrop-command//omni-omni/v1/auth/client-token",
        "/ecrop-command",
        "/ecrop-command/",
        "/ecrop-command/ecrop-command/omni-omni/v1/auth/client-token",
        "/omni-omni",
        "/omni-omnix",
        "//reg/auth/token",
        "/reg",
        "/reg/",
        "/reg/auth",
        "/reg/auth/token/",
        "/regx",
        "/reg/../reg",
        "/auth",
        "/auth/",
        "//auth",
        "//auth/",
        "/auth/x/../sign-in",
        "/auth/./sign-in",
        "/authx",
        "/auth/tfa/otp/email",
        "/auth/token/check",
        "/auth/log-out",
        "/auth/register",
        "/auth/eyJhbGciOiJub25lIn0.eyJhIjoxfQ.",
        "/auth/123456",
        "/auth/a-very-secret-password",
        "/oauth/token",
        "/login",
        "/nothing",
        "/api/v1/users/42",
        "/a/b/c/d/e/f/g/h/i/j/k/l/m/n",
        "/realms",
        "/realms/",
        "/realms/none",
        "/realms/none/",
        "/realms/none/auth/sign-in",
        "/realms/default/auth/sign-in",
        "/realms/default/_emulator/clock",
        "/realms/%64efault/accounts",
        "/_emulator",
        "/_emulator/",
        "/_emulator/x",
        "/_emulatorx",
        "//_emulator/clock",
        "/%ff",
        "/auth/%ff",
        "/auth/ü".encode().decode("latin-1"),
        "/reg/user/session/logout/current",
        "/reg/user/session/logout/",
        "/balance/",
        "/balance/BTC/x",
        "/balance//",
        "/accounts/",
    ):
        method = "GET" if len(written.calls) % 4 == 3 else "POST"
        if target.isascii():
            written.call(method, target)
    return written


def _headers() -> Writing:
    written = Writing("bodies.headers", usual())
    good = json.dumps(_BODIES["vault"])
    for pair in (
        ("User-Agent", "curl/8"),
        ("User-Agent", "x" * 300),
        ("Accept", "text/html"),
        ("Authorization", "Basic YXBwOnNlY3JldA=="),
        ("Authorization", "Bearer x"),
        ("Accept-Encoding", "gzip"),
        ("Expect", "100-continue"),
        ("Upgrade", "h2c"),
        ("Cookie", "a=b"),
        ("X-Request-Id", "7"),
        ("X-Forwarded-Host", "evil"),
        ("Host", "evil"),
        ("Host", ""),
        ("Transfer-Encoding", "chunked"),
        ("Content-Encoding", "gzip"),
        ("X-HTTP-Method-Override", "DELETE"),
        ("If-None-Match", "*"),
        ("Range", "bytes=0-1"),
    ):
        written.call("POST", VAULT, JSON, pair, body=good)
    return written
