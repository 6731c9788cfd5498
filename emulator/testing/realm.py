"""A realm for tests: an isolated emulator inside a running one."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from emulator.client.channel import Control
from emulator.client.clock import RealmClock
from emulator.client.errors import ApiError, NotRunning, Unreachable
from emulator.client.faults import Faults
from emulator.client.journal import Journal
from emulator.client.outbox import Outbox
from emulator.client.remote import Reply
from emulator.client.resources import Resources
from emulator.client.tokens import Keys, Tokens
from emulator.client.values import parse_time, seconds_of
from emulator.client.vendors import NbcGate, OmniOmni, Vault
from emulator.testing.servers import EmulatorServer

if TYPE_CHECKING:
    from emulator.testing.signing import OmniOmniSignature, PrivateKeySource


@dataclass(frozen=True, slots=True)
class RealmState:
    """The state of a realm: its time, and when it expires (None: never)."""

    name: str
    base_path: str
    now: datetime
    ttl: timedelta | None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """The realm as the control API describes it."""
        ttl = None if answer["ttl"] is None else timedelta(seconds=seconds_of(answer["ttl"]))
        return cls(answer["realm"], answer["base_path"], parse_time(answer["now"]), ttl)


class SigningOmniOmni(OmniOmni):
    """OmniOmni in a realm, with signed requests."""

    def __init__(self, control: Control, clock: RealmClock) -> None:
        super().__init__(control)
        self._clock = clock

    def signature(
        self, private_key: "PrivateKeySource | None" = None, device_id: str | None = None
    ) -> "OmniOmniSignature":
        """Signs the requests of an httpx client by the realm's clock (`auth=`).

        `private_key` is a key of the `cryptography` package or a file; by default it is the demo
        fixture's, for its client `signing-client`.
        """
        from emulator.app import demo_fixture
        from emulator.testing.signing import OmniOmniSignature

        key = private_key or demo_fixture().with_name("signing-client.demo-private-key.pem")
        return OmniOmniSignature(key, device_id, now=lambda: self._clock.now().timestamp())


class Realm:
    """An isolated emulator: users, clients, keys, clock, faults, journal and outbox.

    `url` is a base URL for all three vendors. As a context manager, it is removed at the end.
    """

    def __init__(self, name: str, server: EmulatorServer) -> None:
        self._begin(name, f"/realms/{name}", server)

    def _begin(self, name: str, prefix: str, server: EmulatorServer | None) -> None:
        self.name = name
        self._server = server
        channel = _RealmChannel(self._running)
        self._root, self._control = Control(channel), Control(channel, prefix)
        self.clock = RealmClock(self._control)
        self.faults = Faults(self._control)
        self.resources = Resources(self._control)
        self.journal = Journal(self._control)
        self.tokens = Tokens(self._control)
        self.keys = Keys(self._control)
        self.outbox = Outbox(self._control)
        self.omniomni = SigningOmniOmni(self._control, self.clock)
        self.nbcgate = NbcGate(self._control)
        self.vault = Vault(self._control)

    @property
    def url(self) -> str:
        """The base URL of all three vendors in this realm. Raises NotRunning."""
        return self._control.url

    def environment(
        self,
        *,
        omniomni: str = "OMNIOMNI_URL",
        nbcgate: str = "NBCGATE_URL",
        vault: str = "VAULT_URL",
    ) -> dict[str, str]:
        """Variables for a child process: the vendors' base URLs, by these names.

        AUTH_EMULATOR_URL and AUTH_EMULATOR_ADMIN_TOKEN are for control calls, and NO_PROXY excludes
        the emulator from proxies. The host is the emulator's `advertised_host`, if it has one.
        """
        server = self._served()
        base = server.advertised_url
        host = urlsplit(base).hostname or ""
        known = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
        direct = ",".join(filter(None, [known, host]))
        token = {"AUTH_EMULATOR_ADMIN_TOKEN": server.admin_token} if server.admin_token else {}
        return {
            "AUTH_EMULATOR_URL": self.url.replace(server.channel.url, base, 1),
            omniomni: self.omniomni.url.replace(server.channel.url, base, 1),
            nbcgate: self.nbcgate.url.replace(server.channel.url, base, 1),
            vault: self.vault.url.replace(server.channel.url, base, 1),
            "NO_PROXY": direct,
            "no_proxy": direct,
            **token,
        }

    def at_vendor_hosts(self) -> AbstractContextManager[None]:
        """Redirect calls of httpx, requests and urllib3 to the vendors' hosts to this realm.

        It applies within the block, in this process, also to clients made before.
        """
        from emulator.testing.vendor_hosts import at_vendor_hosts

        self._served()
        return at_vendor_hosts(self.url)

    def state(self) -> RealmState:
        """The state of the realm."""
        return RealmState.of(self._root.get(f"/realms/{self.name}"))

    def reset(self) -> None:
        """Reset the realm; tokens issued before are refused."""
        self.clock.release_process()
        self._control.post("/reset")

    def close(self) -> None:
        """Remove the realm; it may have been removed already."""
        self.clock.release_process()
        if self._server is not None and self._server.process == os.getpid():
            with suppress(NotRunning, Unreachable, ApiError):
                self._root.delete(f"/realms/{self.name}")
        self._server = None

    def __repr__(self) -> str:
        where = "not running" if self._server is None else self.url
        return f"<{type(self).__name__} {self.name}: {where}>"

    def __enter__(self) -> Self:
        """Return the realm."""
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
        from anyio.to_thread import run_sync

        return await run_sync(self.__enter__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """The same."""
        from anyio.to_thread import run_sync

        await run_sync(self.__exit__, kind, error, traceback)

    def _running(self) -> EmulatorServer:
        if self._server is None:
            raise NotRunning(f"the realm {self.name} was removed")
        if self._server.ended:
            raise NotRunning("the emulator has stopped")
        return self._server

    def _served(self) -> EmulatorServer:
        server = self._running()
        if not server.served:
            raise NotRunning("an emulator in mode in_process has no port; use mode='thread'")
        return server


class _RealmChannel:
    """The channel to a realm's emulator. Raises NotRunning."""

    def __init__(self, server: Callable[[], EmulatorServer]) -> None:
        self._server = server

    @property
    def url(self) -> str:
        return self._server().channel.url

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        try:
            return self._server().channel.ask(method, path, body, headers)
        except Unreachable:
            self._server()  # raises NotRunning if it was stopped meanwhile
            raise

    def lines(self, path: str) -> Iterator[bytes]:
        return self._server().channel.lines(path)
