"""The commands, as Typer knows them."""

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from emulator import __version__
from emulator.cli.ca import ca
from emulator.cli.check import check
from emulator.cli.doctor import doctor
from emulator.cli.health import health
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
for command in (serve, init, check, schema, token, inspect, sign, ca, health, doctor):
    app.command()(command)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - Typer calls it with the flag
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback prints it
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """An offline emulator of the sign-in APIs of OmniOmni, NBC Gate and Vault."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _plain(message: str) -> str:
    """A message of Typer's without pydantic's words."""
    message = message.replace("Value error, ", "").replace("Input should be ", "expected ")
    return message.rstrip(".").removesuffix(", unable to parse string as an integer")


def run_command() -> int:
    """Run the command of the command line; returns the exit status."""
    try:
        return app(prog_name="auth-emulator", standalone_mode=False) or 0
    except TyperException as error:
        context: typer.Context | None = getattr(error, "ctx", None)
        command = context.command_path if context else "auth-emulator"
        message = _plain(error.format_message())
        typer.echo(f"{command}: {message}; see {command} --help", err=True)
        return error.exit_code
    except typer.Abort:
        return 130
