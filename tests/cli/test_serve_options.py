"""The options of `serve`, and signals before it listens."""

import signal
import subprocess
import sys
from typing import Any

import pytest
import typer
from commands import ran
from typer.exceptions import TyperException

from emulator.cli.commands import app
from emulator.settings import Settings

_group: Any = typer.main.get_command(app)
OPTIONS = {parameter.name: parameter for parameter in _group.commands["serve"].params}
OPTIONS.pop("help", None)


@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_has_its_variable_in_the_environment(name: str) -> None:
    assert OPTIONS[name].envvar == f"AUTH_EMULATOR_{name.upper()}"


@pytest.mark.parametrize("name", sorted(OPTIONS.keys() & Settings.model_fields.keys()))
def test_the_defaults_are_those_of_an_emulator_made_in_code(name: str) -> None:
    assert (OPTIONS[name].default or None) == (Settings.model_fields[name].default or None)


@pytest.mark.parametrize(
    ("line", "variable", "value"),
    [
        (["--port", "65536"], "PORT", "65536"),
        (["--log-format", "xml"], "LOG_FORMAT", "xml"),
        (["--journal-entries", "0"], "JOURNAL_ENTRIES", "0"),
        (["--journal-size", "x"], "JOURNAL_SIZE", "x"),
        (["--allowed-host", "http://x"], "ALLOWED_HOST", "http://x"),
        (["--cors-origin", "http://x/"], "CORS_ORIGIN", "http://y http://x/"),
        (["--trusted-proxy", "proxy"], "TRUSTED_PROXY", "10.0.0.0/8 proxy"),
        (["--tls", "--tls-host", "a/b"], "TLS_HOST", "a.test a/b"),
    ],
)
def test_a_value_that_cannot_be_is_wrong_usage_that_names_the_option(
    line: list[str], variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(TyperException) as by_option:
        app(["serve", *line], standalone_mode=False)
    monkeypatch.setenv("AUTH_EMULATOR_TLS", "1")
    monkeypatch.setenv(f"AUTH_EMULATOR_{variable}", value)
    with pytest.raises(TyperException) as by_environment:
        app(["serve"], standalone_mode=False)
    for wrong in (by_option.value, by_environment.value):
        assert wrong.exit_code == 2
        option = f"--{variable.lower().replace('_', '-')}"
        assert wrong.format_message().startswith(f"Invalid value for '{option}' (env var: 'AUTH_")


def test_wrong_usage_of_serve_is_one_line_that_names_the_option_and_status_2() -> None:
    done = ran("serve", "--port", "x")
    assert (done.status, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("auth-emulator serve: Invalid value for '--port'")
    assert line.endswith("; see auth-emulator serve --help")


@pytest.mark.parametrize(
    ("line", "meanwhile", "number", "status"),
    [
        (["serve"], "emulator.cli.commands", signal.SIGINT, 0),
        (["serve"], "emulator.app", signal.SIGTERM, 0),
        (["serve", "--help"], "typer", signal.SIGTERM, 0),
        (["check", "a.yaml"], "typer", signal.SIGINT, 130),
        (["check", "a.yaml"], "emulator.app", signal.SIGINT, 130),
    ],
)
def test_a_signal_during_the_first_imports_ends_a_command_without_a_traceback(
    line: list[str], meanwhile: str, number: signal.Signals, status: int
) -> None:
    program = f"""
import os, sys
from emulator.cli import run
class Meanwhile:
    def find_spec(self, name, path=None, target=None):
        if name == {meanwhile!r}:
            os.kill(os.getpid(), {int(number)})
sys.meta_path.insert(0, Meanwhile())
sys.argv = ["auth-emulator", *{line!r}]
run()
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")


def test_a_name_too_long_for_any_file_is_reported_like_another_that_is_not_there() -> None:
    done = ran("serve", "x" * 300, "--port", "0")
    assert (done.status, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == "not started: the fixture has mistakes"
