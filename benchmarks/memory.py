"""Memory: idle, and while a million sign-ins go to a thousand realms."""

import sys
from collections.abc import Iterator

from benchmarks import subjects
from benchmarks.figures import Bench, Figures, Promise, show, table
from benchmarks.load import load
from benchmarks.server import Call
from benchmarks.subjects import SIGN_IN

REALMS = 1_000
MARKS = (200_000, 400_000, 600_000, 800_000, 1_000_000)
QUICK_MARKS = (150_000, 175_000, 200_000)
"""After how many sign-ins the memory is read: the journals have reached their bound by then."""

FLAT = 1.05
"""Memory that grows by less than this factor is flat: allocators give back in steps."""


def measure(bench: Bench) -> None:
    """RSS in MB, once. Raises NotStarted, LoadFailed."""
    figures, sign_in = bench.figures, SIGN_IN["omniomni"]
    bases = [f"/realms/r{number:04}" for number in range(REALMS)]
    calls = [Call(base + sign_in.path, sign_in.body) for base in bases]
    with subjects.emulator(bench.scratch, subjects.fixture("HS256")) as server:
        for call in SIGN_IN.values():
            server.send(call)
        figures.add("RSS idle", server.rss())
        with server.connect() as connection:
            for base in bases:
                Call(f"/_emulator{base}", method="PUT").send(connection)
        done = 0
        for mark in QUICK_MARKS if bench.quick else MARKS:
            print(f"memory: {mark:,} sign-ins in {REALMS:,} realms ...", file=sys.stderr)
            while done < mark:
                done += load(server, calls, seconds=1 if bench.quick else 5).requests
            figures.add("sign-ins", done)
            figures.add("RSS", server.rss())


def promises(figures: Figures) -> Iterator[Promise]:
    """Little when idle, and flat."""
    yield Promise("RSS idle, HS256", figures.median("RSS idle"), 100, "MB")
    sign_ins, rss = figures.values("sign-ins"), figures.values("RSS")
    what = f"RSS after {sign_ins[-1]:,.0f} sign-ins beside that after {sign_ins[0]:,.0f}"
    yield Promise(what, rss[-1] / rss[0], FLAT, "times")


def tables(figures: Figures) -> str:
    """Each reading."""
    rows = [("idle, after a sign-in at each vendor", show(figures.median("RSS idle"), "MB"))]
    for done, rss in zip(figures.values("sign-ins"), figures.values("RSS"), strict=True):
        rows.append((f"after {done:,.0f} sign-ins in {REALMS:,} realms", show(rss, "MB")))
    return table(("", "RSS"), rows)
