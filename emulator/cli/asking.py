"""Whom a command asks: a running emulator, or one made from a fixture, in this process.

Both answer the same calls of the control API, so that a command says the same of both.
"""

import json
import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from emulator.cli.terminal import clean

if TYPE_CHECKING:
    from emulator.core.clock import Clock
    from emulator.driving.channel import Channel

    class Emulator(Channel, Protocol):
        """Whoever answers calls of the control API."""

        def close(self) -> None:
            """End what was begun for it."""
            ...


FROM_FIXTURE = Annotated[
    list[Path] | None,
    typer.Option(
        "--fixture",
        help="A YAML file, or a folder of them; may be repeated. By default the demo.",
        envvar="AUTH_EMULATOR_FIXTURE",
        show_default=False,
    ),
]
FROM_URL = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="A running emulator, or one of its realms, by its base URL; "
        "AUTH_EMULATOR_ADMIN_TOKEN opens one that the network can reach.",
        envvar="AUTH_EMULATOR_URL",
        show_default=False,
    ),
]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print the answer as one JSON object.")]

_MORE = "auth-emulator doctor URL tells more"
_TOLD = {"header", "claims"}
"""What is told of every token, whether it was minted or explained."""


def chosen(
    context: typer.Context, fixture: Sequence[Path] | None, url: str | None, at: str | None = None
) -> "Emulator":
    """The emulator that the options name: that of `url`, or one made from `fixture`.

    Of two that the command line and the environment name, the command line's; of two that the
    environment names, the running one. `at` is what the clock of a fixture's shows.
    """
    given = [name for name in ("fixture", "url") if on_command_line(context, name)]
    if len(given) > 1:
        raise typer.BadParameter("give --fixture or --url, not both", param_hint="'--url'")
    if url is None or given == ["fixture"]:
        return _made(fixture, at)
    if at is not None:
        raise typer.BadParameter(
            "a running emulator (--url, AUTH_EMULATOR_URL) goes by its own clock",
            param_hint="'--at'",
        )
    from emulator.driving.remote import Remote

    token = admin_token()
    try:
        return Remote(url, admin_token=token)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--url'") from error


def admin_token() -> str:
    """What opens the control API, as the environment has it; wrong usage where no header can."""
    token = os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN", "").strip()
    if not re.fullmatch(r"[\x21-\x7e]*", token):
        raise typer.BadParameter(
            "it holds a character that no header may; give another",
            param_hint="AUTH_EMULATOR_ADMIN_TOKEN",
        )
    return token


def on_command_line(context: typer.Context, name: str) -> bool:
    """Whether the command line gives the option, and not the environment or a default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def posted(
    context: typer.Context,
    emulator: "Emulator",
    path: str,
    body: Mapping[str, Any],
    options: Mapping[str, str],
) -> dict[str, Any]:
    """What the emulator answers to its one call; what it refuses ends the command.

    `options` names the option or argument by which a member of the body came.
    """
    from emulator.driving.channel import Control
    from emulator.driving.errors import Refused
    from emulator.driving.remote import Unreachable

    for member, value in body.items():
        if not _is_unicode(value):
            raise typer.BadParameter("it is no text in UTF-8", param_hint=f"'{options[member]}'")
    try:
        with closing(emulator):
            told = Control(emulator).post(path, body)
    except Unreachable as error:
        raise _ended(context, f"{error}; {_MORE}") from error
    except Refused as refused:
        if refused.status == HTTPStatus.BAD_REQUEST and refused.errors:
            raise _wrong_usage(refused.errors, options) from refused
        ours = bool(refused.problem.get("title"))
        raise _ended(context, str(refused.detail) if ours else f"{refused}; {_MORE}") from refused
    if not isinstance(told, dict) or not told.keys() >= _TOLD:
        raise _ended(context, f"no emulator answers there; {_MORE}")
    return told


def _is_unicode(value: object) -> bool:
    """Whether every text in it is one: an argument's bytes may be none."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong_usage(errors: Iterable[Any], options: Mapping[str, str]) -> typer.BadParameter:
    """Every mistake of a body, as the wrong usage that it came of."""
    found = []
    for error in errors:
        told = error if isinstance(error, dict) else {}
        member = re.split(r"[.[]", str(told.get("path")))[0]
        found.append((options.get(member, "the call"), clean(str(told.get("message")))))
    if len(found) == 1:
        (option, message) = found[0]
        return typer.BadParameter(message, param_hint=f"'{option}'")
    return typer.BadParameter("; ".join(f"{option}: {message}" for option, message in found))


def _ended(context: typer.Context, said: str) -> typer.Exit:
    """The end of a command that found something wrong, once that is said."""
    typer.echo(clean(f"{context.command_path}: {said}"), err=True)
    return typer.Exit(1)


def _made(fixture: Sequence[Path] | None, at: str | None) -> "Emulator":
    from emulator.app import Config, create_app
    from emulator.cli.in_process import InThisProcess
    from emulator.core.fixture import FixtureError

    logging.basicConfig(format="warning: %(message)s")
    clock = None if at is None else _standing_at(at)
    try:
        return InThisProcess(create_app(Config(fixture=fixture or None), clock=clock))
    except FixtureError as error:
        typer.echo(error, err=True)
        typer.echo("the fixture has mistakes", err=True)
        raise typer.Exit(1) from None


def _standing_at(at: str) -> "Clock":
    from emulator.core.clock import Clock, ClockStart
    from emulator.core.fixture.fields import instant

    try:
        return Clock(ClockStart(instant(at), frozen=True))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--at'") from error
