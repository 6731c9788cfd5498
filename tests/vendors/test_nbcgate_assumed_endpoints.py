"""What NBC Gate's reference names and does not describe: absent unless the fixture asks for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from serving import Served, client, serving
from tokens import claims

from emulator.app import load_fixture

PATHS = ("tfa/otp/email", "token/refresh", "token/check", "log-out")


def fixture(**settings: Any) -> dict[str, Any]:
    users = [
        {"email": "me@x", "password": "correct-horse", "scopes": ["b", "a"]},
        {"email": "brief@x", "password": "correct-horse", "refresh_lifetime": "10s"},
    ]
    return {
        "resources": [{"vendor": "nbcgate", "path": "/balance", "respond": {"body": "0"}}],
        "nbcgate": {
            "token": {"secret": "a-secret-of-thirty-two-bytes-or-more"},
            "assumed_endpoints": True,
            "token_response": "object",
            "users": users,
            **settings,
        },
    }


@contextmanager
def nbcgate(**settings: Any) -> Iterator[tuple[Served, httpx.Client]]:
    with serving(fixture(**settings)) as served, client(served) as http:
        yield served, http


def sign_in(http: httpx.Client, email: str = "me@x") -> dict[str, str]:
    body = {"email": email, "password": "correct-horse"}
    pair: dict[str, str] = http.post("/auth/sign-in", json=body).raise_for_status().json()
    return pair


def refresh(http: httpx.Client, pair: dict[str, str]) -> httpx.Response:
    return http.post("/auth/token/refresh", json={"refreshToken": pair["refreshToken"]})


def bearer(pair: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {pair['token']}"}


def balance(http: httpx.Client, pair: dict[str, str]) -> int:
    return http.get("/balance", headers=bearer(pair)).status_code


def outcome(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("X-Emulator-Reason", "").partition(";")[0]


@pytest.mark.assumed
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("slash", ["/", "//"])
def test_without_the_setting_the_paths_do_not_exist(path: str, slash: str) -> None:
    with nbcgate(assumed_endpoints=False) as (served, http):
        for answer in (
            http.post(f"{served.url}{slash}auth/{path}", json={}),
            http.get(f"{served.url}{slash}auth/{path}"),
        ):
            assert outcome(answer) == (404, "path_unknown")
            assert "is not in this fixture" in answer.headers["X-Emulator-Reason"]
        assert f"/auth/{path}" not in http.get("/").text
        assert f"/auth/{path}" not in http.get("/openapi.json").json()["paths"]
        assert f"/auth/{path}" not in http.get("/elsewhere").text


@pytest.mark.assumed
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("slash", ["/", "//"])
def test_with_the_setting_one_slash_and_two_are_answered(path: str, slash: str) -> None:
    with nbcgate() as (served, http):
        answer = http.post(f"{served.url}{slash}auth/{path}", json={})
        assert outcome(answer) in ((400, "invalid_request"), (401, "invalid_token"))
        answer = http.get(f"{served.url}{slash}auth/{path}")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.assumed
@pytest.mark.parametrize("assumed_endpoints", [False, True])
def test_a_resource_may_stand_where_an_endpoint_is_left_out(*, assumed_endpoints: bool) -> None:
    ours = {
        "vendor": "nbcgate",
        "method": "POST",
        "path": "/auth/log-out",
        "respond": {"body": "ours"},
    }
    data = {**fixture(assumed_endpoints=assumed_endpoints), "resources": [ours]}
    warnings = [str(warning) for warning in load_fixture(data).warnings]
    assert len(warnings) == int(assumed_endpoints)
    assert all("NBC Gate's own path and takes precedence" in warning for warning in warnings)
    with serving(data) as served, client(served) as http:
        answer = http.post("/auth/log-out", headers=bearer(sign_in(http)))
        assert (answer.status_code, answer.text) == (
            (204, "") if assumed_endpoints else (200, '"ours"')
        )


@pytest.mark.assumed
def test_where_a_sign_in_answers_a_bare_string_there_is_no_refresh() -> None:
    with nbcgate(token_response="string") as (_, http):
        answer = http.post("/auth/token/refresh", json={"refreshToken": "x"})
        assert outcome(answer) == (404, "path_unknown")
        assert "/auth/token/check" in http.get("/openapi.json").json()["paths"]


@pytest.mark.assumed
def test_a_refresh_gives_a_new_pair_with_the_same_scopes_and_consumes_the_old() -> None:
    with nbcgate() as (_, http):
        first = sign_in(http)
        answer = refresh(http, first)
        second = answer.json()
        assert list(second) == ["token", "refreshToken"]
        assert "." not in second["refreshToken"]
        assert first["refreshToken"] != second["refreshToken"]
        assert claims(second["token"])["scope"] == "b a"
        assert claims(second["token"])["sub"] == claims(first["token"])["sub"]
        assert [balance(http, pair) for pair in (first, second)] == [200, 200]
        second_use = refresh(http, first)
        assert outcome(second_use) == (401, "refresh_token_reused")
        assert second_use.json()["errors"] == [{"code": 4014, "field": "refreshToken"}]
        assert refresh(http, second).status_code == 200


@pytest.mark.assumed
def test_a_refresh_token_expires_by_the_realms_clock() -> None:
    with nbcgate() as (served, http):
        served.clock.freeze()
        brief, other = sign_in(http, "brief@x"), sign_in(http)
        served.clock.advance(10)
        assert outcome(refresh(http, brief)) == (401, "refresh_token_expired")
        assert refresh(http, other).status_code == 200


@pytest.mark.assumed
def test_what_is_no_refresh_token_of_this_realm_is_refused() -> None:
    with nbcgate() as (_, http), nbcgate(token={"secret": "x" * 32}) as (_, elsewhere):
        pair = sign_in(http)
        for other in (
            "text",
            "\u00e9",
            "",
            pair["token"],
            pair["refreshToken"][:-8],
            sign_in(elsewhere)["refreshToken"],
        ):
            answer = refresh(http, {"refreshToken": other})
            assert outcome(answer) in ((401, "refresh_token_invalid"), (400, "invalid_request"))
        assert refresh(http, pair).status_code == 200


@pytest.mark.assumed
def test_a_refresh_token_is_no_access_token() -> None:
    with nbcgate() as (_, http):
        assert balance(http, {"token": sign_in(http)["refreshToken"]}) == 401


@pytest.mark.assumed
def test_of_fifty_refreshes_at_once_one_gets_through() -> None:
    with nbcgate() as (served, http):
        pair = sign_in(http)
        got: list[int] = []

        def use() -> None:
            with client(served) as own:
                got.append(refresh(own, pair).status_code)

        threads = [threading.Thread(target=use) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(got) == [200, *[401] * 49]


@pytest.mark.assumed
def test_a_check_says_whose_a_good_token_is_from_header_or_body() -> None:
    with nbcgate() as (served, http):
        served.clock.freeze()
        pair = sign_in(http)
        token = pair["token"]
        answers = [
            http.post("/auth/token/check", headers=bearer(pair)),
            http.post("/auth/token/check", headers={"Authorization": token}),
            http.post("/auth/token/check", headers=bearer(pair), json={}),
            http.post("/auth/token/check", json={"token": token}),
        ]
        assert [answer.status_code for answer in answers] == [200] * 4
        (same,) = {answer.text for answer in answers}
        assert list(answers[0].json()) == ["email", "expiresAt"]
        assert '"email":"me@x"' in same


@pytest.mark.assumed
def test_a_bad_token_is_refused_as_at_a_protected_resource() -> None:
    with nbcgate() as (served, http):
        pair = sign_in(http)
        missing = http.post("/auth/token/check")
        malformed = http.post("/auth/token/check", json={"token": "x"})
        body_first = http.post("/auth/token/check", json={"token": "x"}, headers=bearer(pair))
        served.clock.advance(3601)
        expired = http.post("/auth/token/check", headers=bearer(pair))
        for answer in (missing, malformed, body_first, expired):
            assert outcome(answer) == (401, "invalid_token")
        assert missing.json()["errors"] == [{"code": 4016}]
        assert expired.json() == http.get("/balance", headers=bearer(pair)).json()


@pytest.mark.assumed
@pytest.mark.parametrize("body", [b"{", b"[]", b'{"token": 7}', b'{"token": ""}'])
def test_a_check_whose_body_cannot_be_read_is_400(body: bytes) -> None:
    with nbcgate() as (_, http):
        answer = http.post("/auth/token/check", content=body)
        assert outcome(answer) == (400, "invalid_request")


@pytest.mark.assumed
def test_log_out_ends_every_token_of_the_sign_in_and_no_other() -> None:
    with nbcgate() as (_, http):
        bystander, first = sign_in(http), sign_in(http)
        second = refresh(http, first).json()
        answer = http.post("/auth/log-out", headers=bearer(second))
        assert (answer.status_code, answer.content) == (204, b"")
        assert [balance(http, pair) for pair in (first, second)] == [401, 401]
        assert outcome(refresh(http, second)) == (401, "refresh_token_invalid")
        assert outcome(http.post("/auth/log-out", headers=bearer(second))) == (
            401,
            "invalid_token",
        )
        assert balance(http, bystander) == 200
        assert refresh(http, bystander).status_code == 200
