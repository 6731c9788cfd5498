"""Output of commands: tables and colours on a terminal, plain lines otherwise.

Rich is imported where something is shown on a terminal, and nowhere else.
"""

import json
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text


def on_terminal(stream: TextIO) -> bool:
    """Whether it is a terminal, and not a pipe or a file."""
    return stream.isatty()


def console(stream: TextIO) -> "Console":
    """A rich console for the stream; NO_COLOR switches colours off."""
    from rich.console import Console

    return Console(file=stream, highlight=False)


def columns() -> "Table":
    """A table without rules, in which long strings are wrapped."""
    from rich.table import Table

    return Table.grid(padding=(0, 2, 0, 0))


def styled(text: str, style: str = "") -> "Text":
    """A string with rich's markup escaped."""
    from rich.text import Text

    return Text(clean(text), style, overflow="fold")


def clean(text: str) -> str:
    """A string of unknown origin, with control and direction characters escaped."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def as_json(value: Any) -> str:
    """A value as JSON on one line, for people."""
    return clean(json.dumps(value, ensure_ascii=False))


def print_json(value: Any, stream: TextIO) -> None:
    """Print a JSON document, with colours on a terminal."""
    text = json.dumps(value, indent=2)
    if not on_terminal(stream):
        typer.echo(text, file=stream)
        return
    from rich.json import JSON

    console(stream).print(JSON(text, ensure_ascii=True), soft_wrap=True)


def say(text: str, stream: TextIO, style: str = "") -> None:
    """Print a line, in `style` on a terminal."""
    if on_terminal(stream):
        console(stream).print(styled(text, style), soft_wrap=True)
    else:
        typer.echo(text, file=stream)
