"""`python -m benchmarks`: what `scripts/bench` runs once everything is there."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import delaying, machine, many_users, memory, peers, starting, tables, throughput
from benchmarks.figures import NOISE, Figures
from benchmarks.load import Refused, Wrk
from benchmarks.ours import Setup
from benchmarks.page import page, write
from benchmarks.server import NotStarted
from benchmarks.targets import targets

_ROUNDS = 5
_STARTS = 15


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give at least 1")
    return number


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure the emulator beside its limit and its peers, and write "
        "docs/performance.md and its plot. Exit status: 0, or 1 where the machine was too noisy "
        "or something could not be measured, and nothing was written.",
    )
    parser.add_argument(
        "--quick", action="store_true", help="fewer rounds; show what must hold, write nothing"
    )
    parser.add_argument("--only", choices=_PARTS, help="one part; write nothing")
    parser.add_argument(
        "--rounds",
        type=_at_least_one,
        help=f"how many ({_ROUNDS}); starts and memory have numbers of their own",
    )
    parser.add_argument(
        "--scratch",
        type=Path,
        default=Path(tempfile.gettempdir()) / "auth-emulator-bench",
        help="where peers, keys and fixtures lie (%(default)s)",
    )
    parser.add_argument(
        "--noisy",
        action="store_true",
        help="write although the machine was too noisy; the page then says so",
    )
    return parser.parse_args()


class _Run:
    """A run of the parts, with what they share."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.figures = Figures()
        self.scratch: Path = arguments.scratch.resolve()
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.rounds: int = arguments.rounds or (2 if arguments.quick else _ROUNDS)
        self.quick: bool = arguments.quick
        self._setup, self._wrk = Setup(self.scratch), Wrk(self.scratch)
        self._peers = peers.installed(self.scratch)

    def throughput(self) -> None:
        throughput.measure(self.figures, self._setup, self._peers, self._wrk, self.rounds)

    def starting(self) -> None:
        runs = 5 if self.quick else _STARTS
        starting.measure(self.figures, self._setup, self._peers, runs)

    def memory(self) -> None:
        memory.measure(self.figures, self._setup, self._wrk, quick=self.quick)

    def delaying(self) -> None:
        delaying.measure(self.figures, self._setup, self._wrk, self.rounds)

    def many_users(self) -> None:
        many_users.measure(self.figures, self._setup, self._wrk, self.rounds)


_PARTS: dict[str, Callable[[_Run], None]] = {
    "throughput": _Run.throughput,
    "starting": _Run.starting,
    "memory": _Run.memory,
    "delaying": _Run.delaying,
    "users": _Run.many_users,
}


def main() -> int:
    """Run, show, and write what can be relied upon."""
    arguments = _arguments()
    # So that no server stays behind when it is told to stop.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        run = _Run(arguments)
    except peers.NotInstalled as error:
        print(f"a peer cannot be installed: {error}", file=sys.stderr)
        return 1
    run.figures.busy = machine.busy()
    try:
        for name, part in _PARTS.items():
            if arguments.only in (None, name):
                part(run)
    except (NotStarted, Refused) as error:
        print(f"broken off: {error}", file=sys.stderr)
        return 1
    figures = run.figures
    figures.save(run.scratch / "figures.json")
    partly = arguments.quick or arguments.only
    if partly:
        measured = (t for t in targets(figures) if not arguments.only or t.measured is not None)
        print(tables.of_targets(measured))
    else:
        print(page(figures, run.scratch, run.rounds))
    wrong = [f"the machine was too noisy: {figure}" for figure in figures.noisy()]
    wrong += [f"not measured: {failure}" for failure in figures.failures]
    for line in wrong:
        print(line, file=sys.stderr)
    if partly or (wrong and not arguments.noisy):
        if not partly:
            print(f"not written: no spread may be above {NOISE:.0%}", file=sys.stderr)
        return 1 if wrong else 0
    write(figures, run.scratch, run.rounds)
    return 0


sys.exit(main())
