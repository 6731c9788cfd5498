"""Types of the members that fixtures and control calls share: durations, instants, JSON, headers.

A ValueError of these becomes a mistake with the path of its member; it says what was expected and
does not repeat the value.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    SerializationInfo,
    StrictBool,
    StringConstraints,
    Tag,
    WithJsonSchema,
)

MASK = "***"
"""Shown in place of a secret."""

REVEAL = {"reveal_secrets": True}
"""The serialization context in which secrets are written out: for the store alone."""

MAX_DEPTH = 40
"""The maximum nesting of a fixture, claims and headers."""

RESERVED_CLAIMS = frozenset({"iat", "exp", "jti", "token_use"})
"""Claims that only the emulator sets, as its checks need them."""

_RESERVED_TOKEN_HEADERS = frozenset({"alg", "kid", "crit", "b64"})
_DURATION = re.compile(r"([0-9]{1,15})(ms|s|m|h|d)")
_UNITS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LONGEST = timedelta(days=36_500)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_HEADER_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]*")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3
_SERVER_HEADERS = frozenset(
    {"content-length", "transfer-encoding", "connection", "date", "x-emulator-reason"}
)


def parse_duration(value: object) -> timedelta:
    """A duration as a fixture writes it (`90s`, `15m`, `1h`, `30d`); else ValueError."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("expected a duration: a whole number and its unit (90s, 15m, 1h, 30d)")
    milliseconds = int(found[1]) * _UNITS[found[2]]
    if milliseconds > _LONGEST / timedelta(milliseconds=1):
        raise ValueError(f"expected a duration of at most {_LONGEST.days}d")
    return timedelta(milliseconds=milliseconds)


def format_duration(length: timedelta) -> str:
    """A duration as a fixture writes it, in the largest unit that needs no fraction."""
    milliseconds = length // timedelta(milliseconds=1)
    if not milliseconds:
        return "0s"
    unit = next(unit for unit in reversed(_UNITS) if milliseconds % _UNITS[unit] == 0)
    return f"{milliseconds // _UNITS[unit]}{unit}"


def parse_instant(value: object) -> datetime:
    """An instant with its time zone, from the year 1971 to 9000; else ValueError."""
    if isinstance(value, datetime):
        found = value
    else:
        try:
            found = datetime.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise ValueError("expected an instant such as 2026-01-01T00:00:00Z") from None
    if found.tzinfo is None:
        raise ValueError("the instant has no time zone; write it as 2026-01-01T00:00:00Z")
    if not 1971 <= found.year <= 9000:
        raise ValueError("expected an instant from 1971 to 9000")
    return found


def nested_deeper(value: Any, levels: int = MAX_DEPTH) -> bool:
    """Whether a JSON value is nested deeper than so many levels."""
    level: list[Any] = [value]
    for _ in range(levels):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _offset(value: object) -> timedelta:
    if isinstance(value, str) and value.startswith("-"):
        return -parse_duration(value[1:])
    return parse_duration(value)


def _lifetime(value: object) -> int:
    length = parse_duration(value)
    if length < timedelta(seconds=1) or length % timedelta(seconds=1):
        raise ValueError("expected whole seconds and at least 1s: tokens are dated in seconds")
    return int(length.total_seconds())


def _ttl(value: object) -> timedelta:
    length = parse_duration(value)
    if not length:
        raise ValueError("expected a duration above 0")
    return length


def _unicode(text: str) -> str:
    # The environment may hold bytes that are not UTF-8: Python has surrogates for them.
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                "expected a string, and this holds bytes that are not UTF-8"
            ) from error
    return text


def _json(value: Any) -> Any:
    if nested_deeper(value):
        raise ValueError(f"this is nested more than {MAX_DEPTH} levels deep")
    if not _is_json(value):
        raise ValueError(
            "expected a JSON value: a string, a number, true, false, null, [...] or {...}"
        )
    return value


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_json(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor NaN
    if isinstance(value, str):
        return bool(_unicode(value)) or not value
    return value is None or isinstance(value, int)


def _claims(claims: dict[str, Any]) -> dict[str, Any]:
    if reserved := RESERVED_CLAIMS & claims.keys():
        raise ValueError(
            f'{", ".join(sorted(reserved))} cannot be set here; for "exp" set lifetime, for the '
            "time clock"
        )
    return claims


def _token_headers(headers: dict[str, Any]) -> dict[str, Any]:
    if reserved := _RESERVED_TOKEN_HEADERS & headers.keys():
        raise ValueError(
            f"{', '.join(sorted(reserved))} cannot be set here; set algorithm or key_id of the "
            "token"
        )
    return headers


def _header_name(name: str) -> str:
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError("expected a header name")
    if name.lower() in _SERVER_HEADERS:
        raise ValueError("the server sets this header itself")
    return name


def _header_value(value: str) -> str:
    if not _HEADER_VALUE.fullmatch(value):
        raise ValueError("contains a character that is not allowed in a header")
    return value


def _scope(value: str) -> str:
    if not _SCOPE.fullmatch(value):
        raise ValueError("a scope is printable ASCII without spaces, quotes and backslashes")
    return value


def _one_or_list(value: object) -> str:
    return "list" if isinstance(value, list | tuple) else "one"


def _not_empty(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("expected at least one entry")
    return values


def _file_name(value: object) -> object:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError("expected a file name")
    return value


def _secret(value: SecretStr, info: SerializationInfo) -> str:
    reveal = bool(info.context and info.context.get("reveal_secrets"))
    return value.get_secret_value() if reveal else MASK


def _duration_schema(pattern: str, description: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "description": description})


DURATION_PATTERN = "^[0-9]{1,15}(ms|s|m|h|d)$"
_DURATION_SCHEMA = _duration_schema(
    DURATION_PATTERN, "A whole number and its unit: 90s, 15m, 1h, 30d."
)
_AS_DURATION = PlainSerializer(format_duration, return_type=str)

OptionalText: TypeAlias = Annotated[str | None, WithJsonSchema({"type": "string"})]
"""An optional string, in the form of the vendors; null counts as absent."""

AnyText: TypeAlias = Annotated[str, AfterValidator(_unicode)]
Text: TypeAlias = Annotated[str, StringConstraints(min_length=1), AfterValidator(_unicode)]
"""A non-empty string."""

Secret: TypeAlias = Annotated[
    SecretStr,
    Field(min_length=1),
    PlainSerializer(_secret, return_type=str),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
"""A string that is shown as `***` unless the context says REVEAL."""

FileName: TypeAlias = Annotated[Path, BeforeValidator(_file_name)]
"""The name of a file, relative to that of the fixture."""

Flag: TypeAlias = StrictBool
Duration: TypeAlias = Annotated[
    timedelta, PlainValidator(parse_duration), _AS_DURATION, _DURATION_SCHEMA
]
Ttl: TypeAlias = Annotated[timedelta, PlainValidator(_ttl), _AS_DURATION, _DURATION_SCHEMA]
Offset: TypeAlias = Annotated[
    timedelta,
    PlainValidator(_offset),
    PlainSerializer(
        lambda value: (
            f"-{format_duration(-value)}" if value < timedelta() else format_duration(value)
        ),
        return_type=str,
    ),
    _duration_schema(
        "^-?[0-9]{1,15}(ms|s|m|h|d)$",
        "A duration: 90s, 15m, 1h, 30d; with - before it, it goes back.",
    ),
]
Lifetime: TypeAlias = Annotated[
    int,
    PlainValidator(_lifetime),
    PlainSerializer(lambda value: format_duration(timedelta(seconds=value)), return_type=str),
    _DURATION_SCHEMA,
]
"""How long a token is valid: a duration in the fixture, whole seconds here."""

Instant: TypeAlias = Annotated[
    datetime,
    PlainValidator(parse_instant),
    PlainSerializer(datetime.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Json: TypeAlias = Annotated[Any, AfterValidator(_json), WithJsonSchema({})]
Scope: TypeAlias = Annotated[str, AfterValidator(_scope)]
Scopes: TypeAlias = tuple[Scope, ...]
Claims: TypeAlias = Annotated[dict[str, Json], AfterValidator(_claims)]
TokenHeaders: TypeAlias = Annotated[dict[str, Json], AfterValidator(_token_headers)]
HttpHeaders: TypeAlias = dict[
    Annotated[str, AfterValidator(_header_name)], Annotated[str, AfterValidator(_header_value)]
]
Audience: TypeAlias = Annotated[
    Annotated[Text, Tag("one")]
    | Annotated[tuple[Text, ...], AfterValidator(_not_empty), Tag("list")],
    Discriminator(_one_or_list),
]
"""One audience, or a list of them (RFC 7519 §4.1.3)."""
