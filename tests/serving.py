"""A served emulator and a client of it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from fastapi import FastAPI

from emulator.app import create_app
from emulator.server.server import Server, listening_socket
from emulator.settings import FixtureSource, Settings
from emulator.testing import Emulator


@dataclass(frozen=True)
class ServedClock:
    """The clock of the default realm, moved by calls as a test moves it."""

    url: str

    def now(self) -> float:
        """POSIX seconds."""
        return datetime.fromisoformat(self._call("GET")["now"]).timestamp()

    def advance(self, seconds: int) -> None:
        self._call("PUT", {"advance": f"{seconds}s"})

    def freeze(self) -> None:
        self._call("PUT", {"frozen": True})

    def _call(self, method: str, body: Any = None) -> dict[str, Any]:
        answer = httpx.request(method, f"{self.url}/_emulator/clock", json=body, trust_env=False)
        reading: dict[str, Any] = answer.raise_for_status().json()
        return reading


@dataclass(frozen=True)
class Served:
    url: str
    port: int
    app: FastAPI

    @property
    def clock(self) -> ServedClock:
        return ServedClock(self.url)


@contextmanager
def serving(fixture: FixtureSource = None, *, reasons: bool = True) -> Iterator[Served]:
    with Emulator(fixture, reasons=reasons) as emulator:
        port = httpx.URL(emulator.url).port
        assert port is not None
        yield Served(emulator.url, port, emulator.app)


def client(served: Served) -> httpx.Client:
    return httpx.Client(base_url=served.url, timeout=10, trust_env=False)


@contextmanager
def bound_to(address: str, **settings: Any) -> Iterator[httpx.Client]:
    """A client, on this machine, of a server that `serve --host` binds to an address."""
    bound, started = listening_socket(address, 0), threading.Event()
    server = Server(create_app(Settings(bound_to=address, **settings)), on_started=started.set)
    thread = threading.Thread(target=server.run, args=([bound],))
    thread.start()
    try:
        assert started.wait(10)
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with httpx.Client(base_url=url, timeout=10, trust_env=False) as http:
            yield http
    finally:
        server.should_exit = True
        thread.join(10)
