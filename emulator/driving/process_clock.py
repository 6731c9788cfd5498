"""The clock of this process, taken along by the clock of a realm, by the package time-machine."""

from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.core.clock import read_machine_time_by, real_time
from emulator.driving.errors import EmulatorError, told_enough

__tracebackhide__ = told_enough


class ProcessClock:
    """The one clock of this process. Of several that take it along, the last one counts."""

    def __init__(self) -> None:
        self._travel: Any = None
        self._traveller: Any = None
        self._taken_by: object = None

    def goes_with(self, taker: object) -> bool:
        """Whether it is this one that takes it along."""
        return self._taken_by is taker

    def take(self, taker: object) -> None:
        """Let it be taken along from now on; it still shows the real time.

        EmulatorError where that cannot be.
        """
        if self.goes_with(taker):
            return
        self.release(self._taken_by)
        try:
            import time_machine
        except ImportError as error:
            raise EmulatorError(
                "process=True moves the clock of this process by time-machine, which is not "
                "installed; pip install time-machine"
            ) from error
        escape_from(time_machine)
        travel = time_machine.travel(datetime.fromtimestamp(real_time(), UTC), tick=True)
        try:
            self._traveller = travel.start()
        except RuntimeError as error:
            raise EmulatorError(f"the clock of this process cannot be moved: {error}") from error
        self._travel, self._taken_by = travel, taker

    def show(self, now: datetime, *, frozen: bool) -> None:
        """Show a time, and run on from there or stand."""
        self._traveller.move_to(now, tick=not frozen)

    def release(self, taker: object) -> None:
        """Let it go its own way again, if it is this one that takes it along."""
        if self._travel is not None and self.goes_with(taker):
            travel, self._travel, self._taken_by = self._travel, None, None
            travel.stop()


def escape_from(time_machine: Any) -> None:
    """Let an emulator in this process go by the real time, whatever time-machine makes of it."""
    escape = time_machine.escape_hatch
    read_machine_time_by(escape.time.time, escape.is_travelling)


PROCESS_CLOCK = ProcessClock()

LEAD = timedelta(milliseconds=1)
"""By how much it leads: a realm's time is told to the millisecond, and no token that a realm issues
may be of the future here."""
