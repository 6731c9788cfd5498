import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from secrets_watch import Watch, watching
from serving import Served, client, serving

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keys are made once for all tests, and not in the home of whoever runs them."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AUTH_EMULATOR_")]:
            patch.delenv(name)
        patch.setenv("AUTH_EMULATOR_CACHE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session", autouse=True)
def watch(cache: Path) -> Iterator[Watch]:  # noqa: ARG001 - in this order
    """No test makes the emulator tell a secret."""
    with watching() as watch:
        yield watch
    assert not watch.found, "\n".join(watch.found[:10])


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


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this source tree."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built
