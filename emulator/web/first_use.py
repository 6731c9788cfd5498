"""What is made no earlier than somebody needs it."""

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class AtFirstUse(Generic[T]):
    """What `make` makes, once, at its first use, whoever asks first.

    For what takes long to import, and what a sign-in does not need: FastAPI alone takes 300 to
    450 ms.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: T | None = None

    async def get(self) -> T:
        """It; if it must be made, that happens in a thread while others are served."""
        return await asyncio.to_thread(self.now) if self._made is None else self._made

    def now(self) -> T:
        """It, made in this thread if need be."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made
