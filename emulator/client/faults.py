"""The faults of a realm."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from emulator.client.channel import Control, segment
from emulator.client.errors import hide_traceback
from emulator.client.values import Duration, duration_text

__tracebackhide__ = hide_traceback

_PATH = "/faults"


class Respond(TypedDict, total=False):
    """A response in place of the vendor's."""

    status: int
    headers: Mapping[str, str]
    body: object


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, with how many calls it `matched`, and for how many of them it `triggered`.

    Of the calls that match, `after`, `times` and `probability` decide which trigger it.
    `members` are what it was given, as a fixture has them.
    """

    id: str
    matched: int
    triggered: int
    members: Mapping[str, Any] = field(default_factory=dict)


class Faults:
    """The faults of a realm."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def add(  # noqa: PLR0913 - a fixture's fault has these members
        self,
        *,
        vendor: str | None = None,
        operation: str | None = None,
        principal: str | None = None,
        match: Mapping[str, str] | None = None,
        after: int | None = None,
        times: int | None = None,
        probability: float | None = None,
        ttl: Duration | None = None,
        phase: Literal["before", "after"] | None = None,
        delay: Duration | tuple[Duration, Duration] | None = None,
        outcome: str | None = None,
        respond: Respond | None = None,
        connection: Literal["reset", "close", "truncate", "garbage"] | None = None,
        defect: str | None = None,
    ) -> Fault:
        """Add a fault after the others. Raises ApiError.

        The members are those of a fixture; `delay` may be a pair, from and to; `defect` is that of
        the issued token. `ttl` and `delay` are real time.
        """
        given = {
            "vendor": vendor,
            "operation": operation,
            "principal": principal,
            "match": match,
            "after": after,
            "times": times,
            "probability": probability,
            "ttl": None if ttl is None else duration_text(ttl),
            "phase": phase,
            "delay": None if delay is None else _delay(delay),
            "outcome": outcome,
            "respond": respond,
            "connection": connection,
            "token": None if defect is None else {"defect": defect},
        }
        sent = {name: value for name, value in given.items() if value is not None}
        return _fault(self._control.post(_PATH, sent))

    def all(self) -> list[Fault]:
        """Every fault, in the order in which they are tried."""
        return [_fault(each) for each in self._control.get(_PATH)["faults"]]

    def get(self, fault: Fault | str) -> Fault:
        """A fault with its current counts."""
        return _fault(self._control.get(f"{_PATH}/{_id(fault)}"))

    def remove(self, fault: Fault | str) -> None:
        """Remove a fault."""
        self._control.delete(f"{_PATH}/{_id(fault)}")

    def clear(self) -> None:
        """Remove every fault."""
        self._control.delete(_PATH)


def _fault(answer: dict[str, Any]) -> Fault:
    members = {
        name: value for name, value in answer.items() if name not in ("id", "matched", "triggered")
    }
    return Fault(answer["id"], answer["matched"], answer["triggered"], members)


def _id(fault: Fault | str) -> str:
    return segment(fault.id if isinstance(fault, Fault) else fault)


def _delay(delay: Duration | tuple[Duration, Duration]) -> object:
    if isinstance(delay, tuple):
        return {"min": duration_text(delay[0]), "max": duration_text(delay[1])}
    return duration_text(delay)
