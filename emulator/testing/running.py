"""The four ways in which a test has an emulator running."""

import asyncio
import json
import os
import ssl
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from emulator.core.clock import wall
from emulator.driving.channel import Channel, Control
from emulator.driving.errors import NotRunning, NotStarted, Refused
from emulator.driving.process_clock import escape_from
from emulator.driving.remote import Remote, Unreachable
from emulator.testing.in_process import Loop, ServedStageChannel, StageChannel

if TYPE_CHECKING:
    from emulator.config import Config
    from emulator.web.server import Server
    from emulator.web.stage import Stage

STARTS_WITHIN = 30.0
"""How long a start may take before it has failed, in seconds."""

_LAST_CALL = 0.02
"""A test that ends has had its answers: nobody else is at the door. In seconds."""

_STOPS_WITHIN = 6.0
"""How long a stop may take before it is urged on, in seconds: the server gives itself 5."""

_LOOKS_EVERY = 0.05
_HEALTHY_WITHIN = 5.0
"""How long an answer about its health may take, in seconds."""

IN_PROCESS_URL = "http://auth-emulator.localhost"


class Running(ABC):
    """An emulator that is started, and stopped; in between it has a URL, and a way to it.

    `admin_token` is what calls of its control API have to bring; `stage` is the emulator itself,
    where it runs in this process. Where it is not `served`, no connection leads to it.
    """

    url: str
    channel: Channel
    admin_token = ""
    stage: "Stage | None" = None
    served = True

    @abstractmethod
    def start(self) -> None:
        """Start, and return once it answers. Raises NotStarted."""

    @abstractmethod
    def stop(self) -> None:
        """Answer what was begun, and end."""

    def loop(self) -> Loop:
        """The event loop that it runs on, where it runs in this process."""
        raise NotRunning(
            "this emulator runs in another process; a transport needs one in this process: "
            'Emulator(runs="in process")'
        )


class InProcess(Running):
    """On an event loop of this process, without a port."""

    served = False

    def __init__(self, config: "Config") -> None:
        """Raises FixtureError with every mistake of the fixture."""
        from emulator.app import create_app

        self.stage = create_app(config)
        self._loop: Loop | None = None

    def start(self) -> None:
        """Start the loop. NotStarted where gevent has made threads into something else."""
        if "gevent.monkey" in sys.modules and sys.modules["gevent.monkey"].is_module_patched(
            "threading"
        ):
            raise NotStarted(
                "gevent has patched this process, in which no event loop can run in a thread; give "
                'Emulator(runs="in a subprocess")'
            )
        if time_machine := sys.modules.get("time_machine"):
            escape_from(time_machine)
        assert self.stage is not None  # noqa: S101 - it was made above
        self._loop = Loop(_loop_factory())
        self.url = IN_PROCESS_URL
        self.channel = StageChannel(self.stage, self._loop, self.url)

    def stop(self) -> None:
        """End the loop."""
        if self._loop is not None:
            self._loop.close()
            self._loop = None

    def loop(self) -> Loop:
        """The loop; NotRunning before the start and after the stop."""
        if self._loop is None:
            raise NotRunning("the emulator is not running; use it as `with Emulator() as ...:`")
        return self._loop


class InThread(InProcess):
    """The same, and served at a free port of this machine."""

    served = True
    _server: "Server"

    def start(self) -> None:
        """Start the loop, and listen."""
        from emulator.web.server import Server, address_of, listening_socket

        super().start()
        assert self.stage is not None  # noqa: S101 - InProcess made it
        started = threading.Event()
        self._server = Server(self.stage, on_started=started.set, last_call=_LAST_CALL)
        bound = listening_socket("127.0.0.1", 0)
        self._serving = self.loop().submit(self._server.serve(sockets=[bound]))
        self._serving.add_done_callback(lambda _: started.set())
        if not started.wait(STARTS_WITHIN):
            raise NotStarted(f"the emulator did not start within {STARTS_WITHIN:.0f} seconds")
        if self._serving.done():
            raise NotStarted("the emulator could not start") from self._serving.exception()
        self.url = address_of(bound)
        self.channel = ServedStageChannel(self.stage, self.loop(), self.url)

    def stop(self) -> None:
        """Stop listening, answer what was begun, and end the loop."""
        self._server.should_exit = True
        with suppress(TimeoutError):
            self._serving.result(_STOPS_WITHIN)
        super().stop()


class Elsewhere(Running):
    """Another process or machine has it: it is neither started nor stopped, but waited for."""

    def __init__(
        self, url: str, admin_token: str, within: float, context: ssl.SSLContext | None
    ) -> None:
        """`within` is how long to wait for it, in seconds. ValueError where `url` is none."""
        self.channel = self._remote = Remote(url, admin_token=admin_token, context=context)
        self.url = self._remote.url
        self.admin_token = admin_token
        self._within = within
        self._context = context

    def start(self) -> None:
        """Wait until it is healthy."""
        ends = wall() + self._within
        while True:
            failure = self._failure()
            if failure is None:
                return
            if wall() >= ends:
                waited = f" within {self._within:g} s" if self._within else ""
                raise NotStarted(f"no healthy emulator at {self.url}{waited}: {failure}")
            time.sleep(_LOOKS_EVERY)

    def _failure(self) -> str | None:
        """What keeps it from being healthy; None: nothing does."""
        asked = Remote(self.url, timeout=_HEALTHY_WITHIN, context=self._context)
        try:
            told = Control(asked).get("/health")
        except Unreachable as error:
            return str(error)
        except Refused:
            told = None
        finally:
            asked.close()
        healthy = isinstance(told, dict) and told.get("status") == "ok"
        return None if healthy else "something else answers there"

    def stop(self) -> None:
        """Hang up."""
        self._remote.close()


class InSubprocess(Running):
    """In a process of its own, which ends when this one does, however that ends."""

    def __init__(self, settings: dict[str, Any]) -> None:
        """`settings` are those of Config that JSON can hold."""
        self._settings = settings
        self._child: subprocess.Popen[str] | None = None
        self._elsewhere: Elsewhere | None = None

    def start(self) -> None:
        """Start the process, and wait until it says where it is."""
        settings = json.dumps(self._settings)
        self._child = subprocess.Popen(
            # -P: a folder of the project's that is called emulator, or secrets.py, is not ours.
            [sys.executable, "-P", "-m", "emulator.testing.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests, which then stop it
        )
        assert self._child.stdin is not None  # noqa: S101 - both are pipes
        assert self._child.stdout is not None  # noqa: S101 - the same
        with suppress(BrokenPipeError):
            self._child.stdin.write(settings + "\n")
            self._child.stdin.flush()
        impatient = threading.Timer(STARTS_WITHIN, self._child.kill)
        impatient.start()
        told = _line(self._child.stdout)
        impatient.cancel()
        if "url" not in told:
            self.stop()
            raise NotStarted(told.get("error", "the emulator's process ended before it listened"))
        self._elsewhere = Elsewhere(told["url"], "", STARTS_WITHIN, None)
        self.url, self.channel = self._elsewhere.url, self._elsewhere.channel

    def stop(self) -> None:
        """Tell it to stop, by closing what it reads from."""
        if self._elsewhere is not None:
            self._elsewhere.stop()
        if self._child is None:
            return
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        # A process that was forked off meanwhile may still hold the pipe.
        for urge in (self._child.terminate, self._child.kill):
            try:
                self._child.wait(_STOPS_WITHIN)
                break
            except subprocess.TimeoutExpired:
                urge()
        self._child.wait()
        self._child = None


def _line(stdout: IO[str]) -> dict[str, str]:
    try:
        told = json.loads(stdout.readline() or "{}")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    if os.name == "nt":
        return asyncio.new_event_loop
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
