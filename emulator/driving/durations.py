"""Lengths and points of time, as tests give them and as the control API reads them."""

import re
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Duration: TypeAlias = timedelta | str
"""A `timedelta`, or a text as a fixture has it: `90s`, `15m`, `25h`, `30d`, `250ms`."""

Instant: TypeAlias = datetime | str
"""A `datetime` that knows its zone, or a text such as `2031-01-01T00:00:00Z`."""

_MILLISECOND = timedelta(milliseconds=1)
_NO_DURATION = " is no duration; give a timedelta, or a text such as 90s, 15m, 25h, 250ms"
_TEXT = re.compile(r"([0-9]{1,15})(ms|s|m|h|d)")
_UNITS = {
    "ms": _MILLISECOND,
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
}


def duration_text(length: Duration) -> str:
    """A duration as the control API reads it; what is below a millisecond is left out."""
    if isinstance(length, str):
        return length
    _check(length)
    sign = "-" if length < timedelta(0) else ""
    whole = abs(length) - abs(length) % _MILLISECOND
    unit = next(name for name, one in reversed(_UNITS.items()) if not whole % one)
    return f"{sign}{whole // _UNITS[unit]}{unit}"


def _check(length: object) -> None:
    if not isinstance(length, timedelta):
        raise TypeError(f"{length!r}{_NO_DURATION}")


def instant_text(instant: Instant) -> str:
    """An instant as the control API reads it. ValueError where a datetime has no zone."""
    if isinstance(instant, str):
        return instant
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no zone; give it tzinfo=UTC")
    return instant.isoformat()


def instant_in(text: str) -> datetime:
    """An instant as the control API tells it, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)


def length_of(length: Duration) -> timedelta:
    """A duration as a timedelta. ValueError where a text is none."""
    if not isinstance(length, str):
        _check(length)
        return length
    found = _TEXT.fullmatch(length)
    if found is None:
        raise ValueError(f"{length!r}{_NO_DURATION}")
    return int(found[1]) * _UNITS[found[2]]
