"""The outbox: the codes that the vendors would have mailed."""

import asyncio
from datetime import timedelta
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from emulator.control.common import Wait, example, guarded_router, problems
from emulator.core.clock import monotonic
from emulator.core.model import Model
from emulator.core.outbox import Mail
from emulator.http.connection import server_is_stopping
from emulator.http.context import CurrentContext, CurrentRealm

router = guarded_router("outbox")

_LOOK_EVERY = 0.05
"""The polling interval of a waiting call, in seconds: another process may add mails."""


class OutboxQuery(Model):
    """Which mails, and how long to wait for one."""

    to: Annotated[str | None, Field(description="The recipient; by default all.")] = None
    wait: Annotated[
        Wait,
        Field(
            description="How long to wait for one, in real time; at most 60s.",
            json_schema_extra=example("1s"),
        ),
    ] = timedelta()


class NumberedMail(Mail):
    """A mail, and its number in the realm."""

    number: int


class Mails(BaseModel):
    """Mails, newest first."""

    mails: list[NumberedMail]


@router.get(
    "/outbox",
    name="outbox",
    summary="Read mailed codes, newest first",
    response_model=Mails,
    responses=problems("invalid_request"),
)
async def read_outbox(
    query: Annotated[OutboxQuery, Query()],
    request: Request,
    context: CurrentContext,
    realm: CurrentRealm,
) -> Response:
    """If there is none, it waits for one."""
    ends = monotonic() + query.wait.total_seconds()
    found: list[tuple[int, Mail]] = []
    seen = 0
    while True:
        new = await realm.outbox.mails(after=seen)
        found += [(number, mail) for number, mail in new if query.to in (None, mail.to)]
        seen = new[-1][0] if new else seen
        left = ends - monotonic()
        over = server_is_stopping(request) or not await context.server.realms.is_current(realm)
        if found or left <= 0 or over:
            break
        await asyncio.sleep(min(_LOOK_EVERY, left))
    mails = [{"number": number, **mail.model_dump()} for number, mail in reversed(found)]
    return context.respond("ok", {"mails": mails})
