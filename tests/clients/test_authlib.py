"""Authlib's OAuth2Session against Vault."""

from types import SimpleNamespace
from typing import Any

import pytest
import requests
from authlib.integrations.base_client import UnsupportedTokenTypeError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6749 import wrappers
from serving import Served

from clients.vault import DAY, PASSWORD, SCOPES, accounts_url, token_url


def session(served: Served, **settings: Any) -> OAuth2Session:
    own = OAuth2Session("app", token_endpoint=token_url(served), **settings)
    own.trust_env = False
    return own


def sign_in(own: OAuth2Session, password: str = PASSWORD, username: str = "me@x") -> dict[str, Any]:
    token: dict[str, Any] = own.fetch_token(username=username, password=password)
    return token


@pytest.fixture
def same_clock(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Authlib live by the realm's clock, as time-machine does for a whole process."""
    monkeypatch.setattr(wrappers, "time", SimpleNamespace(time=served.clock.now))


def test_the_password_flow_signs_in_with_a_form(served: Served) -> None:
    sent = []
    with session(served) as own:
        own.hooks["response"] = [lambda answer, **_: sent.append(answer.request)]
        token = sign_in(own)
        assert own.get(accounts_url(served)).json() == "me@x"
    assert sent[0].headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert "client_id=app" in sent[0].body
    assert (token["token_type"], token["scope"]) == ("Bearer", " ".join(SCOPES))
    assert token["user_id"].startswith("usr:")


def test_a_scope_that_is_asked_for_narrows_the_token(served: Served) -> None:
    with session(served, scope="transfer:read") as own:
        assert sign_in(own)["scope"] == "transfer:read"
        assert own.get(accounts_url(served)).status_code == 403


def test_a_refresh_gives_a_new_pair_and_spends_the_old_token(served: Served) -> None:
    with session(served) as own:
        first = sign_in(own)
        second = own.refresh_token()
        assert second["refresh_token"] != first["refresh_token"]
        assert own.get(accounts_url(served)).status_code == 200
        refused = own.refresh_token(refresh_token=first["refresh_token"])
    assert refused["message"] == "The Token is invalid"


@pytest.mark.usefixtures("same_clock")
def test_an_expired_token_is_refreshed_by_itself(served: Served) -> None:
    kept: list[dict[str, Any]] = []
    with session(served, update_token=lambda token, **_: kept.append(token)) as own:
        first = sign_in(own)
        served.clock.advance(25 * 3600)
        assert own.get(accounts_url(served)).status_code == 200
        assert own.token["access_token"] != first["access_token"]
        assert kept == [own.token]


@pytest.mark.usefixtures("same_clock")
def test_after_30_days_the_refresh_is_refused_and_the_next_call_fails(served: Served) -> None:
    with session(served) as own:
        sign_in(own)
        served.clock.advance(30 * DAY)
        with pytest.raises(UnsupportedTokenTypeError):
            own.get(accounts_url(served))
        assert own.token["message"].startswith("The Token has expired on ")


def test_it_looks_at_its_own_clock_alone_and_does_not_refresh_upon_401(served: Served) -> None:
    with session(served) as own:
        first = sign_in(own)
        served.clock.advance(25 * 3600)
        assert own.get(accounts_url(served)).status_code == 401
        assert own.token == first


def test_a_refused_sign_in_is_taken_for_a_token_as_the_vendor_says_no_error(served: Served) -> None:
    with session(served) as own:
        token = sign_in(own, password="wrong")
        assert token["status"] == "UNAUTHORIZED"
        assert "access_token" not in token
        with pytest.raises(UnsupportedTokenTypeError):
            own.get(accounts_url(served))


def complaining(answer: requests.Response) -> requests.Response:
    answer.raise_for_status()
    return answer


def test_a_hook_of_the_library_makes_a_refused_sign_in_an_exception(served: Served) -> None:
    with session(served) as own:
        own.register_compliance_hook("access_token_response", complaining)
        with pytest.raises(requests.HTTPError) as caught:
            sign_in(own, password="wrong")
        assert own.token is None
    assert caught.value.response.json()["status"] == "UNAUTHORIZED"


def test_a_hook_of_the_library_makes_a_refused_refresh_an_exception(served: Served) -> None:
    with session(served) as own:
        own.register_compliance_hook("refresh_token_response", complaining)
        first = sign_in(own)
        own.refresh_token()
        second = own.token
        with pytest.raises(requests.HTTPError):
            own.refresh_token(refresh_token=first["refresh_token"])
        assert own.token == second


def test_a_server_error_is_an_exception_by_itself(served: Served) -> None:
    with session(served) as own, pytest.raises(requests.HTTPError, match=r"^500 "):
        sign_in(own, username="broken@x")


def test_it_introspects_and_revokes(served: Served) -> None:
    with session(served) as own:
        token = sign_in(own)["access_token"]
        own.revoke_token(f"{served.url}/_emulator/vault/revoke", token=token)  # type: ignore[no-untyped-call]  # types-Authlib leaves it out
        answer = own.introspect_token(f"{served.url}/_emulator/vault/introspect", token=token)
        assert answer.json() == {"active": False}
        assert own.get(accounts_url(served)).status_code == 401
