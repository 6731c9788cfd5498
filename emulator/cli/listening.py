"""What `auth-emulator serve` listens on, and the file of the CA that its HTTPS clients trust.

An error is one line on stderr, and the command ends with status 1.
"""

import errno
import os
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

import typer

from emulator.app import CATALOG
from emulator.server.server import HttpsListener, listening_socket
from emulator.server.tls import Tls, own_names


def listen(host: str, port: int, option: str) -> socket.socket:
    """A listening socket; `option` is the option that sets the port."""
    try:
        return listening_socket(host, port)
    except UnicodeError:
        fail(f"{host!r} is not a host name; give an address with --host")
    except OSError as error:
        remedy = {
            errno.EADDRINUSE: f"another program listens there; choose another with {option}",
            errno.EACCES: f"ports below 1024 are for root; choose another with {option}",
        }.get(error.errno or 0, "give an address of this machine with --host")
        said = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        fail(f"cannot listen on {host} port {port}: {said}; {remedy}")


def listen_for_https(plain: socket.socket, port: int, hosts: Iterable[str]) -> HttpsListener:
    """HTTPS at the address of a plain socket, for its own names, `hosts` and the vendors' hosts."""
    address = plain.getsockname()[0]
    listening = listen(address, port, "--tls-port")
    return HttpsListener(listening, Tls([*own_names(address, hosts), *vendor_hosts()]))


def vendor_hosts() -> list[str]:
    """The hosts of the vendors' own servers."""
    return [host for vendor in CATALOG.values() for host in vendor.hosts]


def write_ca_file(file: Path, certificate: str) -> None:
    """Write the certificate, readable by all, atomically."""
    remedy = "name one in an existing folder that this user can write to"
    if file.exists() and not file.is_file():
        fail(f"--ca-file {file}: it exists and is not a file; {remedy}")
    try:
        number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        beside = Path(name)
        try:
            with os.fdopen(number, "w") as written:
                written.write(certificate)
            beside.chmod(0o644)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        fail(f"--ca-file {file}: {error.strerror}; {remedy}")


def fail(message: object) -> NoReturn:
    """Print an error, and exit with status 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)
