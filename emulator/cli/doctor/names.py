"""Looking up names, for no longer than one waits."""

import socket
import threading
from collections.abc import Iterable


def addresses_of(names: Iterable[str], within: float) -> dict[str, list[str]]:
    """The addresses of each name, in the order in which a client tries them; none: unknown.

    All are looked up at once. A name that takes longer than `within` seconds is unknown.
    """
    found: dict[str, list[str]] = {name: [] for name in names}

    def look_up(name: str) -> None:
        try:
            told = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found[name] = list(dict.fromkeys(str(address[0]) for *_, address in told))

    # Daemons: the system's own look-up takes as long as it likes.
    threads = [threading.Thread(target=look_up, args=(name,), daemon=True) for name in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(within)
    return dict(found)
