"""Which calls are led astray to an emulator, by whom, and until when."""

from collections.abc import Callable
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


class Block:
    """An open block; each is itself alone, also where two are of one emulator."""

    def __init__(self, emulator: EmulatorAddress) -> None:
        self.emulator = emulator


class Blocks:
    """The open blocks of all threads, the one entered last at the end."""

    def __init__(self) -> None:
        self.open: tuple[Block, ...] = ()
        """Replaced, not changed: it is read unlocked."""

    def enter(self, block: Block) -> None:
        """Put one at the end."""
        self.open = (*self.open, block)

    def leave(self, block: Block) -> None:
        """Take one away, wherever it is."""
        self.open = tuple(other for other in self.open if other is not block)


BLOCKS = Blocks()
"""The libraries' methods are the process's own, and so is this."""


def emulator_for(scheme: str, host: str, port: int | None) -> EmulatorAddress | None:
    """Where a call to this origin is to go instead, if anywhere."""
    blocks = BLOCKS.open
    if not blocks or host.removesuffix(".") not in HOSTS or scheme not in _USUAL_PORTS:
        return None
    return blocks[-1].emulator if port in (None, _USUAL_PORTS[scheme]) else None
