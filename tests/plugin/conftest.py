"""The plugin where its users have it: installed from the wheel, in an environment of its own."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from clients.installing import missing

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

BESIDE = ("httpx", "pytest", "pytest-xdist", "requests", "time-machine")
"""What users have beside the emulator, as well as the dependency group `plugins`."""

LONGEST_CHECK = 120
LONGEST_INSTALL = 120
"""How long the checks of one file, and an installation, may take, in seconds."""


@dataclass(frozen=True)
class Away:
    """A clean environment, and a folder outside the source tree with a copy of the checks."""

    python: Path
    folder: Path
    cache: Path

    def run(self, *arguments: str | Path, strict: bool = False) -> subprocess.CompletedProcess[str]:
        """Run Python there, away from the source tree; `strict` shows what is left open."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "CI") if name in os.environ}
        more = {"PYTHONDEVMODE": "1"} if strict else {}
        return subprocess.run(
            [self.python, *map(str, arguments)],
            cwd=self.folder,
            env={**kept, **more, "AUTH_EMULATOR_CACHE_DIR": str(self.cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_CHECK,
            check=False,
        )


@pytest.fixture(scope="session")
def away(wheel: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Away:
    """The wheel in a clean virtual environment, beside the plugins that users have."""
    made = tmp_path_factory.mktemp("away")
    venv = made / "venv"
    _called(sys.executable, "-m", "venv", "--without-pip", venv)
    install = ("install", "--quiet", "-c", ROOT / "constraints.txt")
    plugins = ("--group", f"{ROOT / 'pyproject.toml'}:plugins")
    _called(sys.executable, "-m", "pip", "--python", venv, *install, wheel, *plugins, *BESIDE)
    folder = made / "checks"
    shutil.copytree(HERE / "inside", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests" / "commands.py", folder)
    return Away(venv / "bin" / "python", folder, cache)


def _called(*command: str | Path) -> None:
    words = [*map(str, command)]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=LONGEST_INSTALL, check=False
        )
    except subprocess.TimeoutExpired:
        missing(f"{' '.join(words)} took longer than {LONGEST_INSTALL} seconds")
    if done.returncode:
        missing(f"{' '.join(words)}\n{done.stdout}{done.stderr}")
