"""requests-oauthlib's OAuth2Session against Vault."""

from types import SimpleNamespace
from typing import Any

import pytest
import requests
from oauthlib.oauth2 import InsecureTransportError, LegacyApplicationClient, MissingTokenError
from oauthlib.oauth2.rfc6749 import parameters
from oauthlib.oauth2.rfc6749.clients import base
from requests_oauthlib import OAuth2Session
from serving import Served

from clients.vault import DAY, PASSWORD, SCOPES, accounts_url, token_url


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib wants TLS unless it knows that this is a test."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")


@pytest.fixture
def same_clock(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let oauthlib live by the realm's clock, as time-machine does for a whole process."""
    for module in (base, parameters):
        monkeypatch.setattr(module, "time", SimpleNamespace(time=served.clock.now))


def session(served: Served, **settings: Any) -> OAuth2Session:
    own = OAuth2Session(
        client=LegacyApplicationClient("app"), auto_refresh_url=token_url(served), **settings
    )
    own.trust_env = False
    return own


def sign_in(served: Served, own: OAuth2Session, **settings: Any) -> dict[str, Any]:
    asked = {"username": "me@x", "password": PASSWORD, "include_client_id": True, **settings}
    return dict(own.fetch_token(token_url(served), **asked))


def test_the_password_flow_signs_in_with_a_form(served: Served) -> None:
    sent = []
    with session(served) as own:
        own.hooks["response"] = [lambda answer, **_: sent.append(answer.request)]
        token = sign_in(served, own)
        assert own.get(accounts_url(served)).json() == "me@x"
    assert sent[0].headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    assert "Authorization" not in sent[0].headers
    assert (token["token_type"], token["scope"]) == ("Bearer", SCOPES)


def test_its_default_leaves_client_id_out_of_the_body_where_the_vendor_wants_it(
    served: Served,
) -> None:
    answers: list[requests.Response] = []
    with session(served) as own:
        own.hooks["response"] = [lambda answer, **_: answers.append(answer)]
        with pytest.raises(MissingTokenError):
            sign_in(served, own, include_client_id=None)
    assert answers[0].request.headers["Authorization"].startswith("Basic ")
    assert answers[0].json()["errors"] == [
        {"field": "client_id", "message": "client_id is absent"},
    ]


def test_a_refresh_gives_a_new_pair_and_spends_the_old_token(served: Served) -> None:
    with session(served) as own:
        first = sign_in(served, own)
        second = own.refresh_token(token_url(served))
        assert second["refresh_token"] != first["refresh_token"]
        assert own.get(accounts_url(served)).status_code == 200
        with pytest.raises(MissingTokenError):
            own.refresh_token(token_url(served), refresh_token=first["refresh_token"])


def test_another_order_of_scopes_after_a_refresh_is_no_change_to_it(served: Served) -> None:
    with session(served, scope=SCOPES) as own:
        assert sign_in(served, own)["scope"] == SCOPES
        assert own.refresh_token(token_url(served))["scope"] == sorted(SCOPES)


@pytest.mark.usefixtures("same_clock")
def test_an_expired_token_is_refreshed_by_itself(served: Served) -> None:
    kept: list[dict[str, Any]] = []
    with session(served, token_updater=kept.append) as own:
        first = sign_in(served, own)
        served.clock.advance(25 * 3600)
        assert own.get(accounts_url(served)).status_code == 200
        assert own.token["access_token"] != first["access_token"]
        assert kept == [own.token]


@pytest.mark.usefixtures("same_clock")
def test_after_30_days_the_next_call_fails(served: Served) -> None:
    with session(served, token_updater=lambda _: None) as own:
        sign_in(served, own)
        served.clock.advance(30 * DAY)
        with pytest.raises(MissingTokenError):
            own.get(accounts_url(served))


def test_it_looks_at_its_own_clock_alone_and_does_not_refresh_upon_401(served: Served) -> None:
    with session(served, token_updater=lambda _: None) as own:
        first = sign_in(served, own)
        served.clock.advance(25 * 3600)
        assert own.get(accounts_url(served)).status_code == 401
        assert dict(own.token) == first


def test_a_refused_sign_in_is_a_missing_token_that_does_not_say_why(served: Served) -> None:
    with session(served) as own:
        with pytest.raises(MissingTokenError) as caught:
            sign_in(served, own, password="wrong")
        assert str(caught.value) == "(missing_token) Missing access token parameter."
        assert not own.token


def test_a_hook_of_the_library_makes_a_refusal_say_why(served: Served) -> None:
    def complain(answer: requests.Response) -> requests.Response:
        answer.raise_for_status()
        return answer

    with session(served) as own:
        own.register_compliance_hook("access_token_response", complain)
        with pytest.raises(requests.HTTPError) as caught:
            sign_in(served, own, password="wrong")
    assert caught.value.response.json()["status"] == "UNAUTHORIZED"
    assert "wrong_credentials" in caught.value.response.headers["X-Emulator-Reason"]


def test_without_the_variable_of_oauthlib_it_calls_no_plain_http(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
    with session(served) as own, pytest.raises(InsecureTransportError):
        sign_in(served, own)
