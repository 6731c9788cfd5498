"""The services of examples/services walk their walk, and say in one line what did not hold."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from . import stack
from .conftest import Walk

PAGE = (stack.ROOT / "docs" / "compose.md").read_text()
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


def at_vault(folder: Path, *faults: dict[str, Any]) -> Path:
    """A fixture that adds faults to that of the services."""
    file = folder / "faults.yaml"
    file.write_text(json.dumps({"faults": [{"vendor": "vault", **fault} for fault in faults]}))
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
    connection_refused = "http://127.0.0.1:9"

    done = walk(language, connection_refused)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith(f"no emulator responds at {connection_refused}: ")
    assert done.stderr.endswith("; start one, or set EMULATOR_URL\n")


@EVERY_LANGUAGE
@pytest.mark.parametrize("url", ["127.0.0.1:9", "", "http://[::1"])
def test_a_url_that_is_none_is_one_line(walk: Walk, language: str, url: str) -> None:
    done = walk(language, url)

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert "EMULATOR_URL" in done.stderr


@EVERY_LANGUAGE
def test_a_token_that_no_header_can_hold_is_one_line(
    walk: Walk, emulator_of_the_stack: str, language: str
) -> None:
    done = walk(language, emulator_of_the_stack, AUTH_EMULATOR_ADMIN_TOKEN="gehe\u20acim")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1), done.stderr
    assert "gehe" not in done.stderr


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
    fixture = at_vault(tmp_path, {"operation": "sign_in", "token": {"defect": defect}})
    with stack.emulator(fixture) as url:
        done = walk(language, url)

    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "verified" not in done.stdout
    assert done.stderr.startswith("the token does not verify: "), done.stderr


@EVERY_LANGUAGE
def test_it_survives_what_the_journal_then_shows_it_of(
    walk: Walk, tmp_path: Path, language: str
) -> None:
    once = {"operation": "refresh", "times": 1}
    busy = {"respond": {"status": 429, "headers": {"Retry-After": "0"}}, **once}
    refused = {"after": 1, "outcome": "refresh_token_invalid", **once}
    with stack.emulator(at_vault(tmp_path, busy, refused)) as url:
        done = walk(language, url)

    # Busy twice, then refused: it reads the accounts after all, by a sign-in with the password.
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    journal = f"/realms/walk-in-{language}/_emulator/journal/verify: 409, verification_failed; "
    assert done.stderr.startswith(f"{journal}expected 2 calls"), done.stderr
    assert "there are 3" in done.stderr
