"""A realm, for tests: an emulator of its own inside a running one."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from emulator.driving.channel import Channel, Control
from emulator.driving.clock import RealmClock
from emulator.driving.durations import instant_in, length_of
from emulator.driving.errors import NotRunning, Refused
from emulator.driving.faults import Faults
from emulator.driving.journal import Journal
from emulator.driving.keys import Keys
from emulator.driving.outbox import Outbox
from emulator.driving.remote import Unreachable
from emulator.driving.tokens import Tokens
from emulator.driving.vendors import NbcGate, OmniOmni, Vault


@dataclass(frozen=True, slots=True)
class RealmState:
    """A realm as the emulator tells it: its time, and when it goes by itself (None: never)."""

    name: str
    base_path: str
    now: datetime
    ttl: timedelta | None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """What the control API tells."""
        ttl = told["ttl"]
        left = None if ttl is None else length_of(ttl)
        return cls(told["realm"], told["base_path"], instant_in(told["now"]), left)


@dataclass(frozen=True, slots=True)
class Address:
    """Where an emulator is, the way to its control API, and what calls of it have to bring.

    Where it is not `served`, its URL leads there only within httpx's transport. `process` is whose
    it is: one that was forked off ends nothing.
    """

    url: str
    channel: Channel
    admin_token: str = field(default="", repr=False)
    served: bool = True
    process: int = field(default_factory=os.getpid)


class Realm:
    """Users, clients, keys, clock, faults, journal and outbox of its own.

    `url` is a base URL for all three vendors. As a context manager, it goes at the end.
    """

    def __init__(self, name: str, address: Address) -> None:
        self.name = name
        self._address: Address | None = address
        self._set_up()

    def _set_up(self) -> None:
        self.clock = RealmClock(self._control)
        self.faults = Faults(self._control)
        self.journal = Journal(self._control)
        self.tokens = Tokens(self._control)
        self.keys = Keys(self._control)
        self.outbox = Outbox(self._control)
        self.omniomni = OmniOmni(self._control, self._base)
        self.nbcgate = NbcGate(self._control, self._base)
        self.vault = Vault(self._control, self._base)

    @property
    def url(self) -> str:
        """The base URL of all three vendors in this realm."""
        return f"{self._where().url}{self._prefix}"

    @property
    def _prefix(self) -> str:
        return f"/realms/{self.name}"

    def environment(
        self,
        *,
        omniomni: str = "OMNIOMNI_URL",
        nbcgate: str = "NBCGATE_URL",
        vault: str = "VAULT_URL",
    ) -> dict[str, str]:
        """Variables for a child process: the vendors' base URLs, by these names.

        With them come AUTH_EMULATOR_URL and AUTH_EMULATOR_ADMIN_TOKEN, for what drives the emulator
        there, and NO_PROXY, so that no proxy is asked for it.
        """
        address = self._served()
        host = urlsplit(address.url).hostname or ""
        known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
        direct = ",".join(filter(None, [known, host]))
        token = {"AUTH_EMULATOR_ADMIN_TOKEN": address.admin_token} if address.admin_token else {}
        return {
            "AUTH_EMULATOR_URL": self.url,
            omniomni: self.omniomni.url,
            nbcgate: self.nbcgate.url,
            vault: self.vault.url,
            "NO_PROXY": direct,
            "no_proxy": direct,
            **token,
        }

    def at_vendor_hosts(self) -> AbstractContextManager[None]:
        """Send what httpx, requests and urllib3 address to the vendors' own hosts here instead.

        For the block alone, of this process; clients made before it are included.
        """
        from emulator.testing.vendor_hosts import at_vendor_hosts

        self._served()
        return at_vendor_hosts(self.url)

    def state(self) -> RealmState:
        """What the emulator tells of the realm."""
        root = Control(self._where().channel)
        return RealmState.of(root.get(f"/realms/{self.name}"))

    def reset(self) -> None:
        """Go back to what the realm was made from; its tokens are refused from now on."""
        self.clock.release_process()
        self._control().post("/reset")

    def close(self) -> None:
        """Remove the realm, with all that is its; it may be gone already."""
        self.clock.release_process()
        address, self._address = self._address, None
        if address is not None and address.process == os.getpid():
            with suppress(NotRunning, Unreachable, Refused):
                Control(address.channel).delete(f"/realms/{self.name}")

    def __repr__(self) -> str:
        where = "not running" if self._address is None else self.url
        return f"<{type(self).__name__} {self.name}: {where}>"

    def __enter__(self) -> Self:
        """Nothing more: the realm is there."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove it."""
        self.close()

    async def __aenter__(self) -> Self:
        """The same in asynchronous code."""
        import anyio.to_thread

        return await anyio.to_thread.run_sync(self.__enter__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """The same."""
        import anyio.to_thread

        await anyio.to_thread.run_sync(self.__exit__, kind, error, traceback)

    def _where(self) -> Address:
        if self._address is None:
            raise NotRunning(f"the realm {self.name} was removed")
        return self._address

    def _served(self) -> Address:
        address = self._where()
        if not address.served:
            raise NotRunning("nobody can connect to an emulator in process; run it in a thread")
        return address

    def _base(self) -> str:
        return self.url

    def _control(self) -> Control:
        return Control(self._where().channel, self._prefix)
