"""A fault that delays one principal: what the others notice of it."""

import subprocess
import sys

from benchmarks.figures import Figures
from benchmarks.load import Wrk
from benchmarks.ours import SIGN_IN, Setup, fixture, vault_sign_in

_CALLERS = 8
_SECONDS = 5
_FAULT = "faults:\n  - {vendor: vault, principal: slow@example.com, delay: 2s}\n"


def measure(figures: Figures, setup: Setup, wrk: Wrk, rounds: int) -> None:
    """The others' p50 and p99 in ms at one connection, with and without callers who wait."""
    with setup.serving(setup.write("delay", fixture("ES256", _FAULT))) as server:
        SIGN_IN["vault"].answer(server.port)
        wrk.run(server, SIGN_IN["vault"], 1, 1)
        for number in range(rounds):
            print(f"a delay: round {number + 1} of {rounds} ...", file=sys.stderr)
            for name in ("without a delay", "with a delay"):
                waiting: subprocess.Popen[str] | None = None
                if name == "with a delay":
                    slow = vault_sign_in("slow@example.com")
                    waiting = wrk.beside(server, slow, _CALLERS, _SECONDS)
                load = wrk.run(server, SIGN_IN["vault"], 1, _SECONDS)
                figures.add(f"{name} p50", load.p50)
                figures.add(f"{name} p99", load.p99)
                if waiting is not None:
                    waiting.communicate()
