"""Which calls go to an emulator in place of a vendor, to which one, and until when."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from emulator.app import CATALOG

HOSTS = frozenset(host for vendor in CATALOG.values() for host in vendor.hosts)
"""Every host name whose calls are routed."""

_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, eq=False)
class EmulatorAddress:
    """Where the emulator of one block answers; `prefix` is a realm's path, or empty."""

    host: str
    port: int
    prefix: str

    @classmethod
    def of(cls, url: str) -> Self:
        """The address of a base URL; ValueError if calls cannot be sent to it."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "http" or not host:
            raise ValueError(
                f"at_vendor_hosts takes the http:// URL of an emulator, not {url!r}; "
                "one that serves HTTPS has a plain port beside it"
            )
        if host in HOSTS:
            raise ValueError(f"at_vendor_hosts takes an emulator's URL, and {host} is a vendor's")
        return cls(host, parts.port or _DEFAULT_PORTS["http"], parts.path.rstrip("/"))


class Blocks:
    """The emulators of the open blocks of all threads, that of the block entered last at the end.

    The libraries' methods belong to the whole process, and so do these.
    """

    def __init__(self) -> None:
        self.open: tuple[EmulatorAddress, ...] = ()
        """Replaced, not changed: it is read unlocked."""

    def enter(self, emulator: EmulatorAddress) -> None:
        """Put one at the end."""
        self.open = (*self.open, emulator)

    def leave(self, emulator: EmulatorAddress) -> None:
        """Take that one away, wherever it is."""
        self.open = tuple(other for other in self.open if other is not emulator)

    def route(self, scheme: str, host: str, port: int | None) -> EmulatorAddress | None:
        """The emulator to which calls of this origin go; None: they go where they always went."""
        blocks = self.open
        if not blocks or host.removesuffix(".") not in HOSTS or scheme not in _DEFAULT_PORTS:
            return None
        return blocks[-1] if port in (None, _DEFAULT_PORTS[scheme]) else None


BLOCKS = Blocks()


@dataclass
class Patch:
    """A method of a library that is wrapped by ours, between `apply` and `undo`."""

    owner: type
    name: str
    wrap: Callable[[Any], Any]
    _theirs: Any = None
    _ours: Any = None

    def apply(self) -> None:
        """Wrap what is there now."""
        present = vars(self.owner)[self.name]
        if present is not self._ours:
            self._theirs, self._ours = present, self.wrap(present)
            setattr(self.owner, self.name, self._ours)

    def undo(self) -> None:
        """Put back what was there.

        If another patch came on top, it stays: ours below it does nothing while no block is open.
        """
        if vars(self.owner)[self.name] is self._ours:
            setattr(self.owner, self.name, self._theirs)
            self._theirs = self._ours = None
