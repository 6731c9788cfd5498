"""Figures: what was measured, each as often as there were rounds."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median

NOISE = 0.25
"""The widest spread of a bounded figure that still counts as measured."""

BUSY = 0.1
"""The largest share of the processors that others may use meanwhile."""


def spread(values: Sequence[float]) -> float:
    """How far repeated runs lie apart, as a share of their median.

    The highest and the lowest fifth are left out: among so many figures a hiccup is certain.
    """
    fifth = len(values) // 5
    ordered = sorted(values)[fifth : len(values) - fifth]
    return (ordered[-1] - ordered[0]) / median(ordered) if ordered else 0.0


class Figures:
    """Values by name, in the order of their rounds.

    A bounded figure is one whose spread tells whether the machine was quiet: rates, starts.
    """

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}
        self._bounded: set[str] = set()
        self.failures: list[str] = []
        """What could not be measured, and why: one sentence each."""
        self.busy = 0.0
        """The share of the processors that others used before it began."""

    def add(self, name: str, value: float, *, bounded: bool = False) -> None:
        """Another round's value."""
        self._values.setdefault(name, []).append(value)
        if bounded:
            self._bounded.add(name)

    def values(self, name: str) -> list[float]:
        """Every round's value; none, when it was not measured."""
        return self._values.get(name, [])

    def median(self, name: str) -> float | None:
        """The middle of all rounds."""
        values = self.values(name)
        return median(values) if values else None

    def least(self, name: str) -> float | None:
        """The least of all rounds."""
        return min(self.values(name), default=None)

    def most(self, name: str) -> float | None:
        """The most of all rounds."""
        return max(self.values(name), default=None)

    def quotient(self, name: str, by: Sequence[float]) -> float | None:
        """The median of the rounds' quotients: what drifts from round to round hits both alike."""
        values = self.values(name)
        if not values or len(values) != len(by):
            return None
        return median(value / other for value, other in zip(values, by, strict=True))

    def noisy(self) -> list[str]:
        """What tells that the machine was too noisy: bounded figures with too wide a spread."""
        busy = [f"others use {self.busy:.0%} of it"] if self.busy > BUSY else []
        return busy + [
            f"{name}: {spread(self._values[name]):.0%}"
            for name in sorted(self._bounded)
            if spread(self._values[name]) > NOISE
        ]

    def widest(self) -> float:
        """The widest spread among the bounded figures."""
        return max((spread(self._values[name]) for name in self._bounded), default=0.0)

    def save(self, file: Path) -> None:
        """Keep all values, for who wants to see more than medians."""
        file.write_text(json.dumps(self._values, indent=1))
