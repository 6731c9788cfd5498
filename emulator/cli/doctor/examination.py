"""All that is looked at, in the order in which one thing needs the other."""

from collections.abc import Collection, Iterator
from contextlib import closing
from http import HTTPStatus

from emulator.cli.doctor.clocks import Asked, clock_findings
from emulator.cli.doctor.finding import Finding, Kind, ok, warning, wrong
from emulator.cli.doctor.place import Place, members_of
from emulator.cli.doctor.proxies import proxy_findings
from emulator.cli.doctor.reaching import reaching
from emulator.cli.doctor.verifying import issuer_findings, jwks_findings
from emulator.core.outcomes import printable
from emulator.driving.remote import Remote, Reply, Unreachable


def examined(place: Place, vendors: Collection[str], admin_token: str) -> Iterator[Finding]:
    """What is found at a place, as it is found; nothing there is changed."""
    yield from proxy_findings(place)
    reached = yield from reaching(place)
    if reached is None:
        return
    token = admin_token if reached.context is None else ""
    with closing(place.remote(token, reached.context)) as remote:
        try:
            yield from _emulator_findings(place, remote, reached.health, vendors)
        except Unreachable as error:
            remedy = "look whether it is still there, and at its log"
            yield wrong("server", Kind.SILENT, str(error), remedy)


def _emulator_findings(
    place: Place, remote: Remote, health: Asked, vendors: Collection[str]
) -> Iterator[Finding]:
    reply = remote.ask("GET", "/_emulator/clock")
    is_open = reply.status == HTTPStatus.OK
    yield _control_finding(reply)
    yield from clock_findings(health, members_of(reply) if is_open else None)
    yield from issuer_findings(place, remote, vendors)
    yield from jwks_findings(remote, vendors, mints=is_open)


def _control_finding(reply: Reply) -> Finding:
    """Whether the control API is open to us, who asked for the clock and got this answer."""
    if reply.status == HTTPStatus.OK:
        return ok("control", "the control API answers")
    remedy = {
        401: "set AUTH_EMULATOR_ADMIN_TOKEN here to the token that it was started with, or that "
        "its log shows",
        421: "start it with --allowed-host and this name",
    }.get(reply.status, "look at its log")
    told = members_of(reply)
    said = printable(str(told.get("detail", "")), 200)
    return warning(
        "control",
        Kind.CONTROL_CLOSED,
        f"the control API is closed (HTTP {reply.status}: {said}); what needs it was left out",
        remedy,
    )
