"""What the trial asks of an engine, and what both kinds of engine share."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

LONGEST_BUILD = 900  # seconds
LONGEST_CALL = 120


class Failed(Exception):
    """A check did not hold, or a step did not work. The message is one for people."""


@dataclass(frozen=True)
class Mount:
    source: Path
    target: str


@dataclass(frozen=True)
class Build:
    context: Path
    base: str | None
    """None: the base that the Dockerfile names."""
    secrets: Mapping[str, Path] = field(default_factory=dict)

    def arguments(self, tag: str, target: str | None) -> list[str]:
        arguments = ["--tag", tag]
        if target:
            arguments += ["--target", target]
        if self.base:
            arguments += ["--build-arg", f"BASE={self.base}"]
        for name, path in self.secrets.items():
            arguments += ["--secret", f"id={name},src={path}"]
        return [*arguments, str(self.context)]


class Container(Protocol):
    def inside(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Runs a program in the container, as the container's user."""

    def beside(
        self, image: str, argv: Sequence[str], mount: Mount, environment: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        """Runs another image, which reaches this container at 127.0.0.1."""

    def terminate(self) -> None: ...

    def exit_status(self, longest: float) -> int: ...

    def log(self) -> str: ...

    def remove(self) -> None: ...


class Engine(Protocol):
    def import_base(self, archive: Path, name: str) -> None: ...

    def has_image(self, name: str) -> bool: ...

    def build(self, build: Build, tag: str, target: str | None = None) -> None: ...

    def config(self, image: str) -> dict[str, Any]:
        """The image's configuration with the names that Docker gives its parts."""

    def size(self, image: str) -> int: ...

    def close(self) -> None:
        """Removes what the trial alone needed."""

    def start(
        self, image: str, argv: Sequence[str], mount: Mount | None, cache: str | None
    ) -> Container:
        """Starts it with a read-only root file system and without privileges.

        `cache` is the one folder that can be written, and is gone with the container.
        """


def call(
    argv: Sequence[str],
    *,
    longest: float = LONGEST_CALL,
    environment: Mapping[str, str] | None = None,
    output: IO[str] | None = None,
) -> str:
    """Runs a program of the host, and returns what it printed."""
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.PIPE,
            stderr=subprocess.STDOUT if output else subprocess.PIPE,
            text=True,
            timeout=longest,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(argv[:3])}: not done after {longest:.0f} s") from None
    if done.returncode:
        told = "" if output else f"\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        raise Failed(f"{' '.join(argv[:3])}: exit status {done.returncode}{told}")
    return done.stdout or ""


def answers(*argv: str) -> bool:
    """Whether the program is installed, and what it talks to is there."""
    if not shutil.which(argv[0]):
        return False
    try:
        return subprocess.run(argv, capture_output=True, timeout=20, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False
