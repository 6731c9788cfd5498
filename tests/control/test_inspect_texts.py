"""What people paste when they ask what a token is: wrapped, broken, or none at all."""

from collections.abc import Iterator
from typing import Any

import driving
import httpx
import pytest
from joserfc import jwe
from joserfc.jwk import OctKey
from jwt.utils import base64url_encode
from minting import faults, inspect, vaults
from serving import client, serving


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with serving(driving.FIXTURE) as served, client(served) as http:
        yield http


def test_an_encrypted_token_is_said_to_be_one(http: httpx.Client) -> None:
    key = OctKey.generate_key(128)
    token = jwe.encrypt_compact({"alg": "A128KW", "enc": "A128GCM"}, b"{}", key)
    told = inspect(http, token)
    assert (told["format"], told["signature"], told["claims"]) == ("encrypted_jwt", None, None)
    assert told["header"] == {"alg": "A128KW", "enc": "A128GCM"}
    assert "only its recipient can read it" in told["summary"]


@pytest.mark.parametrize(
    ("around", "note"),
    [
        ("Bearer {}", "Bearer before it was removed"),
        ("bearer   {}", "Bearer before it was removed"),
        ("Authorization: Bearer {}", "Authorization: before it was removed"),
        (" {}\n", "whitespace around it was removed"),
        ('"{}"', "quotes around it were removed"),
        ("'{}'", "quotes around it were removed"),
        ('  "Bearer {}" ', "quotes around it were removed"),
    ],
)
def test_what_surrounds_a_token_is_reported_and_left_out(
    http: httpx.Client, around: str, note: str
) -> None:
    told = inspect(http, around.format(vaults(http)))
    assert note in told["notes"]
    assert (told["verdict"], told["principal"]) == ("good", "me@x")


def test_a_token_broken_over_lines_is_put_together(http: httpx.Client) -> None:
    token = vaults(http)
    told = inspect(http, f"{token[:60]}\n  {token[60:]}")
    assert told["notes"] == ["whitespace inside it was removed"]
    assert told["verdict"] == "good"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("hello", "it does not begin with a JWT header"),
        ("www.example.com", "the first is not the header of a JWT"),
        ("a.b.c.d.e", "the first is not the header of a JWE"),
        ('{"accessToken": "x"}', "send only the token"),
        ("é.ü.ñ", "the first is not the header of a JWT"),
        ("eyJhbGciOiJFUzI1NiJ9", "it is only the header of a JWT"),
        ("bnVsbA.bnVsbA.bnVsbA", "the first is not the header of a JWT"),
    ],
)
def test_what_is_no_token_is_reported_why(http: httpx.Client, text: str, why: str) -> None:
    told = inspect(http, text)
    assert (told["format"], faults(told)) == ("not_a_token", ["malformed"])
    assert why in told["summary"]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"not json", "its payload is not JSON"),
        (b"[]", "its payload is not a JSON object"),
        (b"\xff\xfe", "its payload is not JSON"),
        (b'{"a":' + b"[" * 250 + b"]" * 250 + b"}", "its payload is nested too deep to be shown"),
    ],
)
def test_a_payload_that_cannot_be_read_is_reported(
    http: httpx.Client, payload: bytes, why: str
) -> None:
    head = vaults(http).split(".")[0]
    told = inspect(http, f"{head}.{base64url_encode(payload).decode()}.AAAA")
    assert told["problems"][0] == {"code": "malformed", "reason": why}
    assert faults(told) == ["malformed", "bad_signature"]
    assert (told["vendor"], told["claims"]) == ("vault", None)


def test_a_number_beyond_all_dates_is_no_date(http: httpx.Client) -> None:
    payload = b'{"exp":' + b"9" * 400 + b"}"
    told = inspect(http, f"{vaults(http).split('.')[0]}.{base64url_encode(payload).decode()}.AAAA")
    assert told["dates"]["exp"] == {"at": None, "when": "no date"}


def test_four_segments_are_no_jwt_and_still_told(http: httpx.Client) -> None:
    told = inspect(http, f"{vaults(http)}.AAAA")
    assert told["problems"][0]["reason"] == "it has 4 segments, and a JWT has 3"
    assert (told["principal"], told["signature"]) == ("me@x", None)


@pytest.mark.parametrize(
    "body", [{}, {"token": None}, {"token": 7}, {"token": ["x"]}, {"tokn": ""}]
)
def test_a_body_without_a_token_is_a_mistake(http: httpx.Client, body: dict[str, Any]) -> None:
    answer = http.post("/_emulator/tokens/inspect", json=body)
    assert answer.status_code == 400
    assert "token" in {error["path"] for error in answer.json()["errors"]} or "tokn" in body


@pytest.mark.parametrize(
    "content", [b"\xff", b'{"token": "\xff"}', b'{"token": "\\ud800"}', b"[1]"]
)
def test_a_body_that_cannot_be_read_is_a_mistake(http: httpx.Client, content: bytes) -> None:
    assert http.post("/_emulator/tokens/inspect", content=content).status_code == 400
