"""How many connections are open at once, and which one goes when another comes."""

import logging
from collections.abc import Iterable
from functools import cache
from typing import Protocol

_WANTED = 1_000
"""Connections at once: more than tests open, and few enough that callers who fill every limit of
`protocol` (64 KiB of body, 100 header lines, 32 requests ahead) stay below half a gigabyte."""

_RESERVED = 100
"""Open files that are kept for keys, fixtures and calls that are handed on."""

_FEWEST = 20

_log = logging.getLogger("emulator")


class Caller(Protocol):
    """A connection, as it is chosen by."""

    number: int
    """Its place in the order in which connections came."""

    @property
    def claim(self) -> int:
        """How much it may stay: 0 nothing asked yet, 1 idle or half closed, 2 being answered."""
        ...

    def drop(self) -> None:
        """End it at once."""
        ...


def most_connections() -> int:
    """How many connections may be open: fewer where the system allows few open files."""
    try:
        import resource  # not on Windows
    except ImportError:
        return _WANTED
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return _WANTED
    return max(_FEWEST, min(_WANTED, allowed - _RESERVED))


MOST_CONNECTIONS = most_connections()


def let_in(newcomer: Caller, callers: set[Caller]) -> None:
    """Count one that has just come among the callers; where they are too many, one of them goes.

    It is the one with the least claim, the oldest first. Who is being answered stays, unless all
    are: then it is the newcomer that goes.
    """
    callers.add(newcomer)
    if len(callers) > MOST_CONNECTIONS:
        _make_room(callers, newcomer)


def _make_room(callers: Iterable[Caller], newcomer: Caller) -> None:
    waiting = [caller for caller in callers if caller.claim < 2 and caller is not newcomer]
    going = min(waiting, key=lambda caller: (caller.claim, caller.number), default=newcomer)
    going.drop()
    _say_so()


@cache
def _say_so() -> None:
    """Once is enough: a flood of connections must not become one of log lines."""
    _log.warning("%d connections at once: from now on the longest idle one goes", MOST_CONNECTIONS)
