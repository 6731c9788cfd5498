"""`auth-emulator check`: what is wrong with a fixture."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.terminal import columns, console, on_terminal, print_json, say, styled

if TYPE_CHECKING:
    from emulator.core.fixture import Mistake


def check(
    fixture: Annotated[
        list[Path], typer.Argument(help="A YAML file, or a folder of them; several are merged.")
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print mistakes and warnings as one JSON object.")
    ] = False,
) -> None:
    """List every mistake of a fixture at once, with file and line.

    Exit status 0: it can be served (warnings do not count); 1: it cannot.

    Example: auth-emulator check fixtures/demo.yaml
    """
    from emulator.app import load_fixture
    from emulator.core.fixture import FixtureError

    mistakes: Sequence[Mistake] = ()
    warnings: Sequence[Mistake] = ()
    try:
        _, warnings = load_fixture(fixture)
    except FixtureError as error:
        mistakes = error.mistakes
    if as_json:
        told = {
            "fixture": [str(path) for path in fixture],
            "mistakes": [_members(mistake) for mistake in mistakes],
            "warnings": [_members(warning) for warning in warnings],
        }
        print_json(told, sys.stdout)
    else:
        _show(fixture, mistakes, warnings)
    if mistakes:
        raise typer.Exit(1)


def _members(mistake: "Mistake") -> dict[str, object]:
    from emulator.core.fixture.mistakes import dotted

    place = mistake.place
    return {
        "file": place.file,
        "line": place.line or None,
        "path": dotted(mistake.path),
        "message": mistake.text,
    }


def _show(
    fixture: Sequence[Path], mistakes: Sequence["Mistake"], warnings: Sequence["Mistake"]
) -> None:
    if on_terminal(sys.stderr):
        _tabulate(mistakes, warnings)
    else:
        from emulator.core.fixture.mistakes import told

        for line in (*told(mistakes), *told(warnings)):
            typer.echo(line, err=True)
    count = len(mistakes)
    if mistakes:
        say(f"{count} mistake{'' if count == 1 else 's'}", sys.stderr, "bold red")
    else:
        say(f"{', '.join(map(str, fixture))}: good", sys.stdout, "green")


def _tabulate(mistakes: Sequence["Mistake"], warnings: Sequence["Mistake"]) -> None:
    from emulator.core.fixture.mistakes import MOST_TOLD, dotted

    table = columns()
    for found, kind, style in (
        *((mistake, "mistake", "bold red") for mistake in mistakes[:MOST_TOLD]),
        *((warning, "warning", "yellow") for warning in warnings[:MOST_TOLD]),
    ):
        table.add_row(
            styled(kind, style),
            styled(str(found.place), "dim"),
            styled(dotted(found.path), "bold"),
            styled(found.text),
        )
    if table.row_count:
        console(sys.stderr).print(table)
    if max(len(mistakes), len(warnings)) > MOST_TOLD:
        say(f"of each the first {MOST_TOLD}", sys.stderr, "dim")
