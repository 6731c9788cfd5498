"""Streams that are closed or full: one line, and never a traceback."""

import subprocess

import pytest
from commands import COMMAND


@pytest.mark.parametrize(
    "command",
    ["schema >&-", "--help >&-", "inspect <&-", "schema >/dev/full", "--help >/dev/full"],
)
def test_a_stream_that_is_closed_or_full_is_one_line_and_status_1(command: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$0" {command}', COMMAND],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("auth-emulator")
