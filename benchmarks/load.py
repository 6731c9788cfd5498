"""Load by `wrk`: as many requests as a server answers, on connections that are kept alive."""

import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.server import Call, Server

CONNECTIONS = 32

_SETTLE = 0.1
"""Seconds before each run, for answers of the run before that are still under way."""

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


class LoadFailed(Exception):
    """Some answers were not 2xx, or there were none, so that a rate would mean nothing."""


@dataclass(frozen=True)
class Load:
    """What a run of wrk counted."""

    requests: int
    seconds: float
    cpu_seconds: float
    """CPU time that the server used meanwhile."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    @property
    def per_cpu_second(self) -> float:
        """Answers in a second of the server's CPU time."""
        return self.requests / self.cpu_seconds


def load(server: Server, calls: Sequence[Call], seconds: int = 1) -> Load:
    """Send the calls in turn for so long. Raises LoadFailed."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_script(calls))
        script.flush()
        command = [
            "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s",
            "-s", script.name, f"http://127.0.0.1:{server.port}",
        ]  # fmt: skip
        time.sleep(_SETTLE)
        before = server.cpu_seconds()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        cpu_seconds = server.cpu_seconds() - before
    counted = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m),", done.stdout)
    failed = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*", done.stdout)
    # wrk goes on without a script that it cannot read, and writes an error.
    if counted is None or counted[1] == "0" or failed is not None or done.stderr:
        problem = failed[0] if failed else f"{done.stdout}{done.stderr}".strip()[-300:]
        raise LoadFailed(f"{calls[0].method} {calls[0].path}: {problem}")
    return Load(int(counted[1]), float(counted[2]) * _UNITS[counted[3]], cpu_seconds)


def _script(calls: Sequence[Call]) -> str:
    lines = ["local calls = {}", "init = function()"]
    for number, call in enumerate(calls):
        headers = ", ".join(f"[ {_quote(k)} ] = {_quote(v)}" for k, v in call.headers().items())
        body = _quote(call.body) if call.body else "nil"
        call_in_lua = f"{_quote(call.method)}, {_quote(call.path)}, {{{headers}}}, {body}"
        lines.append(f"  calls[{number}] = wrk.format({call_in_lua})")
    lines += ["end", "local next_call = 0", "request = function()"]
    lines += ["  local call = calls[next_call]"]
    lines += [f"  next_call = (next_call + 1) % {len(calls)}", "  return call", "end"]
    return "\n".join(lines)


def _quote(text: str) -> str:
    return f"[==[{text}]==]"
