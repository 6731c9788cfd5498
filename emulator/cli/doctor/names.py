"""Looking up names, for no longer than one waits."""

import socket
from collections.abc import Iterable
from functools import partial

from emulator.cli.doctor.bounds import at_once


def addresses_of(names: Iterable[str], within: float) -> dict[str, list[str]]:
    """The addresses of each name, in the order in which a client tries them; none: unknown.

    All are looked up at once. A name that takes longer than `within` seconds is unknown.
    """
    found = at_once({name: partial(_looked_up, name) for name in names}, within)
    return {name: told if isinstance(told, list) else [] for name, told in found.items()}


def _looked_up(name: str) -> list[str]:
    told = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in told))
