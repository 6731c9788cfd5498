"""The one clock of a realm, and the one file that reads the machine's time.

Everything a vendor dates reads a `Clock`: `iat`, `exp`, refresh lifetimes, the `Date` header.
What a person waits for by the wall (grace at shutdown, the life of a log line) does not.
"""

import time
from datetime import UTC, datetime
from email.utils import formatdate


class Clock:
    """Tells a realm's time as POSIX seconds. It runs, runs shifted, or stands still."""

    def __init__(self, start: datetime | None = None) -> None:
        """Start at `start` and run on from there; without it, follow the machine's time.

        `start` must know its zone; a naive datetime raises ValueError.
        """
        self._shift = 0.0
        self._standing: float | None = None
        self._latest = 0.0
        if start is not None:
            self.set(start)

    def now(self) -> float:
        """The realm's time, in POSIX seconds."""
        if self._standing is not None:
            return self._standing
        return time.time() + self._shift

    def latest(self) -> float:
        """The latest time that it has shown: no token of the realm was issued after it."""
        return max(self._latest, self.now())

    def set(self, instant: datetime) -> None:
        """Jump to `instant`, forwards or back; a running clock runs on from there."""
        if instant.tzinfo is None:
            raise ValueError(f"{instant.isoformat()} has no zone; write it with Z or an offset")
        self.advance(instant.timestamp() - self.now())

    def advance(self, seconds: float) -> None:
        """Move by `seconds`; a negative number goes back."""
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
            self._shift = self._standing - time.time()
            self._standing = None


def iso_milliseconds(seconds: float) -> str:
    """POSIX seconds as `2025-01-01T00:00:00.000Z`, the form of Vault's messages."""
    instant = datetime.fromtimestamp(seconds, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def http_date(seconds: float) -> str:
    """POSIX seconds as an HTTP date, for the `Date` header (RFC 9110 §5.6.7)."""
    return formatdate(seconds, usegmt=True)
