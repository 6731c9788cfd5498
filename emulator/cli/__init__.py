"""The command line. Each command is a file; what a command does not need is not imported."""

import errno
import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from emulator import __version__
from emulator.cli.ca import ca
from emulator.cli.check import check
from emulator.cli.doctor import doctor
from emulator.cli.init import init
from emulator.cli.inspect import inspect
from emulator.cli.schema import schema
from emulator.cli.serve import serve
from emulator.cli.sign import sign
from emulator.cli.token import token

app = typer.Typer(
    name="auth-emulator",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich" if sys.stdout is not None and sys.stdout.isatty() else None,
)
for command in (serve, init, check, schema, token, inspect, sign, ca, doctor):
    app.command()(command)

_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""What is wrong where stdout takes no more: a full disk above all."""


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """An offline emulator of the sign-in APIs of OmniOmni, NBC Gate and Vault."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def run() -> None:
    """The entry point of the command `auth-emulator`: wrong usage is one line and status 2."""
    _open_what_is_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):  # what its encoding lacks is no reason to fail
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.exit(app(prog_name="auth-emulator", standalone_mode=False))
    except TyperException as error:
        context: typer.Context | None = getattr(error, "ctx", None)
        command = context.command_path if context else "auth-emulator"
        typer.echo(
            f"{command}: {error.format_message().rstrip('.')}; see {command} --help", err=True
        )
        sys.exit(error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except OSError as error:
        if not isinstance(error, io.UnsupportedOperation) and error.errno not in _UNWRITABLE:
            raise
        why = error.strerror or "stdout is closed"
        typer.echo(f"auth-emulator: cannot write: {why}; give stdout another place", err=True)
        with suppress(OSError):  # or Python tries to write the rest once more, as it ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _open_what_is_closed() -> None:
    """Python has None where a stream was closed: writing to stdout fails, stderr is lost."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - it stays open
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - it stays open
