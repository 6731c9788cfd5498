"""`auth-emulator health`: whether a server is healthy, for health checks of containers."""

import json
import os
from http import HTTPStatus
from typing import Annotated

import typer

from emulator.cli.terminal import clean

_PATH = "/_emulator/health"
_DEFAULT_PORT = "8080"


def health(
    url: Annotated[
        str | None,
        typer.Argument(
            help="Its base URL. By default the server that was started last on this machine, else "
            "127.0.0.1 and AUTH_EMULATOR_PORT.",
            show_default=False,
        ),
    ] = None,
    timeout: Annotated[float, typer.Option(help="How long to wait, in seconds.", min=0.1)] = 2.0,
) -> None:
    """Ask a server whether it is healthy: exit status 0 if it is, 1 if not.

    Example: auth-emulator health
    """
    from emulator.cli.running import running_url
    from emulator.client.errors import Unreachable
    from emulator.client.remote import Remote

    port = os.environ.get("AUTH_EMULATOR_PORT") or _DEFAULT_PORT
    where = url or running_url() or f"http://127.0.0.1:{port}"
    try:
        remote = Remote(where, timeout=timeout)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        reply = remote.ask("GET", _PATH)
    except Unreachable as error:
        raise _failed(str(error)) from None
    finally:
        remote.close()
    try:
        status = json.loads(reply.body)["status"] if reply.status == HTTPStatus.OK else None
    except (ValueError, TypeError, KeyError):
        status = None
    if status != "ok":
        raise _failed(f"{where} is not a healthy emulator (HTTP {reply.status})")
    typer.echo(f"healthy: {where}")


def _failed(message: str) -> typer.Exit:
    typer.echo(clean(message), err=True)
    return typer.Exit(1)
