"""The clock of a realm: reading it and moving it, and this process's own clock with it.

`process=True` moves the clock of the test's own process too (by the package `time-machine`), for a
service under test that checks tokens in this process: then with every change, until
`release_process` or the end of the realm.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.client.channel import Control
from emulator.client.errors import EmulatorError, hide_traceback
from emulator.client.values import Duration, Instant, duration_text, instant_text, parse_time
from emulator.core.clock import machine_time, perf_counter, use_machine_time

__tracebackhide__ = hide_traceback

_PATH = "/clock"

_LEAD = timedelta(milliseconds=10)
"""How far this process's clock is set ahead of the realm's, so that no token is from its future.

The realm's time is in milliseconds, and setting this clock takes a moment.
"""


class RealmClock:
    """The clock of a realm."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def now(self) -> datetime:
        """The realm's time, in UTC, to the millisecond."""
        return parse_time(self._control.get(_PATH)["now"])

    @property
    def frozen(self) -> bool:
        """Whether it is frozen."""
        frozen: bool = self._control.get(_PATH)["frozen"]
        return frozen

    def set(self, now: Instant, *, frozen: bool | None = None, process: bool = False) -> datetime:
        """Set the clock to an instant; with `frozen=True` it stops there. Returns the new time."""
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
        """Move by a duration, by `hours=25` and the like, or both. Returns the new time.

        Negative values go back. `process=True` moves the clock of this process too.
        """
        more = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        if isinstance(by, int | float):
            raise TypeError(f"give {by} a unit: hours={by}, or '{by}h'")
        if isinstance(by, str) and more:
            raise TypeError("give one string or timedelta, or numbers by unit")
        length = by if isinstance(by, str) else by + more
        return self._change({"advance": duration_text(length)}, process=process)

    def freeze(self, at: Instant | None = None, *, process: bool = False) -> datetime:
        """Freeze the clock, now or at an instant. Returns the time that it shows."""
        now = None if at is None else instant_text(at)
        return self._change({"now": now, "frozen": True}, process=process)

    def resume(self, *, process: bool = False) -> datetime:
        """Let a frozen clock run again. Returns the time."""
        return self._change({"frozen": False}, process=process)

    def release_process(self) -> None:
        """Let this process's clock show real time again, as the end of the realm does."""
        PROCESS_CLOCK.release(self)

    def _change(self, change: dict[str, object], *, process: bool) -> datetime:
        given = {name: value for name, value in change.items() if value is not None}
        follows = process or PROCESS_CLOCK.follows(self)
        if follows:
            PROCESS_CLOCK.follow(self)  # or raise, before anything changes
        began = perf_counter()
        state = self._control.put(_PATH, given)
        now, frozen = parse_time(state["now"]), state["frozen"]
        if follows:
            took = timedelta(seconds=perf_counter() - began)
            PROCESS_CLOCK.show(now if frozen else now + took + _LEAD, frozen=frozen)
        return now


class ProcessClock:
    """The clock of this process, which a realm's clock can move, by time-machine."""

    def __init__(self) -> None:
        self._travel: Any = None
        self._traveller: Any = None
        self._leader: RealmClock | None = None

    def follows(self, clock: RealmClock) -> bool:
        """Whether it follows this clock."""
        return self._leader is clock

    def follow(self, clock: RealmClock) -> None:
        """Follow this clock, and no other; it still shows real time.

        Raises EmulatorError.
        """
        if self._leader is clock:
            return
        if self._leader is not None:
            self.release(self._leader)
        try:
            import time_machine
        except ImportError as error:
            raise EmulatorError(
                "process=True moves the clock of this process by time-machine, which is not "
                "installed; pip install time-machine"
            ) from error
        keep_real_time(time_machine)
        travel = time_machine.travel(datetime.fromtimestamp(machine_time(), UTC), tick=True)
        try:
            self._traveller = travel.start()
        except RuntimeError as error:
            raise EmulatorError(f"the clock of this process cannot be moved: {error}") from error
        self._travel, self._leader = travel, clock

    def show(self, now: datetime, *, frozen: bool) -> None:
        """Show a time, and run from there or stay frozen."""
        self._traveller.move_to(now, tick=not frozen)

    def release(self, clock: RealmClock) -> None:
        """Show real time again, if it follows this clock."""
        if self._leader is clock:
            travel, self._travel, self._leader = self._travel, None, None
            travel.stop()


def keep_real_time(time_machine: Any) -> None:
    """Let an emulator in this process read real time although time-machine is active."""
    escape = time_machine.escape_hatch
    use_machine_time(escape.time.time, escape.is_travelling)


PROCESS_CLOCK = ProcessClock()
