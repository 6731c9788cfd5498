"""Where an emulator runs for a test: in this process, in a child process, or anywhere."""

import json
import os
import ssl
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlsplit

from emulator.addresses import is_loopback
from emulator.client.channel import Channel, Control
from emulator.client.clock import keep_real_time
from emulator.client.errors import ApiError, NotRunning, NotStarted, Unreachable
from emulator.client.remote import Remote
from emulator.core.clock import monotonic

if TYPE_CHECKING:
    from emulator.server.server import Server
    from emulator.settings import FixtureSource, Settings
    from emulator.testing.transport import EventLoop, Transport

_STARTS_WITHIN = 30.0
"""How long a start may take before it has failed, in seconds."""

_STOPS_WITHIN = 6.0
"""How long a stop may take before it is forced, in seconds: the server gives itself 5."""

_LOOKS_EVERY = 0.05
_HEALTHY_WITHIN = 5.0
"""How long an answer about its health may take, in seconds."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: by default at a free port of this machine alone.

    `advertised_host` is the name by which others reach it. If the network can, control calls need
    `admin_token`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    advertised_host: str | None = None

    @property
    def admin_token(self) -> str:
        """The token of control calls; empty if only this machine can reach the server."""
        if is_loopback(self.host):
            return ""
        return os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN") or token_urlsafe(32)

    def advertised(self, url: str) -> str:
        """The base URL for others, from that on this machine."""
        if self.advertised_host is None:
            return url
        name = f"[{self.advertised_host}]" if ":" in self.advertised_host else self.advertised_host
        return f"http://{name}:{urlsplit(url).port}"


class EmulatorServer(ABC):
    """A running emulator; between `start` and `stop`, `channel` reaches its control API.

    `admin_token` is that of its control calls, `advertised_url` the base URL for others. `served`
    is whether it has a port. `process` is the id of the process that started it: forked children do
    not stop it. Once it has `ended`, it is not called.
    """

    channel: Channel
    admin_token = ""
    advertised_url = ""
    served = True
    ended = False

    def __init__(self) -> None:
        self.process = os.getpid()

    @abstractmethod
    def start(self) -> None:
        """Start, and return once it answers. Raises NotStarted."""

    @abstractmethod
    def stop(self) -> None:
        """Finish requests in progress, and stop."""


class InProcessServer(EmulatorServer):
    """On an event loop of this process, without a port."""

    served = False

    def __init__(self, settings: "Settings") -> None:
        """Raises FixtureError with every mistake of the fixture."""
        from emulator.app import create_app

        super().__init__()
        self.app = create_app(settings)
        self._loop: EventLoop | None = None

    def start(self) -> None:
        """Start the loop. NotStarted if gevent has replaced this process's threads."""
        from emulator.testing.transport import AppChannel, EventLoop

        gevent = sys.modules.get("gevent.monkey")
        if gevent is not None and gevent.is_module_patched("threading"):
            raise NotStarted(
                "gevent has patched this process, in which no event loop can run in a thread; give "
                'Emulator(mode="subprocess")'
            )
        if time_machine := sys.modules.get("time_machine"):
            keep_real_time(time_machine)
        self._loop = EventLoop()
        self.channel = AppChannel(self.transport())

    def stop(self) -> None:
        """End the loop."""
        self.loop().close()

    def loop(self) -> "EventLoop":
        """The loop; NotRunning before the start."""
        if self._loop is None:
            raise NotRunning("the emulator is not running; use it as `with Emulator() as ...:`")
        return self._loop

    def transport(self) -> "Transport":
        """For httpx clients."""
        from emulator.testing.transport import Transport

        return Transport(self.app, self.loop)


class ThreadServer(InProcessServer):
    """The same, and served at a port."""

    served = True
    channel: Remote
    _server: "Server"
    _serving: "Future[None]"

    def __init__(self, settings: "Settings", address: Address) -> None:
        super().__init__(settings)
        self.admin_token = settings.admin_token.get_secret_value()
        self._address = address

    def start(self) -> None:
        """Start the loop, and listen. Raises NotStarted."""
        from emulator.server.server import Server, address_of, listening_socket

        super().start()
        started = threading.Event()
        try:
            bound = listening_socket(self._address.host, self._address.port)
        except OSError as error:
            super().stop()
            where = f"{self._address.host} port {self._address.port}"
            raise NotStarted(f"cannot listen on {where}: {error.strerror or error}") from error
        self._server = Server(self.app, on_started=started.set)
        self._serving = self.loop().start(self._server.serve, [bound])
        self._serving.add_done_callback(lambda _: started.set())
        if not started.wait(_STARTS_WITHIN):
            raise NotStarted(f"the emulator did not start within {_STARTS_WITHIN:.0f} seconds")
        if self._serving.done():
            raise NotStarted("the emulator could not start") from self._serving.exception()
        url = address_of(bound)
        self.channel = Remote(url, admin_token=self.admin_token)
        self.advertised_url = self._address.advertised(url)

    def stop(self) -> None:
        """Stop listening, finish requests in progress, and end the loop."""
        self.channel.close()
        self._server.should_exit = True
        with suppress(TimeoutError):
            self._serving.result(_STOPS_WITHIN)
        super().stop()


class RemoteServer(EmulatorServer):
    """A server that runs already: it is neither started nor stopped."""

    channel: Remote

    def __init__(
        self,
        url: str,
        admin_token: str = "",
        within: float = _STARTS_WITHIN,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`within` is how long to wait, in seconds. Raises ValueError for a bad `url`."""
        super().__init__()
        self.channel = Remote(url, admin_token=admin_token, context=context)
        self.admin_token = admin_token
        self.advertised_url = self.channel.url
        self._within = within
        self._context = context

    def start(self) -> None:
        """Wait until it is healthy."""
        ends = monotonic() + self._within
        while (failure := self._failure()) is not None:
            if monotonic() >= ends:
                within = f" within {self._within:g} s" if self._within else ""
                raise NotStarted(f"no healthy emulator at {self.channel.url}{within}: {failure}")
            time.sleep(_LOOKS_EVERY)

    def stop(self) -> None:
        """Close the connections to it."""
        self.channel.close()

    def _failure(self) -> str | None:
        """Why it is not healthy; None if it is."""
        remote = Remote(self.channel.url, timeout=_HEALTHY_WITHIN, context=self._context)
        try:
            health = Control(remote).get("/health")
        except Unreachable as error:
            return str(error)
        except ApiError:
            health = None
        finally:
            remote.close()
        healthy = isinstance(health, dict) and health.get("status") == "ok"
        return None if healthy else "another program responds there"


class SubprocessServer(EmulatorServer):
    """A server in a child process, which ends with this process."""

    def __init__(self, fixture: "FixtureSource", address: Address, *, no_reasons: bool) -> None:
        super().__init__()
        self.admin_token = address.admin_token
        self._address = address
        self._settings = {
            "fixture": _as_json(fixture),
            "no_reasons": no_reasons,
            "admin_token": self.admin_token,
            "allowed_host": [address.advertised_host] if address.advertised_host else [],
        }
        self._child: subprocess.Popen[str] | None = None
        self._remote: RemoteServer | None = None

    def start(self) -> None:
        """Start the process (emulator.testing.child), and wait for its URL."""
        self._child = subprocess.Popen(
            # -P: do not import a project's own emulator/ or secrets.py.
            [sys.executable, "-P", "-m", "emulator.testing.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests, which then stop it
        )
        assert self._child.stdin is not None  # noqa: S101 - both are pipes
        assert self._child.stdout is not None  # noqa: S101 - the same
        with suppress(BrokenPipeError):
            where = {"host": self._address.host, "port": self._address.port}
            self._child.stdin.write(f"{json.dumps({**where, 'settings': self._settings})}\n")
            self._child.stdin.flush()
        timer = threading.Timer(_STARTS_WITHIN, self._child.kill)
        timer.start()
        said = _read_json(self._child.stdout)
        timer.cancel()
        if "url" not in said:
            self.stop()
            raise NotStarted(said.get("error", "the emulator's process ended before it listened"))
        self._remote = RemoteServer(said["url"], self.admin_token)
        self.channel = self._remote.channel
        self.advertised_url = self._address.advertised(said["url"])

    def stop(self) -> None:
        """Stop the process, by closing its standard input."""
        if self._remote is not None:
            self._remote.stop()
        if self._child is None:
            return
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        # A process that was forked from this one meanwhile may still hold the pipe open.
        for end in (self._child.terminate, self._child.kill):
            try:
                self._child.wait(_STOPS_WITHIN)
                break
            except subprocess.TimeoutExpired:
                end()
        self._child.wait()
        self._child = None


def _as_json(fixture: "FixtureSource") -> object:
    """A fixture as JSON can hold it: data, or the paths of files."""
    if fixture is None or isinstance(fixture, Mapping):
        return fixture
    parts = [fixture] if isinstance(fixture, str | os.PathLike) else fixture
    return [_part_as_json(part) for part in parts]


def _part_as_json(part: "Path | str | Mapping[str, Any]") -> object:
    if isinstance(part, Mapping):
        return part
    return str(Path(part).absolute()) if Path(part).exists() else str(part)  # else a shipped one


def _read_json(stdout: IO[str]) -> dict[str, Any]:
    try:
        said = json.loads(stdout.readline() or "{}")
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
