"""`python -m benchmarks`: what `scripts/bench` runs once everything is installed."""

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import subjects
from benchmarks.figures import Bench
from benchmarks.load import LoadFailed
from benchmarks.page import PARTS, summary, write
from benchmarks.server import ROOT, NotStarted

_ROUNDS, _QUICK_ROUNDS = 5, 2


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measure the emulator beside a hand-made mock and oidc-provider, and write "
        "performance.md and performance.svg. Exit status: 0, or 1 when something could not be "
        "measured; then nothing is written.",
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds and sign-ins")
    parser.add_argument("--only", choices=PARTS, help="measure one part, and write nothing")
    parser.add_argument("--rounds", type=int, help=f"{_ROUNDS}, or {_QUICK_ROUNDS} with --quick")
    parser.add_argument(
        "--output",
        type=Path,
        help="the folder to write to: docs; with --quick nothing is written without it",
    )
    parser.add_argument(
        "--scratch",
        type=Path,
        default=Path(tempfile.gettempdir()) / "auth-emulator-bench",
        help="the folder for oidc-provider, keys and fixtures: %(default)s",
    )
    return parser.parse_args()


def main() -> int:
    """Measure, show, and write."""
    arguments = _arguments()
    # An exception ends the servers too, where the signal itself would leave them running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    scratch = arguments.scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    rounds = arguments.rounds or (_QUICK_ROUNDS if arguments.quick else _ROUNDS)
    bench = Bench(scratch, rounds, quick=arguments.quick)
    parts = [PARTS[arguments.only]] if arguments.only else list(PARTS.values())
    try:
        subjects.install_oidc_provider(scratch)
        for part in parts:
            part.measure(bench)
    except (NotStarted, LoadFailed, subprocess.CalledProcessError) as error:
        print(f"not measured: {error}", file=sys.stderr)
        return 1
    print(summary(bench.figures, parts))
    output = arguments.output or (None if arguments.quick else ROOT / "docs")
    if output is not None and not arguments.only:
        output.mkdir(parents=True, exist_ok=True)
        write(bench, output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
