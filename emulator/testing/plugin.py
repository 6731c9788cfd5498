"""The pytest plugin: the fixture `auth_emulator`, a realm of its own for each test.

The server starts at the first use, once a session. This file is imported by every run of pytest in
an environment that has the emulator: it imports nothing but pytest.
"""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.testing.emulator import Emulator
    from emulator.testing.provision import Provision
    from emulator.testing.realm import Realm

SCOPES = ("function", "class", "module", "package", "session")
SHARING = ("own", "shared")

_PROVISION = pytest.StashKey["Provision"]()
_REALM = pytest.StashKey["Realm"]()
"""That of a test, also where it asked for it while it ran."""

_MARKER = (
    "auth_emulator(fixture=None, scope=None, url=None): another fixture for this test (a file "
    "beside it, or a dict), a realm that lasts longer, or a server elsewhere"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options on the command line, each with its namesake in the configuration file."""
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
        help="how long a realm lasts; by default a function",
    )
    group.addoption(
        "--auth-emulator-xdist",
        choices=SHARING,
        help="with pytest-xdist: a server of each worker's own (the default), or one shared",
    )
    group.addoption(
        "--auth-emulator-url",
        metavar="URL",
        help="a server that runs elsewhere, in the place of one of the tests' own; else "
        "AUTH_EMULATOR_URL; its admin token is AUTH_EMULATOR_ADMIN_TOKEN",
    )
    parser.addini("auth_emulator_fixture", "files and folders of the fixture", type="paths")
    parser.addini("auth_emulator_scope", f"one of {', '.join(SCOPES)}", default="")
    parser.addini("auth_emulator_xdist", f"one of {', '.join(SHARING)}", default="")
    parser.addini("auth_emulator_url", "the URL of a server that runs elsewhere", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and refuse what the options cannot be."""
    config.addinivalue_line("markers", _MARKER)
    _lasts(config)
    _sharing(config)


def _scope(fixture_name: str, config: pytest.Config) -> Any:  # noqa: ARG001 - pytest's names
    lasts = _lasts(config)
    # A plugin's fixture that lasts a package lasts the whole session in pytest.
    return "function" if lasts == "package" else lasts


def _lasts(config: pytest.Config) -> str:
    """How long a realm lasts."""
    return _one_of(SCOPES, config, "scope")


def _sharing(config: pytest.Config) -> str:
    """Whether the workers of pytest-xdist have a server each, or share one."""
    return _one_of(SHARING, config, "xdist")


def _one_of(known: tuple[str, ...], config: pytest.Config, option: str) -> str:
    """What the command line says, else the file; the first that is known where neither does."""
    given: str = config.getoption(f"--auth-emulator-{option}") or config.getini(
        f"auth_emulator_{option}"
    )
    if given and given not in known:
        raise pytest.UsageError(f"auth_emulator_{option} is {given!r}; give {', '.join(known)}")
    return given or known[0]


def _provision(config: pytest.Config) -> "Provision":
    """The servers of this session, made at the first use."""
    found = config.stash.get(_PROVISION, None)
    if found is None:
        from emulator.testing.provision import Provision

        found = config.stash[_PROVISION] = Provision(config)
        config.add_cleanup(found.close)
    return found


@pytest.fixture(scope="session")
def auth_emulator_server(request: pytest.FixtureRequest) -> "Emulator":
    """The emulator that the tests' realms are made in: for fixtures with a scope of their own."""
    return _provision(request.config).emulator()


@pytest.fixture(scope=_scope)
def auth_emulator(request: pytest.FixtureRequest) -> Iterator["Realm"]:
    """An emulator of this test's own: users, clock, faults, journal, keys that no other test sees.

    Its `url` is a base URL for all three vendors.
    """
    config = request.config
    with _provision(config).realm(request, _lasts(config)) as realm:
        request.node.stash[_REALM] = realm
        yield realm


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a marker that a realm of a longer life would not heed."""
    if item.get_closest_marker("auth_emulator") and _scope("", item.config) != "function":
        from emulator.testing.provision import refuse_late_markers

        refuse_late_markers(item, _lasts(item.config))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],
) -> Any:
    """A failed test's report holds the journal of the realm that it used."""
    report = yield
    realms = sys.modules.get("emulator.testing.realm")
    if report.failed and realms is not None:
        from emulator.testing.provision import journal_of

        values = [*(getattr(item, "funcargs", None) or {}).values(), item.stash.get(_REALM, None)]
        used = {id(value): value for value in values if isinstance(value, realms.Realm)}
        told = (journal_of(realm) for realm in used.values())
        report.sections += [section for section in told if section is not None]
    if call.when == "teardown" and _PROVISION in item.config.stash:
        _provision(item.config).remove_what_is_over()
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where the shared server is; it has a process of its own."""
    config: pytest.Config = node.config
    if _sharing(config) == "shared":
        node.workerinput.update(_provision(config).for_workers())
