"""Every command says what it is for, and loads what it needs."""

import subprocess
import sys
from typing import Any

import pytest
import typer
from commands import on_a_terminal, ran

from emulator.cli.commands import app

_group: Any = typer.main.get_command(app)
COMMANDS = list(_group.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_commands_help_shows_an_example_on_one_line(command: str) -> None:
    done = ran(command, "--help")
    assert (done.status, done.stderr) == (0, "")
    (example,) = [line.strip() for line in done.stdout.splitlines() if "Example: " in line]
    assert f"Example: auth-emulator {command}" in example or " | auth-emulator inspect" in example


def test_the_example_that_pipes_a_token_into_inspect_is_good() -> None:
    token = ran("token", "vault", "alice@example.com")
    assert ran("inspect", stdin=token.stdout).status == 0


def test_help_is_plain_in_a_pipe_and_has_frames_on_a_terminal() -> None:
    assert ran("--help").stdout.isascii()
    assert "╭" in on_a_terminal("--help").stdout


def test_the_list_of_commands_names_each_of_them() -> None:
    shown = ran("--help").stdout
    named = [line.split()[0] for line in shown.partition("Commands:\n")[2].splitlines()]
    assert [name for name in named if name in COMMANDS] == COMMANDS


@pytest.mark.parametrize("command", [["--help"], ["token", "vault", "x"]])
def test_only_serve_loads_the_server(command: list[str]) -> None:
    program = f"""
import atexit, sys
atexit.register(lambda: print(*{{n.partition('.')[0] for n in sys.modules}}))
sys.argv = ["auth-emulator", *{command!r}]
from emulator.cli import run
run()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "uvicorn" not in done.stdout.splitlines()[-1].split()
