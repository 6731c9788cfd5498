"""A server as a process of its own: its start, its CPU time and its memory."""

import http.client
import json
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
from urllib.parse import urlencode

ROOT = Path(__file__).parents[1]

_START_TIMEOUT = 60
"""How long a server may take to its first answer, in seconds."""

_PAUSE = 0.001
"""Between two attempts to reach it, in seconds."""

_CPUCLOCK_SCHED = 2
"""Linux's number for the clock of the CPU time that a process has used."""


class NotStarted(Exception):
    """The server ended or did not answer in time; the message has the end of its log."""


@dataclass(frozen=True)
class Call:
    """A request that can be repeated."""

    path: str
    body: str = ""
    content_type: str = "application/json"
    method: str = "POST"

    def headers(self) -> dict[str, str]:
        """The headers that the HTTP client does not set itself."""
        return {"Content-Type": self.content_type} if self.body else {}

    def send(self, connection: http.client.HTTPConnection) -> str:
        """Send it once and return the body. Raises ValueError for any status but 2xx, OSError."""
        connection.request(self.method, self.path, self.body.encode() or None, self.headers())
        response = connection.getresponse()
        body = response.read().decode()
        if response.status not in range(200, 300):
            raise ValueError(f"{self.method} {self.path}: {response.status} {body[:200]}")
        return body


def post_json(path: str, **members: str) -> Call:
    """A call with a JSON object."""
    return Call(path, json.dumps(members))


def post_form(path: str, **fields: str) -> Call:
    """A call with a form."""
    return Call(path, urlencode(fields), "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Server:
    """A running server on loopback."""

    process: subprocess.Popen[bytes]
    port: int
    start: float
    """From spawn to first answer, in seconds."""

    @contextmanager
    def connect(self) -> Iterator[http.client.HTTPConnection]:
        """A connection that is kept alive until the end of the block."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            yield connection
        finally:
            connection.close()

    def send(self, call: Call) -> str:
        """Send a call on a connection of its own; raises as `Call.send` does."""
        with self.connect() as connection:
            return call.send(connection)

    def cpu_seconds(self) -> float:
        """CPU time that it and its children have used, user and kernel."""
        # A process's clock as clock_getcpuclockid(3) makes it: exact, where /proc counts 10 ms.
        clocks = ((~pid << 3) | _CPUCLOCK_SCHED for pid in self._process_ids())
        return sum(map(time.clock_gettime, clocks))

    def rss(self) -> float:
        """Resident memory of it and its children, in MB (10^6 bytes)."""
        kilobytes = 0
        for pid in self._process_ids():
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    kilobytes += int(line.split()[1])
        return kilobytes * 1024 / 1e6

    def _process_ids(self) -> Iterator[int]:
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            yield pid
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with suppress(FileNotFoundError):  # a thread that has just ended
                    waiting += map(int, (thread / "children").read_text().split())


@contextmanager
def running(
    command: Sequence[str],
    first: Call,
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Iterator[Server]:
    """Run a server until the end of the block; `PORT` in the command becomes a free port.

    `first` is sent again and again, with a millisecond between, until it succeeds.
    Raises NotStarted.
    """
    port = _free_port()
    with tempfile.TemporaryFile("w+") as log:  # a full pipe would block the server
        spawned = time.perf_counter()
        process = subprocess.Popen(
            [part.replace("PORT", str(port)) for part in command],
            # Empty means not set: compiled modules are kept for the next start.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "", **(environment or {})},
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
        try:
            server = Server(process, port, 0)
            _wait_for_answer(server, log, first, spawned + _START_TIMEOUT)
            yield Server(process, port, time.perf_counter() - spawned)
        finally:
            process.kill()
            process.wait()


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


def _wait_for_answer(server: Server, log: TextIO, first: Call, deadline: float) -> None:
    problem = "nothing was tried"
    while time.perf_counter() < deadline:
        try:
            server.send(first)
        except (OSError, ValueError, http.client.HTTPException) as error:
            problem = str(error)
        else:
            return
        if server.process.poll() is not None:
            log.seek(0)
            end = log.read().strip()[-500:]
            raise NotStarted(f"it ended with status {server.process.returncode}: {end}")
        time.sleep(_PAUSE)
    raise NotStarted(f"no success within {_START_TIMEOUT} s: {problem}")
