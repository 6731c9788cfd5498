"""Faults: calls that fail because a test asks for it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Self, TypeAlias

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from emulator.core import fields
from emulator.core.catalog import Catalog
from emulator.core.defects import Defect, why_impossible
from emulator.core.ids import Ids
from emulator.core.keys import Algorithm
from emulator.core.model import Model
from emulator.core.outcomes import COMMON_PLACEHOLDERS, ResponseTemplate
from emulator.core.resources import FixedResponse
from emulator.core.suggestions import did_you_mean

MAX_FAULTS = 1_000

FAULT_RESPONSE = "fault"
"""The outcome of a call that gets a fault's own response."""

Finding: TypeAlias = tuple[tuple[str | int, ...], str]


class TooManyFaults(Exception):
    """The limit of faults in a realm is reached."""


class Phase(StrEnum):
    """Whether the fault applies before or after the operation."""

    BEFORE = "before"
    AFTER = "after"


class ConnectionFault(StrEnum):
    """What happens to a connection in place of a response."""

    RESET = "reset"
    """The connection is reset (a TCP RST)."""

    CLOSE = "close"
    """It is closed before any byte of a response."""

    TRUNCATE = "truncate"
    """It is closed after half of the body, under the Content-Length of the whole."""

    GARBAGE = "garbage"
    """Bytes that are not HTTP are sent; then it is closed."""


class DelayRange(Model):
    """A delay that differs from call to call."""

    min: Annotated[fields.Duration, Field(description="The shortest delay.")]
    max: Annotated[fields.Duration, Field(description="The longest delay.")]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError("min is longer than max")
        return self


def _kind_of_delay(value: object) -> str:
    return "range" if isinstance(value, dict | DelayRange) else "duration"


Delay: TypeAlias = Annotated[
    Annotated[fields.Duration, Tag("duration")] | Annotated[DelayRange, Tag("range")],
    Discriminator(_kind_of_delay),
]


class TokenFault(Model):
    """A defective access token; the refresh token stays valid."""

    defect: Annotated[Defect, Field(description="What is wrong with it.")]


class Fault(Model):
    """A fault: which calls, how often, and what happens.

    A call must match every member that selects calls. `delay` comes first; then one of `outcome`,
    `respond`, `connection` and `token` replaces the vendor's response.
    """

    vendor: Annotated[str | None, Field(description="The vendor; by default all.")] = None
    operation: Annotated[str | None, Field(description="The operation; by default all.")] = None
    principal: Annotated[
        fields.AnyText | None,
        Field(description="The principal that signs in, or that the token was issued to."),
    ] = None
    match: Annotated[
        dict[str, fields.AnyText],
        Field(description="Members of the request, with the values that they must have."),
    ] = {}
    after: Annotated[
        int,
        Field(ge=0, strict=True, description="The number of matching calls that succeed first."),
    ] = 0
    times: Annotated[
        int | None,
        Field(ge=1, strict=True, description="The number of calls that it is applied to."),
    ] = None
    probability: Annotated[
        float,
        Field(
            ge=0, le=1, strict=True, description="The probability of being applied, from 0 to 1."
        ),
    ] = 1.0
    ttl: Annotated[
        fields.Ttl | None, Field(description="The real time after which it expires.")
    ] = None
    phase: Annotated[
        Phase | None,
        Field(description="before: instead of the operation; after: once the operation is done."),
    ] = None
    delay: Annotated[
        Delay | None, Field(description="The delay before the response, in real time.")
    ] = None
    outcome: Annotated[str | None, Field(description="The outcome that the call ends in.")] = None
    respond: Annotated[FixedResponse | None, Field(description="Or a fixed response.")] = None
    connection: Annotated[
        ConnectionFault | None,
        Field(description="Or what is done to the connection: reset, close, truncate, garbage."),
    ] = None
    token: Annotated[TokenFault | None, Field(description="Or a defective token.")] = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> Self:
        effects = [self.outcome, self.respond, self.connection, self.token]
        given = sum(effect is not None for effect in effects)
        if given > 1:
            raise ValueError("expected one of outcome, respond, connection and token")
        if not given and self.delay is None:
            raise ValueError(
                "the fault does nothing; expected delay, outcome, respond, connection or token"
            )
        if self._needs_answer and self.phase is Phase.BEFORE:
            raise ValueError("token and truncate need phase: after, which is their default")
        if self.respond is not None:
            self.respond.check_placeholders(COMMON_PLACEHOLDERS)
        return self

    @property
    def _needs_answer(self) -> bool:
        """Whether the fault changes the vendor's own response."""
        return self.token is not None or self.connection is ConnectionFault.TRUNCATE

    @property
    def is_after(self) -> bool:
        """Whether the operation is done first."""
        return self._needs_answer or self.phase is Phase.AFTER

    @cached_property
    def response(self) -> ResponseTemplate | None:
        """The fault's fixed response, if it has one."""
        if self.respond is None:
            return None
        return self.respond.template(FAULT_RESPONSE, "a fault of the fixture")

    def delay_bounds(self) -> tuple[float, float]:
        """The shortest and the longest delay, in seconds."""
        if isinstance(self.delay, DelayRange):
            return self.delay.min.total_seconds(), self.delay.max.total_seconds()
        seconds = self.delay.total_seconds() if isinstance(self.delay, timedelta) else 0.0
        return seconds, seconds

    def as_written(self) -> dict[str, Any]:
        """The members that were given, as a fixture writes them."""
        return self.model_dump(mode="json", exclude_unset=True)

    def contradictions(
        self, catalog: Catalog, algorithms: Mapping[str, Algorithm]
    ) -> Iterator[Finding]:
        """Unknown names, and outcomes that none of the selected calls can have.

        `algorithms` are those that the vendors' tokens are signed with.
        """
        operations = sorted({name for one in catalog.values() for name in one.refusals()})
        if self.vendor is not None and self.vendor not in catalog:
            said = f"{self.vendor!r} is not a vendor{did_you_mean(self.vendor, catalog)}"
            yield ("vendor",), said
        if self.operation is not None and self.operation not in operations:
            said = (
                f"{self.operation!r} is not an operation{did_you_mean(self.operation, operations)}"
            )
            yield ("operation",), said
            return
        if self.vendor is not None and self.vendor not in catalog:
            return
        calls = self._calls(catalog)
        if not calls:
            yield (), f"{self.vendor} has no operation {self.operation}"
            return
        outcomes = sorted({outcome for names in calls.values() for outcome in names})
        if self.outcome is not None and self.outcome not in outcomes:
            near = did_you_mean(self.outcome, outcomes)
            yield (), f"{self.outcome!r} is not an outcome of these operations{near}"
        if self.token is not None:
            yield from self._impossible_token(catalog, algorithms)

    def calls(
        self, catalog: Catalog, algorithms: Mapping[str, Algorithm]
    ) -> frozenset[tuple[str, str]]:
        """The calls, as vendor and operation, to which it can be applied."""
        calls = self._calls(catalog)
        if self.outcome is not None:
            return frozenset(call for call, names in calls.items() if self.outcome in names)
        if self.token is not None:
            issuing = _issuing(catalog)
            return frozenset(
                (vendor, operation)
                for vendor, operation in calls
                if operation in issuing
                and why_impossible(self.token.defect, algorithms[vendor], vendor) is None
            )
        return frozenset(calls)

    def fits(self, principal: str, members: Mapping[str, object]) -> bool:
        """Whether it matches a call of this principal with these members."""
        return self.principal in (None, principal) and all(
            members.get(name) == value for name, value in self.match.items()
        )

    def _calls(self, catalog: Catalog) -> dict[tuple[str, str], tuple[str, ...]]:
        return {
            (vendor.name, operation): outcomes
            for vendor in catalog.values()
            if self.vendor in (None, vendor.name)
            for operation, outcomes in vendor.refusals().items()
            if self.operation in (None, operation)
        }

    def _impossible_token(
        self, catalog: Catalog, algorithms: Mapping[str, Algorithm]
    ) -> Iterator[Finding]:
        assert self.token is not None  # noqa: S101 - asked for by its only caller
        if self.operation is not None and self.operation not in _issuing(catalog):
            yield (), f"no token is issued by {self.operation}"
            return
        vendors = catalog if self.vendor is None else (self.vendor,)
        reasons = [why_impossible(self.token.defect, algorithms[name], name) for name in vendors]
        if all(reasons):
            yield ("token", "defect"), "; ".join(reason for reason in reasons if reason)


def _issuing(catalog: Catalog) -> frozenset[str]:
    """The operations that issue tokens."""
    return frozenset(op.name for one in catalog.values() for op in one.operations if op.issues)


class FaultEntry(BaseModel):
    """One fault of a realm, as the store holds it; `expires_at` is POSIX seconds of real time."""

    id: str
    fault: dict[str, Any]
    expires_at: float | None = None


class FaultList(BaseModel):
    """The faults of a realm, as the store holds them, and the number of the last one's id.

    Ids are used once. The list is immutable: methods return another.
    """

    last: int = 0
    entries: list[FaultEntry] = []

    @classmethod
    def of(cls, faults: Iterable[Fault], now: float, last: int = 0) -> "FaultList":
        """Faults that begin at `now` (POSIX seconds of real time), their ids after `last`."""
        entries = [
            FaultEntry(
                id=f"f{number}",
                fault=fault.as_written(),
                expires_at=None if fault.ttl is None else now + fault.ttl.total_seconds(),
            )
            for number, fault in enumerate(faults, last + 1)
        ]
        return cls(last=last + len(entries), entries=entries)

    def with_added(self, faults: Iterable[Fault], now: float) -> "FaultList":
        """The list without expired faults and with more. Raises TooManyFaults."""
        added = FaultList.of(faults, now, self.last)
        entries = self.still_there(now).entries + added.entries
        if len(entries) > MAX_FAULTS:
            raise TooManyFaults(f"there are {MAX_FAULTS:,} faults; remove some, or give them a ttl")
        return FaultList(last=added.last, entries=entries)

    def restarted(self, now: float) -> "FaultList":
        """The same for a realm that begins at `now`, with new ids and times to live."""
        return FaultList.of((Fault.model_validate(entry.fault) for entry in self.entries), now)

    def still_there(self, now: float) -> "FaultList":
        """The same without those that have expired."""
        kept = [e for e in self.entries if e.expires_at is None or e.expires_at > now]
        return FaultList(last=self.last, entries=kept)


@dataclass(frozen=True)
class ActiveFault:
    """A fault in a realm, and the calls to which it can be applied."""

    id: str
    fault: Fault
    calls: frozenset[tuple[str, str]]
    expires_at: float | None

    @classmethod
    def of(
        cls, entry: FaultEntry, catalog: Catalog, algorithms: Mapping[str, Algorithm]
    ) -> "ActiveFault":
        """The fault of an entry; `algorithms` are those that the vendors sign tokens with."""
        fault = Fault.model_validate(entry.fault)
        return cls(entry.id, fault, fault.calls(catalog, algorithms), entry.expires_at)

    def delay(self, ids: Ids) -> float:
        """How long it delays a call now, in seconds."""
        shortest, longest = self.fault.delay_bounds()
        return shortest if shortest == longest else ids.between(shortest, longest)
