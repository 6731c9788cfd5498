"""The servers and realms that a pytest session uses, each made at its first use."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import pytest

from emulator.core.fixture.mistakes import FixtureError
from emulator.driving.errors import EmulatorError, Refused
from emulator.driving.journal import NO_CALLS
from emulator.driving.remote import Unreachable
from emulator.testing.emulator import Emulator, Runs
from emulator.testing.realm import Realm

_R = TypeVar("_R", bound=Realm)

_SHARED = "auth_emulator_url"
_NOT_SHARED = "auth_emulator_failure"
"""What tells a worker of pytest-xdist where the shared server is, or why there is none."""

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


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the marker of a test and the session's options ask for.

    `fixture` is data, a file or several; None: that of the session. `scope` is how long the realm
    lasts, `url` a server elsewhere, empty for the session's.
    """

    fixture: Any
    scope: str
    url: str

    @property
    def key(self) -> str:
        """The same for the same realm."""
        return f"{self.url} {self.fixture!r}"


class Provision:
    """What a session of pytest has of emulators."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._had: dict[object, Realm | str] = {}
        self._over: list[Realm] = []

    def emulator(self, url: str = "") -> Emulator:
        """The server at `url`; without one the session's: where it was told to find it, or ours."""
        url = url or self._elsewhere()
        if url:
            return self._once(url, lambda: Emulator.connect(url))
        return self._once("ours", lambda: _started(self._files()))

    def for_workers(self) -> dict[str, str]:
        """What tells the workers of pytest-xdist of the server that they share."""
        if self._elsewhere():
            return {}
        try:
            server = self._once("shared", lambda: _started(self._files(), "in a subprocess"))
        except pytest.fail.Exception as failure:  # for the tests that need it
            return {_NOT_SHARED: str(failure)}
        return {_SHARED: server.url}

    @contextmanager
    def realm(self, request: pytest.FixtureRequest, lasts: str) -> Iterator[Realm]:
        """The realm of a test, as its marker says; it `lasts` so long unless that says more."""
        wanted = _wanted(request.node, lasts)
        kind = _NODES.get(wanted.scope)
        node = request.node.getparent(kind) if kind is not None else None
        if node is None:
            realm = self._made(request.node.name, wanted)
            try:
                yield realm
            finally:
                self._end(realm)
            return
        kept = node.stash.setdefault(_KEPT, {})
        if wanted.key not in kept:
            kept[wanted.key] = self._made(node.name, wanted)
            node.addfinalizer(lambda: self._end(kept.pop(wanted.key)))
        yield kept[wanted.key]

    def remove_what_is_over(self) -> None:
        """Remove the realms that have ended, once the last report that tells of them is made."""
        while self._over:
            self._over.pop().close()

    def _end(self, realm: Realm) -> None:
        # Another fixture may still fail: its report shows what was called.
        realm.clock.release_process()
        self._over.append(realm)

    def close(self) -> None:
        """Stop the servers, and remove what was made on those of others."""
        self.remove_what_is_over()
        while self._had:
            _, had = self._had.popitem()
            if isinstance(had, Realm):
                had.close()

    def _made(self, name: str, wanted: _Wanted) -> Realm:
        foreign = bool(wanted.url or self._elsewhere())
        given = wanted.fixture
        if given is None and foreign and (wanted.url or not self._is_shared()):
            given = self._files()  # a server that others started knows nothing of it
        if not foreign and given is not None and not isinstance(given, Mapping):
            # A server of its own: what comes over HTTP may name no further file.
            server, given = self._once(repr(given), lambda: _started(wanted.fixture)), None
        else:
            server = self.emulator(wanted.url)
        # Realms of our own servers end with these.
        ttl = _LASTS.get(wanted.scope, _LASTS_LONGER) if foreign else None
        try:
            if given is None:
                return server.realm(name, ttl=ttl)
            return self._of_fixture(server, name, given, ttl)
        except (EmulatorError, Unreachable, TypeError, ValueError) as error:
            _fail(_sentence(error))

    def _of_fixture(self, server: Emulator, name: str, fixture: Any, ttl: str | None) -> Realm:
        """A realm of a fixture's: made like one that was made from it, which takes no time."""
        if isinstance(fixture, Mapping) and "clock" in fixture:
            return server.realm(name, fixture=fixture, ttl=ttl)  # the other's clock has run on
        key = (server.url, repr(fixture))
        try:
            return server.realm(name, like=self._template(key, server, fixture), ttl=ttl)
        except Refused as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise
        self._had.pop(key)  # its server was started anew, and knows nothing of it
        return server.realm(name, like=self._template(key, server, fixture), ttl=ttl)

    def _template(self, key: object, server: Emulator, fixture: Any) -> Realm:
        return self._once(key, lambda: server.realm("template", fixture=fixture, ttl=_LASTS_LONGER))

    def _once(self, key: object, make: Callable[[], _R]) -> _R:
        """What was made, or why it could not be: every test that needs it says so."""
        if key not in self._had:
            try:
                self._had[key] = make()
            except (EmulatorError, FixtureError, Unreachable, TypeError, ValueError) as error:
                self._had[key] = _sentence(error)
        had = self._had[key]
        if isinstance(had, str):
            _fail(had)
        return cast("_R", had)

    def _files(self) -> list[Path] | None:
        config = self._config
        named = config.getoption("--auth-emulator-fixture")
        if named:
            return [config.invocation_params.dir / path for path in named]
        return list(config.getini("auth_emulator_fixture")) or None

    def _is_shared(self) -> bool:
        return _SHARED in _workers_input(self._config)

    def _elsewhere(self) -> str:
        told = _workers_input(self._config)
        option = self._config.getoption("--auth-emulator-url")
        ini = self._config.getini("auth_emulator_url")
        named = option or ini or told.get(_SHARED) or os.environ.get("AUTH_EMULATOR_URL", "")
        if not named and _NOT_SHARED in told:
            _fail(told[_NOT_SHARED])
        return str(named)


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


def refuse_late_markers(item: pytest.Item, scope: str) -> None:
    """Fail where a marker stands closer to a test than a realm that lasts longer can see."""
    node = (item.getparent(_NODES[scope]) if scope in _NODES else None) or item
    seen = node.listchain()
    if any(where not in seen for where, _ in item.iter_markers_with_node("auth_emulator")):
        _fail(
            f"auth_emulator_scope is {scope}, so that this test's marker auth_emulator comes too "
            f"late; mark the {scope}, or give markers a scope in the place of the option"
            if scope != "session"
            else "auth_emulator_scope is session, so that markers auth_emulator come too late; "
            "give markers a scope in the place of the option"
        )


def _wanted(node: pytest.Item | pytest.Collector, lasts: str) -> _Wanted:
    """What the markers of a test say; the closest counts."""
    said: dict[str, Any] = {}
    for marker in node.iter_markers("auth_emulator"):
        unknown = sorted(set(marker.kwargs) - set(_OPTIONS))
        if marker.args or unknown:
            what = ", ".join([*map(repr, marker.args), *unknown])
            _fail(f"the marker auth_emulator takes {', '.join(_OPTIONS)} by name, not {what}")
        given = {name: value for name, value in marker.kwargs.items() if value is not None}
        said = {**given, **said}
    scope = said.get("scope", lasts)
    if scope != "function" and scope not in _NODES:
        _fail(f"the marker auth_emulator has scope={scope!r}; give function, {', '.join(_NODES)}")
    return _Wanted(_resolved(node, said.get("fixture")), scope, said.get("url", ""))


def _resolved(node: pytest.Item | pytest.Collector, given: Any) -> Any:
    """A marker's fixture, with files as they are found from here."""
    if given is None or isinstance(given, Mapping):
        return given
    paths = [given] if isinstance(given, str | os.PathLike) else given
    if not isinstance(paths, Sequence) or not all(isinstance(p, str | os.PathLike) for p in paths):
        _fail(f"the marker auth_emulator has fixture={given!r}; give a file, several, or a dict")
    return [_beside(node, Path(path)) for path in paths]


def _beside(node: pytest.Item | pytest.Collector, given: Path) -> Path:
    """A marker's file: it is looked for beside the test, then below the root."""
    beside, below = node.path.parent / given, node.config.rootpath / given
    return below if not beside.exists() and below.exists() else beside


def _sentence(error: Exception) -> str:
    """What went wrong; where a server elsewhere wants its admin token, how tests give it."""
    if isinstance(error, Refused) and error.status == HTTPStatus.UNAUTHORIZED:
        return f"{error}; set AUTH_EMULATOR_ADMIN_TOKEN to the server's"
    return str(error)


def _fail(why: str) -> NoReturn:
    """Let the test fail for a reason that is not in its own code."""
    raise pytest.fail.Exception(why, pytrace=False) from None
