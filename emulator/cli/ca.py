"""`auth-emulator ca`: the certificate to trust where a server serves HTTPS."""

from http import HTTPStatus
from typing import Annotated

import typer

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
    if reply.status == HTTPStatus.OK and reply.body.startswith(b"-----BEGIN CERTIFICATE-----"):
        typer.echo(reply.body, nl=False)
        return
    if reply.headers.get("content-type") == "application/problem+json":
        raise _failed(f"the emulator at {remote.url} serves no HTTPS; {_START}")
    raise _failed(
        f"what answers at {remote.url} is no auth-emulator; name it: auth-emulator ca URL"
    )


def _failed(told: str) -> typer.Exit:
    typer.echo(told, err=True)
    return typer.Exit(1)
