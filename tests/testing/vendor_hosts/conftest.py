from collections.abc import Iterator

import pytest
from calling import ANEW, KEPT, Call, kept_clients, the_proxy_is
from recorder import Recorder, recording

from emulator.testing import Emulator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """The demo; tests that count calls make a realm."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with recording() as recorder:
        yield recorder


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    the_proxy_is(None, monkeypatch)


@pytest.fixture(scope="session")
def made_before() -> Iterator[dict[str, Call]]:
    """Clients that are older than every block."""
    with kept_clients() as clients:
        yield clients


@pytest.fixture(params=[*KEPT, *ANEW])
def call(request: pytest.FixtureRequest, made_before: dict[str, Call]) -> Call:
    """Each way to call."""
    return {**made_before, **ANEW}[request.param]
