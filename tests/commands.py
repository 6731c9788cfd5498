"""The command as a process of its own, as a user runs it."""

import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulator.cli import run

COMMAND = str(Path(sys.executable).with_name("auth-emulator"))


@contextmanager
def serving(
    *arguments: str | Path, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """`auth-emulator serve` on a free port: the process, its URL, and its log as it comes."""
    process = subprocess.Popen(
        [COMMAND, "serve", "--port", "0", *map(str, arguments)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stderr is not None
    lines: list[str] = []
    url = None
    while url is None:
        lines.append(process.stderr.readline())
        assert lines[-1], f"it did not start: {lines}"
        found = re.search(r"http://[\d.:]+", lines[-1])
        url = found[0] if found else None
    reader = threading.Thread(target=lambda: lines.extend(process.stderr or ()))
    reader.start()
    try:
        yield process, url, lines
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)
        reader.join(10)
        process.stderr.close()


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    status: int
    stdout: str
    stderr: str


def ran(*arguments: str | Path, stdin: str = "", **environment: str) -> Done:
    """A command, in a process of its own and with pipes around it."""
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, **environment},
    )
    return Done(done.returncode, done.stdout, done.stderr)


def ran_here(*arguments: str | Path) -> Done:
    """The same in the tests' own process: for many runs, and for what is patched."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["auth-emulator", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run()
    status = ended.value.code
    return Done(status if isinstance(status, int) else 0, out.getvalue(), err.getvalue())


def on_a_terminal(*arguments: str | Path, **environment: str) -> Done:
    """A command as it looks to people: what a terminal of 100 columns is sent, in `stdout`."""
    ours, its = os.openpty()
    size = {"TERM": "xterm-256color", "COLUMNS": "100"}
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)],
        stdin=its,
        stdout=its,
        stderr=its,
        env={**os.environ, **size, **environment},
    )
    os.close(its)
    shown = bytearray()
    try:
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # how Linux says that nothing writes there any more
                part = b""
            if not part:
                break
            shown += part
        return Done(process.wait(30), shown.decode(), "")
    finally:
        process.kill()
        process.wait(30)
        os.close(ours)
