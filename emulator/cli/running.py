"""Where the server of this machine, or container, is: `serve` writes it down for `health`."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from platformdirs import user_cache_path


def _file() -> Path:
    """One file a host name, as containers may share the folder.

    Raises RuntimeError if the user has no home.
    """
    named = os.environ.get("AUTH_EMULATOR_CACHE_DIR")
    folder = Path(named) if named else user_cache_path("auth-emulator")
    return folder / f"server-{socket.gethostname()}"


@contextmanager
def recorded(url: str) -> Iterator[None]:
    """Keep the base URL of a server while it runs; a folder that cannot be written is no error."""
    try:
        file = _file()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(url)
    except (OSError, RuntimeError):
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):
            if file.read_text() == url:  # not that of a server that was started later
                file.unlink()


def running_url() -> str | None:
    """The base URL of the server that was started last, if it has not stopped."""
    try:
        return _file().read_text() or None
    except (OSError, RuntimeError):
        return None
