"""Calls that a client addresses to the vendors' own hosts, answered by an emulator instead.

For client code that cannot be given another base URL, by httpx, requests and urllib3, and in this
process alone. Each library is met where it hands a request on to its connections (`by_httpx`,
`by_urllib3`), so that a client made before the block is met too.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from emulator.testing.vendor_hosts.leading import BLOCKS, Block, EmulatorAddress, Patch
from emulator.testing.vendor_hosts.leading import HOSTS as HOSTS

_lock = threading.Lock()
_patches: list[Patch] = []


def at_vendor_hosts(url: str) -> AbstractContextManager[None]:
    """A block in which the emulator at `url` answers for the vendors' hosts.

    `url` is the base URL of an emulator or of a realm of it; ValueError where it is not http. What
    httpx, requests and urllib3 address to https or http at a vendor's host name (`HOSTS`) at the
    usual port goes to the emulator, past every proxy; the client sees the vendor's URL in its
    requests and answers. All else goes where it went, and so do a client's own transports.

    It holds for all threads of this process, and for no other process. Of several open blocks, the
    one entered last counts, whichever thread entered it.
    """
    return _at_vendor_hosts(EmulatorAddress.of(url))


@contextmanager
def _at_vendor_hosts(emulator: EmulatorAddress) -> Iterator[None]:
    block = Block(emulator)
    with _lock:
        if not BLOCKS.open:
            _patches[:] = _patches or _made_patches()
            for patch in _patches:
                patch.put()
        BLOCKS.enter(block)
    try:
        yield
    finally:
        with _lock:
            BLOCKS.leave(block)
            if not BLOCKS.open:
                for patch in _patches:
                    patch.take()


def _made_patches() -> list[Patch]:
    # Imported here, whether the test uses them or not: one that were imported within a block would
    # else reach the vendor. It costs about 80 ms for httpx and 20 for urllib3, once a process.
    from emulator.testing.vendor_hosts import by_httpx

    patches = by_httpx.patches()
    try:
        from emulator.testing.vendor_hosts import by_urllib3
    except ImportError:  # urllib3 is no dependency of ours; requests is met in it
        return patches
    return patches + by_urllib3.patches()
