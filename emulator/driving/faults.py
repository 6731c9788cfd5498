"""The faults of a realm, for tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from emulator.driving.channel import Control, segment
from emulator.driving.durations import Duration, duration_text
from emulator.driving.errors import told_enough

__tracebackhide__ = told_enough

_PATH = "/faults"


class Respond(TypedDict, total=False):
    """An answer that takes the place of the vendor's."""

    status: int
    headers: Mapping[str, str]
    body: object


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as it stands: how many calls it `met`, and how many of them it `struck`.

    `members` are what it was given, as a fixture has them.
    """

    id: str
    met: int
    struck: int
    members: Mapping[str, Any] = field(default_factory=dict)


class Faults:
    """What makes calls of a realm go wrong."""

    def __init__(self, control: Callable[[], Control]) -> None:
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
        """Add a fault behind those that are there. Raises Refused, which tells what is wrong.

        The members are a fixture's; `delay` may be a pair, from and to; `defect` is that of the
        token that goes out. `ttl` and `delay` are real time.
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
            "delay": _delay(delay),
            "outcome": outcome,
            "respond": respond,
            "connection": connection,
            "token": None if defect is None else {"defect": defect},
        }
        sent = {name: value for name, value in given.items() if value is not None}
        return _fault(self._control().post(_PATH, sent))

    def all(self) -> list[Fault]:
        """Every fault, in the order in which they are tried."""
        return [_fault(told) for told in self._control().get(_PATH)["faults"]]

    def get(self, fault: Fault | str) -> Fault:
        """A fault as it stands now."""
        return _fault(self._control().get(f"{_PATH}/{_id(fault)}"))

    def remove(self, fault: Fault | str) -> None:
        """Remove a fault."""
        self._control().delete(f"{_PATH}/{_id(fault)}")

    def clear(self) -> None:
        """Remove every fault."""
        self._control().delete(_PATH)


def _fault(told: dict[str, Any]) -> Fault:
    own = {"id", "met", "struck"}
    members = {name: value for name, value in told.items() if name not in own}
    return Fault(told["id"], told["met"], told["struck"], members)


def _id(fault: Fault | str) -> str:
    return segment(fault.id if isinstance(fault, Fault) else fault)


def _delay(delay: Duration | tuple[Duration, Duration] | None) -> object:
    if isinstance(delay, tuple):
        least, most = delay
        return {"min": duration_text(least), "max": duration_text(most)}
    return None if delay is None else duration_text(delay)
