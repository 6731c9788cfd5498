"""Tokens a second and per CPU second: the emulator beside the mock and oidc-provider.

All servers run from the beginning to the end, and one at a time is under load. Every round measures
each of them once, every second round in the opposite order.
"""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import subjects
from benchmarks.figures import Bench, Figures, Promise, show, table
from benchmarks.load import load
from benchmarks.server import Call, Server
from benchmarks.subjects import ALGORITHMS, PEER_ALGORITHMS, SIGN_IN, TOKENS, VENDORS

BESIDE_MOCK = {"RS256": 0.9, "ES256": 0.9, "HS256": 0.7}
"""The least share of the mock's rate."""

BESIDE_PEER = {"RS256": 1.2, "ES256": 1.4}
"""The least number of times oidc-provider's tokens per CPU second."""


@dataclass(frozen=True)
class _Subject:
    name: str
    server: Server
    call: Call
    tokens: int

    def measure(self, figures: Figures) -> None:
        run = load(self.server, [self.call])
        figures.add(f"{self.name} rate", run.rate * self.tokens)
        figures.add(f"{self.name} per CPU second", run.per_cpu_second * self.tokens)


def measure(bench: Bench) -> None:
    """Rates of all, round after round. Raises NotStarted, LoadFailed."""
    with ExitStack() as stack:
        found = list(_subjects(bench, stack))
        for subject in found:  # what is made at first use is made now
            load(subject.server, [subject.call])
        for number in range(bench.rounds):
            print(f"throughput: round {number + 1} of {bench.rounds} ...", file=sys.stderr)
            for subject in found if number % 2 == 0 else reversed(found):
                subject.measure(bench.figures)


def _subjects(bench: Bench, stack: ExitStack) -> Iterator[_Subject]:
    peer = stack.enter_context(subjects.oidc_provider(bench.scratch))
    for algorithm in ALGORITHMS:
        fixture = subjects.fixture(algorithm)
        emulator = stack.enter_context(subjects.emulator(bench.scratch, fixture))
        mock = stack.enter_context(subjects.mock(algorithm))
        for vendor in VENDORS:
            for name, server in (("emulator", emulator), ("mock", mock)):
                title = f"{name} {vendor} {algorithm}"
                yield _Subject(title, server, SIGN_IN[vendor], TOKENS[vendor])
        if algorithm in PEER_ALGORITHMS:
            call = subjects.oidc_provider_call(algorithm)
            yield _Subject(f"oidc-provider {algorithm}", peer, call, 1)


def promises(figures: Figures) -> Iterator[Promise]:
    """Beside the mock by rate, beside oidc-provider by CPU time."""
    for algorithm, share in BESIDE_MOCK.items():
        for vendor, title in VENDORS.items():
            mock, emulator = f"mock {vendor} {algorithm}", f"emulator {vendor} {algorithm}"
            ratio = figures.ratio(f"{emulator} rate", f"{mock} rate")
            what = f"{title}, {algorithm}: rate beside the mock's"
            yield Promise(what, ratio, share, "times", at_least=True)
    for algorithm, times in BESIDE_PEER.items():
        for vendor, title in VENDORS.items():
            emulator, peer = f"emulator {vendor} {algorithm}", f"oidc-provider {algorithm}"
            ratio = figures.ratio(f"{emulator} per CPU second", f"{peer} per CPU second")
            what = f"{title}, {algorithm}: tokens per CPU second beside oidc-provider's"
            yield Promise(what, ratio, times, "times", at_least=True)


def tables(figures: Figures) -> str:
    """Tokens a second, with those per CPU second in brackets."""
    rows = []
    for vendor, title in VENDORS.items():
        for name in ("emulator", "mock"):
            cells = [_cell(figures, f"{name} {vendor} {algorithm}") for algorithm in ALGORITHMS]
            rows.append([f"{title}, {name}", *cells])
    cells = [_cell(figures, f"oidc-provider {algorithm}") for algorithm in PEER_ALGORITHMS]
    rows.append(["oidc-provider", *cells, ""])
    return table(("", *ALGORITHMS), rows)


def _cell(figures: Figures, name: str) -> str:
    rate, per_cpu = figures.median(f"{name} rate"), figures.median(f"{name} per CPU second")
    return f"{show(rate)} ({show(per_cpu)})"
