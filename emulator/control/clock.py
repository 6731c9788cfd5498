"""The clock of a realm: looking at it, and moving it."""

from datetime import UTC, datetime, timedelta

from emulator.control.paths import BASE, asking
from emulator.control.reading import invalid, parsed, read_body
from emulator.core.clock import Clock, ClockOutOfRange, iso_milliseconds
from emulator.core.fixture.fields import INSTANT, SHIFT, written
from emulator.core.realm import Realm
from emulator.core.shapes.kinds import Maybe
from emulator.core.shapes.shape import Shape, member
from emulator.core.shapes.values import FLAG
from emulator.web.messages import Members
from emulator.web.operation import Endpoint, Operation

_PATH = f"{BASE}/clock"


class ClockChange(Shape):
    """What becomes of the clock, in this order."""

    now: datetime | None = member(Maybe(INSTANT), "It jumps to this instant.", default=None)
    advance: timedelta | None = member(
        Maybe(SHIFT), "It moves by so much; -25h goes back.", default=None
    )
    frozen: bool | None = member(
        Maybe(FLAG), "true: it stands still; false: it runs on.", default=None
    )


def _told(clock: Clock) -> dict[str, object]:
    return {"now": iso_milliseconds(clock.now()), "frozen": clock.frozen}


async def _tell(realm: Realm, _: object) -> object:
    """Tell the realm's time, and whether it stands still."""
    return _told(realm.clock)


async def _change(realm: Realm, change: ClockChange) -> object:
    """Move the clock, or let it stand or run: all of it, or nothing."""
    clock, before, latest = realm.clock, realm.clock.now(), realm.clock.latest()
    try:
        _apply(change, Clock(clock.as_start()))
        _apply(change, clock)  # a moment later, at which it may just have become impossible
    except (ClockOutOfRange, OverflowError) as error:
        raise invalid(str(error)) from error
    return _told(clock) | _way_back(clock.now(), before, latest)


def _apply(change: ClockChange, clock: Clock) -> None:
    if change.frozen:
        clock.freeze()  # first, so that it stands at just the instant that is asked for
    if change.now is not None:
        clock.set(change.now)
    if change.advance is not None:
        clock.advance(change.advance.total_seconds())
    if change.frozen is False:
        clock.resume()


def _way_back(now: float, before: float, latest: float) -> dict[str, object]:
    if now >= before:
        return {}
    back = timedelta(milliseconds=round((before - now) * 1000))
    at = datetime.fromtimestamp(latest, UTC).isoformat(timespec="seconds")
    return {
        "went_back": written(back),
        "warning": f"tokens issued up to {at} carry an iat in the future of this clock, and are "
        "refused until it gets there",
    }


def _parse(_: Realm, members: Members) -> ClockChange:
    return parsed(ClockChange, members["body"])


CLOCK = (
    asking(_PATH, Operation.bare("clock", _tell, success="told")),
    Endpoint(
        method="PUT",
        paths=(_PATH,),
        operations=(Operation("set_clock", _parse, _change, success="told"),),
        read=read_body,
    ),
)
