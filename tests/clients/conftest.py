import os
from collections.abc import Iterator

import httpx
import pytest
from serving import Served, client, serving

from clients.vault import FIXTURE


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that heed a proxy of the environment reach the emulator without it."""
    named = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, ",".join(filter(None, [named, "127.0.0.1"])))


@pytest.fixture
def served() -> Iterator[Served]:
    """A Vault of the test's own: its clock and keys may be changed."""
    with serving(FIXTURE) as served:
        yield served


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    with client(served) as http:
        yield http
