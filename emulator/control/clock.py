"""The clock of a realm: showing it, and moving it."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Body, Response
from pydantic import BaseModel, Field

from emulator.control.common import change_realm, examples, guarded_router, problems
from emulator.control.mistakes import invalid
from emulator.core import fields
from emulator.core.clock import Clock, ClockOutOfRange, iso_milliseconds
from emulator.core.model import Model
from emulator.core.realm import Changes, Realm, dump
from emulator.http.context import CurrentContext, CurrentRealm

router = guarded_router("clock")

_EXAMPLES = {
    "a day ahead": {"advance": "25h"},
    "freeze": {"now": "2031-01-01T00:00:00Z", "frozen": True},
    "run again": {"frozen": False},
}


class ClockChange(Model):
    """Changes of the clock, applied in this order."""

    now: Annotated[fields.Instant | None, Field(description="The time to set.")] = None
    advance: Annotated[
        fields.Offset | None, Field(description="The offset to advance by; -25h goes back.")
    ] = None
    frozen: Annotated[
        fields.Flag | None, Field(description="true freezes the clock; false resumes it.")
    ] = None


class ClockReading(BaseModel):
    """What a clock shows."""

    now: str
    frozen: bool


class ClockChanged(ClockReading):
    """The time after a change; if it went back, how far, with a warning."""

    went_back: str | None = None
    warning: str | None = None


@router.get(
    "/clock",
    name="clock",
    summary="Show the realm's time, and whether the clock is frozen",
    response_model=ClockReading,
)
async def show_clock(context: CurrentContext, realm: CurrentRealm) -> Response:
    """Tokens are dated and expire by this clock."""
    return context.respond("ok", _reading(realm.clock))


@router.put(
    "/clock",
    name="set_clock",
    summary="Set, advance, freeze or resume the clock",
    response_model=ClockChanged,
    responses=problems("invalid_request"),
)
async def set_clock(
    change: Annotated[ClockChange, Body(openapi_examples=examples(_EXAMPLES))],
    context: CurrentContext,
) -> Response:
    """Delays, `within`, `wait` and `ttl` are real time."""
    now_before = latest = 0.0

    def move(realm: Realm) -> Changes:
        nonlocal now_before, latest
        now_before, latest = realm.clock.now(), realm.clock.latest()
        moved = Clock(realm.clock.state)
        _apply(change, moved)
        return {"clock": dump(moved.state)}

    try:
        realm = await change_realm(context, move)
    except (ClockOutOfRange, OverflowError) as error:
        raise invalid(str(error)) from error
    reading = _reading(realm.clock)
    went_back = _went_back(realm.clock.now(), now_before, latest)
    return context.respond("ok", reading.model_dump() | went_back)


def _reading(clock: Clock) -> ClockReading:
    return ClockReading(now=iso_milliseconds(clock.now()), frozen=clock.frozen)


def _apply(change: ClockChange, clock: Clock) -> None:
    if change.frozen:
        clock.freeze()  # first, so that it shows exactly the requested instant
    if change.now is not None:
        clock.set(change.now)
    if change.advance is not None:
        clock.advance(change.advance.total_seconds())
    if change.frozen is False:
        clock.resume()


def _went_back(now: float, before: float, latest: float) -> dict[str, str]:
    if now >= before:
        return {}
    back = timedelta(milliseconds=round((before - now) * 1000))
    at = datetime.fromtimestamp(latest, UTC).isoformat(timespec="seconds")
    return {
        "went_back": fields.format_duration(back),
        "warning": f"tokens issued up to {at} have an iat in the future now, and are "
        "refused until it gets there",
    }
