"""The values that fixtures and control calls share: durations, instants, JSON, names, secrets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from minting import ANYTHING
from pydantic import SecretStr, TypeAdapter, ValidationError

from emulator.core import fields
from emulator.core.fields import (
    MAX_DEPTH,
    REVEAL,
    format_duration,
    nested_deeper,
    parse_duration,
    parse_instant,
)
from emulator.core.model import Model


class Everything(Model):
    """A member of each kind."""

    length: fields.Duration = timedelta()
    lifetime: fields.Lifetime = 1
    ttl: fields.Ttl = timedelta(1)
    offset: fields.Offset = timedelta()
    at: fields.Instant = datetime(2026, 1, 1, tzinfo=UTC)
    json_value: fields.Json = None
    scopes: fields.Scopes = ()
    claims: fields.Claims = {}
    token_headers: fields.TokenHeaders = {}
    headers: fields.HttpHeaders = {}
    text: fields.Text = "x"
    any_text: fields.AnyText = ""
    secret: fields.Secret = SecretStr("x")
    audience: fields.Audience = "x"
    flag: fields.Flag = False


def read(**members: Any) -> Everything:
    return Everything.model_validate(members)


# Durations


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0s", timedelta()),
        ("250ms", timedelta(milliseconds=250)),
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("1h", timedelta(hours=1)),
        ("30d", timedelta(days=30)),
        ("36500d", timedelta(days=36_500)),
    ],
)
def test_a_duration_is_a_whole_number_and_its_unit(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length
    assert parse_duration(length) == length


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "5 s",
        "5S",
        "1.5h",
        "-5s",
        "5w",
        "s",
        "\N{FULLWIDTH DIGIT ONE}s",
        "5s\n",
        "9" * 16 + "s",
        5,
        None,
    ],
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="expected a duration: a whole number and its unit"):
        parse_duration(text)


def test_a_duration_has_an_end() -> None:
    for text in ("36501d", "999999999999999d", "3153600001s"):
        with pytest.raises(ValueError, match="at most 36500d"):
            parse_duration(text)


@given(st.integers(0, 36_500 * 86_400_000))
def test_a_duration_is_written_in_the_largest_unit_and_read_back(milliseconds: int) -> None:
    length = timedelta(milliseconds=milliseconds)
    assert parse_duration(format_duration(length)) == length


@pytest.mark.parametrize(
    ("text", "written"),
    [("60s", "1m"), ("90s", "90s"), ("24h", "1d"), ("36h", "36h"), ("1000ms", "1s"), ("0d", "0s")],
)
def test_the_largest_unit_is_one_that_needs_no_fraction(text: str, written: str) -> None:
    assert format_duration(parse_duration(text)) == written


def test_a_lifetime_is_whole_seconds_and_at_least_one() -> None:
    assert read(lifetime="90s").lifetime == 90
    assert read(lifetime="2000ms").lifetime == 2
    for text in ("0s", "999ms", "1500ms"):
        with pytest.raises(ValidationError, match="whole seconds and at least 1s"):
            read(lifetime=text)


def test_an_offset_may_go_back() -> None:
    assert read(offset="-25h").offset == timedelta(hours=-25)
    for text in ("--1h", "- 1h", "-", "+1h"):
        with pytest.raises(ValidationError, match="expected a duration"):
            read(offset=text)


# Instants


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-01T00:00:00Z", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01T05:30:00+05:30", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-01-01 00:00:00.5+00:00", datetime(2026, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("1971-01-01T00:00:00Z", datetime(1971, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_instant_has_its_zone(text: str, instant: datetime) -> None:
    assert parse_instant(text) == parse_instant(instant) == instant


@pytest.mark.parametrize(
    ("given_value", "said"),
    [
        ("2026-01-01T00:00:00", "has no time zone"),
        ("2026-01-01", "has no time zone"),
        (datetime(2026, 1, 1), "has no time zone"),  # noqa: DTZ001 - that is the point
        ("tomorrow", "expected an instant such as"),
        ("", "expected an instant such as"),
        (1_767_225_600, "expected an instant such as"),
        (None, "expected an instant such as"),
        ("1970-12-31T23:59:59Z", "from 1971 to 9000"),
        ("9001-01-01T00:00:00Z", "from 1971 to 9000"),
    ],
)
def test_what_is_no_instant_is_refused(given_value: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_instant(given_value)


# JSON


@given(ANYTHING)
def test_whatever_json_can_hold_is_taken(value: Any) -> None:
    assert read(json_value=value).json_value == value


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), {1: 2}, [datetime(2026, 1, 1, tzinfo=UTC)], b"x", {"a": {2, 3}}],
)
def test_what_json_cannot_carry_is_refused(value: Any) -> None:
    for member, wrapped in (("json_value", value), ("claims", {"a": value})):
        with pytest.raises(ValidationError, match="expected a JSON value"):
            read(**{member: wrapped})


def test_nesting_has_an_end() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH - 1):
        value = [value]
    assert read(json_value=value).json_value == value
    with pytest.raises(ValidationError, match=f"more than {MAX_DEPTH} levels deep"):
        read(json_value=[value])
    for _ in range(100_000):  # deeper than Python can call itself
        value = [value]
    assert nested_deeper(value)
    with pytest.raises(ValidationError, match=f"more than {MAX_DEPTH} levels deep"):
        read(json_value=value)
    while isinstance(value, list):  # nor can it free so deep a value by itself
        (value,) = value


@pytest.mark.parametrize("value", ["\ud800", {"a": ["\udcff"]}])
def test_half_a_character_is_no_text(value: Any) -> None:
    members: list[dict[str, Any]] = [{"json_value": value}, {"claims": {"a": value}}]
    if isinstance(value, str):
        members += [{"any_text": value}, {"text": value}]
    for each in members:
        with pytest.raises(ValidationError, match=r"bytes that are not UTF-8|unicode"):
            read(**each)


# Names and texts


@pytest.mark.parametrize("name", sorted(fields.RESERVED_CLAIMS))
def test_a_claim_that_checks_rest_on_cannot_be_set(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} cannot be set here"):
        read(claims={name: 1, "other": 2})


@pytest.mark.parametrize("name", ["alg", "kid", "crit", "b64"])
def test_a_header_that_checks_rest_on_cannot_be_set(name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} cannot be set here"):
        read(token_headers={name: "x"})


@pytest.mark.parametrize("scope", ["a b", "", 'a"b', "a\\b", "ü", "a\n"])
def test_a_scope_is_one_of_rfc_6749(scope: str) -> None:
    with pytest.raises(ValidationError, match="a scope is printable ASCII"):
        read(scopes=["good:one", scope])


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"a b": "x"}, "expected a header name"),
        ({"": "x"}, "expected a header name"),
        ({"X\r\nY": "x"}, "expected a header name"),
        ({"Date": "x"}, "the server sets this header itself"),
        ({"content-LENGTH": "1"}, "the server sets this header itself"),
        ({"X": "a\r\nb"}, "a character that is not allowed in a header"),
        ({"X": "€"}, "a character that is not allowed in a header"),
        ({"X": "a\x7f"}, "a character that is not allowed in a header"),
    ],
)
def test_a_header_that_http_cannot_carry_is_refused(headers: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        read(headers=headers)
    assert read(headers={"X-A_1": "é ~"}).headers == {"X-A_1": "é ~"}


def test_an_audience_is_one_or_a_list_that_is_not_empty() -> None:
    assert read(audience="a").audience == "a"
    assert read(audience=["a", "b"]).audience == ("a", "b")
    for wrong in ("", [], [""], 5, None):
        with pytest.raises(ValidationError) as raised:
            read(audience=wrong)
        assert raised.value.error_count() == 1


@pytest.mark.parametrize(
    "members",
    [
        {"text": ""},
        {"text": 5},
        {"any_text": None},
        {"flag": "true"},
        {"flag": 1},
        {"secret": ""},
        {"secret": 5},
        {"ttl": "0s"},
    ],
)
def test_nothing_is_taken_for_what_it_is_not(members: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        read(**members)
    assert raised.value.error_count() == 1


# What is written


def test_members_are_written_as_a_fixture_writes_them() -> None:
    written = {
        "length": "90s",
        "lifetime": "1h",
        "ttl": "10m",
        "offset": "1d",
        "at": "2026-01-01T00:00:00+00:00",
        "scopes": ["a", "b"],
        "audience": ["x", "y"],
    }
    assert read(**written).model_dump(mode="json", exclude_unset=True) == written
    assert read(**read(**written).model_dump(mode="json", context=REVEAL)) == read(**written)


def test_an_offset_that_goes_back_is_written_as_it_is_read() -> None:
    for text in ("-25h", "-90s", "-1d"):
        written = read(offset=text).model_dump(mode="json")["offset"]
        assert read(offset=written).offset == read(offset=text).offset


def test_a_secret_is_written_only_where_it_is_asked_for() -> None:
    holder = read(secret="hush-hush")
    for shown in (repr(holder), str(holder), holder.model_dump_json(), str(holder.model_dump())):
        assert "hush-hush" not in shown
    assert holder.model_dump(mode="json")["secret"] == "***"
    assert holder.model_dump(mode="json", context=REVEAL)["secret"] == "hush-hush"


def test_a_mistake_does_not_repeat_the_value() -> None:
    for members in ({"secret": ["hush-hush"]}, {"lifetime": "hush-hush"}, {"hush": "hush-hush"}):
        with pytest.raises(ValidationError) as raised:
            read(**members)
        assert "hush-hush" not in str(raised.value)


def test_a_model_has_no_other_members_and_is_not_changed() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        read(other=1)
    with pytest.raises(ValidationError, match="frozen"):
        read().flag = True  # type: ignore[misc]  # that is the point


def test_a_members_schema_says_what_is_read() -> None:
    schema = TypeAdapter(Everything).json_schema()["properties"]
    assert schema["length"]["pattern"] == "^[0-9]{1,15}(ms|s|m|h|d)$"
    assert schema["at"]["format"] == "date-time"
    assert (schema["secret"]["type"], schema["secret"]["minLength"]) == ("string", 1)
