"""What may be shown of a call, and what is redacted."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from minting import ANYTHING
from processes import FIXTURE, template

from emulator.core.redaction import (
    ANSWER_LIMIT,
    PATH_LIMIT,
    TEXT_LIMIT,
    is_principal,
    looks_like_body,
    looks_secret,
    passwords_among,
    redacted_answer,
    redacted_json,
    redacted_members,
    redacted_name,
    redacted_path,
    redacted_resource_path,
    redacted_text,
    secret_parameters,
    without_tokens,
)

KNOWN_PATHS = ["/omni-omni/v1/auth/client-token", "/reg/auth/token"]


def segment(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def jwt(header: str = '{"alg":"RS256","kid":"abc"}') -> str:
    return ".".join([segment(header), segment('{"sub":"alice"}'), "c2lnbmF0dXJl-_x"])


# Tokens


@pytest.mark.parametrize(
    "header",
    ['{"alg":"RS256"}', '{ "alg": "none" }', '{\n"alg":"RS256"}', '{\r\n  "typ":"JWT"}'],
)
@pytest.mark.parametrize("around", ["{}", "Bearer {}", "x={}&y=1", '"{}"', "a {} b"])
def test_a_token_is_redacted_wherever_it_stands(header: str, around: str) -> None:
    assert without_tokens(around.replace("{}", jwt(header))) == around.replace("{}", "***")


def test_a_part_of_a_token_and_one_that_is_wrapped_are_redacted_too() -> None:
    head, payload, _ = jwt().split(".")
    assert without_tokens(f"{head}") == "***"
    assert without_tokens(f"{payload} {head}.") == "*** ***"
    assert without_tokens(segment(jwt())) == "***"


@given(st.text(alphabet=st.characters(codec="ascii", categories=["Lu", "Ll", "Nd", "Po", "Zs"])))
def test_a_text_without_a_token_stays(text: str) -> None:
    assume(not any(begin in text for begin in ("eyJ", "eyAi", "ewo", "ew0K", "ZXlK")))
    assert without_tokens(text) == text


def test_a_long_text_is_cut() -> None:
    assert redacted_text("x" * TEXT_LIMIT) == "x" * TEXT_LIMIT
    assert redacted_text("x" * (TEXT_LIMIT + 1)) == "x" * (TEXT_LIMIT - 3) + "..."
    assert redacted_text("x" * 90 + jwt()) == "x" * 90 + "***"


# Members of a body or query


def test_open_members_are_shown_and_of_others_the_name() -> None:
    sent = {"username": "me@x", "password": "secret", "scope": None, "n": 5, "flag": True}
    shown = redacted_members(sent, {"username", "scope", "n", "flag"})
    assert shown == {"username": "me@x", "password": "***", "scope": None, "n": 5, "flag": True}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("hunter2", "x", {"***": "***"}),
        ("otp-code", "123456", {"otp-code": "***"}),
        ("p4ssword", "x", {"***": "***"}),
        ("a" * 32, "x", {"a" * 32: "***"}),
        ("a" * 33, "x", {"***": "***"}),
        ("swordfish", "", {"***": "***"}),
        ("device", None, {"device": None}),
        ("user name", "x", {"***": "***"}),
        ("username", ["me@x"], {"username": "***"}),
        ("username", {"a": 1}, {"username": "***"}),
        ("username", '{"password":"x"}', {"username": "***"}),
        ("username", jwt(), {"username": "***"}),
        ("username", "x" * 200, {"username": "x" * 97 + "..."}),
    ],
)
def test_what_may_be_a_secret_is_redacted(name: str, value: Any, shown: dict[str, Any]) -> None:
    assert redacted_members({name: value}, {"username"}) == shown


@given(st.dictionaries(st.text(), ANYTHING))
def test_no_value_of_an_unknown_member_is_shown(members: dict[str, Any]) -> None:
    assert all(value in ("***", None) for value in redacted_members(members).values())


def test_of_many_members_twenty_are_shown() -> None:
    sent = {f"m{chr(97 + n)}": "x" for n in range(26)}
    assert list(redacted_members(sent)) == list(sent)[:20]


@pytest.mark.parametrize("text", ['{"a":1}', "a=b", "<a>", "a&b", "a;b", "[1]"])
def test_a_body_in_the_place_of_a_name_is_redacted(text: str) -> None:
    assert looks_like_body(text)
    assert redacted_name(text) == "***"


@pytest.mark.parametrize("text", ["me@x.com", "Jane Doe", "app-1_2", "usr:1", "ü"])
def test_a_name_is_shown(text: str) -> None:
    assert not looks_like_body(text)
    assert redacted_name(text) == text


def test_a_name_may_look_like_that_of_a_secret() -> None:
    for name in ("password", "passwd", "PWD", "clientSecret", "otp", "pincode", "api_key"):
        assert looks_secret(name)
    for name in ("username", "scope", "grant_type", "n"):
        assert not looks_secret(name)


# Answers


def test_an_answer_is_shown_without_its_tokens_and_secrets() -> None:
    answer = {"access_token": "opaque", "token": jwt(), "scope": "a", "list": [jwt(), "hush", 1]}
    shown = redacted_answer(json.dumps(answer).encode(), ["hush"])
    assert shown == {"access_token": "***", "token": "***", "scope": "a", "list": ["***", "***", 1]}


@pytest.mark.parametrize(
    "name", ["accessToken", "refresh_token", "PASSWORD", "otp", "clientSecret"]
)
def test_a_member_that_is_named_like_a_secret_is_redacted_where_it_holds_a_text(name: str) -> None:
    assert redacted_json({name: "x"}) == {name: "***"}
    assert redacted_json({name: ""}) == {name: ""}
    assert redacted_json({name: 5, "n": {name: "x"}}) == {name: 5, "n": {name: "***"}}


def test_a_secret_is_redacted_in_the_names_of_members_too() -> None:
    assert redacted_json({f"a {jwt()}": 1, "hush": {"x": "hush!"}}, ["hush", ""]) == {
        "a ***": 1,
        "***": {"x": "***!"},
    }


@given(ANYTHING)
def test_json_without_a_secret_is_shown_as_it_is(value: Any) -> None:
    written = json.dumps(value, ensure_ascii=False)
    assume("ey" not in written and "ew" not in written and "ZX" not in written)
    assume(len(written.encode()) <= ANSWER_LIMIT)
    assert redacted_answer(written.encode(), ["not in there"]) == value


def test_a_long_answer_is_a_text_that_is_cut() -> None:
    body = json.dumps({"a": ["é" * 10] * 500}, ensure_ascii=False).encode()
    shown = redacted_answer(body)
    assert isinstance(shown, str)
    assert shown.endswith("...")
    assert ANSWER_LIMIT - 3 <= len(shown.encode()) <= ANSWER_LIMIT + 3
    assert redacted_answer(json.dumps({"token": jwt() * 100}).encode()) == {"token": "***"}
    assert redacted_answer(b'"' + b"x" * 2_000_000 + b'"') is None


def test_a_page_is_a_text() -> None:
    page = f"<p>{jwt()} hush é</p>".encode()
    assert redacted_answer(page, ["hush"], is_text=True) == "<p>*** *** é</p>"
    assert redacted_answer(b"\xff", is_text=True) == "\N{REPLACEMENT CHARACTER}"
    cut = redacted_answer(b"x" * 5000, is_text=True)
    assert cut == "x" * ANSWER_LIMIT + "..."


# Paths


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/reg/auth/token", "/reg/auth/token"),
        ("/reg/auth/tokne", "/reg/auth/tokne"),
        ("/REG/v2/Login", "/REG/v2/Login"),
        ("/reg/auth/A9bL8zq-secret", "/reg/auth/***"),
        ("/users/123456", "/users/***"),
        ("/users/12", "/users/12"),
        ("/reg//token/", "/reg//token/"),
        ("/" + "/".join(["auth"] * 20), "/" + "/".join(["auth"] * 11) + "/..."),
        (f"/reg/{jwt()}", "/reg/***"),
        ("/reg/\x00", "/reg/***"),
    ],
)
def test_an_unknown_path_is_shown_as_far_as_it_is_made_of_known_words(
    path: str, shown: str
) -> None:
    assert redacted_path(path, KNOWN_PATHS) == shown


def test_a_resources_path_is_shown_but_for_parameters_that_are_secret() -> None:
    parameters = {"id": "7", "token": "hush", "code": "c0de"}
    assert redacted_resource_path("/users/7/hush/c0de", parameters) == "/users/7/***/***"
    assert secret_parameters(parameters) == ("hush", "c0de")
    assert redacted_resource_path(f"/users/{'x' * 101}/7", {}) == "/users/***/7"
    assert redacted_resource_path(f"/users/{jwt()[:90]}", {}) == "/users/***"
    long = redacted_resource_path("/abc" * 100, {})
    assert long == ("/abc" * 100)[: PATH_LIMIT - 3] + "..."


# Passwords of principals


def test_a_password_of_any_vendors_principal_is_recognized() -> None:
    fixture = {
        **FIXTURE,
        "nbcgate": {
            "token": {"secret": "a-secret-of-thirty-two-bytes-or-more"},
            "users": [{"email": "a@x", "password": "correct-horse", "otp": {"code": "4711"}}],
        },
    }
    states = [vendor.new_state() for vendor in template(fixture).vendors.values()]
    asked = {"A9#bL8@z", "correct-horse", "password", "other", "me@x"}
    assert set(passwords_among(states, asked)) == {"A9#bL8@z", "correct-horse"}
    assert passwords_among(states, {"password", "refresh_token"}) == []
    (vault,) = [state for state in states if state.vendor == "vault"]
    assert [is_principal(vault, name) for name in ("me@x", "app", "a@x", "A9#bL8@z")] == [
        True,
        True,
        False,
        False,
    ]
