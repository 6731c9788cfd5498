"""The command line. Each command is a file; what a command does not need is not imported.

Nothing is imported before `run` begins, so that Ctrl-C meanwhile ends it as at any other time.
"""

import sys


def run() -> None:
    """The entry point of the command `auth-emulator`: wrong usage is one line and status 2."""
    try:
        _open_what_is_closed()
        sys.exit(_status(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if not _is_unwritable(error):
            raise
        _give_up_writing(error.strerror or "stdout is closed")
        sys.exit(1)


def _status(arguments: list[str]) -> int:
    """Run the command that is named there: its exit status."""
    if arguments[:1] == ["serve"]:
        _stop_at_signals()
        import os

        from emulator.cli.serve_options import read_quickly

        told = read_quickly(arguments[1:], os.environ)
        if told is not None:
            from emulator.cli.serve import serve

            serve(told)
            return 0
    from emulator.cli.commands import status_of_command

    return status_of_command()


def _stop_at_signals() -> None:
    """Until the server listens for them; as process 1 of a container they would be ignored.

    At once, without an exception: one in the midst of an import is lost, or breaks the module
    (orjson then ends the process with a segmentation fault). Nothing is left to be tidied yet.
    """
    import os
    import signal

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))


def _open_what_is_closed() -> None:
    """Python has None where a stream was closed: writing to stdout fails, stderr is lost."""
    import io
    import os

    if sys.stdout is None:
        sys.stdout = open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - it stays open
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - the same
    if isinstance(sys.stdout, io.TextIOWrapper):  # what its encoding lacks is no reason to fail
        sys.stdout.reconfigure(errors="backslashreplace")


def _is_unwritable(error: OSError) -> bool:
    """Whether stdout takes no more: a full disk above all."""
    import errno
    import io

    unwritable = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
    return isinstance(error, io.UnsupportedOperation) or error.errno in unwritable


def _give_up_writing(why: str) -> None:
    import os
    from contextlib import suppress

    from emulator.cli.complaint import complain

    complain(f"auth-emulator: cannot write: {why}; give stdout another place")
    with suppress(OSError):  # or Python tries to write the rest once more, as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
