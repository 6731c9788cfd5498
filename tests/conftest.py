from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import Served, client, serving


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keys are made once for all tests, and not in the home of whoever runs them."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTH_EMULATOR_CACHE_DIR", str(folder))
        for name in ("FIXTURE", "HOST", "PORT", "NO_REASONS", "SHOW_CODES", "LOG_FORMAT"):
            patch.delenv(f"AUTH_EMULATOR_{name}", raising=False)
        yield folder


@pytest.fixture(scope="session")
def demo() -> Iterator[Served]:
    """The demo fixture, served."""
    with serving() as served:
        yield served


@pytest.fixture
def http(demo: Served) -> Iterator[httpx.Client]:
    """A client of the demo."""
    with client(demo) as http:
        yield http
