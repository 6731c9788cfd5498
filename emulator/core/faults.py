"""Faults: calls that go wrong because a test wants it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from emulator.core.ids import Ids
from emulator.core.outcomes import Answerer


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Which calls it strikes, how often, and what becomes of them.

    Without `vendor`, `operation` or `match` it strikes all; `match` compares members of the
    request. `after` so many calls that it fits it begins, and it strikes `times` times at the most,
    each with `probability`. `delay` (seconds, from and to) comes first, then the named `outcome` or
    the `answer`; a fault with neither only delays.
    """

    vendor: str | None = None
    operation: str | None = None
    match: Mapping[str, str] = field(default_factory=dict)
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    delay: tuple[float, float] = (0.0, 0.0)
    outcome: str | None = None
    answer: Answerer | None = None

    def fits(self, vendor: str, operation: str, members: Mapping[str, object]) -> bool:
        """Whether a call is one of those that it is meant for."""
        return (
            self.vendor in (None, vendor)
            and self.operation in (None, operation)
            and all(members.get(name) == value for name, value in self.match.items())
        )


@dataclass(slots=True)
class _Count:
    met: int = 0
    struck: int = 0


class Faults:
    """The faults of a realm, in the fixture's order: the first that strikes a call is the one."""

    def __init__(self, faults: Iterable[Fault], seed: int | None = None) -> None:
        """With a `seed`, probabilities fall the same way each time."""
        self._counted = [(fault, _Count()) for fault in faults]
        self._ids = Ids(seed)

    def __bool__(self) -> bool:
        return bool(self._counted)

    def striking(self, vendor: str, operation: str, members: Mapping[str, object]) -> Fault | None:
        """The fault that strikes this call, and counts it; no await, so that `times` holds."""
        for fault, count in self._counted:
            if not fault.fits(vendor, operation, members):
                continue
            count.met += 1
            spent = fault.times is not None and count.struck >= fault.times
            if count.met <= fault.after or spent or not self._ids.chance(fault.probability):
                continue
            count.struck += 1
            return fault
        return None

    def delay_of(self, fault: Fault) -> float:
        """How long it delays this time, in seconds of real time."""
        least, most = fault.delay
        return least if least == most else self._ids.between(least, most)


NO_FAULTS = Faults(())
