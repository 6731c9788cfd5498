"""The servers and realms that a pytest session uses, each made at its first use."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

import pytest

from emulator.client.entries import NO_CALLS
from emulator.client.errors import ApiError, EmulatorError, Unreachable
from emulator.fixture import FixtureError
from emulator.testing.emulator import Emulator, Mode
from emulator.testing.realm import Realm

_R = TypeVar("_R", bound=Realm)

_SHARED_URL = "auth_emulator_url"
_SHARED_FAILURE = "auth_emulator_failure"
"""Members of a worker's input: the shared server's URL, or why there is none."""

_OPTIONS = ("fixture", "scope", "url")
_TTL = {"function": "1h"}
_LONG_TTL = "24h"
"""On another server, realms of killed tests expire after so much real time."""

_NODES: Mapping[str, Any] = {
    "class": pytest.Class,
    "module": pytest.Module,
    "package": pytest.Directory,
    "session": pytest.Session,
}
_REALMS = pytest.StashKey[dict[str, Realm]]()
"""The realms of a node."""

_FAILURES = (EmulatorError, FixtureError, Unreachable, TypeError, ValueError)
"""The errors of creating a server or realm."""


@dataclass(frozen=True, slots=True)
class _Options:
    """The settings from a test's markers and the session's options.

    `fixture` is data, a file or several; None: that of the session. `scope` is how long the realm
    lasts, `url` another server, empty for the session's.
    """

    fixture: Any
    scope: str
    url: str

    @property
    def key(self) -> str:
        """A key that is equal for the same realm."""
        return f"{self.url} {self.fixture!r}"


class ServerPool:
    """The emulators of a pytest session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._made: dict[object, Realm | str] = {}
        """Servers and templates, or why one could not be made."""
        self._ended: list[Realm] = []

    def emulator(self, url: str = "") -> Emulator:
        """The server at `url`; by default the session's."""
        url = url or self._remote_url()
        if url:
            return self._once(url, lambda: Emulator.connect(url))
        return self._once("own", lambda: self._started(self._files()))

    def for_workers(self) -> dict[str, str]:
        """The worker input of pytest-xdist for the shared server."""
        if self._remote_url():
            return {}
        try:
            server = self._once("shared", lambda: self._started(self._files(), "subprocess"))
        except pytest.fail.Exception as failure:  # for the tests that need it
            return {_SHARED_FAILURE: str(failure)}
        return {_SHARED_URL: server.url}

    @contextmanager
    def realm(self, request: pytest.FixtureRequest, scope: str) -> Iterator[Realm]:
        """The realm of a test; it lasts for `scope` unless its markers say otherwise."""
        options = _options(request.node, scope)
        kind = _NODES.get(options.scope)
        node = request.node.getparent(kind) if kind is not None else None
        if node is None:
            realm = self._make(request.node.name, options)
            try:
                yield realm
            finally:
                self._end(realm)
            return
        realms = node.stash.setdefault(_REALMS, {})
        if options.key not in realms:
            realms[options.key] = self._make(node.name, options)
            node.addfinalizer(lambda: self._end(realms.pop(options.key)))
        yield realms[options.key]

    def remove_ended_realms(self) -> None:
        """Remove the realms that have ended, once the last report that shows them is made."""
        while self._ended:
            self._ended.pop().close()

    def _end(self, realm: Realm) -> None:
        # Another pytest fixture may still fail: its report shows the calls.
        realm.clock.release_process()
        self._ended.append(realm)

    def close(self) -> None:
        """Stop the servers, and remove the realms on other servers."""
        self.remove_ended_realms()
        while self._made:
            _, made = self._made.popitem()
            if isinstance(made, Realm):
                made.close()

    def _make(self, name: str, options: _Options) -> Realm:
        remote = bool(options.url or self._remote_url())
        fixture = options.fixture
        if fixture is None and remote and (options.url or not self._is_shared()):
            fixture = self._files()  # a server that others started does not have it
        if not remote and fixture is not None and not isinstance(fixture, Mapping):
            # A server of its own: a fixture sent over HTTP cannot name files.
            server = self._once(repr(fixture), lambda: self._started(options.fixture, port=0))
            fixture = None
        else:
            server = self.emulator(options.url)
        # Realms of our own servers end with these.
        ttl = _TTL.get(options.scope, _LONG_TTL) if remote else None
        try:
            if fixture is None:
                return server.realm(name, ttl=ttl)
            return self._from_template(server, name, fixture, ttl)
        except _FAILURES as error:
            _fail(_sentence(error))

    def _from_template(self, server: Emulator, name: str, fixture: Any, ttl: str | None) -> Realm:
        """A realm copied from one of the same fixture, which is fast."""
        if isinstance(fixture, Mapping) and "clock" in fixture:
            return server.realm(name, fixture=fixture, ttl=ttl)  # the other's clock has run on
        key = (server.url, repr(fixture))
        try:
            return server.realm(name, like=self._template(key, server, fixture), ttl=ttl)
        except ApiError as refused:
            if refused.status != HTTPStatus.NOT_FOUND:
                raise
        self._made.pop(key)  # its server was restarted, and does not have it any more
        return server.realm(name, like=self._template(key, server, fixture), ttl=ttl)

    def _template(self, key: object, server: Emulator, fixture: Any) -> Realm:
        return self._once(key, lambda: server.realm("template", fixture=fixture, ttl=_LONG_TTL))

    def _once(self, key: object, make: Callable[[], _R]) -> _R:
        """What was created, or why it failed: every test that needs it fails with that."""
        if key not in self._made:
            try:
                self._made[key] = make()
            except _FAILURES as error:
                self._made[key] = _sentence(error)
        made = self._made[key]
        if isinstance(made, str):
            _fail(made)
        return cast("_R", made)

    def _started(self, fixture: Any, mode: Mode = "thread", port: int | None = None) -> Emulator:
        """A server where the options say; `port` is another, as two cannot share one."""
        emulator = Emulator(
            fixture,
            mode=mode,
            host=self._option("host") or "127.0.0.1",
            port=int(self._option("port") or 0) if port is None else port,
            advertised_host=self._option("advertised-host") or None,
        )
        emulator.start()
        return emulator

    def _option(self, name: str) -> str:
        given = self._config.getoption(f"--auth-emulator-{name}")
        ini = self._config.getini(f"auth_emulator_{name.replace('-', '_')}")
        return str(ini if given is None else given)

    def _files(self) -> list[Path] | None:
        config = self._config
        named = config.getoption("--auth-emulator-fixture")
        if named:
            return [config.invocation_params.dir / path for path in named]
        return list(config.getini("auth_emulator_fixture")) or None

    def _is_shared(self) -> bool:
        return _SHARED_URL in _worker_input(self._config)

    def _remote_url(self) -> str:
        """The URL of the session's server, if it is another one."""
        worker = _worker_input(self._config)
        option = self._config.getoption("--auth-emulator-url")
        ini = self._config.getini("auth_emulator_url")
        url = option or ini or worker.get(_SHARED_URL) or os.environ.get("AUTH_EMULATOR_URL", "")
        if not url and _SHARED_FAILURE in worker:
            _fail(worker[_SHARED_FAILURE])
        return str(url)


def journal_of(realm: Realm) -> tuple[str, str] | None:
    """Title and table of a realm for a failed test's report; None once it has ended.

    The default realm of an emulator, which tests with other realms hold too, is shown only if it
    was called.
    """
    try:
        table = realm.journal.table()
    except (EmulatorError, OSError):
        return None
    if isinstance(realm, Emulator) and table == NO_CALLS:
        return None
    return f"auth-emulator: calls in realm {realm.name}", table


def refuse_late_markers(item: pytest.Item, scope: str) -> None:
    """Fail if a marker is on a test, and the realm belongs to a wider scope."""
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


def _worker_input(config: pytest.Config) -> dict[str, str]:
    given: dict[str, str] = getattr(config, "workerinput", {})
    return given


def _options(node: pytest.Item | pytest.Collector, scope: str) -> _Options:
    """What the markers of a test say; the closest counts."""
    found: dict[str, Any] = {}
    for marker in node.iter_markers("auth_emulator"):
        unknown = sorted(set(marker.kwargs) - set(_OPTIONS))
        if marker.args or unknown:
            what = ", ".join([*map(repr, marker.args), *unknown])
            _fail(f"the marker auth_emulator takes {', '.join(_OPTIONS)} by name, not {what}")
        given = {name: value for name, value in marker.kwargs.items() if value is not None}
        found = {**given, **found}
    scope = found.get("scope", scope)
    if scope != "function" and scope not in _NODES:
        _fail(f"the marker auth_emulator has scope={scope!r}; give function, {', '.join(_NODES)}")
    return _Options(_resolved(node, found.get("fixture")), scope, found.get("url", ""))


def _resolved(node: pytest.Item | pytest.Collector, fixture: Any) -> Any:
    """A marker's fixture: a file is looked up beside the test, then below the root."""
    if fixture is None or isinstance(fixture, Mapping):
        return fixture
    paths = [fixture] if isinstance(fixture, str | os.PathLike) else fixture
    kinds = (str, os.PathLike, Mapping)
    if not isinstance(paths, Sequence) or not all(isinstance(p, kinds) for p in paths):
        _fail(f"the marker auth_emulator has fixture={fixture!r}; give a file, several, or a dict")
    found: list[Any] = []
    for path in paths:
        if isinstance(path, Mapping):
            found.append(path)
            continue
        beside, below = node.path.parent / path, node.config.rootpath / path
        existing = [file for file in (beside, below) if file.exists()]
        # A name that is no file may be that of a shipped fixture.
        found.append(existing[0] if existing else beside if Path(path).suffix else path)
    return found


def _sentence(error: Exception) -> str:
    """The error message; if a server needs its admin token, with how to give it."""
    if isinstance(error, ApiError) and error.status == HTTPStatus.UNAUTHORIZED:
        return f"{error}; set AUTH_EMULATOR_ADMIN_TOKEN to the server's"
    return str(error)


def _fail(why: str) -> NoReturn:
    """Fail a test without a traceback."""
    raise pytest.fail.Exception(why, pytrace=False) from None
