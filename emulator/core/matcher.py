"""Compares the journal with an expectation: which calls, how many, which are nearest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import Any

from emulator.core.journal import Entry, JournalPage

_MAX_NEAREST = 5
"""The number of nearest calls that are shown."""

_WEIGHTS = {"vendor": 8, "operation": 8, "path": 6, "principal": 5, "method": 4, "outcome": 3}
"""How far a call is away that differs in a field; in every other: 2.

A refused call of the right client is nearer than a good one at another vendor.
"""

_REQUEST_FIELDS = frozenset({"method", "path"})
_SHOWN_FIELDS = ("number", "at", "vendor", "operation", "principal", "outcome", "status", "reason")


@dataclass(frozen=True)
class CallFilter:
    """A filter of calls: all `fields` must be equal; None selects calls without the field.

    `after` is the number of an entry, and `at` an instant as entries have it: only calls after that
    number, or from that instant on, match.
    """

    fields: Mapping[str, str | int | None] = field(default_factory=dict)
    after: int = 0
    at: str | None = None

    def matches(self, entry: Entry) -> bool:
        """Whether a call matches."""
        return self._late_enough(entry) and all(
            value_in(entry, name) == value for name, value in self.fields.items()
        )

    def differences(self, entry: Entry) -> dict[str, dict[str, Any]]:
        """The fields in which a call differs: what was expected, and what was."""
        found: dict[str, dict[str, Any]] = {
            name: {"expected": value, "was": value_in(entry, name)}
            for name, value in self.fields.items()
            if value_in(entry, name) != value
        }
        if not self._late_enough(entry):
            found["since"] = (
                {"expected": f"a number above {self.after}", "was": entry["number"]}
                if self.at is None
                else {"expected": f"{self.at} or later", "was": entry["at"]}
            )
        return found

    def _late_enough(self, entry: Entry) -> bool:
        # The texts of instants are all of one length, and so in the order of time.
        return entry["number"] > self.after and (self.at is None or entry["at"] >= self.at)

    def __str__(self) -> str:
        said = [f"{name} {'none' if v is None else v}" for name, v in self.fields.items()]
        if self.after:
            said.append(f"a number above {self.after}")
        if self.at is not None:
            said.append(f"a time from {self.at} on")
        return f" with {' and '.join(said)}" if said else ""


def value_in(entry: Entry, name: str) -> Any:
    """A field of an entry, as `CallFilter` names them."""
    return (entry["request"] if name in _REQUEST_FIELDS else entry)[name]


@dataclass(frozen=True)
class ExpectedCount:
    """How many calls are expected: `at_least` and `at_most`, which may be no bound."""

    at_least: int = 1
    at_most: int | None = None

    @property
    def as_written(self) -> int | dict[str, int]:
        """As a test writes it."""
        if self.at_least == self.at_most:
            return self.at_least
        least = {"at_least": self.at_least} if self.at_least or self.at_most is None else {}
        return least | ({} if self.at_most is None else {"at_most": self.at_most})

    def __str__(self) -> str:
        if self.at_most is None:
            return f"at least {_calls(self.at_least)}"
        if self.at_least == self.at_most:
            return _calls(self.at_most)
        if not self.at_least:
            return f"at most {_calls(self.at_most)}"
        return f"{self.at_least} to {_calls(self.at_most)}"


class Matcher:
    """Counts the calls that match, and keeps those that came nearest."""

    def __init__(self, where: CallFilter, wanted: ExpectedCount) -> None:
        self.where = where
        self.wanted = wanted
        self.count = 0
        self.dropped = 0
        """How many calls that may have matched are no longer in the journal."""
        self._missed: list[tuple[int, int, Entry]] = []
        self._matched: list[Entry] = []

    def add(self, page: JournalPage) -> None:
        """Look at a page of the journal."""
        # The pages hold calls before `after` too, as they may come near.
        self.dropped += max(0, page.dropped - max(0, self.where.after - _begin(page)))
        for entry in page.entries:
            if self.where.matches(entry):
                self.count += 1
                self._matched = [*self._matched[1 - _MAX_NEAREST :], entry]
            else:
                self._miss(entry)

    def _miss(self, entry: Entry) -> None:
        away = sum(_WEIGHTS.get(name, 2) for name in self.where.differences(entry))
        miss = (-away, entry["number"], entry)  # of two that are as near, the newer
        push = heappush if len(self._missed) < _MAX_NEAREST else heappushpop
        push(self._missed, miss)

    @property
    def holds(self) -> bool:
        """Whether it is as expected; dropped entries make an upper bound uncertain."""
        return self.count >= self.wanted.at_least and (
            self.wanted.at_most is None or (self.count <= self.wanted.at_most and not self.dropped)
        )

    @property
    def cannot_hold(self) -> bool:
        """Whether no later call could make it hold."""
        most = self.wanted.at_most
        return most is not None and (self.count > most or self.dropped > 0)

    def nearest(self) -> list[dict[str, Any]]:
        """The calls that came nearest, each with its differences; of too many matches, the last."""
        most = self.wanted.at_most
        if most is not None and self.count > most:
            return [_short(entry, self.where) for entry in reversed(self._matched)]
        return [_short(entry, self.where) for _, _, entry in sorted(self._missed, reverse=True)]

    def __str__(self) -> str:
        """One sentence: what was expected, what there was, and what came nearest."""
        there = "is" if self.count == 1 else "are"
        said = f"expected {self.wanted}{self.where}, and there {there} {self.count}"
        if self.dropped:
            said += (
                f"; {_calls(self.dropped)} before them were dropped from the journal and may have "
                "matched: since, with a number, leaves them out"
            )
        nearest = self.nearest()
        if nearest and nearest[0]["differs"]:
            differs = " and ".join(
                f"{name} (expected {_word(d['expected'])}, was {_word(d['was'])})"
                for name, d in nearest[0]["differs"].items()
            )
            said += f"; the nearest, number {nearest[0]['number']}, differs in {differs}"
        return said


def _begin(page: JournalPage) -> int:
    """The number before the first that a page covers, gone ones included."""
    first = page.entries[0]["number"] if page.entries else page.read_to + 1
    return int(first) - page.dropped - 1


def _short(entry: Entry, where: CallFilter) -> dict[str, Any]:
    short = {name: entry[name] for name in _SHOWN_FIELDS}
    short |= {name: value_in(entry, name) for name in sorted(_REQUEST_FIELDS)}
    return short | {"differs": where.differences(entry)}


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"


def _word(value: object) -> str:
    return "none" if value is None else str(value)
