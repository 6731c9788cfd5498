"""`auth-emulator check`: what is wrong with a fixture."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.terminal import columns, console, on_terminal, print_json, say, styled

if TYPE_CHECKING:
    from emulator.fixture.errors import Mistake


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
    from emulator.fixture.errors import FixtureError

    mistakes: Sequence[Mistake] = ()
    warnings: Sequence[Mistake] = ()
    try:
        warnings = load_fixture(fixture).warnings
    except FixtureError as error:
        mistakes = error.mistakes
    if as_json:
        result = {
            "fixture": [str(path) for path in fixture],
            "mistakes": [_members(mistake) for mistake in mistakes],
            "warnings": [_members(warning) for warning in warnings],
        }
        print_json(result, sys.stdout)
    else:
        _show(fixture, mistakes, warnings)
    if mistakes:
        raise typer.Exit(1)


def _members(mistake: "Mistake") -> dict[str, object]:
    from emulator.fixture.errors import dotted

    return {
        "file": mistake.place.file,
        "line": mistake.place.line or None,
        "path": dotted(mistake.path),
        "message": mistake.text,
    }


def _show(
    fixture: Sequence[Path], mistakes: Sequence["Mistake"], warnings: Sequence["Mistake"]
) -> None:
    from emulator.fixture.errors import format_mistakes

    if on_terminal(sys.stderr):
        _print_table(mistakes, warnings)
    else:
        for line in (*format_mistakes(mistakes), *format_mistakes(warnings)):
            typer.echo(line, err=True)
    count = len(mistakes)
    if mistakes:
        say(f"{count} mistake{'' if count == 1 else 's'}", sys.stderr, "bold red")
    else:
        say(f"{', '.join(map(str, fixture))}: good", sys.stdout, "green")


def _print_table(mistakes: Sequence["Mistake"], warnings: Sequence["Mistake"]) -> None:
    from emulator.fixture.errors import MAX_FORMATTED, dotted

    table = columns()
    for found, kind, style in (
        *((mistake, "mistake", "bold red") for mistake in mistakes[:MAX_FORMATTED]),
        *((warning, "warning", "yellow") for warning in warnings[:MAX_FORMATTED]),
    ):
        table.add_row(
            styled(kind, style),
            styled(str(found.place), "dim"),
            styled(dotted(found.path), "bold"),
            styled(found.text),
        )
    if table.row_count:
        console(sys.stderr).print(table)
    if max(len(mistakes), len(warnings)) > MAX_FORMATTED:
        say(f"of each the first {MAX_FORMATTED}", sys.stderr, "dim")
