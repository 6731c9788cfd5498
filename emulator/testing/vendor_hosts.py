"""Calls that a client addresses to the vendors' own hosts, answered by an emulator instead.

For client code that cannot be given another base URL, by httpx, requests and urllib3, and in this
process alone. Each library is met where it hands a request on to its connections
(`vendor_hosts_httpx`, `vendor_hosts_urllib3`), so that a client made before the block is met too.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from emulator.vendors.nbcgate.hosts import HOSTS as NBCGATE
from emulator.vendors.omniomni.hosts import HOSTS as OMNIOMNI
from emulator.vendors.vault.hosts import HOSTS as VAULT

HOSTS = frozenset((*OMNIOMNI, *NBCGATE, *VAULT))
"""Every host name whose calls a block takes."""

_USUAL_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class EmulatorAddress:
    """Where the emulator answers; `prefix` is a realm's path, or empty."""

    host: str
    port: int
    prefix: str

    @classmethod
    def of(cls, url: str) -> Self:
        """The address of a base URL; ValueError where calls cannot be sent to it."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "http" or not host:
            raise ValueError(
                f"at_vendor_hosts takes the http:// URL of an emulator, not {url!r}; "
                "one that serves HTTPS has a plain port beside it"
            )
        if host in HOSTS:
            raise ValueError(f"at_vendor_hosts takes an emulator's URL, and {host} is a vendor's")
        return cls(host, parts.port or _USUAL_PORTS["http"], parts.path.rstrip("/"))


@dataclass
class Patch:
    """A method of a library with ours around it, from `put` to `take`."""

    owner: type
    name: str
    around: Callable[[Any], Any]
    _theirs: Any = None
    _ours: Any = None

    def put(self) -> None:
        """Wrap what is there now."""
        present = vars(self.owner)[self.name]
        if present is not self._ours:
            self._theirs, self._ours = present, self.around(present)
            setattr(self.owner, self.name, self._ours)

    def take(self) -> None:
        """Put back what was there.

        Another's patch that came on top stays: ours below it does nothing once no block is open.
        """
        if vars(self.owner)[self.name] is self._ours:
            setattr(self.owner, self.name, self._theirs)
            self._theirs = self._ours = None


_lock = threading.Lock()
_patches: list[Patch] = []
_open: tuple["_Block", ...] = ()
"""Blocks of all threads, the one entered last at the end. Replaced, not changed: read unlocked."""


class _Block:
    """An open block; each is itself alone, also where two are of one emulator."""

    def __init__(self, emulator: EmulatorAddress) -> None:
        self.emulator = emulator


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


def emulator_for(scheme: str, host: str, port: int | None) -> EmulatorAddress | None:
    """Where a call to this origin is to go instead, if anywhere."""
    blocks = _open
    if not blocks or host.removesuffix(".") not in HOSTS or scheme not in _USUAL_PORTS:
        return None
    return blocks[-1].emulator if port in (None, _USUAL_PORTS[scheme]) else None


@contextmanager
def _at_vendor_hosts(emulator: EmulatorAddress) -> Iterator[None]:
    block = _Block(emulator)
    _enter(block)
    try:
        yield
    finally:
        _leave(block)


def _enter(block: _Block) -> None:
    global _open  # noqa: PLW0603 - the libraries' methods are the process's own, and so is this
    with _lock:
        if not _open:
            _patches[:] = _patches or _made_patches()
            for patch in _patches:
                patch.put()
        _open = (*_open, block)


def _leave(block: _Block) -> None:
    global _open  # noqa: PLW0603 - see above
    with _lock:
        _open = tuple(other for other in _open if other is not block)
        if not _open:
            for patch in _patches:
                patch.take()


def _made_patches() -> list[Patch]:
    # Imported here, whether the test uses them or not: one that were imported within a block would
    # else reach the vendor. It costs about 80 ms for httpx and 20 for urllib3, once a process.
    from emulator.testing import vendor_hosts_httpx

    patches = vendor_hosts_httpx.patches()
    try:
        from emulator.testing import vendor_hosts_urllib3
    except ImportError:  # urllib3 is no dependency of ours; requests is met in it
        return patches
    return patches + vendor_hosts_urllib3.patches()
