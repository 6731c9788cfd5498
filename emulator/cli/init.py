"""`auth-emulator init`: a fixture to begin with."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from emulator.cli.terminal import say

_TEMPLATE = Path(__file__).with_name("fixture.template.yaml")
_SECRET = "{{secret}}"  # noqa: S105 - where it goes, not one


def init(
    file: Annotated[Path, typer.Argument(help="The file to write.")] = Path("fixture.yaml"),
    *,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
) -> None:
    """Write a fixture to begin with, with a user at each vendor and comments on what to change.

    Example: auth-emulator init my-fixture.yaml
    """
    import secrets

    template = _TEMPLATE.read_text(encoding="utf-8")
    text = template.replace(_SECRET, secrets.token_urlsafe(32))
    try:
        with file.open("w" if force else "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        typer.echo(
            f"{file} already exists; give another name, or overwrite it with --force", err=True
        )
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(
            f"cannot write {file}: {error.strerror}; give a file in an existing folder",
            err=True,
        )
        raise typer.Exit(1) from None
    to_serve = f"./{file}" if str(file).startswith("-") else str(file)
    named, schema = shlex.quote(to_serve), shlex.quote(str(file.parent / "fixture.schema.json"))
    say(f"wrote {file}", sys.stderr, "green")
    say(f"serve it:          auth-emulator serve {named} --watch", sys.stderr)
    say(f"for your editor:   auth-emulator schema > {schema}", sys.stderr)
