"""Every example in the docs is run, and answers what stands below it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt
from serving import Served

from emulator.app import load_fixture

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BASE = "http://127.0.0.1:8080"

NOT_RUN_HERE = {"scripts/serve": "tests/cli serves the same, and .ci/run is scripts/test"}
"""Shell examples by how they begin, and where else they are run."""


@dataclass(frozen=True)
class Example:
    page: str
    line: int
    kind: str
    text: str
    answer: "Example | None" = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def examples(*kinds: str) -> list[Example]:
    return list(_examples(kinds))


def _examples(kinds: tuple[str, ...]) -> Iterator[Example]:
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        found = [
            Example(name, token.map[0] + 1, token.info, token.content)
            for token in MarkdownIt().parse(page.read_text())
            if token.type == "fence" and token.map
        ]
        for example, following in zip(found, [*found[1:], None], strict=True):
            if example.kind in kinds:
                answers = following and following.kind in ("json", "text")
                yield Example(
                    name, example.line, example.kind, example.text, following if answers else None
                )


def alike(shown: Any, real: Any) -> bool:
    """Whether an answer is the one shown; `...` at the end of a shown text stands for the rest."""
    if isinstance(shown, dict) and isinstance(real, dict):
        return list(shown) == list(real) and all(alike(shown[k], real[k]) for k in shown)
    if isinstance(shown, list) and isinstance(real, list):
        return len(shown) == len(real) and all(map(alike, shown, real))
    if isinstance(shown, str) and isinstance(real, str) and shown.endswith("..."):
        return real.startswith(shown[:-3])
    return bool(shown == real)


def environment(demo: Served) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "EMULATOR_URL": demo.url, "NO_PROXY": "127.0.0.1"}


@pytest.mark.parametrize("example", examples("sh"), ids=str)
def test_a_shell_example_answers_what_stands_below_it(example: Example, demo: Served) -> None:
    if any(example.text.startswith(begin) for begin in NOT_RUN_HERE):
        return
    done = subprocess.run(
        ["bash", "-c", example.text.replace(BASE, demo.url)],
        cwd=ROOT,
        env=environment(demo),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    compare(example, done.stdout, done.stderr)


def compare(example: Example, answer: str, errors: str) -> None:
    assert example.answer is not None, "show what it answers, in a block below it"
    if example.answer.kind == "json":
        assert alike(json.loads(example.answer.text), json.loads(answer)), answer
    else:
        assert answer.replace("\r", "").strip() == example.answer.text.strip(), errors


PYTHON = examples("python")
TESTS = [example for example in PYTHON if "def test_" in example.text]


@pytest.mark.parametrize("page", sorted({test.page for test in TESTS}))
def test_the_tests_that_a_page_shows_pass(page: str, demo: Served, tmp_path: Path) -> None:
    for test in TESTS:
        if test.page == page:
            (tmp_path / f"test_line_{test.line}.py").write_text(test.text)
    run_python(["-m", "pytest", "-q", "--rootdir", str(tmp_path), str(tmp_path)], demo)


@pytest.mark.parametrize("example", [one for one in PYTHON if one not in TESTS], ids=str)
def test_a_python_example_runs(example: Example, demo: Served) -> None:
    run_python(["-c", example.text], demo)


def run_python(arguments: list[str], demo: Served) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(demo),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("example", examples("yaml"), ids=str)
def test_a_yaml_example_is_what_it_says(example: Example, tmp_path: Path) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(example.text)
    if example.text.startswith(("services:", "name:")):
        check = Path(sys.executable).with_name("check-jsonschema")
        arguments = [str(check), "--builtin-schema", "vendor.compose-spec", str(file)]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    else:
        assert load_fixture(file).warnings == []


@pytest.mark.parametrize(
    "line", next(e for e in examples("console") if e.page == "README.md").text.splitlines()
)
def test_a_way_to_install_that_the_readme_shows_works(
    line: str, wheel: Path, tmp_path: Path
) -> None:
    source = line.removeprefix("pip install ")
    if source.startswith("git+"):
        source = f"git+file://{ROOT}"
    elif source.endswith(".whl"):
        assert source == wheel.name
        source = str(wheel)
    elsewhere = ("--no-deps", "--no-build-isolation", "--quiet", "--target", str(tmp_path))
    command = [sys.executable, "-m", "pip", "install", *elsewhere, source]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "bin" / "auth-emulator").exists()


def test_the_readme_has_the_two_commands_at_its_top() -> None:
    first = next(example for example in examples("sh") if example.page == "README.md")
    assert [line.split()[0] for line in first.text.splitlines()] == [
        "scripts/serve",
        "scripts/test",
    ]
    assert first.line < 12
