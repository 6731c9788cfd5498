"""The emulator that `token` and `inspect` call: a running one, or one made from a fixture.

Both have the same control API, so that a command prints the same for both.
"""

import json
import logging
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from emulator.cli.terminal import clean

if TYPE_CHECKING:
    from emulator.cli.in_process import InProcess
    from emulator.client.remote import Remote

    Emulator: TypeAlias = InProcess | Remote

FIXTURE_OPTION = Annotated[
    list[Path] | None,
    typer.Option(
        "--fixture",
        help="A YAML file, or a folder of them; may be repeated. By default the demo.",
        envvar="AUTH_EMULATOR_FIXTURE",
        show_default=False,
    ),
]
URL_OPTION = Annotated[
    str | None,
    typer.Option(
        "--url",
        help="A running emulator, or one of its realms, by its base URL; "
        "AUTH_EMULATOR_ADMIN_TOKEN opens one that the network can reach.",
        envvar="AUTH_EMULATOR_URL",
        show_default=False,
    ),
]
JSON_OPTION = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]

_MORE = "run auth-emulator doctor URL to find out why"
_MEMBERS = {"header", "claims"}
"""Members of every response about a token, minted or inspected."""


def choose_emulator(
    context: typer.Context, fixture: Sequence[Path] | None, url: str | None, at: str | None = None
) -> "Emulator":
    """The emulator that the options name: the one at `url`, or one made from `fixture`.

    The command line takes precedence over the environment; in the environment the URL does. `at` is
    the time that the clock of an emulator made here shows.
    """
    given = [name for name in ("fixture", "url") if on_command_line(context, name)]
    if len(given) > 1:
        raise typer.BadParameter("give --fixture or --url, not both", param_hint="'--url'")
    if url is None or given == ["fixture"]:
        return _made_here(context, fixture, at)
    if at is not None:
        raise typer.BadParameter(
            "a running emulator (--url, AUTH_EMULATOR_URL) has its own clock",
            param_hint="'--at'",
        )
    from emulator.client.remote import Remote

    token = admin_token()
    try:
        return Remote(url, admin_token=token)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--url'") from error


def admin_token() -> str:
    """The admin token of the environment. Raises BadParameter if no header can hold it."""
    token = os.environ.get("AUTH_EMULATOR_ADMIN_TOKEN", "").strip()
    if not re.fullmatch(r"[\x21-\x7e]*", token):
        raise typer.BadParameter(
            "it contains a character that is not allowed in a header; give another",
            param_hint="AUTH_EMULATOR_ADMIN_TOKEN",
        )
    return token


def post(
    context: typer.Context,
    emulator: "Emulator",
    path: str,
    body: Mapping[str, Any],
    options: Mapping[str, str],
) -> dict[str, Any]:
    """The emulator's response to a command's call; if it is refused, the command ends.

    `options` names the option or argument from which each member of the body came.
    """
    with closing(emulator):
        answer = _call(context, emulator, "POST", path, body, options)
    if not isinstance(answer, dict) or not answer.keys() >= _MEMBERS:
        raise _failed(context, f"no emulator responds there; {_MORE}")
    return answer


def _made_here(
    context: typer.Context, fixture: Sequence[Path] | None, at: str | None
) -> "Emulator":
    from emulator.app import create_app
    from emulator.cli.in_process import InProcess
    from emulator.fixture.errors import FixtureError
    from emulator.settings import Settings

    logging.basicConfig(format="warning: %(message)s")
    try:
        emulator = InProcess(create_app(Settings(fixture=fixture or None)))
    except FixtureError as error:
        typer.echo(error, err=True)
        typer.echo("the fixture has mistakes", err=True)
        raise typer.Exit(1) from None
    if at is not None:
        _call(context, emulator, "PUT", "/clock", {"now": at, "frozen": True}, {"now": "--at"})
    return emulator


def _call(
    context: typer.Context,
    emulator: "Emulator",
    method: str,
    path: str,
    body: Mapping[str, Any],
    options: Mapping[str, str],
) -> Any:
    from emulator.client.channel import Control
    from emulator.client.errors import ApiError, Unreachable

    for member, value in body.items():
        if not _is_unicode(value):
            raise typer.BadParameter("it is not UTF-8 text", param_hint=f"'{options[member]}'")
    control = Control(emulator)
    try:
        return control.put(path, body) if method == "PUT" else control.post(path, body)
    except Unreachable as error:
        raise _failed(context, f"{error}; {_MORE}") from error
    except ApiError as error:
        if error.status == HTTPStatus.BAD_REQUEST and error.errors:
            raise _wrong_usage(error.errors, options) from error
        is_ours = bool(error.problem.get("title"))
        message = str(error.detail) if is_ours else f"{error}; {_MORE}"
        raise _failed(context, message) from error


def on_command_line(context: typer.Context, name: str) -> bool:
    """Whether the command line gives the option, and not the environment or a default."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _is_unicode(value: object) -> bool:
    """Whether every string can be encoded: the bytes of an argument may not be UTF-8."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong_usage(errors: Iterable[Any], options: Mapping[str, str]) -> typer.BadParameter:
    """Every mistake of a body, as wrong usage of the option from which it came."""
    found = []
    for error in errors:
        members = error if isinstance(error, dict) else {}
        member = re.split(r"[.[]", str(members.get("path")))[0]
        found.append((options.get(member, "the call"), clean(str(members.get("message")))))
    if len(found) == 1:
        (option, message) = found[0]
        return typer.BadParameter(message, param_hint=f"'{option}'")
    return typer.BadParameter("; ".join(f"{option}: {message}" for option, message in found))


def _failed(context: typer.Context, message: str) -> typer.Exit:
    typer.echo(clean(f"{context.command_path}: {message}"), err=True)
    return typer.Exit(1)
