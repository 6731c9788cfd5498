"""Making an emulator, and loading a fixture: the one file that knows how that is done."""

import logging
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator.app import create_app, demo_fixture, load_fixture
from emulator.fixture import FixtureError, Mistake, dotted
from emulator.settings import Settings
from records.asgi import AsgiApp

KEYS = Path(__file__).parent / "keys"
_SETTINGS = {
    "dated": "date_header",
    "reasons": "no_reasons",
    "trusted_proxies": "trusted_proxy",
    "allowed_hosts": "allowed_host",
    "cors_origins": "cors_origin",
    "journal_mib": "journal_size",
}
"""The settings that were recorded under other names."""

_CHOICES = re.compile(r"(expected one of )(\w+(?:, \w+)+)")


@contextmanager
def surroundings() -> Iterator[None]:
    """No variable of the environment counts, and keys that are made are kept nowhere else."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("AUTH_EM")}
    log = logging.getLogger("emulator")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with tempfile.TemporaryDirectory() as cache:
            os.environ["AUTH_EMULATOR_CACHE_DIR"] = cache
            yield
    finally:
        del os.environ["AUTH_EMULATOR_CACHE_DIR"]
        os.environ.update(kept)
        log.setLevel(level)


def emulator(fixture: Mapping[str, Any], config: Mapping[str, Any], upstream: str) -> AsgiApp:
    """An emulator of its own. `@keys` and `@upstream` in its fixture are filled in."""
    settings = {_SETTINGS.get(name, name): value for name, value in config.items()}
    if "reasons" in config:
        settings["no_reasons"] = not config["reasons"]
    return create_app(Settings(fixture=placed(fixture, upstream), **settings))


def demo_text() -> str:
    """The demo, as YAML."""
    return demo_fixture().read_text("utf-8")


def placed(value: Any, upstream: str) -> Any:
    """A fixture with the names of files and the address of the server behind filled in."""
    if isinstance(value, str):
        return value.replace("@keys", str(KEYS)).replace("@upstream", upstream)
    if isinstance(value, Mapping):
        return {name: placed(member, upstream) for name, member in value.items()}
    return [placed(item, upstream) for item in value] if isinstance(value, list) else value


def judged(files: Mapping[str, str]) -> dict[str, Any]:
    """What is wrong and what is odd in a fixture of these files, by file, line and path.

    One file is loaded by its name, several as their folder.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            content = text.replace("@keys", str(KEYS)).encode("utf-8", "surrogateescape")
            (folder / file).write_bytes(content)
        source = folder / next(iter(files)) if len(files) == 1 else folder
        try:
            odd = load_fixture(source).warnings
        except FixtureError as error:
            return {"mistakes": [_told(mistake, name) for mistake in error.mistakes]}
        return {"mistakes": [], "warnings": [_told(mistake, name) for mistake in odd]}


def in_order(text: str) -> str:
    """A text with the choices of `expected one of` in order: some come from sets, in any order."""
    return _CHOICES.sub(lambda found: found[1] + ", ".join(sorted(found[2].split(", "))), text)


def _told(mistake: Mistake, folder: str) -> list[Any]:
    def bare(text: str) -> str:
        bare = text.replace(f"{folder}/", "").replace(folder, ".").replace(str(KEYS), "@keys")
        return in_order(bare.replace(Path(folder).name, "."))

    place = mistake.place
    return [bare(place.file), place.line, dotted(mistake.path), bare(mistake.text)]
