"""Faults: calls that go wrong because a test wants it."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct, field

from emulator.core.clock import wall
from emulator.core.ids import Ids
from emulator.core.outcomes import Answerer

_MOST = 1_000


class TooManyFaults(Exception):
    """A realm has as many faults as it may."""


class Phase(StrEnum):
    """Whether the vendor did its work before the answer went wrong."""

    BEFORE = "before"
    AFTER = "after"


class ConnectionFault(StrEnum):
    """What becomes of a connection in the place of an answer."""

    RESET = "reset"
    """The connection is reset (a TCP RST)."""

    CLOSE = "close"
    """It is closed before any byte of an answer."""

    TRUNCATE = "truncate"
    """It is closed after half of the body, under the Content-Length of the whole."""

    GARBAGE = "garbage"
    """Bytes come that are no HTTP; then it is closed."""


class Fault(Struct, frozen=True, kw_only=True):
    """Which calls it strikes, how often, and what becomes of them.

    Without `vendor`, `operation`, `principal` or `match` it strikes all; `calls` narrows it to
    those, by vendor and operation, that what it does makes sense for. `match` compares members of
    the request. `after` so many calls that it fits it begins, and it strikes `times` times at the
    most, each with `probability`, for `ttl` seconds of real time.

    `delay` (seconds, from and to) comes first, then the named `outcome`, the `answer`, what befalls
    the `connection`, or a token with a `defect`; a fault with none of these only delays. `shown` is
    the fault as its author wrote it.
    """

    vendor: str | None = None
    operation: str | None = None
    calls: frozenset[tuple[str, str]] | None = None
    principal: str | None = None
    match: Mapping[str, str] = field(default_factory=dict)
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    ttl: float | None = None
    phase: Phase = Phase.BEFORE
    delay: tuple[float, float] = (0.0, 0.0)
    outcome: str | None = None
    answer: Answerer | None = None
    connection: ConnectionFault | None = None
    defect: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)

    def fits(
        self, vendor: str, operation: str, principal: str, members: Mapping[str, object]
    ) -> bool:
        """Whether a call is one of those that it is meant for."""
        return (
            self.vendor in (None, vendor)
            and self.operation in (None, operation)
            and (self.calls is None or (vendor, operation) in self.calls)
            and self.principal in (None, principal)
            and all(members.get(name) == value for name, value in self.match.items())
        )


class Standing(Struct):
    """A fault in a realm: the calls that it `met`, how many of them it `struck`."""

    id: str
    fault: Fault
    ends: float | None = None
    met: int = 0
    struck: int = 0


class Strike(Struct, frozen=True):
    """A fault that strikes a call now, after `delay` seconds of real time."""

    id: str
    fault: Fault
    delay: float


class Faults:
    """The faults of a realm, in the order in which they came: the first to strike a call does."""

    __slots__ = ("_begun", "_given", "_ids", "_last", "_of_blueprint", "_seed")

    def __init__(self, faults: Iterable[Fault] = (), seed: int | None = None) -> None:
        """With a `seed`, probabilities fall the same way each time."""
        self._of_blueprint = tuple(faults)
        """Those that it began with; until they are asked for, they are all that it holds."""
        self._given: list[Standing] = []
        self._begun = wall()
        self._last = 0
        self._seed = seed
        self._ids: Ids | None = None

    def __bool__(self) -> bool:
        return bool(self._of_blueprint or self._given)

    def __iter__(self) -> Iterator[Standing]:
        self._let_go()
        return iter(list(self._given))

    def as_given(self) -> tuple[Fault, ...]:
        """The faults alone, for another realm."""
        return tuple(standing.fault for standing in self)

    def find(self, fault_id: str) -> Standing | None:
        """The fault of this id."""
        return next((standing for standing in self if standing.id == fault_id), None)

    def add(self, fault: Fault) -> Standing:
        """Add one, behind the others. Raises TooManyFaults."""
        self._let_go()
        if len(self._given) >= _MOST:
            raise TooManyFaults(f"there are {_MOST:,} faults; remove some, or give them a ttl")
        return self._put(fault, wall())

    def _put(self, fault: Fault, begins: float) -> Standing:
        self._last += 1
        ends = None if fault.ttl is None else begins + fault.ttl
        standing = Standing(f"f{self._last}", fault, ends)
        self._given.append(standing)
        return standing

    def remove(self, fault_id: str) -> bool:
        """Remove one; False where there is none."""
        self._let_go()
        before = len(self._given)
        self._given = [standing for standing in self._given if standing.id != fault_id]
        return len(self._given) < before

    def clear(self) -> None:
        """Remove all."""
        self._let_go()
        self._given = []

    def striking(
        self, vendor: str, operation: str, principal: str, members: Mapping[str, object]
    ) -> Strike | None:
        """The fault that strikes this call, and counts it; no await, so that `times` holds."""
        self._let_go()
        for standing in self._given:
            fault = standing.fault
            if not fault.fits(vendor, operation, principal, members):
                continue
            standing.met += 1
            spent = fault.times is not None and standing.struck >= fault.times
            if standing.met <= fault.after or spent or not self._falls(fault.probability):
                continue
            standing.struck += 1
            return Strike(standing.id, fault, self._delay_of(fault))
        return None

    def _falls(self, probability: float) -> bool:
        return probability >= 1 or self._chances().chance(probability)

    def _delay_of(self, fault: Fault) -> float:
        least, most = fault.delay
        return least if least == most else self._chances().between(least, most)

    def _chances(self) -> Ids:
        if self._ids is None:
            self._ids = Ids(self._seed)
        return self._ids

    def _let_go(self) -> None:
        """Take up those that it began with, and remove those whose time is over."""
        if self._of_blueprint:
            begun, self._of_blueprint = self._of_blueprint, ()
            for fault in begun:
                self._put(fault, self._begun)
        if any(standing.ends is not None for standing in self._given):
            now = wall()
            self._given = [s for s in self._given if s.ends is None or s.ends > now]
