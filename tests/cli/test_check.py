"""`auth-emulator check`: a table for people, one object for programs."""

import json
import re
from pathlib import Path

import pytest
from commands import on_a_terminal, ran_here

from emulator.app import demo_fixture

USERS = "vault: {clients: [{client_id: c}], users: [{username: a, password: b}]}\n"


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    fixture = tmp_path / "f.yaml"
    fixture.write_text("valt: 1\nseed: x\n")
    return fixture


def test_json_holds_every_mistake_and_the_status_says_that_there_are_some(bad: Path) -> None:
    done = ran_here("check", bad, "--json")
    assert (done.status, done.stderr) == (1, "")
    assert json.loads(done.stdout) == {
        "fixture": [str(bad)],
        "mistakes": [
            {
                "file": str(bad),
                "line": 1,
                "path": "valt",
                "message": 'unknown key; did you mean "vault"?',
            },
            {"file": str(bad), "line": 2, "path": "seed", "message": "expected a whole number"},
        ],
        "warnings": [],
    }


def test_json_shows_warnings_apart_and_the_status_stays_0(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(USERS)
    done = ran_here("check", fixture, demo_fixture(), "--json")
    assert json.loads(done.stdout)["fixture"] == [str(fixture), str(demo_fixture())]
    done = ran_here("check", fixture, "--json")
    assert (done.status, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["mistakes"] == []
    (warning,) = told["warnings"]
    assert (warning["path"], warning["line"]) == ("vault.users[0].password", 1)


def test_a_file_that_is_not_there_has_no_line() -> None:
    (mistake,) = json.loads(ran_here("check", "none.yaml", "--json").stdout)["mistakes"]
    assert (mistake["file"], mistake["line"]) == ("none.yaml", None)


def test_a_terminal_shows_a_coloured_table(
    bad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = on_a_terminal("check", bad.name)
    assert done.status == 1
    assert "\x1b[1;31mmistake" in done.stdout
    assert "2 mistakes" in done.stdout
    lines = [line for line in done.stdout.splitlines() if "mistake" in line and "f.yaml" in line]
    assert len(lines) == 2
    assert lines[0].index("unknown key") == lines[1].index("expected a whole number")
    plain = on_a_terminal("check", bad.name, NO_COLOR="1").stdout
    assert re.sub(r"\x1b\[[0-9;]*m", "", done.stdout) == re.sub(r"\x1b\[[12]?m|\x1b\[0m", "", plain)
    good = tmp_path / "good.yaml"
    good.write_text(USERS)
    done = on_a_terminal("check", good.name)
    assert done.status == 0
    assert "\x1b[33mwarning" in done.stdout
    assert "\x1b[32m" in done.stdout.splitlines()[-1]


def test_what_a_fixture_says_obeys_no_terminal(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text('"[red]\\e]0;title\\a": 1\n')
    shown = on_a_terminal("check", fixture).stdout
    assert "\x1b]0" not in shown
    assert "[red]" in shown
