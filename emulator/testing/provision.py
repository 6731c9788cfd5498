"""The servers and realms that a pytest session uses, each made at its first use."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from emulator.core.fixture.mistakes import FixtureError
from emulator.driving.errors import EmulatorError
from emulator.driving.journal import NO_CALLS
from emulator.testing.emulator import Emulator, Runs
from emulator.testing.realm import Realm

_SHARED = "auth_emulator_url"
"""What tells a worker of pytest-xdist where the shared server is."""

_OPTIONS = ("fixture", "scope", "url")
_LASTS = {"function": "1h"}
_LASTS_LONGER = "24h"
"""After so much real time, a realm goes by itself whose tests were killed: on foreign servers."""

_NODES: Mapping[str, Any] = {
    "class": pytest.Class,
    "module": pytest.Module,
    "package": pytest.Directory,
    "session": pytest.Session,
}
_KEPT = pytest.StashKey[dict[str, Realm]]()


class Provision:
    """What a session of pytest has of emulators."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._servers: dict[str, Emulator] = {}
        self._failed: dict[str, str] = {}
        self._templates: dict[tuple[str, str], Realm] = {}

    def emulator(self, url: str = "") -> Emulator:
        """The server at `url`; without one the session's: where it was told to find it, or ours."""
        url = url or self._elsewhere()
        return self._server(url or "ours", lambda: self._connected(url) if url else self._own())

    def for_workers(self) -> dict[str, str]:
        """Where the server is that the workers of pytest-xdist share, unless they know one."""
        if self._elsewhere():
            return {}
        files = self._files()
        return {_SHARED: self._server("shared", lambda: _started(files, "in a subprocess")).url}

    @contextmanager
    def realm(self, request: pytest.FixtureRequest) -> Iterator[Realm]:
        """The realm of a test, as its marker and the session's options say."""
        marker = _marker(request.node)
        scope = marker.get("scope", "function")
        node = request.node.getparent(_NODES[scope]) if scope in _NODES else None
        if node is None:
            with self._made(request.node, marker) as realm:
                yield realm
            return
        kept = node.stash.setdefault(_KEPT, {})
        key = f"{marker.get('url')} {marker.get('fixture')!r}"
        if key not in kept:
            kept[key] = realm = self._made(node, marker)
            node.addfinalizer(realm.close)
            node.addfinalizer(lambda: kept.pop(key))
        yield kept[key]

    def close(self) -> None:
        """Stop the servers."""
        for server in reversed(self._servers.values()):
            server.close()
        self._servers.clear()

    def _made(self, node: pytest.Item | pytest.Collector, marker: Mapping[str, Any]) -> Realm:
        given, url = marker.get("fixture"), marker.get("url", "")
        foreign = bool(url or self._elsewhere())
        # Realms of our own servers end with these.
        ttl = (_LASTS.get(marker.get("scope", "function"), _LASTS_LONGER)) if foreign else None
        if given is None:
            given = self._files() if foreign and not self._is_shared() else None
        elif isinstance(given, str | os.PathLike):
            given = _beside(node, Path(given))
        if given is None:
            return self.emulator(url).realm(node.name, ttl=ttl)
        if not foreign and isinstance(given, Path):
            return self._server(str(given), lambda: _started(given)).realm(node.name)
        template = self._template(self.emulator(url), given)
        return self.emulator(url).realm(node.name, like=template, ttl=ttl)

    def _template(self, server: Emulator, fixture: Any) -> Realm:
        """A realm made from a fixture once: others are made like it in no time."""
        key = server.url, repr(fixture)
        if key not in self._templates:
            try:
                made = server.realm("template", fixture=fixture, ttl=_LASTS_LONGER)
            except (EmulatorError, FixtureError) as error:
                _fail(str(error))
            self._templates[key] = made
        return self._templates[key]

    def _own(self) -> Emulator:
        return _started(self._files())

    def _connected(self, url: str) -> Emulator:
        return Emulator.connect(url)

    def _server(self, key: str, make: Any) -> Emulator:
        if key in self._failed:
            _fail(self._failed[key])
        if key not in self._servers:
            try:
                self._servers[key] = make()
            except (EmulatorError, FixtureError, ValueError) as error:
                self._failed[key] = str(error)
                _fail(str(error))
        return self._servers[key]

    def _files(self) -> list[Path] | None:
        config = self._config
        named = config.getoption("--auth-emulator-fixture")
        if named:
            return [config.invocation_params.dir / path for path in named]
        return list(config.getini("auth_emulator_fixture")) or None

    def _is_shared(self) -> bool:
        return _SHARED in _workers_input(self._config)

    def _elsewhere(self) -> str:
        shared = _workers_input(self._config).get(_SHARED, "")
        option = self._config.getoption("--auth-emulator-url")
        ini = self._config.getini("auth_emulator_url")
        return str(option or ini or shared or os.environ.get("AUTH_EMULATOR_URL", ""))


def journal_of(realm: Realm) -> tuple[str, str] | None:
    """What a failed test's report shows of a realm: title and table; None once it has ended.

    Of an emulator's own realm, which tests of other realms hold too, only where it was called.
    """
    try:
        told = realm.journal.table()
    except (EmulatorError, OSError):
        return None
    if isinstance(realm, Emulator) and told == NO_CALLS:
        return None
    return f"auth-emulator: calls in realm {realm.name}", told


def _workers_input(config: pytest.Config) -> dict[str, str]:
    given: dict[str, str] = getattr(config, "workerinput", {})
    return given


def _started(fixture: Any, runs: Runs = "in a thread") -> Emulator:
    emulator = Emulator(fixture, runs=runs)
    emulator.start()
    return emulator


def _marker(node: pytest.Item | pytest.Collector) -> dict[str, Any]:
    """What the markers of a test say; the closest counts."""
    said: dict[str, Any] = {}
    for marker in node.iter_markers("auth_emulator"):
        unknown = sorted(set(marker.kwargs) - set(_OPTIONS))
        if marker.args or unknown:
            what = ", ".join([*map(repr, marker.args), *unknown])
            _fail(f"the marker auth_emulator takes {', '.join(_OPTIONS)} by name, not {what}")
        said = {**marker.kwargs, **said}
    scope = said.get("scope", "function")
    if scope != "function" and scope not in _NODES:
        _fail(f"the marker auth_emulator has scope={scope!r}; give function, {', '.join(_NODES)}")
    return {name: value for name, value in said.items() if value is not None}


def _beside(node: pytest.Item | pytest.Collector, given: Path) -> Path:
    """A marker's file: it is looked for beside the test, then below the root."""
    beside, below = node.path.parent / given, node.config.rootpath / given
    return below if not beside.exists() and below.exists() else beside


def _fail(why: str) -> NoReturn:
    """Let the test fail for a reason that is not in its own code."""
    raise pytest.fail.Exception(why, pytrace=False)
