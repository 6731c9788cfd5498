"""The command line. Each command is a file, and loads what it needs when it is run."""

import errno
import gc
import io
import os
import signal
import sys
from contextlib import suppress

_UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
"""Writing to stdout failed, usually because the disk is full."""


def run() -> None:
    """The entry point of the command `auth-emulator`: wrong usage is one line and status 2."""
    # Garbage collection takes a quarter of the start, and finds little.
    gc.disable()
    try:
        if sys.argv[1:2] == ["serve"]:
            _exit_at_signals()
        _replace_closed_streams()
        from emulator.cli.commands import run_command  # here, where an early Ctrl-C is caught

        sys.exit(run_command())
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if not isinstance(error, io.UnsupportedOperation) and error.errno not in _UNWRITABLE:
            raise
        _give_up_writing(error.strerror or "stdout is closed")
        sys.exit(1)


def _exit_at_signals() -> None:
    """End with status 0 until the server listens for signals itself.

    Process 1 of a container would ignore them. It ends at once, without an exception, which could
    be lost during an import; there is nothing to clean up yet.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))


def _replace_closed_streams() -> None:
    """A closed stream is None: writing to stdout fails, stderr is discarded."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - it stays open
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - the same
    if isinstance(sys.stdout, io.TextIOWrapper):  # what its encoding lacks is no reason to fail
        sys.stdout.reconfigure(errors="backslashreplace")


def _give_up_writing(why: str) -> None:
    sys.stderr.write(f"auth-emulator: cannot write: {why}; give stdout another place\n")
    with suppress(OSError):  # or Python tries to write the rest once more, as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
