"""Looks that have an end, whatever is looked at: a socket's own timeout is for each read of it."""

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from emulator.core.clock import stopwatch

Name = TypeVar("Name")
Seen = TypeVar("Seen")


def within(seconds: float, look: Callable[[], Seen]) -> Seen:
    """What a look returns, or raises; TimeoutError where it takes longer."""
    seen = at_once({"": look}, seconds)[""]
    if isinstance(seen, Exception):
        raise seen
    return seen


def at_once(
    looks: Mapping[Name, Callable[[], Seen]], seconds: float
) -> dict[Name, Seen | Exception]:
    """What each look returns, or the exception that it ends in; all of them begin now.

    One that takes longer ends in a TimeoutError. It is left to itself: nobody can stop a look-up of
    the system's, and a process does not wait for daemons.
    """
    seen: dict[Name, Seen | Exception] = {}

    def take(name: Name) -> None:
        try:
            seen[name] = looks[name]()
        except Exception as error:  # noqa: BLE001 - it is told to who asked
            seen[name] = error

    threads = [threading.Thread(target=take, args=(name,), daemon=True) for name in looks]
    for thread in threads:
        thread.start()
    over = stopwatch() + seconds
    for thread in threads:
        thread.join(max(0.0, over - stopwatch()))
    return {name: seen.get(name, TimeoutError("timed out")) for name in looks}
