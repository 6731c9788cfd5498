"""How long a connection may say nothing: one timer a connection, not one an answer."""

import asyncio
from collections.abc import Callable


class Idle:
    """Ends a connection that has been idle for so many seconds.

    Its timer runs on while requests come, and looks when it is due whether it is idle still.
    """

    __slots__ = ("_end", "_loop", "_seconds", "_since", "_timer")

    def __init__(
        self, seconds: float, end: Callable[[], object], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._seconds = seconds
        self._end = end
        self._loop = loop
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """From now on it says nothing."""
        self._since = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._look)

    def end(self) -> None:
        """It says something."""
        self._since = None

    def cease(self) -> None:
        """There is no connection any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        if self._since is None:
            return  # an answer is awaited; after it the timer is set anew
        left = self._since + self._seconds - self._loop.time()
        if left <= 0:
            self._end()
        else:
            self._timer = self._loop.call_later(left, self._look)
