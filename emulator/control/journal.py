"""The journal of a realm: reading it, clearing it, and holding it to what a test expects."""

import asyncio
from collections.abc import Collection
from itertools import islice
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, create_model, model_validator

from emulator.control.calls import Filters, Known, Number, knowing
from emulator.control.events import Events
from emulator.control.outcomes import OUTCOMES
from emulator.control.paths import BASE, reading_its_path
from emulator.control.reading import parsed, read_body, read_query
from emulator.core.clock import wall
from emulator.core.expectation import Tally, Wanted
from emulator.core.faults import ConnectionFault
from emulator.core.fixture.fields import Duration, wrong
from emulator.core.fixture.sections import Strict
from emulator.core.journal import Entry
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.realms import Realms
from emulator.web.messages import Members
from emulator.web.operation import Api, Endpoint, Operation
from emulator.web.resource import FORWARDED
from emulator.web.resource import OPERATION as RESOURCE
from emulator.web.striking import ANSWERED_BY_A_FAULT

_PATH = f"{BASE}/journal"
_USUAL_LIMIT = 100
_LARGEST_LIMIT = 1_000
_LONGEST_WAIT = 60
"""How long a call may wait, in seconds."""

_LOOKS_EVERY = 0.02
"""How often a waiting call looks, in seconds: another worker may have written the entry."""


class Reading(Filters):
    """Which entries, and how many at the most."""

    before: Annotated[Number, Field(ge=1)] | None = Field(
        None, description="Before the entry of this number: for reading on, a page at a time."
    )
    limit: Annotated[Number, Field(ge=1, le=_LARGEST_LIMIT)] = Field(
        _USUAL_LIMIT, description="How many entries at the most, the newest."
    )


class Bounds(Strict):
    """How many calls are expected."""

    at_least: Annotated[int, Field(ge=0)] | None = Field(None, description="So many, or more.")
    at_most: Annotated[int, Field(ge=0)] | None = Field(None, description="So many, or fewer.")

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise wrong("expected at_least, at_most, or both")
        if self.at_most is not None and (self.at_least or 0) > self.at_most:
            raise wrong("at_least is more than at_most")
        return self


def _bounds(count: object) -> object:
    if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
        return {"at_least": count, "at_most": count}
    if not isinstance(count, dict | Bounds):
        raise wrong("expected a whole number from 0 on, or at_least and at_most")
    return count


Count = Annotated[
    Bounds,
    BeforeValidator(_bounds),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, Bounds.model_json_schema()]}),
]


class Expectation(Strict):
    """Which calls are expected, how many, and how long to wait for them."""

    where: Filters = Field(default=Filters(), description="Which calls: the journal's filters.")
    count: Count = Field(
        default=Bounds(at_least=1), description="How many: a number, or at_least and at_most."
    )
    within: Duration | None = Field(
        None, description="So long it waits, in real time; at most 60s. By default not at all."
    )

    @model_validator(mode="after")
    def _patient(self) -> Self:
        if self.within is not None and self.within.total_seconds() > _LONGEST_WAIT:
            raise wrong(f"within: expected a duration of at most {_LONGEST_WAIT}s")
        return self

    @property
    def wanted(self) -> Wanted:
        """How many calls are expected."""
        return Wanted(self.count.at_least or 0, self.count.at_most)


class _Calls:
    """What can be done with a journal."""

    def __init__(self, realms: Realms) -> None:
        self._realms = realms

    async def read(self, realm: Realm, asked: Reading) -> object:
        """Read the entries, newest first, and how many older ones fell to the bounds."""
        where, found = asked.where(), list[Entry]()
        async for some in realm.journal.backwards(where.after, asked.before):
            missing = asked.limit - len(found)
            found += islice(filter(where.fits, some), missing)
            if len(found) == asked.limit:
                break
            await asyncio.sleep(0)  # others may go on
        return {
            "entries": found,
            "gone": await realm.journal.gone(where.after),
            "last": await realm.journal.last(),
        }

    async def clear(self, realm: Realm, _: object) -> None:
        """Remove all entries; their numbers are not given again."""
        await realm.journal.clear()

    async def verify(self, realm: Realm, asked: Expectation) -> object:
        """Hold the journal to what a test expects. If it does not hold, the answer tells why."""
        ends = wall() + (asked.within.total_seconds() if asked.within else 0)
        tally, cleared, read_to = Tally(asked.where.where(), asked.wanted), 0, 0
        while True:
            if realm.journal.cleared > cleared:
                cleared = realm.journal.cleared
                tally = Tally(tally.where, tally.wanted)
            page = await realm.journal.page(read_to)
            tally.take(page)
            read_to = page.read_to
            if page.entries:
                await asyncio.sleep(0)  # others may go on
                continue
            if tally.holds:
                return {"verified": True, "count": tally.count, "gone": tally.gone}
            if tally.hopeless or wall() >= ends or not await self._realms.has(realm):
                raise _not_verified(tally)
            await asyncio.sleep(min(_LOOKS_EVERY, max(0.0, ends - wall())))


def _not_verified(tally: Tally) -> Refusal:
    return Refusal(
        "not_verified",
        str(tally),
        count=tally.count,
        expected=tally.wanted.shown,
        gone=tally.gone,
        nearest=tally.nearest(),
    )


def journal_endpoints(
    vendors: Collection[Api], verifying: Collection[Endpoint], realms: Realms
) -> list[Endpoint]:
    """The calls about the journal; `verifying` are the control API's endpoints about vendors."""
    calls, events = _Calls(realms), Events(realms)
    known = [_known(vendor, verifying) for vendor in vendors]
    filters = knowing(Filters, known)
    reading = knowing(Reading, known)
    expectation = create_model(
        "Expectation",
        __base__=Expectation,
        where=(filters, Field(default=filters(), description="Which calls; by default all.")),
    )

    def read(_: Realm, members: Members) -> Reading:
        return parsed(reading, members, "the query")

    def expected(_: Realm, members: Members) -> Expectation:
        return parsed(expectation, members["body"])

    def watched(_: Realm, members: Members) -> object:
        return events.asked(members, filters)

    asking = Operation("journal", read, calls.read, success="told")
    clearing = Operation.bare("clear_journal", calls.clear, success="done")
    verify = Operation("verify_journal", expected, calls.verify, success="told")
    watching = Operation("watch_journal", watched, events.watch, success="streamed", streams=True)
    return [
        Endpoint(method="GET", paths=(_PATH,), operations=(asking,), read=read_query),
        reading_its_path("DELETE", _PATH, clearing),
        Endpoint(method="POST", paths=(f"{_PATH}/verify",), operations=(verify,), read=read_body),
        Endpoint(
            method="GET", paths=(f"{_PATH}/events",), operations=(watching,), read=events.read
        ),
    ]


def _known(vendor: Api, verifying: Collection[Endpoint]) -> Known:
    """What the entries of a vendor's calls can say."""
    endpoints = [*vendor.endpoints, *(e for e in verifying if e.about == vendor.name)]
    operations = {operation.name for e in endpoints for operation in e.operations}
    outcomes = {outcome.name for outcome in (*vendor.outcomes, *OUTCOMES)}
    broken = {f"connection_{fault}" for fault in ConnectionFault}
    return Known(
        vendor.name,
        sorted(operations | {RESOURCE}),
        sorted(outcomes | broken | {FORWARDED, ANSWERED_BY_A_FAULT, "answered"}),
    )
