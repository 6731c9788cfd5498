"""The one clock of a realm, and the one file that reads the machine's time.

Everything a vendor dates reads a `Clock`: `iat`, `exp`, refresh lifetimes, the `Date` header.
What a person waits for by the wall (delays, `within`, the `ttl` of a realm or a fault) reads
`wall`, which no test can move.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from functools import lru_cache

from msgspec import Struct

_SOURCES = {"machine": time.time, "wall": time.monotonic, "stopwatch": time.perf_counter}
"""What tells time. In a dict, where libraries that fake the time of a process do not look for it.

An emulator within a test goes by the real one, as one elsewhere does, and is moved by calls alone.
"""

_FIRST = datetime(1971, 1, 1, tzinfo=UTC).timestamp()
_LAST = datetime(9000, 12, 31, tzinfo=UTC).timestamp()


class ClockOutOfRange(ValueError):
    """A clock would show a year before 1971 or after 9000."""


class ClockStart(Struct, frozen=True):
    """How a clock starts: at `instant` (else the machine's time), moved by `advance` seconds."""

    instant: datetime | None = None
    advance: float = 0.0
    frozen: bool = False


RUNNING = ClockStart()
"""The start of a clock that follows the machine's time."""


class Clock:
    """Tells a realm's time as POSIX seconds. It runs, runs shifted, or stands still."""

    __slots__ = ("_latest", "_shift", "_standing", "_start")

    def __init__(self, start: datetime | ClockStart | None = None) -> None:
        """Start at `start` and run on from there; without it, follow the machine's time.

        A datetime must know its zone; a naive one raises ValueError.
        """
        self._shift = 0.0
        self._standing: float | None = None
        self._latest = 0.0
        self._start = start if isinstance(start, ClockStart) else ClockStart(start)
        self.restart()

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._standing is not None

    @property
    def moved(self) -> bool:
        """Whether it shows, or may show, another time than the machine's."""
        return self._shift != 0 or self._standing is not None

    def now(self) -> float:
        """The realm's time, in POSIX seconds."""
        if self._standing is not None:
            return self._standing
        return _SOURCES["machine"]() + self._shift

    def latest(self) -> float:
        """The latest time that it has shown: no token of the realm was issued after it."""
        return max(self._latest, self.now())

    def set(self, instant: datetime) -> None:
        """Jump to `instant`, forwards or back; a running clock runs on from there.

        Raises ClockOutOfRange.
        """
        wanted = _posix(instant)
        _check(wanted)
        self._move(wanted - self.now())
        self._stand_at(instant)

    def advance(self, seconds: float) -> None:
        """Move by `seconds`; a negative number goes back. Raises ClockOutOfRange."""
        _check(self.now() + seconds)
        self._move(seconds)

    def _move(self, seconds: float) -> None:
        self._latest = self.latest()
        if self._standing is not None:
            self._standing += seconds
        else:
            self._shift += seconds

    def freeze(self) -> None:
        """Stand still at this moment."""
        self._standing = self.now()

    def resume(self) -> None:
        """Run on from the moment at which the clock stands."""
        if self._standing is not None:
            self._shift = self._standing - _SOURCES["machine"]()
            self._standing = None

    def as_start(self) -> ClockStart:
        """A start from which another clock shows what this one shows."""
        if self._standing is not None:
            return ClockStart(datetime.fromtimestamp(self._standing, UTC), frozen=True)
        return ClockStart(advance=self._shift)

    def follow(self, start: ClockStart) -> None:
        """Start again from another start, and remember the latest time that was shown."""
        latest = self.latest()
        self._start = start
        self.restart()
        self._latest = latest

    def check(self) -> None:
        """Raise ClockOutOfRange where it shows a year that no clock is moved to."""
        _check(self.now())

    def restart(self) -> None:
        """Go back to how it started."""
        self._shift = 0.0
        self._standing = None
        self._latest = 0.0
        if self._start.frozen:
            self.freeze()
        if self._start.instant is not None:
            self._move(_posix(self._start.instant) - self.now())
            self._stand_at(self._start.instant)
        if self._start.advance:
            self._move(self._start.advance)
        self._latest = 0.0

    def _stand_at(self, instant: datetime) -> None:
        """Stand at an instant to the microsecond, if it stands: sums of floats are not exact."""
        if self._standing is not None:
            self._standing = instant.timestamp()


def _check(shown: float) -> None:
    if not _FIRST <= shown <= _LAST:
        raise ClockOutOfRange("the clock would leave the years 1971 to 9000")


def _posix(instant: datetime) -> float:
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no zone; write it with Z or an offset")
    return instant.timestamp()


def wall() -> float:
    """Seconds that pass as real time does, from an unknown moment on: for whoever waits."""
    return _SOURCES["wall"]()


def stopwatch() -> float:
    """The same, as exact as the machine can: for how long something took."""
    return _SOURCES["stopwatch"]()


def real_time() -> float:
    """The machine's time in POSIX seconds: for people who look for a call in other logs."""
    return _SOURCES["machine"]()


def read_machine_time_by(real: Callable[[], float], while_astray: Callable[[], bool]) -> None:
    """Let `real` tell the machine's time, in POSIX seconds, while `time.time` is led astray.

    For processes in which even that function itself is, as by the package time-machine.
    """
    usual = time.time

    def machine() -> float:
        try:
            return real() if while_astray() else usual()
        except ValueError:  # it has just found its way back
            return usual()

    _SOURCES["machine"] = machine


def iso_milliseconds(seconds: float) -> str:
    """POSIX seconds as `2025-01-01T00:00:00.000Z`, the form of Vault's messages."""
    # Half a microsecond on top: what was given in milliseconds may be stored as a little less.
    return _iso(int(seconds * 1_000 + 0.000_5))


@lru_cache(maxsize=64)  # one call is dated several times, and many calls in a millisecond
def _iso(milliseconds: int) -> str:
    second, rest = divmod(milliseconds, 1_000)
    return f"{_iso_second(second)}.{rest:03}Z"


@lru_cache(maxsize=64)
def _iso_second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@lru_cache(maxsize=64)
def http_date(second: int) -> bytes:
    """A POSIX second as an HTTP date, for the `Date` header (RFC 9110 §5.6.7)."""
    return formatdate(second, usegmt=True).encode("ascii")
