"""Docker, and Podman, which takes the same command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .engines import LONGEST_BUILD, LONGEST_CALL, Build, Container, Failed, Mount, call

LEAST_PRIVILEGE = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


class Docker:
    def __init__(self, command: str, build_log: Path) -> None:
        self.command = command
        self._build_log = build_log

    def import_base(self, archive: Path, name: str) -> None:
        call([self.command, "import", str(archive), name])

    def has_image(self, name: str) -> bool:
        looked = [self.command, "image", "inspect", name]
        return (
            subprocess.run(
                looked, capture_output=True, check=False, timeout=LONGEST_CALL
            ).returncode
            == 0
        )

    def build(self, build: Build, tag: str, target: str | None = None) -> None:
        # OCI, podman's default format, has no place for a HEALTHCHECK.
        form = ["--format", "docker"] if self.command == "podman" else []
        with self._build_log.open("a") as log:
            argv = [self.command, "build", *form, *build.arguments(tag, target)]
            call(argv, longest=LONGEST_BUILD, output=log)

    def config(self, image: str) -> dict[str, Any]:
        found = json.loads(call([self.command, "image", "inspect", image]))[0]
        config: dict[str, Any] = found["Config"]
        config.setdefault("Healthcheck", found.get("Healthcheck"))  # where podman has it
        return config

    def size(self, image: str) -> int:
        return int(call([self.command, "image", "inspect", "--format", "{{.Size}}", image]))

    def close(self) -> None:
        """Nothing to do: images stay with the engine, as after any build."""

    def start(
        self, image: str, argv: Sequence[str], mount: Mount | None, cache: str | None
    ) -> Container:
        options = [*LEAST_PRIVILEGE, *mounted(mount), *(["--volume", cache] if cache else [])]
        started = call([self.command, "run", "--detach", *options, image, *argv])
        return DockerContainer(self.command, started.strip())


class DockerContainer:
    def __init__(self, command: str, identity: str) -> None:
        self._command = command
        self._identity = identity

    def inside(self, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._command, "exec", self._identity, *argv],
            capture_output=True,
            text=True,
            timeout=LONGEST_CALL,
            check=False,
        )

    def beside(
        self, image: str, argv: Sequence[str], mount: Mount, environment: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        named = [
            part for name, value in environment.items() for part in ("--env", f"{name}={value}")
        ]
        network = ["--network", f"container:{self._identity}"]
        return subprocess.Popen(
            [
                self._command,
                "run",
                "--rm",
                *LEAST_PRIVILEGE,
                *network,
                *mounted(mount),
                *named,
                image,
                *argv,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def terminate(self) -> None:
        call([self._command, "kill", "--signal", "TERM", self._identity])

    def exit_status(self, longest: float) -> int:
        try:
            return int(call([self._command, "wait", self._identity], longest=longest))
        except Failed:
            raise Failed(f"the container still runs {longest:.0f} s after SIGTERM") from None

    def log(self) -> str:
        told = subprocess.run(
            [self._command, "logs", self._identity],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_CALL,
            check=False,
        )
        return told.stdout

    def remove(self) -> None:
        call([self._command, "rm", "--force", "--volumes", self._identity])


def mounted(mount: Mount | None) -> list[str]:
    return ["--volume", f"{mount.source}:{mount.target}:ro"] if mount else []
