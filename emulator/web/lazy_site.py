"""The site, made no earlier than somebody looks at it."""

import asyncio
import threading
from collections.abc import Callable

from emulator.web.visit import AsgiApp


class LazySite:
    """A FastAPI application that is made at its first use, once, in a thread.

    Importing FastAPI alone takes 300 to 450 ms, in which others are served.
    """

    def __init__(self, make: Callable[[], AsgiApp]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._app: AsgiApp | None = None

    async def app(self) -> AsgiApp:
        """The application."""
        return await asyncio.to_thread(self._made) if self._app is None else self._app

    def _made(self) -> AsgiApp:
        with self._lock:
            if self._app is None:
                self._app = self._make()
            return self._app
