"""Tokens to order, and any text explained."""

from collections.abc import Iterator
from itertools import product
from random import Random
from typing import Any

from records.scripts.bearers import DEFECTS, RESOURCE, SUBJECT, held
from records.scripts.fixtures import usual
from records.scripts.writing import JSON, Writing

PATH = "/_emulator/tokens"
INSPECT = f"{PATH}/inspect"


def scripts() -> Iterator[Writing]:
    """All of them."""
    yield from _orders()
    yield from _refresh_defects()
    yield _bad_orders()
    yield from _random_orders()
    yield _texts()
    yield _held()


def _orders() -> Iterator[Writing]:
    for vendor, subject in SUBJECT.items():
        written = Writing(f"minting.orders_{vendor}", usual())
        more: Any
        for more in (
            {},
            {"lifetime": "10m"},
            {"scopes": ["x", "y"]},
            {"scopes": []},
            {"claims": {"tenant": "acme"}},
            {"claims": {"exp": 1, "sub": "x", "iat": None}},
            {"claims": {"jti": None}},
            {"claims": {"aud": ["a"]}},
            {"headers": {"typ": None, "x": [1]}},
            {"headers": {"kid": "mine"}},
            {"use": "refresh"},
            {"use": "refresh", "lifetime": "1m"},
            {"use": "access"},
            {"claims": {"nbf": 99999999999}},
            {"claims": {"iat": 99999999999}},
            {"claims": {"exp": "soon"}},
            {"claims": {"exp": 1e30}},
            {"claims": {"iss": "x", "aud": "y"}},
            {"claims": {"token_use": "refresh"}},
            {"lifetime": None},
            {"scopes": None, "defect": None},
            {"claims": {"sub": 7}},
            {"claims": {"jti": 7}},
            {"claims": {"exp": True}},
            {"claims": {"scope": 5}},
            {"claims": {"client_id": None}},
        ):
            minted = written.post(PATH, {"vendor": vendor, "subject": subject, **more})
            written.post(INSPECT, {"token": f"<<{minted}.token>>"})
        for other in ("nobody", "locked", "locked@x", "GOOD", "disabled", "ü", "x" * 200):
            minted = written.post(PATH, {"vendor": vendor, "subject": other})
            written.bearer(RESOURCE[vendor], f"<<{minted}.token>>")
        yield written


def _refresh_defects() -> Iterator[Writing]:
    for vendor in ("nbcgate", "vault"):
        written = Writing(f"minting.refresh_{vendor}", usual())
        for defect in (None, *DEFECTS):
            order = {"vendor": vendor, "subject": "good@x", "use": "refresh", "defect": defect}
            token = f"<<{written.post(PATH, order)}.token>>"
            written.post(INSPECT, {"token": token})
            if vendor == "vault":
                written.refresh(token)
            else:
                written.post("/auth/token/refresh", {"refreshToken": token})
        yield written


def _bad_orders() -> Writing:
    written = Writing("minting.bad_orders", usual())
    good = {"vendor": "vault", "subject": "good@x"}
    body: Any
    for body in (
        {},
        [],
        None,
        {"vendor": "valt", "subject": "x"},
        {"vendor": "vault"},
        {"subject": "x"},
        {**good, "subject": ""},
        {**good, "subject": 7},
        {**good, "vendor": None},
        {**good, "use": "id"},
        {**good, "vendor": "omniomni", "use": "refresh"},
        {**good, "lifetime": "0s"},
        {**good, "lifetime": 5},
        {**good, "lifetime": "1ms"},
        {**good, "scopes": "a"},
        {**good, "scopes": ["a b"]},
        {**good, "scopes": [1]},
        {**good, "claims": []},
        {**good, "claims": None},
        {**good, "headers": {"alg": "none"}},
        {**good, "headers": {"ALG": "none"}},
        {**good, "headers": 1},
        {**good, "defect": "expird"},
        {**good, "defect": ""},
        {**good, "defect": 1},
        {**good, "x": 1, "y": 2},
        {**good, "sub": "x"},
        {"vendor": "nbcgate", "subject": "x", "defect": "unknown_kid"},
        {**good, "lifetime": "x", "use": "y"},
        {"vendor": "nbcgate", "subject": "x", "defect": "hs256_with_public_key"},
        {**good, "Vendor": "x"},
    ):
        written.post(PATH, body)
    written.call("POST", PATH)
    written.call("POST", PATH, JSON, body="{")
    written.call(
        "POST",
        PATH,
        JSON,
        body=['{"vendor":"vault","subject":"x","claims":{"a":', ["[", 200], ["]", 200], "}}"],
    )
    written.call("POST", PATH, JSON, body=['{"vendor":"vault","subject":"', ["x", 70_000], '"}'])
    written.post(f"{PATH}?x=1", good)
    for body in ({}, {"token": 1}, {"token": None}, {"tokn": "x"}, {"token": "x", "y": 1}, []):
        written.post(INSPECT, body)
    written.call("POST", INSPECT, ("Content-Type", "text/plain"), body="x")
    return written


def _random_orders() -> Iterator[Writing]:
    values: tuple[Any, ...] = (
        None,
        0,
        -1,
        1.5,
        "x",
        "",
        [],
        ["a"],
        {},
        {"b": 1},
        True,
        1767225600,
        9e99,
    )
    for part in range(3):
        chance = Random(f"minting {part}")
        written = Writing(f"minting.random_{part}", usual())
        for _ in range(14):
            vendor = chance.choice(list(SUBJECT))
            names = chance.sample(
                ("exp", "iat", "nbf", "sub", "aud", "iss", "jti", "scope", "client_id", "x"), 2
            )
            order: dict[str, Any] = {
                "vendor": vendor,
                "subject": SUBJECT[vendor],
                "claims": {name: chance.choice(values) for name in names},
            }
            if chance.random() < 0.4:
                order["defect"] = chance.choice(DEFECTS)
            if chance.random() < 0.2:
                order["use"] = "refresh"
            held(written, vendor, f"<<{written.post(PATH, order)}.token>>")
        yield written


_FOREIGN = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly"
    "9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
_NONE = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJldmUifQ."


def _texts() -> Writing:
    written = Writing("minting.texts", usual())
    texts = [
        "",
        " ",
        "x",
        "nonsense",
        "a.b.c",
        "a.b.c.d.e",
        "..",
        "eyJ",
        "eyJhbGciOiJub25lIn0",
        _NONE,
        _FOREIGN,
        f"Bearer {_NONE}",
        f"bearer  {_NONE}",
        f'"{_NONE}"',
        f"'{_NONE}'",
        f"  {_NONE}\n",
        f"{_NONE},",
        f"Authorization: Bearer {_NONE}",
        f'{{"token": "{_NONE}"}}',
        _NONE.replace("e", "E"),
        _NONE + "==",
        "e30.e30.",
        "bnVsbA.e30.",
        "W10.W10.",
        "MQ.MQ.MQ",
        "eyJhbGciOjF9.e30.",
        "e30.e30.AA",
        "e30.MQ.",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
        "eyJhbGciOiJYWVoifQ.e30.AAAA",
        "eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYiJdfQ.e30.AA",
        "eyJlbmMiOiJBMTI4R0NNIiwiYWxnIjoiZGlyIn0..AAAA.AAAA.AAAA",
        "correct-horse",
        "ü",
        "x" * 5000,
        "\u0000",
        "ZXlKaGJHY2lPaUp1YjI1bEluMC5lMzAu",
        "-----BEGIN PUBLIC KEY-----",
        "123456",
        _NONE[:-5],
        _NONE * 2,
        "eyJhbGciOiJub25lIiwiYWxnIjoiSFMyNTYifQ.e30.",
        "/w.e30.AA",
        "e30 .e30.",
        "https://x.test/?token=" + _NONE,
    ]
    for text in texts:
        written.post(INSPECT, {"token": text})
    for text in texts[::3]:
        written.bearer("/accounts", text.replace("\u0000", "").replace("\n", "").strip())
    return written


def _held() -> Writing:
    written = Writing("minting.elsewhere", usual())
    written.put("/_emulator/realms/r1", {})
    minted = written.post(f"/realms/r1{PATH}", {"vendor": "vault", "subject": "good@x"})
    held(written, "vault", f"<<{minted}.token>>", "/realms/r1")
    held(written, "vault", f"<<{minted}.token>>")
    for vendor in ("nbcgate", "omniomni"):
        written.form(f"/realms/r1/_emulator/{vendor}/introspect", f"token=<<{minted}.token>>")
    refresh = written.post(PATH, {"vendor": "vault", "subject": "good@x", "use": "refresh"})
    written.refresh(f"<<{refresh}.token>>")
    written.refresh(f"<<{refresh}.token>>")
    written.post(INSPECT, {"token": f"<<{refresh}.token>>"})
    written.call("DELETE", "/realms/r1/_emulator/vault/clients/app")
    written.post(f"/realms/r1{PATH}", {"vendor": "vault", "subject": "good@x"})
    written.call("DELETE", "/_emulator/realms/r1")
    written.post(INSPECT, {"token": f"<<{minted}.token>>"})
    for more in product(("expired", "malformed"), ("nobody", "locked@x")):
        written.post(PATH, {"vendor": "vault", "defect": more[0], "subject": more[1]})
    return written
