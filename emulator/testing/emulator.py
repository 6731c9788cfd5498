"""An emulator for tests: started in this process or another, or found where it runs."""

import json
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, TypeAlias, get_args

from emulator.core.ids import Ids
from emulator.driving.channel import Control
from emulator.driving.durations import Duration, duration_text, length_of
from emulator.driving.errors import NotRunning
from emulator.testing.realm import Address, Realm, RealmState
from emulator.testing.running import Elsewhere, InProcess, InSubprocess, InThread, Running

if TYPE_CHECKING:
    from emulator.config import Source
    from emulator.testing.transport import Transport
    from emulator.web.stage import Stage

Runs: TypeAlias = Literal["in a thread", "in a subprocess", "in process"]

_WAITS = timedelta(seconds=30)
_LONGEST_STEM = 50
_LARGEST = 64 * 1024
DEFAULT = "default"
"""The realm that answers at the root."""

_UNFIT = re.compile("[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Health:
    """That an emulator answers: its version, and the names of its realms."""

    version: str
    realms: list[str]


class Emulator(Realm):
    """The emulator, from `with` to its end; it is also its own realm `default`.

    `fixture` is a file or folder, several of them, a dict of the same shape, or None for the demo.
    It `runs` in a thread, at a free port of this machine; or in a subprocess, likewise; or in
    process, without a port, for httpx alone (`transport`). Raises FixtureError with every mistake
    of the fixture (in a subprocess: NotStarted, at its start).
    """

    def __init__(
        self, fixture: "Source" = None, *, reasons: bool = True, runs: Runs = "in a thread"
    ) -> None:
        self._begin(_made(fixture, reasons=reasons, runs=runs))

    def _begin(self, running: Running) -> None:
        self._running = running
        self._started = False
        self.name = DEFAULT
        self._address = None
        self._set_up()

    @classmethod
    def connect(
        cls,
        url: str | None = None,
        *,
        admin_token: str | None = None,
        wait: Duration = _WAITS,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> Self:
        """One that runs elsewhere (in compose, say), once it is healthy: at most `wait` from now.

        `url` is its base URL, or that of a realm, which it then is (else AUTH_EMULATOR_URL).
        `admin_token` (else AUTH_EMULATOR_ADMIN_TOKEN) is needed where it is bound to a network.
        `ca_file` is the certificate that an https URL is trusted by. It can be used at once, and as
        a context manager; what ends is the connection alone. Raises NotStarted, ValueError.
        """
        where = url or os.environ.get("AUTH_EMULATOR_URL", "")
        if not where:
            raise ValueError("give the emulator's URL, or set AUTH_EMULATOR_URL")
        token = (
            os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN", "") if admin_token is None else admin_token
        )
        context = None if ca_file is None else ssl.create_default_context(cafile=ca_file)
        emulator = cls.__new__(cls)
        base, _, realm = where.rstrip("/").partition("/realms/")
        emulator._begin(Elsewhere(base, token, length_of(wait).total_seconds(), context))  # noqa: SLF001 - it is being made
        emulator.name = realm or DEFAULT
        emulator.start()
        return emulator

    def start(self) -> None:
        """Start, and return once it answers; `with` does it. Raises NotStarted."""
        if self._started:
            raise NotRunning("an Emulator runs once; make another")
        self._started = True
        running = self._running
        running.start()
        self._address = Address(
            running.url, running.channel, running.admin_token, served=running.served
        )

    def close(self) -> None:
        """Answer what was begun, and stop; one that runs elsewhere runs on."""
        self.clock.release_process()
        address, self._address = self._address, None
        if address is not None and address.process == os.getpid():
            self._running.stop()

    def __enter__(self) -> Self:
        """Start it, unless it was found running."""
        if self._address is None or not isinstance(self._running, Elsewhere):
            self.start()
        return self

    def realm(
        self,
        name: str | None = None,
        *,
        fixture: "Source" = None,
        like: Realm | str | None = None,
        ttl: Duration | None = None,
    ) -> Realm:
        """A realm of its own, made anew; as a context manager it goes at the end.

        Its name is `name` and a random part, so that no two runs share one. It is made from the
        emulator's fixture, or from `fixture` (which names no other file), or `like` another realm
        is now. After `ttl`, real time, it goes by itself. Raises Refused.
        """
        named = f"{_UNFIT.sub('-', name or 'realm')[:_LONGEST_STEM]}-{Ids().unique(48)}"
        made: dict[str, object] = {}
        if fixture is not None:
            made["fixture"] = _data_of(fixture)
        if like is not None:
            made["from"] = like.name if isinstance(like, Realm) else like
        if ttl is not None:
            made["ttl"] = duration_text(ttl)
        address = self._where()
        if len(json.dumps(made)) > _LARGEST:
            raise ValueError(
                f"a realm's own fixture has {_LARGEST // 1024} KiB at the most; for a larger one, "
                "start an Emulator with it"
            )
        Control(address.channel).put(f"/realms/{named}", made)
        return Realm(named, address)

    def realms(self) -> list[RealmState]:
        """Every realm, the default one first."""
        told = Control(self._where().channel).get("/realms")
        return [RealmState.of(each) for each in told["realms"]]

    def health(self) -> Health:
        """That it answers."""
        told = Control(self._where().channel).get("/health")
        return Health(told["version"], told["realms"])

    def transport(self) -> "Transport":
        """For httpx clients, sync or async, that reach it without a network.

        It must run in this process: in a thread, or in process.
        """
        from emulator.testing.transport import Transport

        return Transport(self.app, self._running.loop)

    @property
    def url(self) -> str:
        """The base URL of all three vendors; NotRunning outside of `with`."""
        return f"{self._where().url}{self._prefix}"

    @property
    def _prefix(self) -> str:
        return "" if self.name == DEFAULT else f"/realms/{self.name}"

    @property
    def app(self) -> "Stage":
        """The ASGI application, where it runs in this process."""
        if self._running.stage is None:
            raise NotRunning(
                "this emulator runs in another process, and so does its application; "
                'Emulator(runs="in process") has it here'
            )
        return self._running.stage

    def _where(self) -> Address:
        if self._address is None:
            raise NotRunning("the emulator is not running; use it as `with Emulator() as ...:`")
        return self._address


def _made(fixture: "Source", *, reasons: bool, runs: Runs) -> Running:
    if runs == "in a subprocess":
        return InSubprocess({"fixture": _settable(fixture), "reasons": reasons})
    from emulator.config import Config

    if runs == "in process":
        return InProcess(Config(fixture=fixture, reasons=reasons, dated=True))
    if runs == "in a thread":
        return InThread(Config(fixture=fixture, reasons=reasons, dated=True))
    raise ValueError(f"an Emulator runs {' or '.join(get_args(Runs))}, not {runs!r}")


def _settable(fixture: "Source") -> object:
    """A fixture as JSON can hold it: data, or the paths of files."""
    if fixture is None or isinstance(fixture, Mapping):
        return fixture
    paths = [fixture] if isinstance(fixture, str | os.PathLike) else fixture
    return [str(Path(path).absolute()) for path in paths]


def _data_of(fixture: "Source") -> object:
    """What a fixture says, with the variables of this process's environment."""
    if isinstance(fixture, Mapping):
        return fixture
    from emulator.app import document_of

    return document_of(fixture).data
