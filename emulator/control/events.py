"""The journal as server-sent events: who watches sees each call as it ends.

The format is the HTML standard's, section 9.2 (server-sent events).
"""

import asyncio
from collections.abc import AsyncGenerator
from types import AsyncGeneratorType
from typing import cast

import orjson
from msgspec import Struct
from msgspec.structs import replace

from emulator.control.calls import Filters
from emulator.control.reading import invalid, parsed, read_query
from emulator.core.clock import wall
from emulator.core.expectation import Where
from emulator.core.journal import Page
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.core.realms import Realms
from emulator.web.messages import Members, Request

_MOST = 100
"""How many may watch at once."""

_LOOKS_EVERY = 0.05
"""How often a stream looks, in seconds: another worker may have written the entry."""

HEARTBEAT = 15.0
"""After how many seconds without an event a comment is sent, so that nobody thinks it broken."""

_LONGEST_ID = 15
_LAST_EVENT_ID = "Last-Event-ID"
_OPENING = b": the journal, live\nretry: 1000\n\n"
_BEAT = b":\n\n"


class Watch(Struct, frozen=True):
    """Which calls are watched, and from where on; None: from now on."""

    where: Where
    after: int | None


class Events:
    """The streams of a server."""

    def __init__(self, realms: Realms) -> None:
        self._realms = realms
        self._open: list[AsyncGeneratorType[bytes, None]] = []

    @staticmethod
    def read(request: Request) -> Members:
        """The query, and the header by which a browser resumes."""
        sent = request.header(_LAST_EVENT_ID.lower().encode())
        return read_query(request) | ({} if sent is None else {_LAST_EVENT_ID: sent})

    @staticmethod
    def asked(members: Members, model: type[Filters]) -> Watch:
        """What is to be watched. What a browser resumes with counts more than its address."""
        resumed = members.pop(_LAST_EVENT_ID, None)
        where = parsed(model, members, "the query").where()
        if resumed is not None:
            if not (resumed.isascii() and resumed.isdigit() and len(resumed) <= _LONGEST_ID):
                raise invalid(f"{_LAST_EVENT_ID}: expected the number of an entry")
            return Watch(replace(where, after=0), int(resumed))
        return Watch(where, where.after if where.after or where.at or "since" in members else None)

    async def watch(self, realm: Realm, watch: Watch) -> AsyncGenerator[bytes, None]:
        """Watch the journal live, as server-sent events. Swagger shows nothing; `curl -N` does."""
        self._open = [stream for stream in self._open if stream.ag_frame is not None]
        if len(self._open) >= _MOST:
            raise Refusal("too_many", f"{_MOST} watch the journal already")
        last = await realm.journal.last()
        # After a reset numbers begin anew, and a browser resumes with one from before.
        after = last if watch.after is None else watch.after if watch.after <= last else 0
        stream = self._events(realm, watch.where, after)
        self._open.append(cast(AsyncGeneratorType[bytes, None], stream))
        return stream

    async def _events(self, realm: Realm, where: Where, after: int) -> AsyncGenerator[bytes, None]:
        yield _OPENING
        quiet_since = wall()
        while await self._realms.has(realm):
            page = await realm.journal.page(after)
            after = page.read_to
            events = b"".join(_written(page, where))
            if events:
                yield events
                quiet_since = wall()
            elif wall() - quiet_since >= HEARTBEAT:
                yield _BEAT
                quiet_since = wall()
            await asyncio.sleep(0 if page.entries else _LOOKS_EVERY)


def _written(page: Page, where: Where) -> list[bytes]:
    gone = [b'event: gone\ndata: {"gone":%d}\n\n' % page.gone] if page.gone else []
    return gone + [
        b"id: %d\ndata: %s\n\n" % (entry["number"], orjson.dumps(entry))
        for entry in page.entries
        if where.fits(entry)
    ]
