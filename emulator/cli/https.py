"""What `auth-emulator serve --tls` adds: certificates, and a file with that of their authority."""

import errno
import os
import socket
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from emulator.app import VENDORS
from emulator.cli.complaint import complain
from emulator.cli.listening import listening
from emulator.web.server import Secured, address_of
from emulator.web.tls import Tls, own_names


@dataclass(frozen=True, slots=True)
class Https:
    """HTTPS, ready to be served; `told` is what the log says of it."""

    secured: Secured
    ca_certificate: str
    told: str
    ca_file: Path | None

    def write(self) -> None:
        """Write the authority's certificate where it is wanted; exits with 1 where that fails.

        For when nothing else is in the way: that of a server which runs may be there.
        """
        if self.ca_file is not None:
            _write(self.ca_file, self.ca_certificate)


def https(plain: socket.socket, port: int, hosts: Sequence[str], ca_file: Path | None) -> Https:
    """HTTPS at the address of a plain socket; `hosts` are names beside the vendors' and its own.

    Where something is in the way, says so and exits with 1.
    """
    address = plain.getsockname()[0]
    bound = listening(address, port, "--tls-port")
    vendors = {api.title: api.hosts for api, _ in VENDORS}
    tls = Tls(vendors, own_names(address, hosts))
    tls.hear_of_all_names()
    where = f"{address_of(plain)}/_emulator/ca.pem"
    if ca_file is not None:
        where = f"{where}, and in {ca_file}"
    names = ", ".join([*(name for names in vendors.values() for name in names), *hosts])
    told = f"https: {address_of(bound, 'https')} as {names}; its CA certificate is at {where}"
    return Https(Secured(bound, tls.context), tls.ca_certificate, told, ca_file)


def _write(file: Path, certificate: str) -> None:
    """Put the certificate there, for everybody to read."""
    try:
        _put(file, certificate)
    except OSError as error:
        remedy = "name one in a folder that is there and that this user can write to"
        complain(f"--ca-file {file}: {error.strerror}; {remedy}")
        sys.exit(1)


def _put(file: Path, text: str) -> None:
    """Write a file in one step: nobody sees half of it. Raises OSError."""
    if file.exists() and not file.is_file():
        raise OSError(errno.EEXIST, "it is there and is no file")
    number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    beside = Path(name)
    try:
        with os.fdopen(number, "w") as written:
            written.write(text)
        beside.chmod(0o644)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
