"""`auth-emulator sign`: the headers that sign a request to OmniOmni."""

import os
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from emulator.cli.terminal import print_json, say

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token (RFC 9110 §5.6.2)."""

_IN_NO_PATH = re.compile(r"[\x00-\x20\x7f#]")


def sign(  # noqa: PLR0913 - an option each
    *,
    key: Annotated[
        Path, typer.Option(help="The private key that signs: RSA, EC or Ed25519; PEM or JWK.")
    ],
    path: Annotated[
        str, typer.Option(help="The request's path, with its query; /ecrop-command may lead it.")
    ],
    method: Annotated[str, typer.Option(help="The request's method.")] = "POST",
    body: Annotated[
        str | None, typer.Option(help="The request's body.", show_default="none")
    ] = None,
    body_file: Annotated[
        Path | None,
        typer.Option(
            help="The file that holds the body.", exists=True, dir_okay=False, show_default="none"
        ),
    ] = None,
    device_id: Annotated[
        str, typer.Option(help="The value of X-Signature-DeviceId.", show_default="empty")
    ] = "",
    at: Annotated[
        str | None,
        typer.Option(help="The time of signing, as 2026-01-01T00:00:00Z.", show_default="now"),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show on stderr what is signed, and its SHA-256.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the headers as one JSON object.")
    ] = False,
) -> None:
    """Print the three headers that sign a request to OmniOmni, its Proof of Action.

    They are printed one per line, as curl's -H @- reads them.
    They are good for one request, within five minutes.

    Example: auth-emulator sign --key key.pem --path /omni-safe/v1/signs
    """
    from emulator.core.clock import Clock, iso_milliseconds
    from emulator.core.keys.files import KeyFileError, any_private_key_in
    from emulator.vendors.omniomni.signature import SignedRequest, signature_headers

    if not path.startswith("/"):
        raise typer.BadParameter(f"{path!r} does not begin with /", param_hint="'--path'")
    if found := _IN_NO_PATH.search(path):
        raise typer.BadParameter(
            f"{found[0]!r} is not allowed in a path; percent-encode it", param_hint="'--path'"
        )
    if not _METHOD.fullmatch(method):
        raise typer.BadParameter(f"{method!r} is not an HTTP method", param_hint="'--method'")
    if body is not None and body_file is not None:
        raise typer.BadParameter("give --body or --body-file, not both", param_hint="'--body'")
    request = SignedRequest(
        method,
        os.fsencode(path),
        _bytes_of(body_file) if body_file is not None else os.fsencode(body or ""),
        timestamp=iso_milliseconds(Clock().now()) if at is None else at,
        device_id=device_id,
    )
    try:
        headers = signature_headers(any_private_key_in(key), request)
    except KeyFileError as error:
        raise typer.BadParameter(str(error), param_hint="'--key'") from error
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    if explain:
        text = request.parts().text()
        typer.echo(f"to be signed: {text.decode(errors='replace')}", err=True)
        typer.echo(f"its SHA-256:  {sha256(text).hexdigest()}", err=True)
    if as_json:
        print_json(headers, sys.stdout)
        return
    for name, value in headers.items():
        say(f"{name}: {value}", sys.stdout, "cyan")


def _bytes_of(body_file: Path) -> bytes:
    try:
        return body_file.read_bytes()
    except OSError as error:
        raise typer.BadParameter(
            f"cannot read {body_file}: {error.strerror}", param_hint="'--body-file'"
        ) from error
