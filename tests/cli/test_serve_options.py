"""What `serve` is told is read alike by the quick reader and by Typer."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands import ran
from typer.exceptions import TyperException

from emulator.cli import serve
from emulator.cli.commands import app
from emulator.cli.serve_options import LogFormat, Option, ServeOptions, options, read_quickly

PREFIX = "AUTH_EMULATOR_"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def by_typer(
    monkeypatch: pytest.MonkeyPatch, line: list[str], environment: dict[str, str]
) -> ServeOptions | None:
    """What Typer reads; None where it refuses, or answers itself."""
    read: list[ServeOptions] = []
    monkeypatch.setattr(serve, "serve", read.append)
    for name, value in environment.items():
        monkeypatch.setenv(PREFIX + name, value)
    try:
        app(["serve", *line], prog_name="auth-emulator", standalone_mode=False)
    except TyperException:
        return None
    return read[0] if read else None


def quickly(line: list[str], environment: dict[str, str]) -> ServeOptions | None:
    return read_quickly(line, {PREFIX + name: value for name, value in environment.items()})


PLAIN: list[tuple[str, dict[str, str]]] = [
    ("", {}),
    ("a.yaml", {}),
    ("a.yaml --port 9000 b", {}),
    ("--port=0 --host=::1 a.yaml", {"PORT": "7"}),
    ("--host 0.0.0.0 --log-format json", {"LOG_FORMAT": "text"}),
    ("", {"LOG_FORMAT": "json", "HOST": " localhost "}),
    ("--no-reasons --show-codes --watch", {}),
    ("--no-reasons", {"NO_REASONS": "0", "WATCH": "0", "SHOW_CODES": "no"}),
    ("", {"NO_REASONS": "TRUE", "WATCH": "y", "SHOW_CODES": "On"}),
    ("", {"FIXTURE": os.pathsep.join(["a.yaml", "b"]), "PORT": ""}),
    ("c", {"FIXTURE": "a.yaml"}),
    ("--allowed-host a.test --allowed-host=b.test", {"ALLOWED_HOST": "c.test"}),
    ("", {"ALLOWED_HOST": " a.test\tb.test ", "TRUSTED_PROXY": "10.0.0.0/8 ::1"}),
    ("--cors-origin * --trusted-proxy x", {"CORS_ORIGIN": "http://a.test"}),
    ("--journal-entries 1 --journal-size 64", {"JOURNAL_ENTRIES": "5", "JOURNAL_SIZE": "6"}),
    ("", {"JOURNAL_ENTRIES": "5", "JOURNAL_SIZE": "006"}),
    ("--tls --tls-port 0 --tls-host a.test --ca-file ca.pem", {}),
    ("", {"TLS": "1", "TLS_PORT": "9", "TLS_HOST": "a.test b.test", "CA_FILE": "ca.pem"}),
    ("", {"TLS_PORT": "9", "ADMIN_TOKEN": "x", "PORTS": "x"}),
]

NOT_PLAIN: list[tuple[str, dict[str, str]]] = [
    ("--help", {}),
    ("a.yaml --help", {}),
    ("--prt 1", {}),
    ("-p 1", {}),
    ("--port", {}),
    ("--port x", {}),
    ("--port 65536", {}),
    ("--port -1", {}),
    ("--port=", {}),
    ("", {"PORT": "x"}),
    ("", {"WATCH": "perhaps"}),
    ("--watch=1", {}),
    ("--log-format xml", {}),
    ("--journal-entries 0", {}),
    ("--allowed-host http://x", {}),
    ("", {"CORS_ORIGIN": "http://x/"}),
    ("--tls --tls-host a/b", {}),
    ("--tls-port 8443", {}),
    ("--tls-host a.test", {}),
    ("", {"CA_FILE": "ca.pem"}),
]

ODD: list[tuple[str, dict[str, str]]] = [
    ("-- a.yaml", {}),
    ("--port 1 --port 2", {}),
    ("", {"PORT": " 80 "}),
]
"""What only Typer reads, whatever it makes of it."""


@pytest.mark.parametrize(("line", "environment"), PLAIN)
def test_what_is_plainly_good_is_read_alike(
    monkeypatch: pytest.MonkeyPatch, line: str, environment: dict[str, str]
) -> None:
    read = quickly(line.split(), environment)
    assert read is not None
    assert read == by_typer(monkeypatch, line.split(), environment)


@pytest.mark.parametrize(("line", "environment"), NOT_PLAIN)
def test_what_typer_refuses_or_answers_itself_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch, line: str, environment: dict[str, str]
) -> None:
    assert by_typer(monkeypatch, line.split(), environment) is None
    assert quickly(line.split(), environment) is None


@pytest.mark.parametrize(("line", "environment"), ODD)
def test_what_is_good_in_an_odd_spelling_is_left_to_typer(
    line: str, environment: dict[str, str]
) -> None:
    assert quickly(line.split(), environment) is None


def test_a_fixture_that_may_not_be_read_is_left_to_typer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "closed.yaml"
    closed.touch(0o000)
    # Root may read everything, so what the system would say to others is said here.
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != closed)
    assert by_typer(monkeypatch, [str(closed)], {}) is None
    assert quickly([str(closed)], {}) is None


@pytest.mark.parametrize("option", list(options()), ids=lambda option: option.name)
def test_each_option_is_read_alike_by_hand_and_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, option: Option
) -> None:
    values = {bool: "true", int: "7", Path: "x", LogFormat: "json", str: "x.test"}
    value = "http://x.test" if option.name == "cors_origin" else values[option.kind]
    by_hand = [option.flag] if option.kind is bool else [option.flag, value]
    for line, environment in (
        ([value] if option.told.positional else by_hand, {"TLS": "1"}),
        ([], {"TLS": "1", option.variable.removeprefix(PREFIX): value}),
    ):
        read = quickly(line, environment)
        assert read == by_typer(monkeypatch, line, environment)
        assert getattr(read, option.name) != option.default
    assert len(list(options())) == len(ServeOptions._fields)


def test_wrong_usage_of_serve_is_one_line_that_names_the_option_and_status_2() -> None:
    done = ran("serve", "--port", "x")
    assert (done.status, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("auth-emulator serve: Invalid value for '--port'")
    assert line.endswith("; see auth-emulator serve --help")


@pytest.mark.parametrize(
    ("line", "meanwhile", "number", "status"),
    [
        (["serve"], "emulator.cli.serve_options", signal.SIGINT, 0),
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


def test_a_name_too_long_for_any_file_is_told_like_another_that_is_not_there() -> None:
    done = ran("serve", "x" * 300, "--port", "0")
    assert (done.status, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] == "not started: the fixture has mistakes"
