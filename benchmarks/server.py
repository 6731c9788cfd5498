"""A server as a process of its own: its start, its CPU time and its memory."""

import http.client
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from benchmarks.calls import Call

ROOT = Path(__file__).parents[1]

_LIMIT = 60
"""How long a server may take to its first answer, in seconds."""

_PAUSE = 0.001
"""Between two tries to reach it, in seconds."""

_COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Empty is not set: the first start of a Python server compiles, and no later one."""

_TICK = os.sysconf("SC_CLK_TCK")


class NotStarted(Exception):
    """The server ended, or did not answer in time; it says what it said."""


@dataclass(frozen=True)
class Server:
    """A running server on loopback."""

    process: subprocess.Popen[bytes]
    port: int
    first: float
    """From its spawn to its first answer, in seconds."""

    def _tree(self) -> Iterator[int]:
        waiting = [self.process.pid]
        while waiting:
            process = waiting.pop()
            yield process
            for thread in Path(f"/proc/{process}/task").iterdir():
                with suppress(FileNotFoundError):  # a thread that ended since
                    waiting += map(int, (thread / "children").read_text().split())

    def cpu_seconds(self) -> float:
        """CPU time that it and its children have used, of user and kernel."""
        used = 0
        for process in self._tree():
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
        return used / _TICK

    def rss(self) -> float:
        """Memory that it and its children hold, in MB (10^6 bytes)."""
        held = 0
        for process in self._tree():
            for line in Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    held += int(line.split()[1])
        return held * 1024 / 1e6


def free_port() -> int:
    """A port of loopback that nobody has at this moment."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str | Path],
    first: Call,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Iterator[Server]:
    """A server from its spawn to the end of the block; `PORT` in the command is a free one.

    `first` is asked every millisecond until it succeeds. Raises NotStarted.
    """
    port = free_port()
    with tempfile.TemporaryFile("w+") as log:  # a pipe that nobody reads would stop who logs much
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part).replace("PORT", str(port)) for part in command],
            env={**os.environ, **_COMPILED, **(environment or {})},
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            _await(process, log, port, first, began + _LIMIT)
            yield Server(process, port, time.perf_counter() - began)
        finally:
            process.kill()
            process.wait()


def _await(
    process: subprocess.Popen[bytes], log: TextIO, port: int, first: Call, until: float
) -> None:
    said = "nothing"
    while time.perf_counter() < until:
        try:
            first.answer(port)
        except (OSError, ValueError, http.client.HTTPException) as error:
            said = str(error)
        else:
            return
        if process.poll() is not None:
            log.seek(0)
            raise NotStarted(f"it ended with {process.returncode}: {log.read().strip()[-500:]}")
        time.sleep(_PAUSE)
    raise NotStarted(f"it did not answer within {_LIMIT} s: {said}")
