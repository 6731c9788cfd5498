"""The clock of a realm, and the one module that reads the machine's time.

Everything that a vendor dates reads a `Clock`: `iat`, `exp`, the lifetimes of refresh tokens, the
`Date` header. Delays, `within`, `wait` and every `ttl` are real time, which no test can move.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import lru_cache
from typing import Annotated, Self, TypeAlias

from pydantic import (
    BaseModel,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)

from emulator.core.fields import Flag, Instant, Offset, parse_instant
from emulator.core.model import Model

_SOURCES = {"machine": time.time, "monotonic": time.monotonic, "counter": time.perf_counter}
"""In a dict, where libraries that fake the time of a process (freezegun) do not replace them: an
emulator inside a test's process keeps real time.
"""

_FIRST = datetime(1971, 1, 1, tzinfo=UTC).timestamp()
_LAST = datetime(9000, 12, 31, tzinfo=UTC).timestamp()


class ClockOutOfRange(ValueError):
    """A clock would leave the years 1971 to 9000."""


class ClockState(BaseModel):
    """What the store holds of a realm's clock.

    It shows the machine's time plus `shift` seconds, or `frozen_at` (POSIX seconds).
    `latest` is the latest time that it had shown before it was last moved.
    """

    shift: float = 0.0
    frozen_at: float | None = None
    latest: float = 0.0


class ClockSettings(Model):
    """How the realm's clock starts."""

    now: Annotated[
        Instant | None, Field(description="The time to start at; by default the real time.")
    ] = None
    advance: Annotated[Offset, Field(description="An offset to add to it.")] = timedelta()
    frozen: Annotated[Flag, Field(description="Whether it is frozen.")] = False

    @model_validator(mode="after")
    def _in_range(self) -> Self:
        _check(Clock(self.start()).now())
        return self

    def start(self) -> ClockState:
        """The state of a clock that starts now."""
        machine = machine_time()
        shown = machine if self.now is None else self.now.timestamp()
        shown += self.advance.total_seconds()
        if self.frozen:
            return ClockState(frozen_at=shown)
        if self.now is None:
            return ClockState(shift=self.advance.total_seconds())
        return ClockState(shift=shown - machine)


def _started_at(value: object) -> ClockSettings:
    now = parse_instant(value)
    _check(now.timestamp())
    return ClockSettings(now=now)


def _kind_of_start(value: object) -> str:
    return "settings" if isinstance(value, dict | ClockSettings) else "instant"


ClockStart: TypeAlias = Annotated[
    Annotated[ClockSettings, Tag("settings")]
    | Annotated[
        ClockSettings,
        PlainValidator(_started_at),
        WithJsonSchema({"type": "string", "format": "date-time"}),
        Tag("instant"),
    ],
    Discriminator(_kind_of_start),
]
"""The fixture's `clock`: a start instant, or a mapping."""


class Clock:
    """A realm's clock, in POSIX seconds: the machine's time, shifted or frozen."""

    __slots__ = ("_state",)

    def __init__(self, state: ClockState | None = None) -> None:
        self._state = state or ClockState()

    @property
    def state(self) -> ClockState:
        """The immutable state, with which another clock shows the same."""
        return self._state

    @property
    def frozen(self) -> bool:
        """Whether it is frozen."""
        return self._state.frozen_at is not None

    @property
    def moved(self) -> bool:
        """Whether it may show another time than the machine's."""
        return self.frozen or self._state.shift != 0

    def now(self) -> float:
        """The realm's time, in POSIX seconds."""
        frozen_at = self._state.frozen_at
        return machine_time() + self._state.shift if frozen_at is None else frozen_at

    def latest(self) -> float:
        """The latest time that it has shown: no token of the realm was issued after it."""
        return max(self._state.latest, self.now())

    def set(self, instant: datetime) -> None:
        """Set the clock to `instant`; a running clock runs from there.

        Raises ClockOutOfRange.
        """
        self._show(instant.timestamp())

    def advance(self, seconds: float) -> None:
        """Move by `seconds`; a negative number goes back. Raises ClockOutOfRange."""
        shown = _check(self.now() + seconds)
        if self.frozen:
            self._show(shown)
        else:
            self._replace(shift=self._state.shift + seconds, frozen_at=None)

    def freeze(self) -> None:
        """Freeze the clock at its current time."""
        self._state = self._state.model_copy(update={"frozen_at": self.now()})

    def resume(self) -> None:
        """Let a frozen clock run again."""
        frozen_at = self._state.frozen_at
        if frozen_at is not None:
            shift = frozen_at - machine_time()
            self._state = self._state.model_copy(update={"shift": shift, "frozen_at": None})

    def replace(self, state: ClockState) -> None:
        """Replace the state."""
        self._state = state

    def _show(self, shown: float) -> None:
        _check(shown)
        if self.frozen:
            self._replace(shift=0.0, frozen_at=shown)
        else:
            self._replace(shift=self._state.shift + shown - self.now(), frozen_at=None)

    def _replace(self, *, shift: float, frozen_at: float | None) -> None:
        self._state = ClockState(shift=shift, frozen_at=frozen_at, latest=self.latest())


def _check(shown: float) -> float:
    if not _FIRST <= shown <= _LAST:
        raise ClockOutOfRange("the clock must stay between the years 1971 and 9000")
    return shown


def machine_time() -> float:
    """The machine's time in POSIX seconds."""
    return _SOURCES["machine"]()


def monotonic() -> float:
    """Monotonic seconds, for waiting."""
    return _SOURCES["monotonic"]()


def perf_counter() -> float:
    """Precise monotonic seconds, for measuring durations."""
    return _SOURCES["counter"]()


def use_machine_time(real: Callable[[], float], while_faked: Callable[[], bool]) -> None:
    """Read the machine's time, in POSIX seconds, from `real` while a library fakes `time.time`.

    For processes in which even the function itself is replaced, as by the package time-machine.
    """
    usual = time.time

    def machine() -> float:
        try:
            return real() if while_faked() else usual()
        except ValueError:  # the library has just stopped faking it
            return usual()

    _SOURCES["machine"] = machine


def iso_milliseconds(seconds: float) -> str:
    """POSIX seconds as `2025-01-01T00:00:00.000Z`, the form of Vault's messages."""
    # Half a microsecond on top: what was given in milliseconds may be stored as a little less.
    second, rest = divmod(int(seconds * 1_000 + 0.000_5), 1_000)
    moment = datetime.fromtimestamp(second, UTC).replace(microsecond=rest * 1_000, tzinfo=None)
    return f"{moment.isoformat(timespec='milliseconds')}Z"


@lru_cache(maxsize=64)
def http_date(second: int) -> str:
    """A POSIX second as an HTTP date, for the `Date` header (RFC 9110 §5.6.7)."""
    return formatdate(second, usegmt=True)
