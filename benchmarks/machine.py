"""On what was measured: processor, kernel, and the versions of everything that took part."""

import os
import platform
import re
import subprocess
import time
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("cryptography", "httptools", "msgspec", "orjson", "pydantic", "uvicorn", "uvloop")


def machine() -> str:
    """Processor, cores, memory, kernel and system in a line, without the machine's name."""
    cpu = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    kernel = platform.release().partition("-")[0]  # what follows is its builder's
    name = cpu[1] if cpu else platform.machine()
    return f"{name}, {os.cpu_count()} cores, {memory:.0f} GiB; Linux {kernel}, {system}".rstrip(
        ", "
    )


def busy(seconds: float = 2) -> float:
    """The share of the processors that others use, while nothing is measured."""
    idle, total = _ticks()
    time.sleep(seconds)
    idle_since, total_since = _ticks()
    return 1 - (idle_since - idle) / max(1, total_since - total)


def _ticks() -> tuple[int, int]:
    ticks = [int(field) for field in Path("/proc/stat").read_text().split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def versions() -> dict[str, str]:
    """The versions of what runs the emulator and its peers, by name."""
    found = {"Python": platform.python_version(), "auth-emulator": version("auth-emulator")}
    found |= {package: version(package) for package in _PACKAGES}
    found["OpenSSL"] = _openssl()
    found["Node"] = _said("node", "--version").removeprefix("v")
    wrk = re.search(r"wrk (?:debian/)?([\d.]+)", _said("wrk", "--version"))
    found["wrk"] = wrk[1] if wrk else "unknown"
    return found


def commit() -> str:
    """The commit that was measured; with a mark when files were changed since."""
    folder = Path(__file__).parent
    if not (folder.parent / ".git").exists():
        return "unknown"
    return _said("git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=10")


def _openssl() -> str:
    from cryptography.hazmat.backends.openssl import backend

    return backend.openssl_version_text().split()[1]


def _said(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()
