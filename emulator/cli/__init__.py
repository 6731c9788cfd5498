"""The command line. Each command is a file; what a command does not need is not imported."""

import sys

import typer

from emulator import __version__
from emulator.cli.check import check
from emulator.cli.schema import schema
from emulator.cli.serve import serve

app = typer.Typer(
    name="auth-emulator",
    help="An offline emulator of the sign-in APIs of OmniOmni, NBC Gate and Vault.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(serve)
app.command()(check)
app.command()(schema)


def _version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    *,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Answer as three sign-in APIs do, offline, and obey the test that drives it."""


def run() -> None:
    """The entry point of the command `auth-emulator`."""
    sys.exit(app())
