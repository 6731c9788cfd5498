"""How long a request may take to arrive."""

import asyncio
from collections.abc import Callable


class Patience:
    """Is over so many seconds after it began, unless it ended before."""

    __slots__ = ("_loop", "_over", "_seconds", "_timer")

    def __init__(
        self, seconds: float, over: Callable[[], object], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._seconds = seconds
        self._over = over
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """From now on somebody waits, if nobody did before."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._end)

    def end(self) -> None:
        """What was waited for has come, or nobody waits any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        self._over()
