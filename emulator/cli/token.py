"""`auth-emulator token`: a token without a sign-in."""

import json
import math
import sys
from typing import Annotated, Any

import typer

from emulator.cli.calls import FIXTURE_OPTION, JSON_OPTION, URL_OPTION, choose_emulator, post
from emulator.cli.terminal import print_json, say

_OPTIONS = {
    "vendor": "VENDOR",
    "subject": "SUBJECT",
    "use": "--use",
    "lifetime": "--lifetime",
    "scopes": "--scope",
    "claims": "--claim",
    "headers": "--header",
    "defect": "--defect",
}
"""The argument or option from which each member of the call's body comes."""


def token(  # noqa: PLR0913 - an option each
    context: typer.Context,
    vendor: Annotated[str, typer.Argument(help="omniomni, nbcgate or vault.")],
    subject: Annotated[str, typer.Argument(help="A client's or user's name, or any other.")],
    *,
    use: Annotated[
        str | None, typer.Option(help="access, or refresh.", show_default="access")
    ] = None,
    lifetime: Annotated[
        str | None,
        typer.Option(help="The lifetime: 90s, 15m, 1h, 30d.", show_default="as signed in"),
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(help="A scope of the token; may be repeated.", show_default="as signed in"),
    ] = None,
    claim: Annotated[
        list[str] | None,
        typer.Option(
            help="A claim, as NAME=VALUE: JSON, else a string; null removes it. May be repeated.",
            show_default=False,
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            help="A header member, in the same form. May be repeated.", show_default=False
        ),
    ] = None,
    defect: Annotated[
        str | None,
        typer.Option(
            help="What is wrong with it, such as expired; any other word lists them all.",
            show_default="none",
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            help="The time of issue, as 2026-01-01T00:00:00Z.", show_default="now, by the fixture"
        ),
    ] = None,
    fixture: FIXTURE_OPTION = None,
    url: URL_OPTION = None,
    as_json: JSON_OPTION = False,
) -> None:
    """Print a token of a vendor, signed with its keys, without a sign-in.

    It is signed with a fixture's keys, the same as serve uses, or by a running emulator. If the
    emulator itself would refuse the token, stderr says why.

    Example: auth-emulator token vault alice@example.com --lifetime 10m
    """
    given = {
        "vendor": vendor,
        "subject": subject,
        "use": use,
        "lifetime": lifetime,
        "scopes": scope or None,
        "claims": _members(claim, "--claim"),
        "headers": _members(header, "--header"),
        "defect": defect,
    }
    body = {name: value for name, value in given.items() if value is not None}
    emulator = choose_emulator(context, fixture, url, at)
    minted = post(context, emulator, "/tokens", body, _OPTIONS)
    if as_json:
        print_json(minted, sys.stdout)
        return
    say(minted["token"], sys.stdout, "cyan")
    if "note" in minted:
        say(minted["note"], sys.stderr, "yellow")


def _members(given: list[str] | None, option: str) -> dict[str, Any] | None:
    """Members as NAME=VALUE; a value that is not JSON is a string."""
    if not given:
        return None
    members: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=f"'{option}'")
        try:
            members[name] = json.loads(value, parse_float=_finite, parse_constant=_no_number)
        except OverflowError as error:
            raise typer.BadParameter(
                f"{name}: {error} is more than a number can hold", param_hint=f"'{option}'"
            ) from error
        except RecursionError as error:
            raise typer.BadParameter(
                f"{name}: its value is nested too deep", param_hint=f"'{option}'"
            ) from error
        except ValueError:
            members[name] = value
    return members


def _finite(digits: str) -> float:
    """A finite number. Raises OverflowError."""
    number = float(digits)
    if math.isinf(number):
        raise OverflowError(digits)
    return number


def _no_number(name: str) -> None:
    """NaN and Infinity are strings: they are not JSON (RFC 8259 §6)."""
    raise ValueError(name)
