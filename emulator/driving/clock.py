"""The clock of a realm, for tests: looking at it and moving it.

With `process=True` the clock of the test's own process goes along (by the package `time-machine`),
for a service under test that checks tokens in this process: from then on with every change, until
`release_process` or the realm's end.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from emulator.core.clock import stopwatch
from emulator.driving.channel import Control
from emulator.driving.durations import Duration, Instant, duration_text, instant_in, instant_text
from emulator.driving.errors import told_enough
from emulator.driving.process_clock import LEAD, PROCESS_CLOCK

__tracebackhide__ = told_enough

_PATH = "/clock"


class RealmClock:
    """The one clock that all of a realm reads."""

    def __init__(self, control: Callable[[], Control]) -> None:
        self._control = control

    def now(self) -> datetime:
        """The realm's time, in UTC, to the millisecond."""
        return instant_in(self._told()["now"])

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        frozen: bool = self._told()["frozen"]
        return frozen

    def set(self, now: Instant, *, frozen: bool | None = None, process: bool = False) -> datetime:
        """Jump to an instant, and run on from there, or stand (`frozen=True`); the new time."""
        return self._change({"now": instant_text(now), "frozen": frozen}, process=process)

    def advance(
        self,
        by: Duration = timedelta(0),
        *,
        days: float = 0,
        hours: float = 0,
        minutes: float = 0,
        seconds: float = 0,
        process: bool = False,
    ) -> datetime:
        """Move by a duration, by `hours=25` and the like, or by both; the new time.

        What is negative goes back. `process=True` takes the clock of this process along.
        """
        more = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if isinstance(by, str) and more:
            raise TypeError("give a text alone, or a timedelta or numbers with their units")
        length = by if isinstance(by, str) else by + more
        return self._change({"advance": duration_text(length)}, process=process)

    def freeze(self, at: Instant | None = None, *, process: bool = False) -> datetime:
        """Stand still, at this moment or at an instant; the time at which it stands."""
        now = None if at is None else instant_text(at)
        return self._change({"now": now, "frozen": True}, process=process)

    def resume(self, *, process: bool = False) -> datetime:
        """Run on from where it stands; the time."""
        return self._change({"frozen": False}, process=process)

    def release_process(self) -> None:
        """Let the clock of this process go its own way again. A realm's end does it too."""
        PROCESS_CLOCK.release(self)

    def _told(self) -> Any:
        return self._control().get(_PATH)

    def _change(self, change: dict[str, object], *, process: bool) -> datetime:
        given = {name: value for name, value in change.items() if value is not None}
        along = process or PROCESS_CLOCK.goes_with(self)
        if along:
            PROCESS_CLOCK.take(self)  # or raise, before anything changes
        began = stopwatch()
        told = self._control().put(_PATH, given)
        now, frozen = instant_in(told["now"]), told["frozen"]
        if along:
            lead = timedelta(seconds=stopwatch() - began) + LEAD
            PROCESS_CLOCK.show(now if frozen else now + lead, frozen=frozen)
        return now
