"""One-time codes: fixed, of an app, mailed. The codes of the app are computed here (RFC 6238)."""

import hmac
import struct
from base64 import b32decode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from records.scripts.fixtures import TOTP, usual
from records.scripts.writing import Writing

MAIL = "/auth/tfa/otp/email"
START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def totp(at: int) -> str:
    """The code of an authenticator app at a POSIX second."""
    digest = hmac.digest(b32decode(TOTP), struct.pack(">Q", at // 30), "sha1")
    begin = digest[-1] & 15
    number = struct.unpack(">I", digest[begin : begin + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def scripts() -> Iterator[Writing]:
    """All of them."""
    for way in ("password", "password_or_otp"):
        yield _fixed(way)
        yield _of_an_app(way)
        yield _mailed(way)
    yield _mail_bodies()
    yield _settings()


def _fixed(way: str) -> Writing:
    written = Writing(f"codes.fixed_{way}", usual(nbcgate__sign_in_with=way))
    for more in (
        {},
        {"otp": "123456"},
        {"otp": "000000"},
        {"otp": ""},
        {"otp": None},
        {"otp": 123456},
        {"otp": "123456 "},
        {"otp": [1]},
        {"otp": "123456", "password": "wrong-horse"},
        {"otp": "123456", "password": None},
        {"otp": "123456", "password": ""},
        {"otp": "1", "password": None},
        {"password": None},
        {"otp": "123456", "password": "short"},
        {"otp": "123456", "password": 7},
    ):
        written.nbcgate("otp@x", **more)
        written.nbcgate("good@x", **more)
    written.post("/auth/sign-in", {"email": "otp@x", "otp": "123456"})
    written.post("/auth/sign-in", {"email": "otp@x"})
    return written


def _of_an_app(way: str) -> Writing:
    written = Writing(f"codes.app_{way}", usual(nbcgate__sign_in_with=way))
    for shift in (0, 0, -30, 30, -60, 60, 3600, -86400):
        written.nbcgate("totp@x", otp=totp(START + shift))
    written.nbcgate("totp@x", otp="000000")
    written.nbcgate("totp@x", otp="x")
    written.nbcgate("totp@x")
    written.clock({"advance": "1h"})
    written.nbcgate("totp@x", otp=totp(START + 3600))
    written.nbcgate("totp@x", otp=totp(START + 3600))
    written.nbcgate("totp@x", otp=totp(START))
    written.post("/auth/sign-in", {"email": "totp@x", "otp": totp(START + 3630)})
    written.put("/_emulator/realms/r1", {})
    written.nbcgate("totp@x", realm="/realms/r1", otp=totp(START))
    return written


def _code(written: Writing, to: str = "mailed@x") -> str:
    return f"<<{written.get(f'/_emulator/outbox?to={to}')}.mails.0.code>>"


def _mailed(way: str) -> Writing:
    written = Writing(f"codes.mailed_{way}", usual(nbcgate__sign_in_with=way))
    written.nbcgate("mailed@x", otp="123456")
    written.nbcgate("mailed@x")
    written.post(MAIL, {"email": "mailed@x"})
    code = _code(written)
    written.post(f"/{MAIL}", {"email": "mailed@x"})
    written.nbcgate("mailed@x", otp="none")
    written.nbcgate("mailed@x", otp=code)
    written.nbcgate("mailed@x", otp=code)
    written.clock({"advance": "1m"})
    written.post(MAIL, {"email": "mailed@x"})
    second = _code(written)
    written.nbcgate("mailed@x", otp=code)
    for _ in range(6):
        written.nbcgate("mailed@x", otp="wrong1")
    written.nbcgate("mailed@x", otp=second)
    written.clock({"advance": "1m"})
    written.post(MAIL, {"email": "mailed@x"})
    third = _code(written)
    written.clock({"advance": "5m"})
    written.nbcgate("mailed@x", otp=third)
    written.get("/_emulator/outbox")
    written.post(MAIL, {"email": "mailed@x"})
    last = _code(written)
    written.call("DELETE", "/_emulator/nbcgate/users/mailed@x")
    written.put(
        "/_emulator/nbcgate/users/mailed@x", {"password": "correct-horse", "otp": {"mailed": True}}
    )
    written.nbcgate("mailed@x", otp=last)
    written.call("POST", "/_emulator/reset")
    written.get("/_emulator/outbox")
    return written


def _mail_bodies() -> Writing:
    written = Writing("codes.mail_bodies", usual())
    body: Any
    for body in (
        {},
        [],
        {"email": ""},
        {"email": 7},
        {"email": "x"},
        {"email": "nobody@x"},
        {"email": "good@x"},
        {"email": "otp@x"},
        {"email": "totp@x"},
        {"email": "locked@x"},
        {"mail": "mailed@x"},
        {"email": "mailed@x", "x": 1},
        {"email": None},
    ):
        written.post(MAIL, body)
    written.call("POST", MAIL, body="x")
    written.get(MAIL)
    return written


def _settings() -> Writing:
    mailed = {"digits": 8, "lifetime": "10s", "resend_after": "0s", "attempts": 2}
    written = Writing(
        "codes.mail_settings", usual(nbcgate__mailed_codes=mailed), {"show_codes": True}
    )
    for _ in range(3):
        written.post(MAIL, {"email": "mailed@x"})
    code = _code(written)
    written.nbcgate("mailed@x", otp="1")
    written.nbcgate("mailed@x", otp="1")
    written.nbcgate("mailed@x", otp=code)
    written.post(MAIL, {"email": "mailed@x"})
    written.nbcgate("mailed@x", otp=_code(written))
    written.post(MAIL, {"email": "mailed@x"})
    late = _code(written)
    written.clock({"advance": "11s"})
    written.nbcgate("mailed@x", otp=late)
    return written
