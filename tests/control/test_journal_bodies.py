"""What the journal tells of an answer's body, whatever that is made of."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from serving import client, serving

JOURNAL = "/_emulator/journal"
VAULT = "/reg/auth/token"
PASSWORD = "A9#bL8@z"
PAGE = {"Content-Type": "text/html"}
LIKE_A_JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.abc"

FIXTURE: dict[str, Any] = {
    "resources": [
        {
            "vendor": "vault",
            "path": "/codes/{code}",
            "respond": {"body": {"n": 51234, "c": "{{code}}"}},
        },
        {
            "vendor": "vault",
            "path": "/echo/{word}",
            "respond": {"body": {"said": ["{{word}}", {"{{word}}": 1}], "token": "{{word}}"}},
        },
    ],
    "omniomni": {
        "clients": [{"client_id": "me"}],
        "outcomes": {
            "client_not_found": {"headers": PAGE, "body": "<p>{{principal}} is nobody</p>"},
            "signed_in": {"headers": PAGE, "body": "<p>{{answer.accessToken}}</p>"},
        },
    },
    "nbcgate": {
        "token": {"algorithm": "ES256"},
        "users": [{"email": "me@x.test", "password": PASSWORD}],
    },
    "vault": {
        "clients": [{"client_id": "app"}],
        "users": [
            {"username": "me@x.test", "password": PASSWORD, "scopes": ["read"]},
            {
                "username": "odd@x.test",
                "password": PASSWORD,
                "scopes": [LIKE_A_JWT, "read"],
                "user_id": LIKE_A_JWT,
            },
            {
                "username": "large@x.test",
                "password": PASSWORD,
                "scopes": ["read"],
                "claims": {"much": "x" * 70_000},
            },
            {
                "username": "wide@x.test",
                "password": PASSWORD,
                "scopes": [f"scope-{number}:read" for number in range(300)],
            },
        ],
    },
}


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with serving(FIXTURE) as served, client(served) as http:
        yield http


def told(http: httpx.Client) -> Any:
    """The body of the newest entry."""
    answer = http.get(JOURNAL, params={"limit": 1})
    assert answer.status_code == 200, answer.text
    return answer.json()["entries"][0]["response"]["body"]


def token(http: httpx.Client, user: str = "me@x.test") -> str:
    """The access token of a sign-in at Vault."""
    grant = {"grant_type": "password", "client_id": "app", "username": user, "password": PASSWORD}
    answer = http.post(VAULT, json=grant)
    assert answer.status_code == 200
    found: str = answer.json()["access_token"]
    return found


def bearer(http: httpx.Client) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(http)}"}


def sign_in(http: httpx.Client, user: str) -> dict[str, Any]:
    """What a sign-in at Vault is told to have answered."""
    token(http, user)
    body: dict[str, Any] = told(http)
    return body


def omniomni(http: httpx.Client, name: str) -> httpx.Response:
    return http.post("/omni-omni/v1/auth/client-token", json={"clientId": name})


def test_a_refusal_that_is_a_page_is_reported_as_a_text(http: httpx.Client) -> None:
    assert omniomni(http, "you").text == "<p>you is nobody</p>"
    assert told(http) == "<p>you is nobody</p>"


def test_a_token_in_a_page_is_masked(http: httpx.Client) -> None:
    assert omniomni(http, "me").text.startswith("<p>eyJ")
    assert told(http) == "<p>***</p>"


def test_what_is_no_name_is_masked_in_a_page(http: httpx.Client) -> None:
    assert omniomni(http, "me;more=1").text == "<p>me;more=1 is nobody</p>"
    assert told(http) == "<p>*** is nobody</p>"


def test_the_page_of_a_fault_is_reported_and_cut(http: httpx.Client) -> None:
    page = "<html>" + "x" * 5_000
    fault = {
        "vendor": "vault",
        "times": 1,
        "respond": {"status": 503, "headers": PAGE, "body": page},
    }
    http.post("/_emulator/faults", json=fault).raise_for_status()
    assert http.post(VAULT, json={}).text == page
    assert told(http) == page[:2048] + "..."


def test_a_number_that_looks_like_what_is_masked_stays_one(http: httpx.Client) -> None:
    answer = http.post("/auth/sign-in", json={"email": "4004", "password": "4004"})
    codes = [error["code"] for error in answer.json()["errors"]]
    assert 4004 in codes
    assert [error["code"] for error in told(http)["errors"]] == codes


def test_a_parameter_is_masked_in_texts_alone(http: httpx.Client) -> None:
    http.get("/codes/1234", headers=bearer(http)).raise_for_status()
    assert told(http) == {"n": 51234, "c": "***"}


@pytest.mark.parametrize(
    ("word", "told_as"),
    [
        ("\x1eyJabcdefghijklmnop", "\x1eyJabcdefghijklmnop"),
        ("\x0eyJabcdefghijklmnop", "\x0eyJabcdefghijklmnop"),
        ("\x1ewoabcdefghijklmnop", "\x1ewoabcdefghijklmnop"),
        (f"\x1e{LIKE_A_JWT}", "\x1e***"),
        (f"\\u001{LIKE_A_JWT}", "\\u001***"),
        (f"\x01 {LIKE_A_JWT} \x02", "\x01 *** \x02"),
    ],
)
def test_an_escape_that_ends_as_a_jwt_begins_is_none_and_hides_none(
    http: httpx.Client, word: str, told_as: str
) -> None:
    http.get(f"/echo/{quote(word)}", headers=bearer(http)).raise_for_status()
    body = told(http)
    assert (body["said"][0], body["token"]) == (told_as, "***")


def test_what_looks_like_a_jwt_is_masked_in_every_member(http: httpx.Client) -> None:
    body = sign_in(http, "odd@x.test")
    assert (body["scope"], body["user_id"]) == ("*** read", "***")


def test_an_answer_is_reported_however_long_its_tokens_are(http: httpx.Client) -> None:
    body = sign_in(http, "large@x.test")
    assert (body["access_token"], body["scope"]) == ("***", "read")


def test_an_answer_that_is_long_without_its_tokens_is_cut(http: httpx.Client) -> None:
    body = sign_in(http, "wide@x.test")
    assert isinstance(body, str)
    assert body.startswith('{"access_token":"***","token_type":"Bearer","refresh_token":"***"')
    assert (len(body), body[-3:]) == (2051, "...")


def test_the_usual_answer_is_reported_member_by_member(http: httpx.Client) -> None:
    body = sign_in(http, "me@x.test")
    assert list(body) == [
        *("access_token", "token_type", "refresh_token", "scope", "expires_in", "user_id"),
    ]
    assert (body["access_token"], body["refresh_token"], body["scope"]) == ("***", "***", "read")
