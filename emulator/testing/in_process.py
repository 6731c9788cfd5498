"""Calls of an emulator in this process, on its own event loop: no socket is in between."""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import CancelledError, Future
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from emulator.driving.errors import NotRunning
from emulator.driving.remote import TIMEOUT, Remote, Reply, Unreachable

if TYPE_CHECKING:
    from emulator.web.stage import Stage

_OVER = "the emulator is not running any more"

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own, which any thread may hand work to."""

    def __init__(self, make: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self._loop = make()
        self._process = os.getpid()
        self._open = True
        self._lock = threading.Lock()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="auth-emulator", daemon=True
        )
        self._thread.start()

    @property
    def here(self) -> bool:
        """Whether it runs in this process; one that was forked off has not its thread."""
        return self._process == os.getpid()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin some work there. NotRunning once the loop closes, and in a forked process."""
        with self._lock:
            if self._open and self.here:
                return asyncio.run_coroutine_threadsafe(work, self._loop)
        work.close()
        raise NotRunning(_OVER if self.here else "the emulator runs in the parent process")

    def close(self) -> None:
        """End the loop, and what still runs in it."""
        if not self.here:
            return
        with self._lock:  # so that nothing begins behind what ends it all
            ending = asyncio.run_coroutine_threadsafe(_wind_down(self._loop), self._loop)
            self._open = False
        ending.result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def result_of(work: Future[T], within: float | None = None) -> T:
    """What came of some work, waited for. NotRunning where the loop was closed meanwhile."""
    try:
        return work.result(within)
    except CancelledError:
        raise NotRunning(_OVER) from None


async def _wind_down(loop: asyncio.AbstractEventLoop) -> None:
    """End what asyncio.run would end: tasks, generators, and the executor's threads."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


class StageChannel:
    """The way to the control API of a stage in this process."""

    def __init__(self, stage: "Stage", loop: Loop, base_url: str) -> None:
        """`base_url` is how the emulator is addressed from elsewhere."""
        self._stage = stage
        self._loop = loop
        self._base_url = base_url
        self._host = urlsplit(base_url).netloc.encode("ascii")

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to one call."""
        from emulator.web.exchange import exchange

        sent = [(b"host", self._host)]
        sent += [(n.lower().encode(), v.encode()) for n, v in (headers or {}).items()]
        call = exchange(self._stage, method, self._base_url + path, sent, body or b"")
        try:
            told = result_of(self._loop.submit(call), TIMEOUT)
        except TimeoutError as error:
            raise Unreachable(f"the emulator did not answer within {TIMEOUT:.0f} s") from error
        answered = {n.decode("latin-1"): v.decode("latin-1") for n, v in told.headers}
        return Reply(told.status, answered, bytes(told.content))

    def lines(self, path: str) -> Iterator[bytes]:
        """An answer without an end needs a connection that it can come through."""
        raise NotRunning(
            f"{path} is a stream, and an emulator that runs in process has no connection to send "
            "it through; run it in a thread"
        )


class ServedStageChannel(StageChannel):
    """The same of a stage that is also served at its base URL."""

    def __init__(self, stage: "Stage", loop: Loop, base_url: str) -> None:
        super().__init__(stage, loop, base_url)
        self._remote = Remote(base_url)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer to one call; in a process that was forked off, where no loop runs, too."""
        if not self._loop.here:
            return self._remote.ask(method, path, body, headers)
        return super().ask(method, path, body, headers)

    def lines(self, path: str) -> Iterator[bytes]:
        """The lines of an answer that has no end, as they come."""
        return self._remote.lines(path)
