"""The docs say what the code has: every command, setting, outcome, call and key."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from markdown_it import MarkdownIt

from emulator.app import VENDORS, create_app, fixture_schema
from emulator.cli.commands import app
from emulator.cli.doctor.finding import Kind
from emulator.core.keys import ALGORITHMS
from emulator.core.outcomes import ALWAYS_KNOWN
from emulator.driving.clock import RealmClock
from emulator.driving.faults import Faults
from emulator.driving.journal import Journal
from emulator.driving.keys import Keys
from emulator.driving.outbox import Outbox
from emulator.driving.principals import Principals
from emulator.driving.tokens import Tokens
from emulator.driving.vendors import Vault
from emulator.testing import Emulator, Realm
from emulator.testing.emulator import Runs
from emulator.testing.plugin import SCOPES, SHARING

ROOT = Path(__file__).parents[2]
COMMANDS = (ROOT / "docs" / "commands.md").read_text()
FIXTURES = (ROOT / "docs" / "fixtures.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
NAMES_OF_VENDORS = [api.name for api, _ in VENDORS]


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


@pytest.mark.parametrize("vendor", NAMES_OF_VENDORS)
def test_the_vendors_page_lists_its_outcomes_as_the_code_has_them(vendor: str) -> None:
    (api,) = (api for api, _ in VENDORS if api.name == vendor)
    page = (ROOT / "docs" / f"{vendor}.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| ([\w ]+) \| (.*) \|$", page, re.MULTILINE)
    assert rows == [(o.name, str(o.status), str(o.mark), o.when) for o in api.outcomes]
    for outcome in api.outcomes:
        for value in outcome.placeholders - ALWAYS_KNOWN - {"answer"}:
            line = re.search(rf"^- `{outcome.name}`: (.*)$", page, re.MULTILINE)
            assert line is not None
            assert f"`{{{{{value}}}}}`" in line[1]


def test_the_vendors_hosts_are_in_the_docs_as_the_code_has_them() -> None:
    page = (ROOT / "docs" / "tls.md").read_text()
    for api, _ in VENDORS:
        assert f"| {api.title} | {', '.join(f'`{host}`' for host in api.hosts)} |" in page


def test_every_control_call_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "control.md").read_text()
    (control,) = (api for api in create_app().apis if api.guarded)
    for endpoint in control.endpoints:
        for path in endpoint.paths:
            shown = re.sub(rf"/({'|'.join(NAMES_OF_VENDORS)})/", "/VENDOR/", path)
            assert f"`{endpoint.method} {shown}`" in page


def test_every_operation_that_a_fault_may_name_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "faults.md").read_text()
    fault = fixture_schema()["$defs"]["Fault"]["properties"]["operation"]
    operations = re.findall(r'"enum": \[(.*?)\]', json.dumps(fault))[0]
    for operation in json.loads(f"[{operations}]"):
        assert f"`{operation}`" in page


def test_every_key_of_a_fixture_and_every_algorithm_is_in_the_docs() -> None:
    definitions: Any = fixture_schema()
    keys = set(definitions["properties"])
    for definition in definitions["$defs"].values():
        keys |= set(definition.get("properties", ()))
    for key in sorted(keys):
        assert re.search(rf"\b{key}\b", FIXTURES), key
    for algorithm in ALGORITHMS:
        assert re.search(rf"\b{algorithm}\b", FIXTURES), algorithm


OF_TESTS = {
    Realm: "the realm",
    RealmClock: "`clock`",
    Faults: "`faults`",
    Journal: "`journal`",
    Tokens: "`tokens`",
    Keys: "`keys`",
    Outbox: "`outbox`",
    Vault: "`omniomni`, `nbcgate`, `vault`",
    Principals: "`vault.users`, `vault.clients` and their like",
}
"""What tests have, and the row of docs/testing.md that lists its methods."""


@pytest.mark.parametrize("kind", OF_TESTS, ids=lambda kind: kind.__name__)
def test_every_method_that_tests_have_is_in_the_docs(kind: type) -> None:
    page = (ROOT / "docs" / "testing.md").read_text()
    (row,) = re.findall(rf"^\| {re.escape(OF_TESTS[kind])} \| (.*) \|$", page, re.MULTILINE)
    shown = set(re.findall(r"\b([a-z_]+)\b", row if kind is not Journal else page))
    inherited = {"base_path", "name", "users", "clients"}
    known = {name for name in dir(kind) if not name.startswith("_")} - inherited
    assert known - shown == set()


def test_every_way_in_which_an_emulator_runs_and_all_it_can_do_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "testing.md").read_text()
    for runs in get_args(Runs)[1:]:
        assert f'`Emulator(runs="{runs}")`' in page
    for name in set(vars(Emulator)) - {"start", "close", "app", "url"}:
        assert name.startswith("_") or re.search(rf"\b{name}\(", page), name


def test_every_option_of_the_pytest_plugin_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "testing.md").read_text()
    code = (ROOT / "emulator" / "testing" / "plugin.py").read_text()
    options = set(re.findall(r'"(--auth-emulator-[a-z]+)"', code))
    inis = set(re.findall(r'addini\(\s*"(auth_emulator_[a-z]+)"', code))
    assert {f"--{name.replace('_', '-')}" for name in inis} == options
    for option in options:
        assert re.search(rf"\| `{option}\b[^|]*` \| `{option[2:].replace('-', '_')}` \|", page)
    for value in (*SCOPES, *SHARING):
        assert f"`{value}`" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for token in MarkdownIt().parse(page.read_text()):
        for child in token.children or ():
            target = str(child.attrGet("href") or "").partition("#")[0]
            if target and not target.startswith("http"):
                assert (page.parent / target).exists(), target


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in readme
