"""`/_emulator`: the control API, and what services need to verify tokens."""

from fastapi import APIRouter

from emulator.control import clock, faults, outbox, realms, resources, server
from emulator.control.common import SECURITY_SCHEMES, TAGS
from emulator.control.events import events_router
from emulator.control.journal import journal_router
from emulator.control.keys import keys_router
from emulator.control.principals import principals_router
from emulator.control.tokens import tokens_router
from emulator.control.verifying import verifying_routers
from emulator.core.catalog import Catalog

__all__ = ["SECURITY_SCHEMES", "TAGS", "control_routers"]


def control_routers(catalog: Catalog) -> tuple[APIRouter, ...]:
    """The routers of an emulator with these vendors, in the order of the docs."""
    return (
        server.router,
        realms.router,
        clock.router,
        faults.router,
        resources.router,
        principals_router(catalog),
        keys_router(catalog),
        tokens_router(catalog),
        outbox.router,
        journal_router(catalog),
        events_router(catalog),
        *(router for vendor in catalog.values() for router in verifying_routers(vendor)),
    )
