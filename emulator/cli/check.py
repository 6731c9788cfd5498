"""`auth-emulator check`: what is wrong with a fixture."""

from pathlib import Path
from typing import Annotated

import typer


def check(
    fixture: Annotated[
        list[Path], typer.Argument(help="A YAML file, or a folder of them; several are merged.")
    ],
) -> None:
    """List every mistake of a fixture at once, with file and line.

    Exit status 0: it can be served (warnings do not count); 1: it cannot.

    Example: auth-emulator check fixtures/demo.yaml
    """
    from emulator.app import load_fixture
    from emulator.core.fixture import FixtureError

    try:
        _, warnings = load_fixture(fixture)
    except FixtureError as error:
        count = len(error.mistakes)
        typer.echo(error, err=True)
        typer.echo(f"{count} mistake{'' if count == 1 else 's'}", err=True)
        raise typer.Exit(1) from None
    for warning in warnings:
        typer.echo(warning, err=True)
    typer.echo(f"{', '.join(map(str, fixture))}: good")
