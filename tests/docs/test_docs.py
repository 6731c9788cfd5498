"""The docs say what the code has: every command, setting, outcome, call and key."""

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from fastapi.routing import APIRoute
from markdown_it import MarkdownIt
from packaging.requirements import Requirement

from emulator.app import CATALOG, fixture_schema
from emulator.cli.commands import app
from emulator.cli.doctor.finding import Kind
from emulator.client.clock import RealmClock
from emulator.client.entries import Entry
from emulator.client.faults import Fault as ClientFault
from emulator.client.faults import Faults
from emulator.client.journal import Journal
from emulator.client.outbox import Mail, Outbox
from emulator.client.resources import Resources
from emulator.client.tokens import Keys, MintedToken, TokenInfo, Tokens, VendorKeys
from emulator.client.vendors import Principal, Principals, Vault
from emulator.control import control_routers
from emulator.core.catalog import Vendor
from emulator.core.faults import ConnectionFault, Fault
from emulator.core.keys import ALGORITHMS
from emulator.core.outcomes import COMMON_PLACEHOLDERS
from emulator.settings import Settings
from emulator.testing import Emulator, Realm
from emulator.testing.emulator import Mode
from emulator.testing.realm import RealmState
from pytest_auth_emulator import SCOPES, SHARING

ROOT = Path(__file__).parents[2]
COMMANDS = (ROOT / "docs" / "commands.md").read_text()
FIXTURES = (ROOT / "docs" / "fixtures.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
HEADINGS = {"h1", "h2", "h3"}
EVERY_VENDOR = pytest.mark.parametrize("vendor", CATALOG.values(), ids=lambda vendor: vendor.name)


def commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    found: dict[str, Any] = group.commands
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_and_each_of_its_options_is_in_the_docs(command: str) -> None:
    assert f"## `auth-emulator {command}" in COMMANDS
    for parameter in commands()[command].params:
        for option in parameter.opts:
            if option.startswith("--") and option != "--help":
                assert f"`{option}`" in COMMANDS
        if parameter.envvar:
            assert f"`{parameter.envvar}`" in COMMANDS


def test_the_docs_list_every_finding_of_the_doctor() -> None:
    table = COMMANDS.partition("| finding | level |")[2]
    rows = re.findall(r"^\| `(\w+)` \| (?:wrong|warning) \| .+ \|$", table, re.MULTILINE)
    assert rows == list(Kind)


def test_every_variable_that_the_code_reads_is_in_the_docs() -> None:
    code = "".join(path.read_text() for path in (ROOT / "emulator").rglob("*.py"))
    for variable in sorted(set(re.findall(r"\bAUTH_EMULATOR_[A-Z_]+\b", code))):
        assert f"`{variable}`" in COMMANDS


def test_every_setting_of_the_application_is_in_the_docs() -> None:
    page = COMMANDS + (ROOT / "docs" / "server.md").read_text()
    for setting in Settings.model_fields:
        assert f"`AUTH_EMULATOR_{setting.upper()}`" in page


@EVERY_VENDOR
def test_the_vendors_page_lists_its_outcomes_as_the_code_has_them(vendor: Vendor) -> None:
    page = (ROOT / "docs" / f"{vendor.name}.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| ([\w ]+) \| (.*) \|$", page, re.MULTILINE)
    outcomes = vendor.outcomes
    assert rows == [(o.name, str(o.status), str(o.provenance), o.when) for o in outcomes]
    for outcome in outcomes:
        for value in outcome.placeholders - COMMON_PLACEHOLDERS - {"answer"}:
            line = re.search(rf"^- `{outcome.name}`: (.*)$", page, re.MULTILINE)
            assert line is not None
            assert f"`{{{{{value}}}}}`" in line[1]


def test_the_vendors_hosts_are_in_the_docs_as_the_code_has_them() -> None:
    page = (ROOT / "docs" / "https.md").read_text()
    for vendor in CATALOG.values():
        assert f"| {vendor.title} | {', '.join(f'`{host}`' for host in vendor.hosts)} |" in page


def test_every_control_call_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "control.md").read_text()
    routes = [route for router in control_routers(CATALOG) for route in router.routes]
    assert len(routes) > len(CATALOG)
    for route in routes:
        assert isinstance(route, APIRoute)
        shown = re.sub(rf"/({'|'.join(CATALOG)})/", "/VENDOR/", route.path).replace(":path", "")
        for method in set(route.methods or ()) - {"HEAD"}:  # what answers GET answers HEAD
            assert f"`{method} {shown}`" in page


def test_every_operation_and_connection_that_a_fault_may_name_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "faults.md").read_text()
    for vendor in CATALOG.values():
        for operation in vendor.refusals():
            assert f"`{operation}`" in page
    for connection in ConnectionFault:
        assert re.search(rf"^\| `{connection}` \| ", page, re.MULTILINE)
    for member in Fault.model_fields:
        assert re.search(rf"^\| `{member}` \| ", page, re.MULTILINE)


def test_every_key_of_a_fixture_and_every_algorithm_is_in_the_docs() -> None:
    definitions: Any = fixture_schema()
    keys = set(definitions["properties"])
    for definition in definitions["$defs"].values():
        keys |= set(definition.get("properties", ()))
    for key in sorted(keys):
        assert re.search(rf"\b{key}\b", FIXTURES), key
    for algorithm in ALGORITHMS:
        assert re.search(rf"\b{algorithm}\b", FIXTURES), algorithm


ASKED_FOR = {"fastapi", "httpx", "pydantic", "pyjwt", "pytest", "uvicorn"}
"""What the project is to be built on; everything else was chosen."""

OF_TESTS = {
    Realm: "the realm",
    RealmClock: "`clock`",
    Faults: "`faults`",
    Resources: "`resources`",
    Journal: "`journal`",
    Tokens: "`tokens`",
    Keys: "`keys`",
    Outbox: "`outbox`",
    Vault: "`omniomni`, `nbcgate`, `vault`",
    Principals: "`vault.users`, `vault.clients` and so on",
}
"""What tests have, and the row of docs/testing.md that lists its methods."""


@pytest.mark.parametrize("kind", OF_TESTS, ids=lambda kind: kind.__name__)
def test_every_method_that_tests_have_is_in_the_docs(kind: type) -> None:
    page = (ROOT / "docs" / "testing.md").read_text()
    (row,) = re.findall(rf"^\| {re.escape(OF_TESTS[kind])} \| (.*) \|$", page, re.MULTILINE)
    shown = set(re.findall(r"\b([a-z_]+)\b", row if kind is not Journal else page))
    inherited = {"base_path", "name", "users", "clients", "signs_in"}
    known = {name for name in dir(kind) if not name.startswith("_")} - inherited
    assert known - shown == set()


RESULTS = (Entry, TokenInfo, MintedToken, Principal, ClientFault, VendorKeys, Mail, RealmState)


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.__name__)
def test_every_attribute_of_a_result_is_in_the_docs(result: type) -> None:
    page = (ROOT / "docs" / "testing.md").read_text()
    (row,) = re.findall(rf"^\| `{result.__name__}` \| .* \| (.*) \|$", page, re.MULTILINE)
    known = {name for name in dir(result) if not name.startswith("_") and name != "of"}
    assert known <= set(re.findall(r"`(\w+)`", row))


def test_every_way_in_which_an_emulator_runs_and_all_it_can_do_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "testing.md").read_text()
    for runs in get_args(Mode)[1:]:
        assert f'`Emulator(mode="{runs}")`' in page
    for name in set(vars(Emulator)) - {"start", "close", "app", "url"}:
        assert name.startswith("_") or re.search(rf"\b{name}\(", page), name


def test_every_option_of_the_pytest_plugin_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "testing.md").read_text()
    code = (ROOT / "pytest_auth_emulator.py").read_text()
    options = set(re.findall(r'"(--auth-emulator-[a-z]+)"', code))
    inis = set(re.findall(r'addini\(\s*"(auth_emulator_[a-z]+)"', code))
    assert {f"--{name.replace('_', '-')}" for name in inis} == options
    for option in options:
        assert re.search(rf"\| `{option}\b[^|]*` \| `{option[2:].replace('-', '_')}` \|", page)
    for value in (*SCOPES, *SHARING):
        assert f"`{value}`" in page


def test_every_dependency_that_was_chosen_has_a_sentence_that_says_what_it_saves() -> None:
    page = (ROOT / "docs" / "development.md").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name in {Requirement(line).name for line in project["dependencies"]} - ASKED_FOR:
        assert re.search(rf"^- \*\*{name}\*\*: .+", page, re.MULTILINE), name


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    tokens = MarkdownIt().parse(page.read_text())
    texts = [tokens[number + 1].content for number, t in enumerate(tokens) if t.tag in HEADINGS]
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in texts}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for token in MarkdownIt().parse(page.read_text()):
        for child in token.children or ():
            target, _, anchor = str(child.attrGet("href") or "").partition("#")
            if target.startswith("http"):
                continue
            file = page.parent / target if target else page
            assert file.exists(), target
            if anchor:
                assert anchor in headings(file), f"{target}#{anchor}"


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in readme
