"""What `examples/services/compose.yaml` starts, read from it and from the Dockerfiles it names."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import yaml
from commands import serving

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "services"
FILE = FOLDER / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
EMULATOR = "auth-emulator"
LANGUAGES = [name for name in COMPOSE["services"] if name != EMULATOR]


def service(name: str) -> dict[str, Any]:
    said: dict[str, Any] = COMPOSE["services"][name]
    return said


def context(name: str) -> Path:
    """The folder that its image is built from."""
    return FOLDER.joinpath(service(name)["build"])


def instructions(name: str, instruction: str) -> list[str]:
    """What its Dockerfile says after an instruction; nothing where its image is taken as it is."""
    if "build" not in service(name):
        return []
    text = (context(name) / "Dockerfile").read_text().replace("\\\n", "")
    return re.findall(rf"^{instruction} +(.+)$", text, re.MULTILINE)


def command(name: str) -> list[str]:
    """What it runs, as its container sees it."""
    words: list[str] = service(name).get("command") or json.loads(instructions(name, "CMD")[-1])
    return words


def files(name: str) -> dict[PurePosixPath, Path]:
    """What is mounted into its container or copied into its image, and where it comes from."""
    volumes = [volume.split(":") for volume in service(name).get("volumes", ())]
    mounted = {PurePosixPath(to): FOLDER / what for what, to, *_ in volumes if what.startswith(".")}
    if name == EMULATOR:
        return mounted
    names = [word for line in instructions(name, "COPY") for word in line.split()[:-1]]
    return mounted | {folder(name) / file: context(name) / file for file in names}


def folder(name: str) -> PurePosixPath:
    """Where its command runs."""
    return PurePosixPath(*instructions(name, "WORKDIR")[-1:])


def outside(name: str, path: str) -> Path:
    """Where a path that its command names comes from."""
    wanted = folder(name) / path
    for inside, source in files(name).items():
        if wanted.is_relative_to(inside):
            return source / wanted.relative_to(inside)
    raise LookupError(f"{name} has no {path}")


@contextmanager
def emulator(*more_fixtures: Path, host: str = "0.0.0.0") -> Iterator[str]:
    """The emulator as the file starts it, bound as its image binds it; where to reach it."""
    serve, fixture = command(EMULATOR)
    assert serve == "serve"
    environment: dict[str, str] = service(EMULATOR)["environment"]
    fixtures = (outside(EMULATOR, fixture), *more_fixtures)
    with serving("--host", host, *fixtures, **environment) as (_, url, _):
        yield url.replace("0.0.0.0", "127.0.0.1")
