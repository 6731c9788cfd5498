"""Tokens a second: the floor, bare signing, the emulator and its peers, round after round.

All servers stand from the beginning to the end, and one at a time is under load.
"""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.calls import Call
from benchmarks.figures import Figures
from benchmarks.load import MANY, Wrk
from benchmarks.ours import SIGN_IN, TOKENS, VENDORS, Setup, fixture, using_tokens
from benchmarks.peers import Peer
from benchmarks.server import Server, running
from benchmarks.signing import ALGORITHMS, rate

_SECONDS = 1
_RUNS = {"RS256": 2, "ES256": 3, "HS256": 5}
"""How often in a round. Not once for as many seconds: a shared machine is quiet for a moment rather
than for long; most where an answer takes the least, and what others do weighs the most."""
_RUNS_OF_OTHERS = 2
_SIGNING_SECONDS = 0.75

FLOOR = [sys.executable, "-m", "benchmarks.floor", "PORT"]


@dataclass(frozen=True)
class Subject:
    """What is put under load, and how many tokens an answer holds."""

    name: str
    process: str
    server: Server
    call: Call
    tokens: int
    alone: bool = True
    """Whether one connection is measured too."""


def measure(figures: Figures, setup: Setup, peers: Sequence[Peer], wrk: Wrk, rounds: int) -> None:
    """Every figure of this part, `rounds` times."""
    with ExitStack() as stack:
        server = stack.enter_context(running(FLOOR, SIGN_IN["omniomni"]))
        floor = Subject("floor", "floor", server, SIGN_IN["omniomni"], 1)
        ours = _ours(figures, stack, setup)
        theirs = _peers(figures, stack, peers)
        subjects = [floor, *ours, *theirs]
        for subject in subjects:  # what is made at the first use is made now
            wrk.run(subject.server, subject.call, seconds=1)
        for number in range(rounds):
            print(f"tokens a second: round {number + 1} of {rounds} ...", file=sys.stderr)
            _load(figures, floor, wrk, _RUNS_OF_OTHERS)
            for algorithm in ALGORITHMS:
                _limits(figures, algorithm, floor, wrk)
                for subject in ours:
                    if algorithm in subject.process:
                        _load(figures, subject, wrk, _RUNS[algorithm])
            for subject in theirs:
                _load(figures, subject, wrk, _RUNS_OF_OTHERS)
        for process, server in {subject.process: subject.server for subject in subjects}.items():
            figures.add(f"{process} RSS loaded", server.rss())


def _ours(figures: Figures, stack: ExitStack, setup: Setup) -> list[Subject]:
    subjects = []
    for algorithm in ALGORITHMS:
        ours = f"ours {algorithm}"
        file = setup.write(algorithm, fixture(algorithm))
        server = stack.enter_context(setup.serving(file))
        for vendor in VENDORS:
            SIGN_IN[vendor].answer(server.port)
            name = f"{vendor} {algorithm}"
            subjects.append(Subject(name, ours, server, SIGN_IN[vendor], TOKENS[vendor]))
        figures.add(f"{ours} RSS idle", server.rss())
        if algorithm == "ES256":
            for name, (_, call) in using_tokens(server).items():
                subjects.append(Subject(name, ours, server, call, 1, alone=False))
            other = stack.enter_context(setup.under_uvicorn(file))
            name = "omniomni ES256 under uvicorn"
            subjects.append(Subject(name, name, other, SIGN_IN["omniomni"], 1, alone=False))
    return subjects


def _peers(figures: Figures, stack: ExitStack, peers: Sequence[Peer]) -> list[Subject]:
    subjects = []
    for peer in peers:
        server = stack.enter_context(peer.running())
        name = f"{peer.name} {peer.algorithm}"
        call = peer.asked(server)
        call.answer(server.port)
        figures.add(f"{name} RSS idle", server.rss())
        subjects.append(Subject(name, name, server, call, peer.tokens))
    return subjects


def _limits(figures: Figures, algorithm: str, floor: Subject, wrk: Wrk) -> None:
    """What limits the sign-ins that are measured next: a machine's pace changes within a round."""
    for _ in range(_RUNS[algorithm]):
        figures.add(f"signing {algorithm}", rate(algorithm, _SIGNING_SECONDS), bounded=True)
        load = wrk.run(floor.server, floor.call, MANY, _SECONDS)
        figures.add(f"floor beside {algorithm}", load.rate, bounded=True)


def _load(figures: Figures, subject: Subject, wrk: Wrk, runs: int) -> None:
    for _ in range(runs):
        many = wrk.run(subject.server, subject.call, MANY, _SECONDS)
        name = f"{subject.name} at {MANY}"
        figures.add(name, many.rate * subject.tokens, bounded=True)
        figures.add(f"{name} a CPU second", many.requests * subject.tokens / many.cpu)
        figures.add(f"{name} CPUs", many.cpus)
    for _ in range(runs if subject.alone else 0):
        one = wrk.run(subject.server, subject.call, 1, _SECONDS)
        name = f"{subject.name} at 1"
        figures.add(name, one.rate * subject.tokens, bounded=True)
        figures.add(f"{name} p50", one.p50)
        figures.add(f"{name} p99", one.p99)
        figures.add(f"{name} p99/p50", one.p99 / one.p50)


def share(figures: Figures, name: str, algorithm: str, signatures: int) -> float | None:
    """Which part of its limit a sign-in reaches, each at its best: others only ever slow down."""
    found = [f"{name} at {MANY}", f"floor beside {algorithm}", f"signing {algorithm}"]
    reached, floor, signing = map(figures.most, found)
    if reached is None or floor is None or signing is None:
        return None
    return reached * (1 / floor + signatures / signing) / signatures


def limit(figures: Figures, algorithm: str, signatures: int) -> list[float]:
    """Round by round, the tokens a second that the floor and bare signing leave one process."""
    floors = figures.values(f"floor beside {algorithm}")
    bare = figures.values(f"signing {algorithm}")
    if len(floors) != len(bare):
        return []
    pairs = zip(floors, bare, strict=True)
    return [signatures / (1 / floor + signatures / signing) for floor, signing in pairs]
