"""Memory: idle, and while a million sign-ins go to a thousand realms."""

import sys

from benchmarks.calls import Call
from benchmarks.figures import Figures
from benchmarks.load import Wrk
from benchmarks.ours import Setup, fixture, realm_sign_in

REALMS = 1_000
MARKS = (200_000, 400_000, 600_000, 800_000, 1_000_000)
"""After how many sign-ins the memory is read."""


def measure(figures: Figures, setup: Setup, wrk: Wrk, *, quick: bool) -> None:
    """RSS in MB at each mark; quickly: a tenth of each."""
    names = [f"r{number:04}" for number in range(REALMS)]
    with setup.serving(setup.write("memory", fixture("HS256"))) as server:
        figures.add("ours RSS idle", server.rss())
        for name in names:
            Call(f"/_emulator/realms/{name}", method="PUT").answer(server.port)
        calls = [realm_sign_in(name) for name in names]
        done, rate = 0, 5_000.0
        for mark in MARKS:
            aim = mark // 10 if quick else mark
            print(f"memory: {aim:,} sign-ins in {REALMS:,} realms ...", file=sys.stderr)
            while done < aim:
                # A little less than is thought to be needed: a run ends by time, not by count.
                seconds = max(1, int((aim - done) / rate * 0.98))
                load = wrk.run(server, calls, seconds=seconds, skip=done)
                done, rate = done + load.requests, load.rate
            figures.add(f"ours RSS at {mark}", server.rss())
