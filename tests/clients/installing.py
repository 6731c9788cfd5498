"""Clients that the tests install for themselves, once for all runs, into pytest's own cache."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

LONGEST_INSTALL = 60
"""How long an installation may take, in seconds."""


def missing(what: str) -> NoReturn:
    """Say what is missing: CI has to have it, elsewhere the test is skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


def installed(
    config: pytest.Config, name: str, install: Callable[[Path], list[str]], *, by: str
) -> Path:
    """The folder that a command installed into; `install` prepares an empty one and names it.

    It gets its name only when it is complete, so that runs side by side do not meet half of it.
    """
    assert config.cache is not None
    folder = config.cache.mkdir("clients") / name
    if folder.exists():
        return folder
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / name
        made.mkdir()
        command = install(made)
        try:
            subprocess.run(
                command,
                cwd=made,
                check=True,
                capture_output=True,
                text=True,
                timeout=LONGEST_INSTALL,
            )
        except subprocess.CalledProcessError as error:
            missing(f"{by} could not install {name}: {error.stderr[-300:]}")
        except subprocess.TimeoutExpired:
            missing(f"{by} could not install {name} within {LONGEST_INSTALL} seconds")
        if not folder.exists():
            made.rename(folder)
    return folder
