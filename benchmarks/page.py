"""docs/performance.md and its plot, from the figures of a run."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from textwrap import fill
from typing import Protocol

from benchmarks import machine, memory, realms, starting, throughput, users
from benchmarks.figures import Bench, Figures, Promise, promises_table
from benchmarks.plot import plot

_TEMPLATE = Path(__file__).with_name("performance.template.md")


class Part(Protocol):
    """A module that measures one subject."""

    def measure(self, bench: Bench) -> None:
        """Add this part's figures. Raises NotStarted, LoadFailed, CalledProcessError."""

    def promises(self, figures: Figures) -> Iterator[Promise]:
        """The bars that it measures against."""

    def tables(self, figures: Figures) -> str:
        """What it found, in Markdown."""


PARTS: dict[str, Part] = {
    "throughput": throughput,
    "starting": starting,
    "realms": realms,
    "users": users,
    "memory": memory,
}


def summary(figures: Figures, parts: Iterable[Part]) -> str:
    """The promises and tables of these parts."""
    chosen = list(parts)
    promises = [promise for part in chosen for promise in part.promises(figures)]
    return "\n\n".join([promises_table(promises), *(part.tables(figures) for part in chosen)])


def page(bench: Bench) -> str:
    """The page, when all parts have been measured."""
    figures = bench.figures
    promises = [promise for part in PARTS.values() for promise in part.promises(figures)]
    tables = {name: part.tables(figures) for name, part in PARTS.items()}
    return Template(_TEMPLATE.read_text()).substitute(
        tables,
        promises=promises_table(promises),
        date=datetime.now(UTC).date().isoformat(),
        commit=machine.commit(),
        rounds=bench.rounds,
        quick="\n\n**This was a quick run: its figures are rough.**" * bench.quick,
        machine=machine.machine(),
        versions=fill(machine.versions(bench.scratch), 100),
    )


def write(bench: Bench, folder: Path) -> None:
    """Write page and plot into the folder."""
    (folder / "performance.md").write_text(page(bench))
    (folder / "performance.svg").write_text(plot(bench.figures))
