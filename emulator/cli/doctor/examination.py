"""All that is looked at, in the order in which one thing needs the other."""

from collections.abc import Collection, Iterator
from contextlib import closing
from http import HTTPStatus

from emulator.cli.doctor.clocks import clock_findings
from emulator.cli.doctor.finding import Finding, Kind, ok, warning, wrong
from emulator.cli.doctor.place import Place, members_of
from emulator.cli.doctor.proxies import proxy_findings
from emulator.cli.doctor.reaching import Reached, reaching
from emulator.cli.doctor.verifying import documents, issuer_findings, jwks_findings
from emulator.core.outcomes import printable
from emulator.driving.remote import Reply


def examined(place: Place, vendors: Collection[str], admin_token: str) -> Iterator[Finding]:
    """What is found at a place, as it is found; nothing there is changed."""
    yield from proxy_findings(place)
    try:
        reached = yield from reaching(place)
        if reached is not None:
            yield from _looked_at(place, reached, vendors, admin_token)
    except OSError as error:  # Unreachable is one
        remedy = "look whether it is still there, and at its log"
        yield wrong("server", Kind.SILENT, str(error), remedy)


def _looked_at(
    place: Place, reached: Reached, vendors: Collection[str], admin_token: str
) -> Iterator[Finding]:
    is_trusted = reached.context is None
    with closing(place.remote(admin_token if is_trusted else "", reached.context)) as remote:
        reply = remote.ask("GET", "/_emulator/clock")
        is_open = reply.status == HTTPStatus.OK
        yield _control_finding(reply, withheld=bool(admin_token) and not is_trusted)
        yield from clock_findings(reached.health, members_of(reply) if is_open else None)
        told = documents(remote, vendors, place.timeout, mints=is_open)
    yield from issuer_findings(place, told)
    yield from jwks_findings(told)


def _control_finding(reply: Reply, *, withheld: bool) -> Finding:
    """Whether the control API is open to us, who asked for the clock and got this answer."""
    if reply.status == HTTPStatus.OK:
        return ok("control", "the control API answers")
    remedy = {
        401: "AUTH_EMULATOR_ADMIN_TOKEN is withheld until the certificate is trusted"
        if withheld
        else "set AUTH_EMULATOR_ADMIN_TOKEN here to the token that it was started with, or that "
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
