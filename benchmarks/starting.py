"""From spawn to first token: the emulator, the mock and oidc-provider in turn, with ES256."""

import sys
from collections.abc import Iterator

from benchmarks import subjects
from benchmarks.figures import Bench, Figures, Promise, show, table

_NAMES = ("emulator", "mock", "oidc-provider")


def measure(bench: Bench) -> None:
    """Starts in ms, twice as many as there are rounds. Raises NotStarted."""
    for number in range(1 + 2 * bench.rounds):
        print(f"starting: {number} of {2 * bench.rounds} ...", file=sys.stderr)
        for name, server in (
            ("emulator", subjects.emulator(bench.scratch, subjects.fixture("ES256"))),
            ("mock", subjects.mock("ES256")),
            ("oidc-provider", subjects.oidc_provider(bench.scratch)),
        ):
            with server as started:
                if number:  # start 0 compiles modules and makes the emulator's key
                    bench.figures.add(f"{name} start", started.start * 1e3)


def promises(figures: Figures) -> Iterator[Promise]:
    """Within twice oidc-provider's."""
    ratio = figures.ratio("emulator start", "oidc-provider start")
    yield Promise("Spawn to first token beside oidc-provider's", ratio, 2, "times")


def tables(figures: Figures) -> str:
    """The median of each."""
    rows = ([name, show(figures.median(f"{name} start"), "ms")] for name in _NAMES)
    return table(("", "spawn to first token"), rows)
