"""`auth-emulator inspect`: a token explained."""

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from emulator.cli.asking import AS_JSON, FROM_FIXTURE, FROM_URL, chosen, posted
from emulator.cli.terminal import as_json as shown
from emulator.cli.terminal import clean, columns, console, on_terminal, print_json, styled

_LARGEST = 1 << 20
"""No more of stdin is read, in bytes: the emulator takes far less."""

_ABOUT = ("vendor", "realm", "use", "principal", "format", "signature")
"""What is said of a token, in this order, where it is known."""


def inspect(
    context: typer.Context,
    token: Annotated[
        str | None,
        typer.Argument(
            help="A token as it was found, with Bearer or without; - or none: from stdin.",
            show_default=False,
        ),
    ] = None,
    *,
    fixture: FROM_FIXTURE = None,
    url: FROM_URL = None,
    as_json: AS_JSON = False,
) -> None:
    """Explain a token: what it is, whose, and everything that is wrong with it.

    It is verified by the keys of a fixture, or by a running emulator, which also knows what was
    spent and revoked. Exit status 0: it is good; 1: it is refused. Its signature is not printed.

    Example: auth-emulator token vault alice@example.com | auth-emulator inspect
    """
    text = _from_stdin() if token in (None, "-") else token
    emulator = chosen(context, fixture, url)
    path = "/tokens/inspect"
    told = posted(context, emulator, path, {"token": text}, {"token": "TOKEN"})
    if as_json:
        print_json(told, sys.stdout)
    elif on_terminal(sys.stdout):
        _show(told)
    else:
        for name, value in _lines(told):
            typer.echo(f"{name}: {clean(value)}")
    if told["verdict"] != "good":
        raise typer.Exit(1)


def _from_stdin() -> str:
    if sys.stdin is None:
        typer.echo("auth-emulator inspect: stdin is closed; give a token, or pipe one in", err=True)
        raise typer.Exit(1)
    if on_terminal(sys.stdin):
        raise typer.BadParameter("give a token, or pipe one in", param_hint="'TOKEN'")
    return sys.stdin.buffer.read(_LARGEST).decode(errors="replace").strip()


def _lines(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (("verdict", told["verdict"]), ("summary", told["summary"]))
    for problem in told["problems"]:
        yield "problem", f"{problem['fault']}; {problem['reason']}"
    for note in told["notes"]:
        yield "note", note
    for name in _ABOUT:
        if told[name] is not None:
            yield name, told[name]
    for part, members in (("header", told["header"]), ("claim", told["claims"])):
        for name, value in (members or {}).items():
            yield f"{part} {clean(name)}", _value(told, part, name, value)


def _value(told: dict[str, Any], part: str, name: str, value: Any) -> str:
    """A member's value as JSON; a date's also as people read it."""
    date = told["dates"].get(name) if part == "claim" else None
    if date is None:
        return shown(value)
    return f"{shown(value)} ({', '.join(filter(None, (date['at'], date['when'])))})"


def _show(told: dict[str, Any]) -> None:
    from rich.panel import Panel

    color = "green" if told["verdict"] == "good" else "red"
    table = columns()
    for name, value in _lines(told):
        if name != "verdict":
            table.add_row(styled(name, "dim"), styled(value, color if name == "problem" else ""))
    verdict = styled(told["verdict"], f"bold {color}")
    console(sys.stdout).print(Panel(table, title=verdict, border_style=color, expand=False))
