"""One-time codes: a fixed one, an authenticator app's, and mailed ones."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pyotp
import pytest
from serving import Served, client, serving

from emulator.app import create_app
from emulator.core.store import MemoryStore
from emulator.settings import Settings

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
START = datetime(2026, 1, 1, 0, 0, 10, tzinfo=UTC)


def fixture(**settings: Any) -> dict[str, Any]:
    users = [
        {"email": "app@x", "password": "correct-horse", "otp": {"totp": SECRET}},
        {"email": "other@x", "password": "correct-horse", "otp": {"totp": SECRET}},
        {"email": "me@x", "password": "correct-horse", "otp": {"mailed": True}},
        {"email": "you@x", "password": "correct-horse", "otp": {"mailed": True}},
        {"email": "plain@x", "password": "correct-horse"},
        {"email": "locked@x", "password": "correct-horse", "status": "locked"},
    ]
    token = {"secret": "a-secret-of-thirty-two-bytes-or-more"}
    return {
        "nbcgate": {"token": token, "assumed_endpoints": True, "users": users, **settings},
    }


@contextmanager
def nbcgate(**settings: Any) -> Iterator[tuple[Served, httpx.Client]]:
    """A server whose clock stands still."""
    clock = {"now": START.isoformat(), "frozen": True}
    with serving({"clock": clock, **fixture(**settings)}) as served, client(served) as http:
        yield served, http


def sign_in(http: httpx.Client, email: str, otp: str) -> str:
    """The outcome of a sign-in; empty where it succeeded."""
    body = {"email": email, "password": "correct-horse", "otp": otp}
    return outcome(http.post("/auth/sign-in", json=body))


def outcome(answer: httpx.Response) -> str:
    return str(answer.headers.get("X-Emulator-Reason", "")).partition(";")[0]


def mail(http: httpx.Client, email: str = "me@x") -> httpx.Response:
    return http.post("/auth/tfa/otp/email", json={"email": email})


def mails(http: httpx.Client, **query: str) -> list[dict[str, Any]]:
    answer = http.get("/_emulator/outbox", params=query)
    found: list[dict[str, Any]] = answer.raise_for_status().json()["mails"]
    return found


def mailed(http: httpx.Client, email: str = "me@x") -> str:
    """The code that is mailed now."""
    assert mail(http, email).status_code == 200
    code: str = mails(http, to=email)[0]["code"]
    return code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


def app_code(served: Served, seconds: int = 0) -> str:
    """What an authenticator app shows whose clock differs by so much."""
    code: str = pyotp.TOTP(SECRET).at(int(served.clock.now()) + seconds)
    return code


def at_once(served: Served, number: int, email: str, codes: list[str]) -> Counter[str]:
    """The outcomes of so many sign-ins at once, each with one of the codes."""
    got: list[str] = []
    gate = threading.Barrier(number)

    def guess(code: str) -> None:
        with client(served) as own:
            gate.wait()
            got.append(sign_in(own, email, code))

    threads = [threading.Thread(target=guess, args=(codes[n % len(codes)],)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Counter(got)


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-60, "otp_wrong"), (-30, ""), (0, ""), (30, ""), (60, "otp_wrong")],
)
def test_the_code_of_an_app_is_good_one_step_either_way(seconds: int, expected: str) -> None:
    with nbcgate() as (served, http):
        assert sign_in(http, "app@x", app_code(served, seconds)) == expected


@pytest.mark.assumed
def test_the_code_of_an_app_follows_the_realms_clock() -> None:
    with nbcgate() as (served, http):
        code = app_code(served)
        served.clock.advance(25 * 3600)
        assert sign_in(http, "app@x", code) == "otp_wrong"
        assert sign_in(http, "app@x", app_code(served)) == ""


@pytest.mark.assumed
def test_a_code_of_an_app_is_good_once_and_for_its_own_user() -> None:
    with nbcgate() as (served, http):
        code = app_code(served)
        assert sign_in(http, "app@x", code) == ""
        assert sign_in(http, "app@x", code) == "otp_wrong"
        assert sign_in(http, "other@x", code) == ""
        served.clock.advance(30)
        assert sign_in(http, "app@x", code) == "otp_wrong"
        assert sign_in(http, "app@x", app_code(served)) == ""


@pytest.mark.assumed
def test_a_wrong_password_does_not_use_up_the_code() -> None:
    with nbcgate() as (served, http):
        body = {"email": "app@x", "password": "wrong-horse", "otp": app_code(served)}
        assert outcome(http.post("/auth/sign-in", json=body)) == "wrong_password"
        assert sign_in(http, "app@x", app_code(served)) == ""


@pytest.mark.assumed
def test_of_fifty_uses_of_an_apps_code_one_gets_through() -> None:
    with nbcgate() as (served, _):
        assert at_once(served, 50, "app@x", [app_code(served)]) == {"": 1, "otp_wrong": 49}


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("seconds", "why"),
    [
        (-90, "is 3 steps of 30 s behind the emulator's clock"),
        (600, "is 20 steps of 30 s ahead of the emulator's clock"),
        (86400, "is wrong"),
    ],
)
def test_the_reason_says_how_far_the_clocks_differ(seconds: int, why: str) -> None:
    with nbcgate() as (served, http):
        body = {"email": "app@x", "password": "correct-horse", "otp": app_code(served, seconds)}
        answer = http.post("/auth/sign-in", json=body)
        assert answer.headers["X-Emulator-Reason"].endswith(f"of app@x {why}")


@pytest.mark.assumed
def test_the_demos_app_signs_in(http: httpx.Client) -> None:
    assert sign_in(http, "totp@example.com", pyotp.TOTP(SECRET).now()) == ""


@pytest.mark.assumed
def test_a_mailed_code_signs_in_once() -> None:
    with nbcgate() as (_, http):
        code = mailed(http)
        assert (len(code), code.isdecimal()) == (6, True)
        assert sign_in(http, "me@x", "") == "otp_required"
        assert sign_in(http, "me@x", code) == ""
        assert sign_in(http, "me@x", code) == "otp_wrong"


@pytest.mark.assumed
def test_a_code_that_was_not_mailed_to_the_user_is_wrong() -> None:
    with nbcgate() as (_, http):
        code = mailed(http, "you@x")
        assert sign_in(http, "me@x", code) == "otp_wrong"
        mail(http)
        assert sign_in(http, "me@x", code) == "otp_wrong"


@pytest.mark.assumed
def test_the_answer_shows_until_when_the_code_is_good_and_when_the_next_may_come() -> None:
    with nbcgate() as (_, http):
        assert mail(http).json() == {
            "email": "me@x",
            "expiresAt": "2026-01-01T00:05:10.000Z",
            "resendAt": "2026-01-01T00:01:10.000Z",
        }


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("seconds", "expected"), [(299, ""), (300, "otp_expired"), (90_000, "otp_wrong")]
)
def test_a_mailed_code_lasts_five_minutes_and_is_forgotten_after_a_day(
    seconds: int, expected: str
) -> None:
    with nbcgate() as (served, http):
        code = mailed(http)
        served.clock.advance(seconds)
        assert sign_in(http, "me@x", code) == expected


@pytest.mark.assumed
def test_the_next_code_is_mailed_a_minute_later_and_ends_the_one_before() -> None:
    with nbcgate() as (served, http):
        first = mailed(http)
        served.clock.advance(59)
        answer = mail(http)
        assert (answer.status_code, outcome(answer)) == (400, "otp_too_early")
        assert "the next may be in 1 s" in answer.headers["X-Emulator-Reason"]
        assert len(mails(http)) == 1
        served.clock.advance(1)
        second = mailed(http)
        assert first != second
        assert sign_in(http, "me@x", first) == "otp_wrong"
        assert sign_in(http, "me@x", second) == ""


@pytest.mark.assumed
def test_codes_are_mailed_again_after_days_and_when_the_clock_goes_back() -> None:
    with nbcgate() as (served, http):
        for days in (0, 1, 3, -2, 400, -300):
            served.clock.advance(days * 86_400)
            assert sign_in(http, "me@x", mailed(http)) == ""


@pytest.mark.assumed
def test_of_many_calls_at_once_one_mails_a_code() -> None:
    with nbcgate() as (served, http):
        got: list[int] = []

        def call() -> None:
            with client(served) as own:
                got.append(mail(own).status_code)

        threads = [threading.Thread(target=call) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Counter(got) == {200: 1, 400: 19}
        assert len(mails(http)) == 1


@pytest.mark.assumed
def test_after_five_guesses_not_even_the_right_code_helps_until_the_next_is_mailed() -> None:
    with nbcgate() as (served, http):
        code = mailed(http)
        assert [sign_in(http, "me@x", wrong(code)) for _ in range(6)] == [
            *["otp_wrong"] * 5,
            "otp_locked",
        ]
        assert sign_in(http, "me@x", code) == "otp_locked"
        served.clock.advance(60)
        assert sign_in(http, "me@x", mailed(http)) == ""


@pytest.mark.assumed
def test_the_fifth_guess_may_be_the_right_one() -> None:
    with nbcgate() as (_, http):
        code = mailed(http)
        for _ in range(4):
            sign_in(http, "me@x", wrong(code))
        assert sign_in(http, "me@x", code) == ""


@pytest.mark.assumed
def test_fifty_wrong_guesses_at_once_get_no_more_than_the_attempts() -> None:
    with nbcgate() as (served, http):
        code = mailed(http)
        assert at_once(served, 50, "me@x", [wrong(code)]) == {"otp_wrong": 5, "otp_locked": 45}
        assert sign_in(http, "me@x", code) == "otp_locked"


@pytest.mark.assumed
def test_of_fifty_right_guesses_at_once_one_signs_in() -> None:
    with nbcgate() as (served, http):
        code = mailed(http)
        assert at_once(served, 50, "me@x", [code])[""] == 1


@pytest.mark.assumed
def test_digits_lifetime_resend_and_attempts_are_settings() -> None:
    settings = {"digits": 8, "lifetime": "10s", "resend_after": "0s", "attempts": 1}
    with nbcgate(mailed_codes=settings) as (served, http):
        first, second = mailed(http), mailed(http)
        assert len(second) == 8
        assert sign_in(http, "me@x", first) == "otp_wrong"
        assert sign_in(http, "me@x", second) == "otp_locked"
        third = mailed(http)
        served.clock.advance(10)
        assert sign_in(http, "me@x", third) == "otp_expired"


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("email", "status", "expected"),
    [
        ("nobody@x", 404, "user_not_found"),
        ("plain@x", 400, "otp_not_mailed"),
        ("app@x", 400, "otp_not_mailed"),
        ("locked@x", 400, "otp_not_mailed"),
        ("none", 400, "invalid_request"),
    ],
)
def test_who_has_no_mailed_codes_gets_none(email: str, status: int, expected: str) -> None:
    with nbcgate() as (_, http):
        answer = mail(http, email)
        assert (answer.status_code, outcome(answer)) == (status, expected)
        assert mails(http) == []


@pytest.mark.assumed
def test_a_full_store_refuses_and_says_so() -> None:
    async def answers() -> list[httpx.Response]:
        app = create_app(Settings(fixture=fixture()), store=MemoryStore(capacity=1))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://e") as http:
            body = {"email": "me@x", "password": "correct-horse", "otp": "000000"}
            return [
                await http.post("/auth/tfa/otp/email", json={"email": "me@x"}),
                await http.post("/auth/tfa/otp/email", json={"email": "you@x"}),
                await http.post("/auth/sign-in", json=body),
            ]

    got = asyncio.run(answers())
    assert [outcome(answer) for answer in got] == ["", "otp_not_mailed", "otp_wrong"]
    assert all("realm default holds 1 entries" in a.headers["X-Emulator-Reason"] for a in got[1:])


@pytest.mark.assumed
def test_a_mailed_code_alone_signs_in_with_password_or_otp() -> None:
    with nbcgate(sign_in_with="password_or_otp") as (_, http):
        body = {"email": "me@x", "otp": mailed(http)}
        assert http.post("/auth/sign-in", json=body).status_code == 200


@pytest.mark.assumed
def test_the_outbox_lists_mails_newest_first_and_by_whom_they_are_to() -> None:
    with nbcgate() as (served, http):
        mail(http)
        mail(http, "you@x")
        served.clock.advance(60)
        mail(http)
        found = mails(http)
        assert [(m["number"], m["to"]) for m in found] == [(3, "me@x"), (2, "you@x"), (1, "me@x")]
        assert [m["number"] for m in mails(http, to="me@x")] == [3, 1]
        assert mails(http, to="nobody@x") == []
        assert {name: found[-1][name] for name in ("vendor", "sent_at", "expires_at")} == {
            "vendor": "nbcgate",
            "sent_at": "2026-01-01T00:00:10.000Z",
            "expires_at": "2026-01-01T00:05:10.000Z",
        }


@pytest.mark.assumed
def test_the_outbox_waits_for_a_mail_by_the_wall() -> None:
    with nbcgate() as (served, http):
        mail(http, "you@x")

        def later() -> None:
            time.sleep(0.3)
            with client(served) as own:
                mail(own)

        thread = threading.Thread(target=later)
        thread.start()
        began = time.monotonic()
        found = mails(http, to="me@x", wait="10s")
        waited = time.monotonic() - began
        thread.join()
        assert [m["to"] for m in found] == ["me@x"]
        assert 0.2 < waited < 8
        assert mails(http, to="me@x", wait="10s") == found
        assert mails(http, to="nobody@x", wait="100ms") == []


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("wait=5", "wait: expected a duration"),
        ("wait=61s", "wait: expected a duration of at most 60s"),
        ("wiat=5s", 'wiat: unknown key; did you mean "wait"?'),
    ],
)
def test_a_query_that_the_outbox_does_not_know_is_400(
    http: httpx.Client, query: str, why: str
) -> None:
    answer = http.get(f"/_emulator/outbox?{query}")
    assert answer.status_code == 400
    assert why in answer.json()["detail"]


@pytest.mark.assumed
@pytest.mark.parametrize("show_codes", [False, True])
def test_a_code_stands_in_the_log_only_where_codes_are_shown(
    caplog: pytest.LogCaptureFixture, *, show_codes: bool
) -> None:
    async def codes() -> str:
        app = create_app(Settings(fixture=fixture(), show_codes=show_codes))
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://e") as http:
            await http.post("/auth/tfa/otp/email", json={"email": "me@x"})
            await http.post("/auth/tfa/otp/email", json={"email": "me@x"})
            code: str = (await http.get("/_emulator/outbox")).json()["mails"][0]["code"]
            for otp in (wrong(code), code, code):
                body = {"email": "me@x", "password": "correct-horse", "otp": otp}
                await http.post("/auth/sign-in", json=body)
        return code

    with caplog.at_level("DEBUG", logger="emulator"):
        code = asyncio.run(codes())
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) >= 3
    assert [line for line in lines if code in line] == (
        [f"code for me@x: {code}"] if show_codes else []
    )
    assert not any(wrong(code) in line for line in lines)
