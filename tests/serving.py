"""A served emulator and a client of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from emulator.app import Source
from emulator.core.clock import Clock
from emulator.testing import Emulator
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
    with Emulator(fixture, reasons=reasons) as emulator:
        port = httpx.URL(emulator.url).port
        assert port is not None
        yield Served(emulator.url, port, emulator.app)


def client(served: Served) -> httpx.Client:
    return httpx.Client(base_url=served.url, timeout=10, trust_env=False)
