"""docs/performance.md and its plot, from the figures of a run."""

from datetime import UTC, datetime
from pathlib import Path
from string import Template
from textwrap import fill

from benchmarks import machine, peers, tables
from benchmarks.figures import NOISE, Figures
from benchmarks.plot import plot
from benchmarks.server import ROOT
from benchmarks.targets import targets

_TEMPLATE = Path(__file__).with_name("performance.template.md")
_PAGE = ROOT / "docs" / "performance.md"
_PLOT = ROOT / "docs" / "performance.svg"


def page(figures: Figures, scratch: Path, rounds: int) -> str:
    """The page as it stands in the docs."""
    versions = machine.versions() | peers.versions(scratch)
    state = [f"Not measured: {failure}." for failure in figures.failures]
    if figures.noisy():
        state.append("**The machine was too noisy: these numbers are provisional.**")
    return Template(_TEMPLATE.read_text()).substitute(
        date=datetime.now(UTC).date().isoformat(),
        commit=machine.commit(),
        rounds=rounds,
        state="".join(f"\n\n{sentence}" for sentence in state),
        targets=tables.of_targets(targets(figures)),
        tokens=tables.of_tokens(figures),
        cpu=tables.of_cpu(figures),
        latency=tables.of_latency(figures),
        uses=tables.of_uses(figures),
        starts=tables.of_starts(figures),
        memory=tables.of_memory(figures),
        rest=tables.of_the_rest(figures),
        widest=f"{figures.widest():.0%}",
        noise=f"{NOISE:.0%}",
        machine=machine.machine(),
        versions=fill(", ".join(f"{name} {version}" for name, version in versions.items()), 100),
    )


def write(figures: Figures, scratch: Path, rounds: int) -> None:
    """Put page and plot into the docs."""
    _PAGE.write_text(page(figures, scratch, rounds))
    _PLOT.write_text(plot(figures))
