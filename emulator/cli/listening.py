"""A socket to listen on, or one line that says why there is none."""

import errno
import os
import socket
import sys

from emulator.cli.complaint import complain


def listening(host: str, port: int, option: str) -> socket.socket:
    """A socket that listens; `option` is the one that chooses another port."""
    from emulator.web.server import listening_socket

    try:
        return listening_socket(host, port)
    except UnicodeError:
        complain(f"{host!r} is no host name; give an address with --host")
        sys.exit(1)
    except OSError as error:
        remedy = {
            errno.EADDRINUSE: f"another program listens there; take another with {option}",
            errno.EACCES: f"ports below 1024 are for root; take another with {option}",
        }.get(error.errno or 0, "give an address of this machine with --host")
        said = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        complain(f"cannot listen on {host} port {port}: {said}; {remedy}")
        sys.exit(1)
