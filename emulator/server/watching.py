"""`serve --watch`: reloads a changed fixture while requests are served.

watchfiles reports changes in a folder; then the fixture's files are compared by their stat results.
So a file may be replaced, removed and written again, or be a link, and changes without notification
(some container mounts) are found by polling.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from fastapi import FastAPI
from watchfiles import awatch

from emulator.app import LoadedFixture, load_fixture, reload
from emulator.fixture import FixtureError, Mistake, files_of, read

_LOOK_EVERY = 2.0
"""The polling interval without notifications, in seconds."""

_STILL_FOR = 0.1
"""How long the files must be unchanged before they are read, in seconds."""

_MAX_LOOKS = 20
"""After this many checks they are read although they still change."""

_Look: TypeAlias = Mapping[Path, tuple[int, int, int] | None]
"""Stat results: modification time, inode, size; None if there is no such file."""

_log = logging.getLogger("emulator")


class FixtureWatcher:
    """Watches the files of a fixture, and the files that it names, for a running emulator.

    `source` are the files and folders of `load_fixture`. Their current state is remembered, so that
    a change during the start is noticed.
    """

    def __init__(self, source: Sequence[Path]) -> None:
        self._source = list(source)
        self._named: frozenset[Path] = frozenset()  # keys, and files of users
        self._warned: frozenset[Mistake] = frozenset()
        self._complaint = ""
        self._task: asyncio.Task[None] | None = None
        self._seen = self._look()

    def start(self, app: FastAPI) -> None:
        """Watch from now on, until the running loop ends."""
        self._task = asyncio.get_running_loop().create_task(self._run(app))

    async def _run(self, app: FastAPI) -> None:
        await asyncio.to_thread(self._read_served)
        while True:
            await self._reload_if_changed(app)
            try:
                await self._watch_folders(app)
            except (OSError, RuntimeError) as error:  # too many watches, for one
                if str(error) != self._complaint:
                    self._complaint = str(error)
                    text = "the fixture cannot be watched (%s); it is checked every %.0f s"
                    _log.warning(text, error, _LOOK_EVERY)
                await asyncio.sleep(_LOOK_EVERY)

    def _read_served(self) -> None:
        """Find the files that the served fixture names, and the warnings already logged."""
        self._find_named_files()
        self._seen = {**self._look(), **self._seen}
        with suppress(FixtureError):  # it changed since the start, which is found next
            self._warned = frozenset(map(_without_line, load_fixture(self._source).warnings))

    async def _watch_folders(self, app: FastAPI) -> None:
        """Reload the fixture at each change, until other folders have to be watched."""
        folders = await asyncio.to_thread(self._folders)
        changes = awatch(
            *folders,
            watch_filter=None,
            step=int(_STILL_FOR * 1000),
            debounce=int(_STILL_FOR * 4000),
            rust_timeout=int(_LOOK_EVERY * 1000),
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        )
        async with aclosing(changes):
            async for _ in changes:
                await self._reload_if_changed(app)
                if await asyncio.to_thread(self._folders) != folders:
                    return

    async def _reload_if_changed(self, app: FastAPI) -> None:
        look = await self._settled()
        if look != self._seen:
            self._seen = look
            await self._reload(app)

    async def _settled(self) -> _Look:
        """The state of the files; after a change, once they are stable."""
        look = await asyncio.to_thread(self._look)
        for _ in range(_MAX_LOOKS if look != self._seen else 0):
            await asyncio.sleep(_STILL_FOR)
            before, look = look, await asyncio.to_thread(self._look)
            if look == before:
                break
        return look

    async def _reload(self, app: FastAPI) -> None:
        try:
            loaded = await asyncio.to_thread(self._load)
            self._warn(loaded.warnings)
            await reload(app, loaded)
        except FixtureError as error:
            for mistake in error.mistakes:
                _log.error("%s", mistake)
            _log.error("not reloaded: the fixture has mistakes; the previous one stays in use")
        except Exception:  # noqa: BLE001 - the watch goes on, and the log has it all
            _log.exception("this is a bug of the emulator; the previous fixture stays in use")
        else:
            _log.info("reloaded %s", ", ".join(map(str, self._source)))

    def _load(self) -> LoadedFixture:
        self._find_named_files()
        self._seen = self._look()
        return load_fixture(self._source)

    def _find_named_files(self) -> None:
        """Find the files that the fixture names, also if it has mistakes."""
        document = read(self._source)
        named = frozenset(document.named_files())
        # A file that cannot be read does not say what it names.
        self._named = named | self._named if document.mistakes else named

    def _warn(self, warnings: Sequence[Mistake]) -> None:
        """Log the warnings that the previous fixture did not have."""
        for warning in warnings:
            if _without_line(warning) not in self._warned:
                _log.warning("%s", replace(warning, warning=False))  # the log says that it is one
        self._warned = frozenset(map(_without_line, warnings))

    def _look(self) -> _Look:
        return {path: _stamp(path) for path in (*self._files(), *self._named)}

    def _files(self) -> Iterator[Path]:
        for path in self._source:
            try:
                yield from files_of(path)
            except OSError:
                yield path

    def _folders(self) -> dict[Path, int]:
        """The folders of the files, or the nearest that exist, with their inodes."""
        places = {path if path.is_dir() else path.parent for path in self._source}
        places |= {path.parent for path in self._named}
        nearest = {
            next(path for path in (place, *place.parents) if path.is_dir())
            for place in (place.absolute() for place in places)
        }
        return {folder: folder.stat().st_ino for folder in nearest}


def _without_line(warning: Mistake) -> Mistake:
    """A warning without its line."""
    return replace(warning, place=replace(warning.place, line=0))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):  # no file has a name with a null byte in it
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
