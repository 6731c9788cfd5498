"""The pytest plugin: the pytest fixture `auth_emulator`, a realm for each test.

The server starts at the first use, once a session. Every run of pytest in an environment that has
the emulator imports this module, so it imports nothing but pytest. It is not in the package, which
a project's own `emulator.py` may hide.
"""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.testing.emulator import Emulator
    from emulator.testing.pool import ServerPool
    from emulator.testing.realm import Realm

SCOPES = ("function", "class", "module", "package", "session")
SHARING = ("own", "shared")

_POOL = pytest.StashKey["ServerPool"]()
_REALM = pytest.StashKey["Realm"]()
"""The realm of a test, also if it was requested while the test ran."""

_MARKER = (
    "auth_emulator(fixture=None, scope=None, url=None): another fixture for this test (a file "
    "beside it, or a dict), another scope of the realm, or another server"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options on the command line and in the configuration file."""
    group = parser.getgroup("auth-emulator", "the emulator of sign-in APIs")
    group.addoption(
        "--auth-emulator-fixture",
        action="append",
        metavar="PATH",
        help="a YAML file, or a folder of them; may be repeated; by default the demo",
    )
    group.addoption(
        "--auth-emulator-scope",
        choices=SCOPES,
        help="the scope of a realm; by default function",
    )
    group.addoption(
        "--auth-emulator-xdist",
        choices=SHARING,
        help="with pytest-xdist: a server in each worker (own, the default) or one (shared)",
    )
    group.addoption(
        "--auth-emulator-url",
        metavar="URL",
        help="a running server to use instead of starting one, by default AUTH_EMULATOR_URL; its "
        "admin token is AUTH_EMULATOR_ADMIN_TOKEN",
    )
    group.addoption(
        "--auth-emulator-host",
        metavar="ADDRESS",
        help="the address to listen on, such as 0.0.0.0 for containers; by default 127.0.0.1",
    )
    group.addoption(
        "--auth-emulator-port", type=int, help="the port to listen on; by default any free one"
    )
    group.addoption(
        "--auth-emulator-advertised-host",
        metavar="NAME",
        help="the host that environment() hands out, such as host.docker.internal",
    )
    parser.addini("auth_emulator_fixture", "files and folders of the fixture", type="paths")
    parser.addini("auth_emulator_scope", f"one of {', '.join(SCOPES)}", default="")
    parser.addini("auth_emulator_xdist", f"one of {', '.join(SHARING)}", default="")
    parser.addini("auth_emulator_host", "the address to listen on", default="")
    parser.addini("auth_emulator_port", "the port to listen on", default="")
    parser.addini("auth_emulator_advertised_host", "the host for other machines", default="")
    parser.addini("auth_emulator_url", "the URL of a running server", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and refuse wrong options."""
    config.addinivalue_line("markers", _MARKER)
    _scope(config)
    _sharing(config)


def _scope(config: pytest.Config) -> str:
    """How long a realm lasts."""
    return _choice(SCOPES, config, "scope")


def _sharing(config: pytest.Config) -> str:
    """Whether workers of pytest-xdist have a server each, or share one."""
    return _choice(SHARING, config, "xdist")


def _choice(known: tuple[str, ...], config: pytest.Config, option: str) -> str:
    """The choice of the command line, else of the file, else the first."""
    given: str = config.getoption(f"--auth-emulator-{option}") or config.getini(
        f"auth_emulator_{option}"
    )
    if given and given not in known:
        raise pytest.UsageError(f"auth_emulator_{option} is {given!r}; give {', '.join(known)}")
    return given or known[0]


def _fixture_scope(fixture_name: str, config: pytest.Config) -> Any:  # noqa: ARG001 - pytest's names
    scope = _scope(config)
    # In pytest, a plugin's fixture of scope package lasts the whole session.
    return "function" if scope == "package" else scope


def _pool(config: pytest.Config) -> "ServerPool":
    """The servers of this session, made at the first use."""
    pool = config.stash.get(_POOL, None)
    if pool is None:
        pool = config.stash[_POOL] = _pool_module().ServerPool(config)
        config.add_cleanup(pool.close)
    return pool


def _pool_module() -> Any:
    """The module `emulator.testing.pool`. Fails if another `emulator` hides the package."""
    try:
        return import_module("emulator.testing.pool")
    except ImportError:
        found = getattr(sys.modules.get("emulator"), "__file__", None)
        if found is None or Path(found).parent == Path(__file__).parent / "emulator":
            raise
        message = (
            f"{found} hides the package emulator, which auth_emulator needs: rename it, or keep "
            "its folder off sys.path"
        )
        raise pytest.fail.Exception(message, pytrace=False) from None


@pytest.fixture(scope="session")
def auth_emulator_server(request: pytest.FixtureRequest) -> "Emulator":
    """The emulator of the session, for pytest fixtures with their own scope."""
    return _pool(request.config).emulator()


@pytest.fixture(scope=_fixture_scope)
def auth_emulator(request: pytest.FixtureRequest) -> Iterator["Realm"]:
    """An emulator for this test: its users, clock, faults, journal and keys are its own.

    Its `url` is a base URL for all three vendors.
    """
    config = request.config
    with _pool(config).realm(request, _scope(config)) as realm:
        request.node.stash[_REALM] = realm
        yield realm


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker on a test whose realm already exists."""
    if item.get_closest_marker("auth_emulator") and _fixture_scope("", item.config) != "function":
        _pool_module().refuse_late_markers(item, _scope(item.config))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],
) -> Any:
    """A failed test's report shows the journal of the realm that it used."""
    report = yield
    realms = sys.modules.get("emulator.testing.realm")
    if report.failed and realms is not None:
        values = [*(getattr(item, "funcargs", None) or {}).values(), item.stash.get(_REALM, None)]
        used = {id(value): value for value in values if isinstance(value, realms.Realm)}
        sections = (_pool_module().journal_of(realm) for realm in used.values())
        report.sections += [section for section in sections if section is not None]
    if call.when == "teardown" and _POOL in item.config.stash:
        _pool(item.config).remove_ended_realms()
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Send the shared server's address to a worker of pytest-xdist."""
    config: pytest.Config = node.config
    if _sharing(config) == "shared":
        node.workerinput.update(_pool(config).for_workers())
