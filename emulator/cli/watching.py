"""`serve --watch`: a changed fixture is taken up while requests go on.

watchfiles tells at once that something changed in a folder; what counts is how the fixture's files
look then. So a file may be replaced, removed and written again, or reached by a link, and what no
file system tells of (some mounts of containers) is found at the next look.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TypeAlias

from msgspec.structs import replace
from watchfiles import awatch

from emulator.app import Loaded, checked, document_of, paths_of, take_up
from emulator.core.fixture import FixtureError, Mistake
from emulator.core.fixture.document import files_of
from emulator.web.stage import Stage

_LOOKS_EVERY = 2.0
"""How often it looks at the files though nothing was told, in seconds."""

_STILL_FOR = 0.1
"""How long the files must look the same before they are read, in seconds."""

_MOST_LOOKS = 20
"""After so many looks they are read, though they go on changing."""

_BUNDLED, _BUNDLED_AT_MOST = 50, 400
"""Changes that follow within the one are told together, by the other at the latest; in ms."""

Look: TypeAlias = Mapping[Path, tuple[int, int, int] | None]
"""How files look: time of the last change, inode, size; None where there is none."""

_log = logging.getLogger("emulator")


class Watch:
    """Watches the files of a fixture, and the keys that they name, for a running emulator."""

    def __init__(self, fixture: Sequence[Path] | None) -> None:
        """`fixture` is what the server was given; the files are remembered as they look now."""
        self._source = paths_of(fixture)
        self._keys: frozenset[Path] = frozenset()
        self._warned: frozenset[Mistake] = frozenset()
        self._complaint = ""
        self._task: asyncio.Task[None] | None = None
        self._seen = self._look()

    def start(self, stage: Stage) -> None:
        """Watch from now on, until the running loop ends."""
        self._task = asyncio.get_running_loop().create_task(self._run(stage))

    async def _run(self, stage: Stage) -> None:
        with suppress(FixtureError):  # it changed just now, and that is found below
            loaded = await asyncio.to_thread(self._load)
            self._warned = frozenset(map(_news, loaded.oddities))
        while True:
            try:
                folders = await asyncio.to_thread(self._folders)
                await self._watch(stage, folders)
            except (OSError, RuntimeError) as error:
                if str(error) != self._complaint:
                    self._complaint = str(error)
                    said = "the fixture cannot be watched (%s); it is looked at every %.0f s"
                    _log.warning(said, error, _LOOKS_EVERY)
                await asyncio.sleep(_LOOKS_EVERY)
                await self._take_up_changes(stage)

    async def _watch(self, stage: Stage, folders: Mapping[Path, int]) -> None:
        """Take up changes until other folders have to be watched."""
        woken = awatch(
            *folders,
            watch_filter=None,
            debounce=_BUNDLED_AT_MOST,
            step=_BUNDLED,
            rust_timeout=int(_LOOKS_EVERY * 1000),
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        )
        async with aclosing(woken):
            async for _ in woken:
                await self._take_up_changes(stage)
                if await asyncio.to_thread(self._folders) != folders:
                    return

    async def _take_up_changes(self, stage: Stage) -> None:
        look = await self._settled()
        if look == self._seen:
            return
        self._seen = look
        try:
            loaded = await asyncio.to_thread(self._load)
        except FixtureError as error:
            for mistake in error.mistakes:
                _log.error("%s", mistake)
            _log.error("not taken up: the fixture has mistakes; the one before stays")
        except Exception:  # noqa: BLE001 - the last resort, and the log has it all
            _log.exception("this is a bug of the emulator; the fixture before stays")
        else:
            self._warn(loaded.oddities)
            take_up(stage, loaded.fixture, loaded.blueprint)
            _log.info("took up %s", ", ".join(map(str, self._source)))

    async def _settled(self) -> Look:
        """How the files look once nobody writes to them any more."""
        look = await asyncio.to_thread(self._look)
        for _ in range(_MOST_LOOKS if look != self._seen else 0):
            await asyncio.sleep(_STILL_FOR)
            before, look = look, await asyncio.to_thread(self._look)
            if look == before:
                break
        return look

    def _load(self) -> Loaded:
        """The fixture as the files have it; raises FixtureError."""
        document = document_of(self._source)
        keys, before = frozenset(document.named_files()), self._keys
        # What cannot be read does not tell which keys it names.
        self._keys = keys | before if document.mistakes else keys
        seen = {path: at for path, at in self._seen.items() if path not in before - self._keys}
        self._seen = {path: _stamp(path) for path in self._keys} | seen
        return checked(document)

    def _warn(self, oddities: list[Mistake]) -> None:
        """Say what is odd, unless it was said of the fixture before."""
        for oddity in oddities:
            if _news(oddity) not in self._warned:
                _log.warning("%s", replace(oddity, warning=False))
        self._warned = frozenset(map(_news, oddities))

    def _look(self) -> Look:
        return {path: _stamp(path) for path in (*self._files(), *self._keys)}

    def _files(self) -> Iterator[Path]:
        for path in self._source:
            try:
                yield from files_of(path)
            except OSError:
                yield path

    def _folders(self) -> dict[Path, int]:
        """The folders to watch, by what tells each from another of its name."""
        places = {path if path.is_dir() else path.parent for path in self._source}
        places |= {path.parent for path in self._keys}
        nearest = {_nearest_folder(place.absolute()) for place in places}
        return {folder: folder.stat().st_ino for folder in nearest}


def _nearest_folder(place: Path) -> Path:
    return next(path for path in (place, *place.parents) if path.is_dir())


def _news(oddity: Mistake) -> Mistake:
    """An oddity without its line: one that only moved is no news."""
    return replace(oddity, place=replace(oddity.place, line=0))


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except (OSError, ValueError):  # a name may hold what no file's does
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
