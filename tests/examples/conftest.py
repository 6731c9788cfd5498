"""The three services, run as their containers would run them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from clients.installing import missing
from clients.jose import folder_with_jose, node

from . import stack

Walk = Callable[..., subprocess.CompletedProcess[str]]
PATIENCE = 60
"""How long a service may run, in seconds."""


@pytest.fixture(scope="session")
def emulator_of_the_stack() -> Iterator[str]:
    """Where it listens."""
    with stack.emulator() as url:
        yield url


@pytest.fixture(scope="session")
def walk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """Runs the service of a language against the emulator at a URL.

    `from_source`: Java as the example shows it. Compiled once for all tests it starts in a fifth of
    the time.
    """

    @cache
    def command(language: str, *, from_source: bool) -> list[str]:
        program, script = stack.command(language)
        source = stack.outside(language, script)
        folder = tmp_path_factory.mktemp(language)
        if program == "java":
            return _java(source, None if from_source else folder)
        # Only what its image holds: a file that the Dockerfile forgets is missed here too.
        for file in stack.files(language).values():
            shutil.copy(file, folder)
        if program == "node":
            return _node(folder / source.name, folder_with_jose(request.config))
        return [sys.executable, str(folder / source.name)]

    def walked(
        language: str, url: str, *, from_source: bool = False, **changed: str
    ) -> subprocess.CompletedProcess[str]:
        environment = stack.service(language)["environment"] | {"EMULATOR_URL": url} | changed
        return subprocess.run(
            command(language, from_source=from_source),
            env={**os.environ, "NO_PROXY": "127.0.0.1", **environment},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    return walked


def _java(source: Path, classes: Path | None) -> list[str]:
    if not shutil.which("javac"):  # which `java Main.java` has inside
        missing("the JDK is missing; Debian's package default-jdk-headless has it")
    if classes is None:
        return ["java", str(source)]
    lint = ["--release", "17", "-Xlint:all,-serial", "-Werror"]
    subprocess.run(["javac", "-d", classes, *lint, source], check=True)
    return ["java", "-cp", str(classes), source.stem]


def _node(script: Path, with_jose: Path) -> list[str]:
    script.with_name("node_modules").symlink_to(with_jose / "node_modules")
    version = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True)
    # Debian 12 has Node 18, where the global `crypto` that jose wants is switched on by a flag.
    flags = ["--experimental-global-webcrypto"] if version.stdout.startswith("v18.") else []
    return [node(), *flags, str(script)]
