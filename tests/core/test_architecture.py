"""The rules of the layout that a program can hold."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "emulator"
SOURCES = sorted(PACKAGE.rglob("*.py"))

CLOCKS = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"}
"""What of the module `time` tells the time; to sleep tells none."""

DATES = {"now", "utcnow", "today"}


def contracts() -> list[dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[dict[str, Any]] = settings["tool"]["importlinter"]["contracts"]
    return found


def test_the_import_contracts_are_kept() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_no_vendor_may_import_another() -> None:
    (independence,) = [one for one in contracts() if one["type"] == "independence"]
    vendors = {path.parent.name for path in PACKAGE.glob("vendors/*/__init__.py")}
    assert len(vendors) > 2
    assert set(independence["modules"]) == {f"emulator.vendors.{name}" for name in vendors}


def test_every_part_of_the_emulator_has_its_layer() -> None:
    (layers,) = [one for one in contracts() if one["type"] == "layers"]
    listed = {name.strip() for layer in layers["layers"] for name in layer.split("|")}
    parts = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    # What drives an emulator has a contract of its own.
    assert {f"emulator.{part}" for part in parts - {"client"}} <= listed
    assert any("emulator.client" in one.get("source_modules", ()) for one in contracts())


@pytest.mark.parametrize("module", ["fastapi", "starlette"])
def test_core_may_not_import_a_web_framework(module: str) -> None:
    held = [
        one
        for one in contracts()
        if one["type"] == "forbidden" and "emulator.core" in one["source_modules"]
    ]
    assert any(module in one["forbidden_modules"] for one in held)


def test_one_module_reads_the_machines_time() -> None:
    readers = [path for path in SOURCES if any(_reads_of_time(ast.parse(path.read_text())))]
    assert readers == [PACKAGE / "core" / "clock.py"]


def test_one_module_makes_random_ids() -> None:
    makers = [path for path in SOURCES if any(_uses_of_random(ast.parse(path.read_text())))]
    assert makers == [PACKAGE / "core" / "ids.py"]


def _reads_of_time(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (alias for alias in node.names if alias.name in CLOCKS)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = node.value.id
            if owner == "time" and node.attr in CLOCKS:
                yield node
            if owner in ("datetime", "date") and node.attr in DATES:
                yield node


def _uses_of_random(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias for alias in node.names if alias.name == "random")
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            yield node
        if isinstance(node, ast.Attribute) and node.attr in ("uuid1", "uuid4"):
            yield node
