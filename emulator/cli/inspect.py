"""`auth-emulator inspect`: what is known of a token."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from emulator.cli.calls import FIXTURE_OPTION, JSON_OPTION, URL_OPTION, choose_emulator, post
from emulator.cli.terminal import as_json as shown
from emulator.cli.terminal import clean, columns, console, on_terminal, print_json, styled

_MAX_INPUT = 1 << 20
"""How much of stdin is read, in bytes: the emulator takes far less."""

_ABOUT = ("vendor", "realm", "use", "principal", "format", "signature")
"""What is shown of a token, in this order, if it is known."""


def inspect(
    context: typer.Context,
    token: Annotated[
        str | None,
        typer.Argument(
            help="The token, with or without Bearer; - or none reads stdin.",
            show_default=False,
        ),
    ] = None,
    *,
    fixture: FIXTURE_OPTION = None,
    url: URL_OPTION = None,
    as_json: JSON_OPTION = False,
) -> None:
    """Inspect a token: what it is, whose it is, and everything that is wrong with it.

    It is verified with the keys of a fixture, or by a running emulator, which also knows used and
    revoked tokens. Exit status 0: it is valid; 1: it is refused. Its signature is not printed.

    Example: auth-emulator token vault alice@example.com | auth-emulator inspect
    """
    text = _from_stdin() if token in (None, "-") else token
    emulator = choose_emulator(context, fixture, url)
    body, options = {"token": text}, {"token": "TOKEN"}
    inspection = post(context, emulator, "/tokens/inspect", body, options)
    if as_json:
        print_json(inspection, sys.stdout)
    elif on_terminal(sys.stdout):
        _show(inspection)
    else:
        for name, value in _lines(inspection):
            typer.echo(f"{name}: {clean(value)}")
    if inspection["verdict"] != "good":
        raise typer.Exit(1)


def _from_stdin() -> str:
    if sys.stdin is None:
        typer.echo("auth-emulator inspect: stdin is closed; give a token, or pipe one in", err=True)
        raise typer.Exit(1)
    if on_terminal(sys.stdin):
        raise typer.BadParameter("give a token, or pipe one in", param_hint="'TOKEN'")
    return sys.stdin.buffer.read(_MAX_INPUT).decode(errors="replace").strip()


def _lines(inspection: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (("verdict", inspection["verdict"]), ("summary", inspection["summary"]))
    for problem in inspection["problems"]:
        yield "problem", f"{problem['code']}; {problem['reason']}"
    for note in inspection["notes"]:
        yield "note", note
    for name in _ABOUT:
        if inspection[name] is not None:
            yield name, inspection[name]
    for part, members in (("header", inspection["header"]), ("claim", inspection["claims"])):
        for name, value in (members or {}).items():
            yield f"{part} {clean(name)}", _value(inspection, part, name, value)


def _value(inspection: dict[str, Any], part: str, name: str, value: Any) -> str:
    """A member's value as JSON; a date's also as people read it."""
    date = inspection["dates"].get(name) if part == "claim" else None
    if date is None:
        return shown(value)
    return f"{shown(value)} ({', '.join(filter(None, (date['at'], date['when'])))})"


def _show(inspection: dict[str, Any]) -> None:
    from rich.panel import Panel

    color = "green" if inspection["verdict"] == "good" else "red"
    table = columns()
    for name, value in _lines(inspection):
        if name != "verdict":
            table.add_row(styled(name, "dim"), styled(value, color if name == "problem" else ""))
    verdict = styled(inspection["verdict"], f"bold {color}")
    console(sys.stdout).print(Panel(table, title=verdict, border_style=color, expand=False))
