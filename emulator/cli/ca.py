"""`auth-emulator ca`: the certificate to trust where a server serves HTTPS."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.terminal import clean

if TYPE_CHECKING:
    from emulator.driving.remote import Reply

_PEM = re.compile(
    rb"(?:-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----\s*)+"
)
_NO_HTTPS = "this server serves no HTTPS"
_START = "start it with auth-emulator serve --tls"


def ca(
    url: Annotated[
        str, typer.Argument(help="Where it answers plain HTTP.", envvar="AUTH_EMULATOR_URL")
    ] = "http://127.0.0.1:8080",
) -> None:
    """Print the CA certificate (PEM) of a running server: what its HTTPS clients have to trust.

    It is another after each start; its key never leaves the server.

    Example: auth-emulator ca > ca.pem && SSL_CERT_FILE=ca.pem my-client
    """
    from emulator.control.authority import CA_PATH
    from emulator.driving.remote import Remote, Unreachable

    try:
        remote = Remote(url, timeout=10)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        reply = remote.ask("GET", CA_PATH)
    except Unreachable as error:
        told = str(error)
        if remote.url.startswith("https:"):
            told += "; ask its plain HTTP port: it is yet to tell whom to trust"
        raise _failed(told) from None
    finally:
        remote.close()
    if reply.status == HTTPStatus.OK and _PEM.fullmatch(reply.body):
        typer.echo(reply.body, nl=False)
        return
    raise _failed(_refusal(remote.url, reply))


def _refusal(url: str, reply: "Reply") -> str:
    """Why there is no certificate; what is no answer of an emulator's is told as another's."""
    from orjson import JSONDecodeError, loads

    reason = reply.headers.get("x-emulator-reason", "")
    try:
        problem = loads(reply.body)
    except JSONDecodeError:
        problem = None
    told = str(problem.get("detail") or "") if isinstance(problem, dict) else ""
    # A server that is started with --no-reasons sends the sentence alone.
    if reason.startswith("no_https;") or told.startswith(_NO_HTTPS):
        return f"the emulator at {url} serves no HTTPS; {_START}"
    if reason:
        return f"the emulator at {url} refuses: {told or reason}"
    said = f"HTTP {reply.status}{': ' if told else ''}{told[:200]}"
    return f"what answers at {url} is no auth-emulator ({said}); name it: auth-emulator ca URL"


def _failed(told: str) -> typer.Exit:
    typer.echo(clean(told), err=True)
    return typer.Exit(1)
