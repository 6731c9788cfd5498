"""A signal at any moment of a start ends the server, and nothing else happens."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="sees as Linux shows it when signals are heeded"
)

MOMENTS = [n / 1000 for n in range(0, 1400, 120)]
"""Seconds after the command heeds signals: through its imports, until it serves."""


def heeds_signals(process: int) -> bool:
    """Whether a process catches SIGTERM, as Python itself does not."""
    status = Path(f"/proc/{process}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_during_the_start_ends_it_quietly(number: signal.Signals) -> None:
    for moment in MOMENTS:
        command = [sys.executable, "-m", "emulator", "serve", "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            while not heeds_signals(process.pid):
                time.sleep(0.001)
            time.sleep(moment)
            process.send_signal(number)
            said = process.communicate(timeout=10)[1]
        assert process.returncode == 0, (moment, said)
        assert all(" serving " in line for line in said.splitlines()), (moment, said)
