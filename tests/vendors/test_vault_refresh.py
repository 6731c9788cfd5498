"""What becomes of a used refresh token, as the fixture's settings have it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from serving import Served, client, serving


@contextmanager
def vault(**settings: Any) -> Iterator[tuple[Served, httpx.Client]]:
    fixture = {
        "resources": [{"vendor": "vault", "path": "/accounts", "respond": {"body": []}}],
        "vault": {
            "token": {"algorithm": "ES256"},
            "refresh": settings,
            "clients": [{"client_id": "app"}],
            "users": [{"username": "me@x", "password": "A9#bL8@z", "scopes": ["b", "a"]}],
        },
    }
    with serving(fixture) as served, client(served) as http:
        yield served, http


def sign_in(http: httpx.Client) -> dict[str, Any]:
    body = {"grant_type": "password", "client_id": "app", "username": "me@x"}
    pair: dict[str, Any] = http.post(
        "/reg/auth/token", json={**body, "password": "A9#bL8@z"}
    ).json()
    return pair


def refresh(http: httpx.Client, pair: dict[str, Any]) -> httpx.Response:
    body = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    return http.post("/reg/auth/token", json=body)


def accounts(http: httpx.Client, pair: dict[str, Any]) -> int:
    headers = {"Authorization": f"Bearer {pair['access_token']}"}
    return http.get("/accounts", headers=headers).status_code


@pytest.mark.assumed
def test_refuse_refuses_the_used_token_and_leaves_its_descendants() -> None:
    with vault(reuse="refuse") as (_, http):
        first = sign_in(http)
        second = refresh(http, first).json()
        assert refresh(http, first).status_code == 401
        assert accounts(http, second) == 200
        assert refresh(http, second).status_code == 200


@pytest.mark.assumed
def test_revoke_family_ends_every_descendant_of_a_token_that_is_used_twice() -> None:
    with vault(reuse="revoke_family") as (_, http):
        bystander = sign_in(http)
        first = sign_in(http)
        second = refresh(http, first).json()
        third = refresh(http, second).json()
        answer = refresh(http, first)
        assert answer.json()["message"] == "The Token is invalid"
        assert "every token of its sign-in is revoked" in answer.headers["X-Emulator-Reason"]
        assert [accounts(http, pair) for pair in (first, second, third)] == [401, 401, 401]
        assert refresh(http, third).status_code == 401
        assert accounts(http, bystander) == 200
        assert refresh(http, bystander).status_code == 200


@pytest.mark.assumed
def test_allow_gives_a_new_pair_each_time() -> None:
    with vault(reuse="allow") as (_, http):
        first = sign_in(http)
        pairs = [refresh(http, first).json() for _ in range(3)]
        assert len({pair["refresh_token"] for pair in pairs}) == 3


@pytest.mark.assumed
@pytest.mark.parametrize("reuse", ["refuse", "revoke_family"])
def test_within_grace_the_same_answer_comes_again(reuse: str) -> None:
    with vault(reuse=reuse, grace="30s") as (served, http):
        first = sign_in(http)
        second = refresh(http, first)
        served.clock.advance(29)
        assert refresh(http, first).content == second.content
        served.clock.advance(2)
        assert refresh(http, first).status_code == 401
        assert accounts(http, second.json()) == (200 if reuse == "refuse" else 401)


@pytest.mark.assumed
def test_without_rotation_the_refresh_token_stays() -> None:
    with vault(rotate=False) as (_, http):
        first = sign_in(http)
        again = [refresh(http, first).json() for _ in range(3)]
        assert {pair["refresh_token"] for pair in again} == {first["refresh_token"]}
        assert len({pair["access_token"] for pair in again}) == 3


@pytest.mark.assumed
@pytest.mark.parametrize(("grace", "answers"), [("0s", 1), ("30s", 50)])
def test_of_fifty_uses_at_once_exactly_one_gets_through(grace: str, answers: int) -> None:
    with vault(grace=grace) as (served, http):
        first = sign_in(http)
        got: list[httpx.Response] = []

        def use() -> None:
            with client(served) as own:
                got.append(refresh(own, first))

        threads = [threading.Thread(target=use) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    good = [answer.content for answer in got if answer.is_success]
    assert len(good) == answers
    assert len(set(good)) == 1


@pytest.mark.assumed
def test_a_revoked_family_stays_revoked_when_the_clock_goes_back_and_on() -> None:
    with vault(reuse="revoke_family") as (served, http):
        first = sign_in(http)
        served.clock.advance(10 * 86400)
        second = refresh(http, first).json()
        served.clock.advance(-10 * 86400)
        assert refresh(http, first).status_code == 401
        served.clock.advance(35 * 86400)
        answer = refresh(http, second)
        assert answer.status_code == 401
        assert "revoked" in answer.headers["X-Emulator-Reason"]
