"""The server itself: its health, and the CA certificate of its HTTPS."""

from fastapi import Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from emulator import __version__
from emulator.control.common import open_router, problems
from emulator.control.route import OpenRoute
from emulator.core.clock import iso_milliseconds, machine_time
from emulator.core.outcomes import Refused
from emulator.http.context import CurrentContext

router = open_router("server", OpenRoute)


class Health(BaseModel):
    """The health of the emulator: version, realms, and the machine's time."""

    status: str
    version: str
    realms: list[str]
    real_time: str


class PemFile(PlainTextResponse):
    """A certificate."""

    media_type = "application/x-pem-file"


@router.get(
    "/health",
    name="health",
    summary="Health: the version, the realms, and the machine's time",
    response_model=Health,
)
async def show_health(context: CurrentContext) -> Response:
    """It responds as soon as the vendors' paths do."""
    health = Health(
        status="ok",
        version=__version__,
        realms=[realm.name for realm in await context.server.realms.all()],
        real_time=iso_milliseconds(machine_time()),
    )
    return context.respond("ok", health)


@router.get(
    "/ca.pem",
    name="ca",
    summary="The CA certificate to trust for HTTPS, in PEM",
    response_class=PemFile,
    responses=problems("no_https"),
)
async def show_ca(context: CurrentContext) -> Response:
    """It changes with each start."""
    if context.server.ca_certificate is None:
        raise Refused(
            "no_https", "this server does not serve HTTPS; start it with auth-emulator serve --tls"
        )
    return context.respond("ca_certificate_sent", context.server.ca_certificate)
