"""Durations and instants as tests give them, and as the control API writes them."""

from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from emulator.core.fields import format_duration, parse_duration

Duration: TypeAlias = timedelta | str
"""A `timedelta`, or a string as in a fixture: `90s`, `15m`, `25h`, `30d`, `250ms`."""

Instant: TypeAlias = datetime | str
"""A `datetime` with a time zone, or a string such as `2031-01-01T00:00:00Z`."""


def duration_text(length: Duration) -> str:
    """A duration for the control API, in whole milliseconds."""
    if isinstance(length, str):
        return length
    if not isinstance(length, timedelta):
        raise TypeError(f"expected a timedelta or a string such as 90s, 25h, 250ms, not {length!r}")
    sign = "-" if length < timedelta(0) else ""
    return f"{sign}{format_duration(abs(length))}"


def seconds_of(length: Duration | None) -> float:
    """A duration in seconds; None is 0. Raises ValueError."""
    return 0.0 if length is None else parse_duration(length).total_seconds()


def instant_text(instant: Instant) -> str:
    """An instant for the control API. Raises ValueError for a datetime without time zone."""
    if isinstance(instant, str):
        return instant
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone; give it tzinfo=UTC")
    return instant.isoformat()


def parse_time(text: str) -> datetime:
    """An instant as the control API writes it, in UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
