"""A real server for tests, in a thread of the test's own process."""

import socket
import threading
from types import TracebackType
from typing import Self

from emulator.app import Config, Source, create_app
from emulator.web.server import Server, address_of, listening_socket

_STARTS_WITHIN = 30
"""How long a start may take before it has failed, in seconds."""

_LAST_CALL = 0.02
"""A test that ends has had its answers: nobody else is at the door. In seconds."""


class Emulator:
    """The emulator on a free port of this machine, from `with` to its end.

    `fixture` is a file or folder, several of them, a dict of the same shape, or None for the demo.
    Raises FixtureError with every mistake of the fixture.
    """

    def __init__(self, fixture: Source = None, *, reasons: bool = True) -> None:
        self.app = create_app(Config(fixture=fixture, reasons=reasons, dated=True))
        self._started = threading.Event()
        self._server = Server(self.app, on_started=self._started.set, last_call=_LAST_CALL)
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The base URL of all three vendors; RuntimeError outside of `with`."""
        if self._url is None:
            raise RuntimeError("the emulator is not running; use it as `with Emulator() as ...:`")
        return self._url

    def __enter__(self) -> Self:
        """Start, and return once it answers."""
        if self._thread is not None:
            raise RuntimeError("an Emulator runs once; make another")
        bound = listening_socket("127.0.0.1", 0)
        self._thread = threading.Thread(
            target=self._serve, args=(bound,), name="auth-emulator", daemon=True
        )
        self._thread.start()
        if not self._started.wait(_STARTS_WITHIN):
            raise RuntimeError(f"the emulator did not start within {_STARTS_WITHIN} seconds")
        if self._failure is not None:
            raise RuntimeError("the emulator could not start") from self._failure
        self._url = address_of(bound)
        return self

    def _serve(self, bound: socket.socket) -> None:
        try:
            self._server.run(sockets=[bound])
        except BaseException as error:  # noqa: BLE001 - it is raised where the emulator is entered
            self._failure = error
        finally:
            self._started.set()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Answer what was begun, and stop."""
        self._url = None
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
