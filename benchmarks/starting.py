"""From spawn to first token: the emulator with and without keys in its cache, and its peers."""

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import Figures
from benchmarks.ours import SIGN_IN, Setup, fixture
from benchmarks.peers import Peer
from benchmarks.server import running
from benchmarks.throughput import FLOOR


def measure(figures: Figures, setup: Setup, peers: Sequence[Peer], runs: int) -> None:
    """Alternately, `runs` times (slow peers less often), in ms."""
    ways: list[tuple[str, int, Callable[[], float]]] = [("floor", runs, _floor)]
    for algorithm in ("ES256", "RS256"):
        file = setup.write(f"start-{algorithm}", fixture(algorithm))
        with setup.serving(file):
            pass  # its key is in the cache from now on
        ways.append((f"ours {algorithm}", runs, partial(_ours, setup, file)))
        ways.append((f"ours {algorithm} no key", runs, partial(_ours_without_key, setup, file)))
    ways += [
        (peer.name, min(runs, peer.starts), partial(_peer, peer))
        for peer in peers
        if peer.algorithm == "ES256" or peer.name == "moto"
    ]
    for number in range(runs):
        print(f"spawn to first token: {number + 1} of {runs} ...", file=sys.stderr)
        for name, times, spawn in ways:
            if number < times:
                figures.add(f"{name} start", spawn() * 1e3, bounded=True)


def _floor() -> float:
    with running(FLOOR, SIGN_IN["omniomni"]) as server:
        return server.first


def _ours(setup: Setup, file: Path) -> float:
    with setup.serving(file) as server:
        return server.first


def _ours_without_key(setup: Setup, file: Path) -> float:
    empty = setup.scratch / "no-keys"
    shutil.rmtree(empty, ignore_errors=True)
    with setup.serving(file, keys=empty) as server:
        return server.first


def _peer(peer: Peer) -> float:
    with peer.running() as server:
        answering = time.perf_counter()
        peer.asked(server).answer(server.port)
        # Where the first answer brought the token, nothing more was needed.
        setting_up = time.perf_counter() - answering if peer.name == "moto" else 0
        return server.first + setting_up
