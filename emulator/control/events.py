"""The journal as server-sent events: each call is sent as it ends.

The format is the HTML standard's, section 9.2 (server-sent events); FastAPI writes it, and a
comment after 15 seconds without an event, so that a quiet stream does not look broken.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic_core import to_json
from starlette.responses import StreamingResponse

from emulator.control.common import guarded_router, problems
from emulator.control.filters import EntryNames, Filters
from emulator.control.mistakes import QUERY, invalid
from emulator.control.route import JsonRoute
from emulator.core.catalog import Catalog
from emulator.core.journal import JournalPage
from emulator.core.matcher import CallFilter
from emulator.core.outcomes import Refused
from emulator.http.connection import server_is_stopping
from emulator.http.context import CurrentContext
from emulator.http.route import Handler, Router

MAX_STREAMS = 100
"""How many streams may be open at once."""

_LOOK_EVERY = 0.05
"""The polling interval of a stream, in seconds: another process may write entries."""

_MAX_ID = 15
_LAST_EVENT_ID = "Last-Event-ID"


@dataclass(frozen=True)
class Watch:
    """Which calls are sent, and the number of the entry that they come after."""

    where: CallFilter
    after: int


class EventsRoute(JsonRoute):
    """The route of the event stream."""

    async def answer(self, request: Request, handle: Handler) -> Response:
        """See `EmulatorRoute.answer`."""
        response = await super().answer(request, handle)
        if isinstance(response, StreamingResponse):
            # The format has no parameters; Starlette adds a charset to every text.
            response.headers["content-type"] = EventSourceResponse.media_type
        return response


def events_router(catalog: Catalog) -> Router:
    """The call that watches the journal; its filters know the names of these vendors."""
    router = guarded_router("journal", EventsRoute)
    names = EntryNames(catalog)
    streams: set[Request] = set()

    async def watched(
        request: Request,
        context: CurrentContext,
        filters: Annotated[Filters, Query()],
        last_event_id: Annotated[str | None, Header(include_in_schema=False)] = None,
    ) -> AsyncIterator[Watch]:
        """The events. The stream counts as open until its response has ended."""
        names.check(filters, QUERY)
        last = await context.realm.journal.last()
        watch = _watch(filters.call_filter(), last_event_id, last)
        if last_event_id is None and "since" not in filters.model_fields_set:
            watch = replace(watch, after=last)
        if len(streams) >= MAX_STREAMS:
            raise Refused("too_many", f"{MAX_STREAMS} clients watch the journal already")
        if request.method != "HEAD":
            streams.add(request)
        try:
            yield watch
        finally:
            streams.discard(request)

    @router.get(
        "/journal/events",
        name="watch_journal",
        summary="Watch the journal live, as server-sent events",
        response_class=EventSourceResponse,
        responses=problems("invalid_request", "too_many"),
    )
    async def watch_journal(
        request: Request, context: CurrentContext, watch: Annotated[Watch, Depends(watched)]
    ) -> AsyncIterator[ServerSentEvent]:
        """Swagger shows nothing; `curl -N` does."""
        if request.method == "HEAD":
            return
        realm, realms, after = context.realm, context.server.realms, watch.after
        yield ServerSentEvent(comment="the journal, live", retry=1000)
        while not server_is_stopping(request) and await realms.is_current(realm):
            page = await realm.journal.page(after)
            after = page.read_to
            for event in _events(page, watch.where):
                yield event
            await asyncio.sleep(0 if page.entries else _LOOK_EVERY)

    return router


def _watch(where: CallFilter, last_event_id: str | None, last: int) -> Watch:
    after = where.after
    if last_event_id is not None:  # a browser resumes: that counts more than its address
        where, after = replace(where, after=0), _number(last_event_id)
    # After a reset numbers begin again, and a browser resumes with one of before.
    return Watch(where, after if after <= last else 0)


def _events(page: JournalPage, where: CallFilter) -> list[ServerSentEvent]:
    dropped = []
    if page.dropped:
        data = f'{{"dropped":{page.dropped}}}'
        dropped = [ServerSentEvent(event="dropped", raw_data=data)]
    return dropped + [
        ServerSentEvent(id=str(entry["number"]), raw_data=to_json(entry).decode())
        for entry in page.entries
        if where.matches(entry)
    ]


def _number(event_id: str) -> int:
    if not (event_id.isascii() and event_id.isdigit() and len(event_id) <= _MAX_ID):
        raise invalid(f"{_LAST_EVENT_ID}: expected the number of an entry")
    return int(event_id)
