"""What was measured on which machine: processor, system, commit, versions."""

import json
import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from benchmarks.server import ROOT

_PACKAGES = ("cryptography", "fastapi", "httptools", "pydantic", "pyjwt", "uvicorn", "uvloop")


def machine() -> str:
    """Processor, cores, memory, kernel and system in a line, without the machine's name."""
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    processor = model[1] if model else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = platform.release().partition("-")[0]
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "unknown")
    return f"{processor}, {os.cpu_count()} cores, {memory:.0f} GiB; Linux {kernel}, {system}"


def commit() -> str:
    """The commit that was measured; `-dirty` when files were changed since."""
    return _output("git", "-C", str(ROOT), "describe", "--always", "--dirty") or "unknown"


def versions(scratch: Path) -> str:
    """Versions of all that took part."""
    found = {"Python": platform.python_version()}
    found |= {package: version(package) for package in _PACKAGES}
    found["Node"] = _output("node", "--version").removeprefix("v")
    package = scratch / "node" / "node_modules" / "oidc-provider" / "package.json"
    found["oidc-provider"] = json.loads(package.read_text())["version"]
    wrk = re.search(r"wrk (?:debian/)?([\d.]+)", _output("wrk", "--version"))
    found["wrk"] = wrk[1] if wrk else "unknown"
    return ", ".join(f"{name} {number}" for name, number in found.items())


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()  # of git nothing, where this is no repository
