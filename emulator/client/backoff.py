"""Whether a client's pauses grew while it was refused."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

from emulator.client.entries import Entry

BUSY = frozenset({429, *range(500, 600)})
"""The statuses after which a client is expected to wait."""

_LONGER = timedelta(milliseconds=5)
"""Smaller differences do not count as growth: they may be jitter."""

_EARLY = timedelta(milliseconds=20)
"""How early a call may come after Retry-After; both times are measured."""

_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Growth:
    """How pauses must grow: `factor` times each (None: they need not), the last to `at_least`."""

    factor: float | None
    at_least: timedelta


@dataclass(frozen=True, slots=True)
class _Pause:
    """The real time between a refusal and the client's next call."""

    after: Entry
    before: Entry

    @property
    def length(self) -> timedelta:
        return max(timedelta(0), self.before.began_at - self.after.ended_at)

    @property
    def retry_after(self) -> timedelta | None:
        """What Retry-After asked for (RFC 9110 section 10.2.3), by the realm's clock."""
        value = self.after.response["headers"].get("retry-after")
        if value is None:
            return None
        if value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
            return timedelta(seconds=int(value))
        try:
            at = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) - self.after.at

    def __str__(self) -> str:
        return f"the pause before number {self.before.number} is {_ms(self.length)}"


def check_backoff(
    calls: Sequence[Entry], growth: Growth, statuses: Collection[int] = BUSY
) -> tuple[list[timedelta], str | None]:
    """The pauses after calls with these statuses, and what is wrong with them, if anything."""
    rows = _rows(calls, statuses)
    if not rows:
        busy = sum(call.status in statuses for call in calls)
        which = "429 or 5xx" if statuses == BUSY else " or ".join(map(str, sorted(statuses)))
        return [], (
            f"{busy} of {len(calls)} calls were answered with {which}, and none came after one: "
            "there is no pause to check"
        )
    pauses = [pause.length for row in rows for pause in row]
    return pauses, next((wrong for row in rows for wrong in _mistakes(row, growth)), None)


def _rows(calls: Sequence[Entry], statuses: Collection[int]) -> list[list[_Pause]]:
    """The pauses, in rows that end with another status."""
    rows: list[list[_Pause]] = []
    was_busy = False
    for call, following in pairwise(calls):
        if call.status in statuses:
            if not was_busy:
                rows.append([])
            rows[-1].append(_Pause(call, following))
        was_busy = call.status in statuses
    return rows


def _mistakes(row: Sequence[_Pause], growth: Growth) -> Iterator[str]:
    for pause in row:
        if pause.retry_after is not None and pause.length < pause.retry_after - _EARLY:
            yield f"{pause}, and Retry-After asked for {_ms(pause.retry_after)}"
    free = [pause for pause in row if pause.retry_after is None]
    for pause, following in pairwise(free if growth.factor is not None else ()):
        least = max(pause.length * (growth.factor or 0), pause.length + _LONGER)
        if following.length < least:
            yield (
                f"{following}, and the one before was {_ms(pause.length)}; "
                f"expected at least {_ms(least)}"
            )
    if free and free[-1].length < growth.at_least:
        yield f"{free[-1]}, shorter than {_ms(growth.at_least)}"


def _ms(length: timedelta) -> str:
    return f"{length / timedelta(milliseconds=1):.0f} ms"
