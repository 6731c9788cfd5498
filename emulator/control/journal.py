"""The journal of a realm: reading, clearing and verifying it."""

import asyncio
from itertools import islice
from typing import Annotated, Any, Self, TypeAlias

from fastapi import Body, Query, Request, Response
from pydantic import (
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)

from emulator.control.common import Wait, example, examples, guarded_router, problems
from emulator.control.filters import EntryNames, Filters, number_in_query
from emulator.control.mistakes import BODY, QUERY
from emulator.core.catalog import Catalog
from emulator.core.clock import monotonic
from emulator.core.journal import Entry, JournalEntry
from emulator.core.matcher import ExpectedCount, Matcher
from emulator.core.model import Model
from emulator.core.outcomes import Refused
from emulator.core.realm import Realm
from emulator.http.connection import server_is_stopping
from emulator.http.context import CallContext, CurrentContext, CurrentRealm
from emulator.http.route import Router

_LOOK_EVERY = 0.02
"""The polling interval of a waiting call, in seconds: another process may write entries."""

_EXAMPLES = {
    "sign-ins at Vault": {
        "where": {"vendor": "vault", "operation": "sign_in"},
        "count": {"at_most": 1000},
        "within": "1s",
    }
}


class JournalQuery(Filters):
    """Which entries, and how many."""

    before: Annotated[
        Annotated[int, Field(ge=1, strict=True), BeforeValidator(number_in_query)] | None,
        Field(description="Entries before this number, for paging."),
    ] = None
    limit: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            strict=True,
            description="The maximum number of entries.",
            json_schema_extra=example("10"),
        ),
        BeforeValidator(number_in_query),
    ] = 100


class JournalPart(BaseModel):
    """Entries, newest first; how many older ones were dropped; the newest number."""

    entries: list[JournalEntry]
    dropped: int
    last: int


class Bounds(Model):
    """How many calls are expected."""

    at_least: Annotated[int | None, Field(ge=0, strict=True, description="At least this many.")] = (
        None
    )
    at_most: Annotated[int | None, Field(ge=0, strict=True, description="At most this many.")] = (
        None
    )

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("expected at_least, at_most, or both")
        if self.at_most is not None and (self.at_least or 0) > self.at_most:
            raise ValueError("at_least is more than at_most")
        return self


def _exactly(count: Any) -> Bounds:
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ValueError("expected a whole number from 0 on, or at_least and at_most")
    return Bounds(at_least=count, at_most=count)


def _kind_of_count(count: object) -> str:
    return "bounds" if isinstance(count, dict | Bounds) else "number"


Count: TypeAlias = Annotated[
    Annotated[
        Bounds,
        PlainValidator(_exactly),
        WithJsonSchema({"type": "integer", "minimum": 0}),
        Tag("number"),
    ]
    | Annotated[Bounds, Tag("bounds")],
    Discriminator(_kind_of_count),
]


class Expectation(Model):
    """Which calls are expected, how many, and how long to wait for them."""

    where: Annotated[
        Filters, Field(description="Which calls: the journal's filters; by default all.")
    ] = Filters()
    count: Annotated[Count, Field(description="How many: a number, or at_least and at_most.")] = (
        Bounds(at_least=1)
    )
    within: Annotated[
        Wait | None,
        Field(description="How long to wait, in real time; at most 60s. By default not at all."),
    ] = None

    @property
    def wanted(self) -> ExpectedCount:
        """How many calls are expected."""
        return ExpectedCount(self.count.at_least or 0, self.count.at_most)


class Verification(BaseModel):
    """The journal is as expected: the number of calls, and of dropped entries."""

    verified: bool
    count: int
    dropped: int


def journal_router(catalog: Catalog) -> Router:
    """The calls about the journal, whose filters know the names of these vendors."""
    router = guarded_router("journal")
    names = EntryNames(catalog)

    @router.get(
        "/journal",
        name="journal",
        summary="List the entries, newest first, and the number of older ones that were dropped",
        response_model=JournalPart,
        responses=problems("invalid_request"),
    )
    async def read_journal(
        query: Annotated[JournalQuery, Query()], context: CurrentContext, realm: CurrentRealm
    ) -> Response:
        """The last number, as `before`, gives the next page."""
        names.check(query, QUERY)
        return context.respond("ok", await _read(realm, query))

    @router.delete(
        "/journal",
        name="clear_journal",
        summary="Remove all entries; their numbers are not used again",
        status_code=204,
        response_model=None,
    )
    async def clear_journal(context: CurrentContext, realm: CurrentRealm) -> Response:
        """After a reset of the realm they begin at 1 again."""
        await realm.journal.clear()
        return context.respond("no_content")

    @router.post(
        "/journal/verify",
        name="verify_journal",
        summary="Compare the journal with what a test expects",
        response_model=Verification,
        responses=problems("invalid_request", "verification_failed"),
    )
    async def verify_journal(
        expected: Annotated[Expectation, Body(openapi_examples=examples(_EXAMPLES))],
        request: Request,
        context: CurrentContext,
    ) -> Response:
        """If the expectation does not hold, the response says why."""
        names.check(expected.where, BODY, ("where",))
        matcher = await _verify(request, context, expected)
        answer = Verification(verified=True, count=matcher.count, dropped=matcher.dropped)
        return context.respond("ok", answer)

    return router


async def _read(realm: Realm, query: JournalQuery) -> dict[str, Any]:
    where, found = query.call_filter(), list[Entry]()
    async for part in realm.journal.newest_first(where.after, query.before):
        found += islice(filter(where.matches, part), query.limit - len(found))
        if len(found) == query.limit:
            break
        await asyncio.sleep(0)  # others may go on
    return {
        "entries": found,
        "dropped": await realm.journal.dropped(where.after),
        "last": await realm.journal.last(),
    }


async def _verify(request: Request, context: CallContext, expected: Expectation) -> Matcher:
    """The matcher, once the journal is as expected; else Refused."""
    realm, realms = context.realm, context.server.realms
    ends = monotonic() + (expected.within.total_seconds() if expected.within else 0)
    where, wanted = expected.where.call_filter(), expected.wanted
    matcher, cleared, read_to = Matcher(where, wanted), 0, 0
    while True:
        now_cleared = await realm.journal.cleared()
        if now_cleared > cleared:
            matcher, cleared = Matcher(where, wanted), now_cleared
        page = await realm.journal.page(read_to)
        matcher.add(page)
        read_to = page.read_to
        if page.entries:
            await asyncio.sleep(0)  # others may go on
            continue
        if matcher.holds:
            return matcher
        if (
            matcher.cannot_hold
            or monotonic() >= ends
            or server_is_stopping(request)
            or not await realms.is_current(realm)
        ):
            raise _not_verified(matcher)
        await asyncio.sleep(min(_LOOK_EVERY, max(0.0, ends - monotonic())))


def _not_verified(matcher: Matcher) -> Refused:
    return Refused(
        "verification_failed",
        str(matcher),
        count=matcher.count,
        expected=matcher.wanted.as_written,
        dropped=matcher.dropped,
        nearest=matcher.nearest(),
    )
