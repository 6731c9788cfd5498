"""Outcomes as data: placeholders, what a fixture corrects, and the answer that comes of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minting import ANYTHING
from pydantic import BaseModel, ValidationError

from emulator.core.outcomes import (
    ANSWER,
    HEADER_LIMIT,
    REASON_LIMIT,
    Outcome,
    OutcomeOverride,
    Provenance,
    ResponseTemplate,
    embedded_placeholders,
    fill,
    placeholders_in,
    printable,
    sample_body,
    status_phrase,
    templates,
)


class Answer(BaseModel):
    """What an operation returned."""

    token: str = "t"
    scope: str | None = None


def outcome(**members: Any) -> Outcome:
    usual: dict[str, Any] = {
        "name": "refused",
        "status": 400,
        "when": "often",
        "provenance": Provenance.ASSUMED,
    }
    return Outcome(**usual | members)


def overridden(change: Any, **members: Any) -> Outcome:
    return outcome(**members).overridden(OutcomeOverride.model_validate(change))


def body(template_body: Any, /, headers: dict[str, str] | None = None, **values: object) -> bytes:
    return ResponseTemplate(outcome(body=template_body, headers=headers or {})).body(values)


# Placeholders


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{{n}}", 1),
        ("{{ n }}", 1),
        ("{{n}}!", "1!"),
        ("{{n}}{{n}}", "11"),
        ("{{ text }} and {{n}}", "{{n}} and 1"),
        ({"a": ["{{n}}", {"b": "{{none}}"}]}, {"a": [1, {"b": None}]}),
        ({"{{n}}": 2}, {"{{n}}": 2}),
        ("{{object.b}}", [2]),
        ("{{object.c}}", None),
        ("{{model.token}}", "t"),
        ("{{model.other}}", None),
        ("{n} {{}} {{ }} {{a b}} {{n", "{n} {{}} {{ }} {{a b}} {{n"),
        (None, None),
        (1.5, 1.5),
    ],
)
def test_a_placesubject_alone_becomes_the_value_and_in_a_text_its_characters(
    written: Any, expected: Any
) -> None:
    values = {"n": 1, "none": None, "text": "{{n}}", "object": {"b": [2]}, "model": Answer()}
    assert fill(written, values) == expected


@given(ANYTHING)
def test_a_value_is_filled_in_as_it_is_and_not_filled_in_again(value: Any) -> None:
    assert fill("{{v}}", {"v": value}) == value
    assert fill({"a": ["{{v}}"]}, {"v": "{{v}}"}) == {"a": ["{{v}}"]}


def test_the_placesubjects_of_a_body_are_known() -> None:
    written = {"a": "{{one}}", "b": ["x {{two.part}} {{three}}", 1, None], "{{not}}": "{four}"}
    assert placeholders_in(written) == {"one", "two.part", "three"}
    assert embedded_placeholders(written) == {"two.part", "three"}


def test_a_documented_body_has_its_sample_values() -> None:
    sample = {"answer": {"token": "abc"}, "reason": "because"}
    written = {"t": "{{answer.token}}", "r": "{{reason}}", "p": "for {{principal}}"}
    documented = sample_body(outcome(body=written, sample=sample))
    assert documented == {"t": "abc", "r": "because", "p": "for ..."}


# What a fixture corrects


def test_what_a_correction_does_not_name_stays() -> None:
    before = {"status": 401, "headers": {"X-A": "1", "X-B": "1"}, "body": {"error": "no"}}
    kept = overridden({}, **before)
    assert (kept.status, kept.headers, kept.body) == (401, before["headers"], {"error": "no"})
    assert kept.provenance is Provenance.FIXTURE
    assert overridden({"status": 403}, **before).body == {"error": "no"}
    assert overridden({"body": {"e": 1}}, **before).status == 401


def test_a_header_is_replaced_whatever_the_case_of_its_letters() -> None:
    changed = overridden({"headers": {"x-a": "2", "X-C": "3"}}, headers={"X-A": "1", "X-B": "1"})
    assert changed.headers == {"X-B": "1", "x-a": "2", "X-C": "3"}


def test_a_body_of_null_is_none_and_one_that_is_not_given_stays() -> None:
    assert overridden({"body": None}, body={"error": "no"}).body is None
    assert overridden({"status": 404}, body={"error": "no"}).body == {"error": "no"}


@pytest.mark.parametrize(
    "change",
    [
        {"status": 199},
        {"status": 600},
        {"status": "400"},
        {"headers": {"Content-Length": "1"}},
        {"headers": {"X-Emulator-Reason": "x"}},
        {"headers": {"a b": "1"}},
        {"headers": {"X-A": "1\r\nX-B: 2"}},
        {"headers": {"X-A": "€"}},
        {"body": {1: 2}},
        {"body": float("nan")},
        {"text": "x"},
    ],
)
def test_a_correction_that_no_answer_can_have_is_refused(change: Any) -> None:
    with pytest.raises(ValidationError) as raised:
        OutcomeOverride.model_validate(change)
    assert raised.value.error_count() == 1


def test_every_outcome_gets_a_template_and_corrected_ones_the_corrected() -> None:
    known = (outcome(name="a", status=200), outcome(name="b"))
    found = templates(known, {"b": OutcomeOverride(status=418)})
    assert {name: template.status for name, template in found.items()} == {"a": 200, "b": 418}


# The answer


def test_what_an_operation_returned_is_the_answer() -> None:
    template = ResponseTemplate(outcome(body=ANSWER))
    assert (template.plain, template.needs_values) == (True, False)
    assert template.body({"answer": Answer()}) == b'{"token":"t","scope":null}'
    assert template.body({"answer": "a text"}) == b'"a text"'
    assert template.headers({}) == {"content-type": "application/json"}


def test_a_body_is_json_unless_its_content_type_says_otherwise() -> None:
    assert body("{{reason}}", reason="x") == b'"x"'
    assert (
        body("<p>{{reason}}</p>", {"Content-Type": "text/html"}, reason="é") == "<p>é</p>".encode()
    )
    assert body("{{reason}}", {"content-type": "application/problem+json"}, reason="x") == b'"x"'
    assert body({"a": 1}, {"content-type": "text/plain"}) == b'{"a":1}'
    assert body({"e": "€", "n": [None, 1.5]}) == '{"e":"€","n":[null,1.5]}'.encode()


def test_no_body_is_no_body_and_has_no_content_type() -> None:
    template = ResponseTemplate(outcome(body=None, headers={"X-A": "1"}))
    assert template.body({}) == b""
    assert template.headers({}) == {"x-a": "1"}


def test_a_header_is_filled_in_and_cannot_begin_another() -> None:
    template = ResponseTemplate(
        outcome(headers={"Location": "/u/{{principal}}", "X-Long": "{{reason}}", "X-Plain": "1"})
    )
    assert template.needs_values
    headers = template.headers({"principal": "a\r\nX-B: é", "reason": "x" * 10_000})
    assert headers["location"] == "/u/a??X-B: ?"
    assert headers["x-long"] == "x" * (HEADER_LIMIT - 3) + "..."
    assert headers["x-plain"] == "1"


def test_headers_that_are_handed_out_are_the_callers_own() -> None:
    template = ResponseTemplate(outcome(headers={"X-A": "1"}))
    template.headers({})["x-a"] = "2"
    assert template.headers({}) == {"x-a": "1"}


@pytest.mark.parametrize(
    ("written", "needs"),
    [(ANSWER, False), ({"token": "{{answer}}"}, False), ({"r": "{{reason}}"}, True)],
)
def test_whether_more_is_shown_than_was_returned_is_known(written: Any, *, needs: bool) -> None:
    assert ResponseTemplate(outcome(body=written)).needs_values is needs


@given(st.text(max_size=400))
def test_a_reason_is_one_line_of_ascii_that_fits_into_a_header(text: str) -> None:
    line = printable(text)
    assert len(line) <= REASON_LIMIT
    assert line.isascii()
    assert line.isprintable() or not line
    if len(text) <= REASON_LIMIT and text.isascii() and text.isprintable():
        assert line == text


def test_the_words_for_a_status_are_the_same_with_every_python() -> None:
    assert status_phrase(413) == "Payload Too Large"
    assert status_phrase(422) == "Unprocessable Entity"
    assert status_phrase(404) == "Not Found"
    assert status_phrase(599) == "Status 599"
