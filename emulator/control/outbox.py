"""The outbox: the codes that the vendors would have mailed."""

import asyncio
from contextlib import suppress
from datetime import timedelta

from msgspec import Struct
from msgspec.structs import asdict

from emulator.control.paths import BASE
from emulator.control.reading import invalid, only, read_query
from emulator.core.fixture.fields import duration
from emulator.core.outbox import Mail
from emulator.core.realm import Realm
from emulator.web.messages import Members
from emulator.web.operation import Endpoint, Operation

_LONGEST_WAIT = timedelta(seconds=60)
_LOOKS_EVERY = 0.05
"""How often a waiting call looks, in seconds: another worker may have put the mail there."""


class OutboxRequest(Struct, frozen=True):
    """Which mails are asked for, and how long to wait for one by the wall, in seconds."""

    to: str | None = None
    wait: float = 0


async def _read_outbox(realm: Realm, request: OutboxRequest) -> object:
    """Read mailed codes, newest first. Where there is none, it waits for one."""
    found: list[tuple[int, Mail]] = []
    seen = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(request.wait or None):
            while True:
                new = await realm.outbox.mails(after=seen)
                found += [(n, mail) for n, mail in new if request.to in (None, mail.to)]
                if found or not request.wait or realm.life.over:
                    break
                seen = new[-1][0] if new else seen
                await asyncio.sleep(_LOOKS_EVERY)
    return {"mails": [{"number": number, **asdict(mail)} for number, mail in reversed(found)]}


def _parse(_: Realm, members: Members) -> OutboxRequest:
    only(members, ("to", "wait"))
    try:
        wait = duration(members.get("wait", "0s"))
    except ValueError as error:
        raise invalid(f"wait: {error}") from error
    if wait > _LONGEST_WAIT:
        longest = f"{_LONGEST_WAIT.total_seconds():.0f}s"
        raise invalid(f"wait: expected a duration of at most {longest}")
    return OutboxRequest(members.get("to"), wait.total_seconds())


OUTBOX = Endpoint(
    method="GET",
    paths=(f"{BASE}/outbox",),
    operations=(Operation("outbox", _parse, _read_outbox, success="told"),),
    read=read_query,
)
