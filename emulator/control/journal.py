"""The journal of a realm: reading it, clearing it, and holding it to what a test expects."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from itertools import islice
from typing import Any

from emulator.control.calls import Filters, Known, knowing, number_from
from emulator.control.events import Events
from emulator.control.outcomes import OUTCOMES
from emulator.control.paths import BASE, reading_its_path
from emulator.control.reading import parsed, read_body, read_query
from emulator.core.clock import wall
from emulator.core.expectation import Tally, Wanted
from emulator.core.faults import ConnectionFault
from emulator.core.fixture.fields import DURATION
from emulator.core.journal import Entry
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.realms import Realms
from emulator.core.shapes.kinds import Branching, Kind, Maybe, Plain, Wrong
from emulator.core.shapes.shape import Shape, Shaped, member
from emulator.core.shapes.values import whole
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

    before: int | None = member(
        Maybe(number_from(1)),
        "Before the entry of this number: for reading on, a page at a time.",
        default=None,
    )
    limit: int = member(
        number_from(1, _LARGEST_LIMIT),
        "How many entries at the most, the newest.",
        default=_USUAL_LIMIT,
    )


class Bounds(Shape):
    """How many calls are expected."""

    at_least: int | None = member(Maybe(whole(0)), "So many, or more.", default=None)
    at_most: int | None = member(Maybe(whole(0)), "So many, or fewer.", default=None)

    def check(self) -> None:
        """They bound something."""
        if self.at_least is None and self.at_most is None:
            raise Wrong("expected at_least, at_most, or both")
        if self.at_most is not None and (self.at_least or 0) > self.at_most:
            raise Wrong("at_least is more than at_most")


def _exactly(count: Any) -> Bounds:
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise Wrong("expected a whole number from 0 on, or at_least and at_most")
    return Bounds(at_least=count, at_most=count)


_EXACTLY: Kind[Bounds] = Plain(_exactly, {"type": "integer", "minimum": 0})
_BOUNDS = Shaped(Bounds)
_COUNT: Kind[Bounds] = Branching(
    lambda count: _BOUNDS if isinstance(count, dict) else _EXACTLY, (_EXACTLY, _BOUNDS)
)
_WHERE = "Which calls: the journal's filters; by default all."


class Expectation(Shape):
    """Which calls are expected, how many, and how long to wait for them."""

    where: Filters = member(Shaped(Filters), _WHERE, default={})
    count: Bounds = member(
        _COUNT, "How many: a number, or at_least and at_most.", default={"at_least": 1}
    )
    within: timedelta | None = member(
        Maybe(DURATION),
        "So long it waits, in real time; at most 60s. By default not at all.",
        default=None,
    )

    def check(self) -> None:
        """It does not wait for too long."""
        if self.within is not None and self.within.total_seconds() > _LONGEST_WAIT:
            raise Wrong(f"within: expected a duration of at most {_LONGEST_WAIT}s")

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

    class Expected(Expectation):
        __doc__ = Expectation.__doc__

        where: Filters = member(Shaped(filters), _WHERE, default={})

    def read(_: Realm, members: Members) -> Reading:
        return parsed(reading, members, "the query")

    def expected(_: Realm, members: Members) -> Expectation:
        return parsed(Expected, members["body"])

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
