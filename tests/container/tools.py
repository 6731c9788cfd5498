"""The tools that the tests call, which PyPI has as packages."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]


def run_tool(name: str, package: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs it at the project's root. CI has to have it."""
    tool = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if not tool and os.environ.get("CI") == "true":
        pytest.fail(f"{name} is missing: pip install {package}")
    if not tool:
        pytest.skip(f"{name} is not installed: pip install {package}")
    return subprocess.run(
        [tool, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=PROJECT,
    )
