"""Whether clocks agree: this machine's, the emulator's machine's, and the emulator's own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from emulator.cli.doctor.finding import Finding, Kind, ok, warning, wrong
from emulator.cli.doctor.place import members_of
from emulator.core.clock import iso_milliseconds
from emulator.driving.remote import Reply

_NEAR = 2.0
"""So far may clocks be apart, in seconds: `Date` tells no parts of them (RFC 9110 §5.6.7)."""

_MACHINE, _CLOCK = "machine", "clock"
_FALLS_BEHIND = "it falls behind the clocks of services that verify by themselves"


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, and when it was asked for and came, in POSIX seconds of this machine."""

    reply: Reply
    before: float
    after: float


def clock_findings(health: Asked, clock: Mapping[str, Any] | None) -> Iterator[Finding]:
    """What the clocks show; `clock` is the emulator's own as it told it, where it did."""
    real = _seconds(members_of(health.reply).get("real_time"))
    if real is None:
        return
    apart = real - (health.before + health.after) / 2
    if abs(apart) <= max(_NEAR, health.after - health.before):
        yield ok(_MACHINE, "its clock agrees with this one's")
    else:
        yield wrong(
            _MACHINE,
            Kind.MACHINES_APART,
            f"the clock of the emulator's machine is {_said(apart)} this one's",
            _consequence(apart) + "; set both by NTP (a virtual machine of containers: restart it)",
        )
    now = _date(health.reply) if clock is None else _seconds(clock.get("now"))
    if now is not None:
        yield _own_clock(now, real, frozen=bool(clock and clock.get("frozen")))


def _own_clock(now: float, real: float, *, frozen: bool) -> Finding:
    moved = now - real
    back = "take it back: POST .../_emulator/reset, or PUT .../_emulator/clock; or move theirs too"
    if frozen:
        near = abs(moved) <= _NEAR
        stands = "which is the real time by now" if near else f"{_said(moved)} the real time"
        return warning(
            _CLOCK,
            Kind.CLOCK_STANDS,
            f"the emulator's clock stands still at {iso_milliseconds(now)}, {stands}",
            f"{_FALLS_BEHIND if near else _consequence(moved)}; "
            'let it run: PUT .../_emulator/clock {"frozen": false}',
        )
    if abs(moved) <= _NEAR:
        return ok(_CLOCK, "the emulator's clock shows the real time")
    return warning(
        _CLOCK,
        Kind.CLOCK_MOVED,
        f"the emulator's clock is {_said(moved)} the real time",
        f"{_consequence(moved)}; {back}",
    )


def _consequence(ahead: float) -> str:
    if ahead > 0:
        return "services that verify by themselves refuse its tokens: their iat is in the future"
    return "services that verify by themselves may find its tokens expired as soon as they come"


def _said(ahead: float) -> str:
    length = timedelta(seconds=round(abs(ahead)))
    return f"{length} {'ahead of' if ahead > 0 else 'behind'}"


def _seconds(text: object) -> float | None:
    try:
        return datetime.fromisoformat(str(text)).timestamp()
    except ValueError:
        return None


def _date(reply: Reply) -> float | None:
    try:
        return parsedate_to_datetime(reply.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return None
