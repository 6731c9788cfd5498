"""What a test costs: a realm made by the control API, and a test with the pytest plugin."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks import subjects
from benchmarks.figures import Bench, Figures, Promise, show, table
from benchmarks.server import ROOT, Call

_REALMS = 100
_TEST_FILE = Path(__file__).with_name("plugin_tests.py")


def measure(bench: Bench) -> None:
    """Medians of each round, in ms. Raises NotStarted, CalledProcessError."""
    with subjects.emulator(bench.scratch, subjects.fixture("ES256")) as server:
        for number in range(bench.rounds):
            print(f"realms: round {number + 1} of {bench.rounds} ...", file=sys.stderr)
            times = []
            with server.connect() as connection:
                for realm in range(_REALMS):
                    call = Call(f"/_emulator/realms/r{number}-{realm}", method="PUT")
                    began = time.perf_counter()
                    call.send(connection)
                    times.append(time.perf_counter() - began)
            bench.figures.add("realm", median(times) * 1e3)
            bench.figures.add("plugin test", _plugin_test(bench.scratch) * 1e3)


def _plugin_test(scratch: Path) -> float:
    """From the beginning of one test to that of the next, in seconds."""
    times = scratch / "test-times.json"
    command = [
        str(subjects.PYTHON), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull,
        "--rootdir", str(scratch), str(_TEST_FILE),
    ]  # fmt: skip
    environment = {**os.environ, "TEST_TIMES": str(times)}
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    began: list[float] = json.loads(times.read_text())
    return median(after - before for before, after in pairwise(began))


def promises(figures: Figures) -> Iterator[Promise]:
    """A realm, and a test that has one of its own."""
    yield Promise("A realm made", figures.median("realm"), 5, "ms")
    yield Promise("A test with the pytest plugin", figures.median("plugin test"), 10, "ms")


def tables(figures: Figures) -> str:
    """Both."""
    rows = [
        ("`PUT /_emulator/realms/{name}`", show(figures.median("realm"), "ms")),
        (
            "a test with `auth_emulator`: sign in, advance the clock, verify the journal",
            show(figures.median("plugin test"), "ms"),
        ),
    ]
    return table(("", "median"), rows)
