"""Load, by `wrk`: as fast as a server answers, on connections that stay open."""

import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calls import Call
from benchmarks.server import Server

MANY = 32
"""Connections under load; the other load is one connection."""

_SETTLING = 0.1
"""For what the run before left behind, in seconds: answers that nobody waits for any more."""

_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


class Refused(Exception):
    """Some answers were no success, so that the figure would mean nothing."""


@dataclass(frozen=True)
class Load:
    """What a run of wrk found."""

    requests: int
    rate: float
    """Answers a second."""
    p50: float
    p99: float
    """Latency in ms that so many percent of the answers stayed below."""
    cpu: float
    """CPU seconds of the server."""
    cpus: float
    """CPUs that the server kept busy, on the average."""


class Wrk:
    """Runs wrk, with scripts in a scratch folder."""

    def __init__(self, scratch: Path) -> None:
        self._script = scratch / "call.lua"

    def run(
        self,
        server: Server,
        calls: Call | Sequence[Call],
        connections: int = MANY,
        seconds: int = 2,
        skip: int = 0,
    ) -> Load:
        """Ask for so long; several calls in turn, from `skip` on. Raises Refused."""
        several = [calls] if isinstance(calls, Call) else calls
        self._script.write_text(_script(several, skip))
        time.sleep(_SETTLING)
        before = server.cpu_seconds()
        said = _wrk(server.port, several[0].path, self._script, connections, seconds)
        return _read(several[0], said, server.cpu_seconds() - before)

    def beside(
        self, server: Server, call: Call, connections: int, seconds: int
    ) -> "subprocess.Popen[str]":
        """The same in the background, for who measures something else."""
        script = self._script.with_name("beside.lua")
        script.write_text(_script([call], 0))
        return subprocess.Popen(
            _command(server.port, call.path, script, connections, seconds),
            stdout=subprocess.PIPE,
            text=True,
        )


def _command(port: int, path: str, script: Path, connections: int, seconds: int) -> list[str]:
    url = f"http://127.0.0.1:{port}{path}"
    return [
        "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency",
        "-s", str(script), url,
    ]  # fmt: skip


def _wrk(port: int, path: str, script: Path, connections: int, seconds: int) -> str:
    command = _command(port, path, script, connections, seconds)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def _quoted(text: str) -> str:
    return f"[==[{text}]==]"


def _script(calls: Sequence[Call], skip: int) -> str:
    lines = ["local calls = {}"]
    lines += ["init = function()"]
    for number, call in enumerate(calls):
        headers = ", ".join(f"[ {_quoted(k)} ] = {_quoted(v)}" for k, v in call.headers().items())
        body = _quoted(call.body) if call.body else "nil"
        lines.append(
            f"  calls[{number}] = wrk.format({_quoted(call.method)}, {_quoted(call.path)}, "
            f"{{{headers}}}, {body})"
        )
    lines += ["end", f"local at = {skip % len(calls)}"]
    lines += ["request = function()", "  local call = calls[at]"]
    lines += [f"  at = (at + 1) % {len(calls)}", "  return call", "end"]
    return "\n".join(lines)


def _read(call: Call, said: str, cpu: float) -> Load:
    counted = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", said)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)", said)
    if counted is None or bad is not None or counted[1] == "0":
        raise Refused(f"{call.method} {call.path}: {bad[0] if bad else said.strip()[-200:]}")
    seconds = float(counted[2]) * _UNITS[counted[3]] / 1e3
    requests = int(counted[1])
    return Load(
        requests, requests / seconds, _latency(said, 50), _latency(said, 99), cpu, cpu / seconds
    )


def _latency(said: str, percent: int) -> float:
    found = re.search(rf"^\s+{percent}%\s+([\d.]+)(us|ms|s|m)\s*$", said, re.MULTILINE)
    if found is None:
        raise Refused(said.strip()[-200:])
    return float(found[1]) * _UNITS[found[2]]
