"""A real server for tests: the emulator on a free port, in a thread of this process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from emulator.app import Config, Source, create_app
from emulator.core.clock import Clock
from emulator.web.server import Server, address_of, listening_socket
from emulator.web.stage import Stage


@dataclass(frozen=True)
class Served:
    url: str
    port: int
    stage: Stage

    @property
    def clock(self) -> Clock:
        return self.stage.realm.clock


@contextmanager
def serving(fixture: Source = None, *, reasons: bool = True) -> Iterator[Served]:
    stage = create_app(Config(fixture=fixture, reasons=reasons, dated=True))
    bound = listening_socket("127.0.0.1", 0)
    server = Server(stage)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.005)
    try:
        yield Served(address_of(bound), bound.getsockname()[1], stage)
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive()


def client(served: Served) -> httpx.Client:
    return httpx.Client(base_url=served.url, timeout=10, trust_env=False)
