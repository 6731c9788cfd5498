"""An emulator for tests: started in this process or a child process, or connected to."""

import json
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, get_args

from emulator.client.errors import NotRunning
from emulator.client.values import Duration, duration_text, seconds_of
from emulator.core.ids import Ids
from emulator.testing.realm import Realm, RealmState
from emulator.testing.servers import (
    Address,
    EmulatorServer,
    InProcessServer,
    RemoteServer,
    SubprocessServer,
    ThreadServer,
)

if TYPE_CHECKING:
    from fastapi import FastAPI

    from emulator.settings import FixtureSource
    from emulator.testing.transport import Transport

Mode: TypeAlias = Literal["thread", "subprocess", "in_process"]

_WAITS = timedelta(seconds=30)
_MAX_STEM = 50
_MAX_FIXTURE = 64 * 1024
_DEFAULT = "default"
"""The realm that answers at the root."""

_UNFIT = re.compile("[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Health:
    """The health of an emulator: its version, and the names of its realms."""

    version: str
    realms: list[str]


class Emulator(Realm):
    """The emulator, as a context manager; it is also its realm `default`.

    `fixture` is a file or folder, several of them, a dict of the same form, or None for the demo.
    `mode` is `thread` (the default) or `subprocess`, each at a free port, or `in_process`, without
    a port, for httpx (`transport`). Raises FixtureError with every mistake of the fixture (in a
    subprocess: NotStarted, at its start).
    """

    def __init__(
        self,
        fixture: "FixtureSource" = None,
        *,
        reasons: bool = True,
        mode: Mode = "thread",
        host: str = "127.0.0.1",
        port: int = 0,
        advertised_host: str | None = None,
    ) -> None:
        address = Address(host, port, advertised_host)
        self._run_by(_server(fixture, address, reasons=reasons, mode=mode), _DEFAULT)

    def _run_by(self, server: EmulatorServer, realm: str) -> None:
        self._begin(realm, "" if realm == _DEFAULT else f"/realms/{realm}", None)
        self._own_server = server
        self._started = False

    @classmethod
    def connect(
        cls,
        url: str | None = None,
        *,
        admin_token: str | None = None,
        wait: Duration = _WAITS,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> Self:
        """Connect to a running emulator, in compose for example, and wait until it is healthy.

        `url` is its base URL, or that of a realm, which it then is (else AUTH_EMULATOR_URL).
        `admin_token` (else AUTH_EMULATOR_ADMIN_TOKEN) is needed if it is bound to a network.
        `ca_file` is the certificate that an https URL is trusted by. It is started already; as a
        context manager it closes only the connection. Raises NotStarted, ValueError.
        """
        where = url or os.environ.get("AUTH_EMULATOR_URL", "")
        if not where:
            raise ValueError("give the emulator's URL, or set AUTH_EMULATOR_URL")
        if admin_token is None:
            admin_token = os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN", "")
        context = None if ca_file is None else ssl.create_default_context(cafile=ca_file)
        base, _, realm = where.rstrip("/").partition("/realms/")
        server = RemoteServer(base, admin_token, seconds_of(wait), context)
        emulator = cls.__new__(cls)
        emulator._run_by(server, realm or _DEFAULT)  # noqa: SLF001 - it is being made
        emulator.start()
        return emulator

    def start(self) -> None:
        """Start, and return once it answers; `with` does it. Raises NotStarted."""
        if self._started:
            raise NotRunning("an Emulator can be started only once; create another")
        self._started = True
        self._own_server.start()
        self._server = self._own_server

    def close(self) -> None:
        """Finish the requests in progress and stop; a connected emulator keeps running."""
        self.clock.release_process()
        server, self._server = self._server, None
        if server is not None and server.process == os.getpid():
            server.ended = True
            server.stop()

    def __enter__(self) -> Self:
        """Start it, unless it was found running."""
        if self._server is None or not isinstance(self._server, RemoteServer):
            self.start()
        return self

    def realm(
        self,
        name: str | None = None,
        *,
        fixture: "FixtureSource" = None,
        like: Realm | str | None = None,
        ttl: Duration | None = None,
    ) -> Realm:
        """A new realm; as a context manager it is removed at the end.

        Its name is `name` and a random part, so that no two runs share one. It is made from the
        emulator's fixture, or from `fixture` (which names no other file), or `like` another realm
        in its current state. After `ttl`, real time, it expires. Raises ApiError.
        """
        named = f"{_UNFIT.sub('-', name or 'realm')[:_MAX_STEM]}-{Ids().unique(48)}"
        body: dict[str, object] = {}
        if fixture is not None:
            body["fixture"] = _data_of(fixture)
        if like is not None:
            body["from"] = like.name if isinstance(like, Realm) else like
        if ttl is not None:
            body["ttl"] = duration_text(ttl)
        if len(json.dumps(body)) > _MAX_FIXTURE:
            raise ValueError(
                f"a realm's own fixture has {_MAX_FIXTURE // 1024} KiB at the most; for a larger "
                "one, start an Emulator with it"
            )
        self._root.put(f"/realms/{named}", body)
        return Realm(named, self._running())

    def realms(self) -> list[RealmState]:
        """Every realm, the default one first."""
        return [RealmState.of(each) for each in self._root.get("/realms")["realms"]]

    def health(self) -> Health:
        """Its health."""
        health = self._root.get("/health")
        return Health(health["version"], health["realms"])

    def transport(self) -> "Transport":
        """For httpx clients, sync or async, that reach it without a network.

        It must run in this process.
        """
        return self._here().transport()

    @property
    def app(self) -> "FastAPI":
        """The ASGI application, if it runs in this process."""
        return self._here().app

    def _here(self) -> InProcessServer:
        if not isinstance(self._own_server, InProcessServer):
            raise NotRunning(
                "this emulator runs in another process, and so does its application; "
                'Emulator(mode="in_process") has it here'
            )
        return self._own_server

    def _running(self) -> EmulatorServer:
        if self._server is None:
            raise NotRunning("the emulator is not running; use it as `with Emulator() as ...:`")
        return self._server


def _server(
    fixture: "FixtureSource", address: Address, *, reasons: bool, mode: Mode
) -> EmulatorServer:
    if mode == "subprocess":
        return SubprocessServer(fixture, address, no_reasons=not reasons)
    if mode not in get_args(Mode):
        raise ValueError(f"the mode of an Emulator is {' or '.join(get_args(Mode))}, not {mode!r}")
    from pydantic import SecretStr

    from emulator.settings import Settings

    if mode == "in_process":
        if address != Address():
            raise ValueError('host, port and advertised_host need mode="thread" or "subprocess"')
        settings = Settings(fixture=fixture, no_reasons=not reasons, date_header=True)
        return InProcessServer(settings)
    settings = Settings(
        fixture=fixture,
        no_reasons=not reasons,
        date_header=True,
        bound_to=None if address == Address() else address.host,
        allowed_host=(address.advertised_host,) if address.advertised_host else (),
        admin_token=SecretStr(address.admin_token),
    )
    return ThreadServer(settings, address)


def _data_of(fixture: "FixtureSource") -> object:
    """The data of a fixture, with this process's environment variables."""
    if isinstance(fixture, Mapping):
        return fixture
    from emulator.app import document_of
    from emulator.fixture import FixtureError

    document = document_of(fixture)
    if document.mistakes:
        raise FixtureError(document.mistakes)
    return document.data
