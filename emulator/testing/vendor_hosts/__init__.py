"""Redirects calls to the vendors' hosts to an emulator, for client code with a fixed base URL.

It is for httpx, requests and urllib3, in this process alone. In each library the method is wrapped
by which a request goes to a connection (`by_httpx`, `by_urllib3`), so that clients made before the
block are included.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from emulator.testing.vendor_hosts.routing import BLOCKS, EmulatorAddress, Patch
from emulator.testing.vendor_hosts.routing import HOSTS as HOSTS

_lock = threading.Lock()
_patches: list[Patch] = []


def at_vendor_hosts(url: str) -> AbstractContextManager[None]:
    """A block in which the emulator at `url` answers for the vendors' hosts.

    `url` is the base URL of an emulator or of a realm of it; ValueError if it is not http. What
    httpx, requests and urllib3 address to https or http at a vendor's host name (`HOSTS`) at the
    usual port goes to the emulator, past every proxy; the client sees the vendor's URL in its
    requests and answers. All else goes where it went, and so do a client's own transports.

    It holds for all threads of this process, and for no other process. Of several open blocks, the
    one entered last counts, whichever thread entered it.
    """
    return _block(EmulatorAddress.of(url))


@contextmanager
def _block(emulator: EmulatorAddress) -> Iterator[None]:
    with _lock:
        if not BLOCKS.open:
            _patches[:] = _patches or _make_patches()
            for patch in _patches:
                patch.apply()
        BLOCKS.enter(emulator)
    try:
        yield
    finally:
        with _lock:
            BLOCKS.leave(emulator)
            if not BLOCKS.open:
                for patch in _patches:
                    patch.undo()


def _make_patches() -> list[Patch]:
    # Both are imported whether the test uses them or not: a library that is first imported within
    # a block would else reach the vendor. It takes about 80 ms for httpx and 20 for urllib3, once.
    from emulator.testing.vendor_hosts import by_httpx

    patches = by_httpx.patches()
    try:
        from emulator.testing.vendor_hosts import by_urllib3
    except ImportError:  # urllib3, which requests needs, is no dependency of ours
        return patches
    return patches + by_urllib3.patches()
