"""All that is looked at, in the order in which one thing needs the other."""

from collections.abc import Collection, Iterator
from typing import Any

from emulator.cli.doctor.clocks import clock_findings
from emulator.cli.doctor.finding import Finding, Kind, wrong
from emulator.cli.doctor.place import Place, members_of
from emulator.cli.doctor.proxies import proxy_findings
from emulator.cli.doctor.reaching import Reached, reaching
from emulator.cli.doctor.verifying import control_finding, issuer_findings, jwks_findings
from emulator.remote import Unreachable


def examined(place: Place, vendors: Collection[str], admin_token: str) -> Iterator[Finding]:
    """What is found at a place, as it is found; nothing there is changed."""
    yield from proxy_findings(place)
    reached = yield from reaching(place)
    if reached is None:
        return
    try:
        yield from _emulator_findings(place, reached, vendors, admin_token)
    except Unreachable as error:
        yield wrong(
            "server", Kind.SILENT, str(error), "look whether it is still there, and its log"
        )


def _emulator_findings(
    place: Place, reached: Reached, vendors: Collection[str], admin_token: str
) -> Iterator[Finding]:
    remote = place.remote(admin_token) if reached.verified else reached.remote
    reply = remote.ask("GET", "/_emulator/clock")
    is_open = reply.status == 200
    clock: dict[str, Any] | None = members_of(reply) if is_open else None
    yield control_finding(reply)
    yield from clock_findings(reached.health, clock)
    yield from issuer_findings(place, remote, vendors)
    yield from jwks_findings(remote, vendors, mints=is_open)
