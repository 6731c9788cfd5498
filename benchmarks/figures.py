"""Figures, promises, and the tables that show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median


class Figures:
    """What was measured: by name a value for each round."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}

    def add(self, name: str, value: float) -> None:
        """Add the value of another round."""
        self._values.setdefault(name, []).append(value)

    def values(self, name: str) -> list[float]:
        """The value of every round."""
        return self._values[name]

    def median(self, name: str) -> float:
        """The median of all rounds."""
        return median(self.values(name))

    def ratio(self, name: str, other: str) -> float:
        """The median of the rounds' ratios: what slows a whole round down changes none of them."""
        pairs = zip(self.values(name), self.values(other), strict=True)
        return median(value / beside for value, beside in pairs)


@dataclass(frozen=True)
class Bench:
    """One run: how much is measured, and what was measured so far."""

    scratch: Path
    """Where the peer, keys and fixtures lie."""
    rounds: int
    quick: bool = False
    figures: Figures = field(default_factory=Figures)


@dataclass(frozen=True)
class Promise:
    """One bar. `measured` and `bound` are in `unit`; less is better unless `at_least`."""

    what: str
    measured: float
    bound: float
    unit: str
    at_least: bool = False

    @property
    def kept(self) -> bool:
        """Whether the measured value is on the right side of the bound."""
        return self.measured >= self.bound if self.at_least else self.measured <= self.bound


def promises_table(promises: Iterable[Promise]) -> str:
    """Every promise, and whether it is kept."""
    return table(
        ("what", "measured", "wanted", ""),
        (
            (
                promise.what,
                show(promise.measured, promise.unit),
                f"{'at least' if promise.at_least else 'at most'} {promise.bound:g} {promise.unit}",
                "met" if promise.kept else "**not met**",
            )
            for promise in promises
        ),
    )


def show(value: float, unit: str = "") -> str:
    """A figure with about three significant digits, and its unit."""
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}".rstrip()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
