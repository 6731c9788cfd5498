"""The command as a process of its own, as a user runs it."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
