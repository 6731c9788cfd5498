"""Whether a client waited longer and longer while it was turned away."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

from emulator.driving.entries import Entry

_TURNED_AWAY = frozenset({429, 503})
_LONGER = timedelta(milliseconds=5)
"""By how much a pause must be longer to count as longer: less is the machine's own."""

_MANY_DIGITS = 9
_EARLY = timedelta(milliseconds=20)
"""How much too early a call may come after a Retry-After: clocks are read at either end."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How pauses are to grow: `factor` times each (None: they need not), the last to `at_least`."""

    factor: float | None
    at_least: timedelta


@dataclass(frozen=True, slots=True)
class _Pause:
    """The real time between an answer that turned a client away and its next call."""

    after: Entry
    before: Entry

    @property
    def length(self) -> timedelta:
        return max(timedelta(0), self.before.began_at - self.after.ended_at)

    @property
    def asked(self) -> timedelta | None:
        """What Retry-After asked for (RFC 9110 section 10.2.3), by the realm's clock."""
        said = self.after.answer["headers"].get("retry-after")
        if said is None:
            return None
        if said.isascii() and said.isdigit() and len(said) < _MANY_DIGITS:
            return timedelta(seconds=int(said))
        try:
            at = parsedate_to_datetime(said)
        except (ValueError, OverflowError):
            return None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) - self.after.at

    def __str__(self) -> str:
        return f"the pause before number {self.before.number} is {_ms(self.length)}"


def why_not_backed_off(
    calls: Sequence[Entry], growth: Growth
) -> tuple[list[timedelta], str | None]:
    """The pauses after calls that were turned away, and what is wrong with them, if anything is."""
    rows = _rows(calls)
    if not rows:
        turned = sum(call.status in _TURNED_AWAY for call in calls)
        said = f"{turned} of {len(calls)} calls were answered 429 or 503, and none came after one"
        return [], f"{said}: there is nothing to back off from"
    pauses = [pause.length for row in rows for pause in row]
    faults = (fault for row in rows for fault in _faults(row, growth))
    return pauses, next(faults, None)


def _rows(calls: Sequence[Entry]) -> list[list[_Pause]]:
    """The pauses, those together that no good answer came between."""
    rows: list[list[_Pause]] = []
    turned_away = False
    for one, following in pairwise(calls):
        if one.status in _TURNED_AWAY:
            if not turned_away:
                rows.append([])
            rows[-1].append(_Pause(one, following))
        turned_away = one.status in _TURNED_AWAY
    return rows


def _faults(row: Sequence[_Pause], growth: Growth) -> list[str]:
    faults = [
        f"{pause}, and Retry-After asked for {_ms(pause.asked)}"
        for pause in row
        if pause.asked is not None and pause.length < pause.asked - _EARLY
    ]
    free = [pause for pause in row if pause.asked is None]
    if growth.factor is not None:
        faults += _not_growing(free, growth.factor)
    if free and free[-1].length < growth.at_least:
        faults.append(f"{free[-1]}, shorter than {_ms(growth.at_least)}")
    return faults


def _not_growing(pauses: Sequence[_Pause], factor: float) -> Iterator[str]:
    for one, following in pairwise(pauses):
        least = max(one.length * factor, one.length + _LONGER)
        if following.length < least:
            yield (
                f"{following}, and the one before was {_ms(one.length)}: they do not grow, as "
                f"{_ms(least)} were to come"
            )


def _ms(length: timedelta) -> str:
    return f"{length / timedelta(milliseconds=1):.0f} ms"
