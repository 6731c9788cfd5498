"""The services of examples/services walk their walk, and say in one line what did not hold."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from . import stack
from .conftest import Walk

PAGE = (stack.ROOT / "docs" / "other-languages.md").read_text()
EVERY_LANGUAGE = pytest.mark.parametrize("language", stack.LANGUAGES)
DEFECTS = ("alg_none", "expired", "unknown_kid", "wrong_audience", "wrong_issuer")


def shown_in_the_docs() -> list[str]:
    """What a walk prints, with the language and the instant left open."""
    (block,) = re.findall(r"```console\n\$ .*\n((?:.*\n)+?)```", PAGE)
    return [general(line) for line in block.splitlines()]


def general(line: str) -> str:
    line = re.sub(r"http://[\w.-]+:\d+", "URL", line)
    line = re.sub(rf"walk-in-({'|'.join(stack.LANGUAGES)})", "walk-in-LANGUAGE", line)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "INSTANT", line)


def fault(folder: Path, **what: Any) -> Path:
    """A fixture that adds a fault at Vault to that of the services."""
    file = folder / "fault.yaml"
    file.write_text(json.dumps({"faults": [{"vendor": "vault", **what}]}))
    return file


@EVERY_LANGUAGE
def test_a_walk_prints_what_the_docs_show(
    walk: Walk, emulator_of_the_stack: str, language: str
) -> None:
    done = walk(language, emulator_of_the_stack, from_source=True)

    assert done.stderr == ""
    assert done.returncode == 0
    assert [general(line) for line in done.stdout.splitlines()] == shown_in_the_docs()
    assert f"{emulator_of_the_stack}/realms/walk-in-{language}" in done.stdout


@EVERY_LANGUAGE
def test_it_says_in_one_line_that_no_emulator_answers(walk: Walk, language: str) -> None:
    nobody_listens = "http://127.0.0.1:9"

    done = walk(language, nobody_listens)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"no emulator answers at {nobody_listens}: ")
    assert done.stderr.endswith("; start one, or set EMULATOR_URL\n")


@EVERY_LANGUAGE
def test_a_wrong_admin_token_is_refused_with_the_emulators_reason(
    walk: Walk, emulator_of_the_stack: str, language: str
) -> None:
    done = walk(language, emulator_of_the_stack, AUTH_EMULATOR_ADMIN_TOKEN="of-another-stack")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    refused = f"/_emulator/realms/walk-in-{language}: 401, admin_token_wrong; "
    assert done.stderr.startswith(refused)


@pytest.mark.parametrize(
    ("language", "defect"),
    [(language, "wrong_key") for language in stack.LANGUAGES]
    # Python and Node leave the check to a library; Java's stands in the example.
    + [("java", defect) for defect in DEFECTS],
)
def test_a_token_that_vault_would_not_issue_is_not_verified(
    walk: Walk, tmp_path: Path, language: str, defect: str
) -> None:
    fixture = fault(tmp_path, operation="sign_in", token={"defect": defect})
    with stack.emulator(fixture) as url:
        done = walk(language, url)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "verified" not in done.stdout
    assert done.stderr.startswith("the token does not verify: "), done.stderr


@EVERY_LANGUAGE
def test_it_says_what_the_journal_does_not_hold(walk: Walk, tmp_path: Path, language: str) -> None:
    busy = {"status": 429, "headers": {"Retry-After": "0"}}
    fixture = fault(tmp_path, operation="refresh", times=1, respond=busy)
    with stack.emulator(fixture) as url:
        done = walk(language, url)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "journal/verify: 409, not_verified; expected 2 calls" in done.stderr
