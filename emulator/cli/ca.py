"""`auth-emulator ca`: the certificate to trust where a server serves HTTPS."""

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.terminal import clean

if TYPE_CHECKING:
    from emulator.client.remote import Reply

_PATH = "/_emulator/ca.pem"
_PEM = re.compile(
    rb"(?:-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----\s*)+"
)
_NO_HTTPS = "this server does not serve HTTPS"


def ca(
    url: Annotated[
        str, typer.Argument(help="Where it answers plain HTTP.", envvar="AUTH_EMULATOR_URL")
    ] = "http://127.0.0.1:8080",
) -> None:
    """Print the CA certificate (PEM) of a running server: what its HTTPS clients have to trust.

    It changes with each start; its key never leaves the server.

    Example: auth-emulator ca > ca.pem && SSL_CERT_FILE=ca.pem my-client
    """
    from emulator.client.errors import Unreachable
    from emulator.client.remote import Remote

    try:
        remote = Remote(url, timeout=10)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    try:
        reply = remote.ask("GET", _PATH)
    except Unreachable as error:
        message = str(error)
        if remote.url.startswith("https:"):
            message += "; ask its plain HTTP port: this certificate is not trusted yet"
        raise _failed(message) from None
    finally:
        remote.close()
    if reply.status != HTTPStatus.OK or not _PEM.fullmatch(reply.body):
        raise _failed(_why_none(remote.url, reply))
    typer.echo(reply.body, nl=False)


def _why_none(url: str, reply: "Reply") -> str:
    """Why there is no certificate; the response may come from another program."""
    reason = reply.headers.get("x-emulator-reason", "")
    try:
        problem = json.loads(reply.body)
    except ValueError:
        problem = None
    detail = str(problem.get("detail") or "") if isinstance(problem, dict) else ""
    # A server that is started with --no-reasons sends the sentence alone.
    if reason.startswith("no_https;") or detail.startswith(_NO_HTTPS):
        return (
            f"the emulator at {url} does not serve HTTPS; start it with auth-emulator serve --tls"
        )
    if reason:
        return f"the emulator at {url} refuses: {detail or reason}"
    said = f"HTTP {reply.status}{': ' if detail else ''}{detail[:200]}"
    return f"what answers at {url} is not an auth-emulator ({said}); name it: auth-emulator ca URL"


def _failed(message: str) -> typer.Exit:
    typer.echo(clean(message), err=True)
    return typer.Exit(1)
