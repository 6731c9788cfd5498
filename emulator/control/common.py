"""What the routers of the control API share: their prefix, access and docs."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

from fastapi import Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import AfterValidator

from emulator.control.route import JsonRoute
from emulator.core import fields
from emulator.core.catalog import Catalog
from emulator.core.outcomes import Refused
from emulator.core.realm import Changes, Realm
from emulator.core.realms import why_unknown
from emulator.core.suggestions import did_you_mean
from emulator.http.context import CallContext
from emulator.http.openapi import responses
from emulator.http.problems import (
    OUTCOMES,
    PROBLEM_JSON,
    InvalidRequestProblem,
    NotVerifiedProblem,
    ProblemDetails,
)
from emulator.http.route import ControlRoute, Router
from emulator.http.unrouted import CONTROL_BASE

TAGS = {
    "realms": "Realms: isolated emulators inside the server",
    "clock": "The clock that everything in a realm reads",
    "principals": "Users and clients, in the form of the fixture",
    "faults": "Calls that fail because a test asks for it",
    "resources": "Protected resources that a test adds",
    "journal": "Every call to a vendor, and assertions on them",
    "tokens": "Minting and inspecting tokens",
    "keys": "The signing keys, and their rotation",
    "outbox": "Mailed one-time codes",
    "verifying": "For services that verify the tokens; open to every caller",
    "server": "The server itself",
}
SECURITY_SCHEMES = {"adminToken": {"type": "http", "scheme": "bearer"}}

EXAMPLE_NAME = "eve@example.com"
"""The principal that examples add, change and remove."""

_GUARDED = (
    "admin_token_missing",
    "admin_token_wrong",
    "cross_site_request",
    "unknown_host",
    "body_too_large",
)
"""The refusals that every guarded call can end in."""

_MODELS = {"invalid_request": InvalidRequestProblem, "verification_failed": NotVerifiedProblem}

MAX_WAIT = timedelta(seconds=60)


def _not_too_long(wait: timedelta) -> timedelta:
    if wait > MAX_WAIT:
        raise ValueError(f"expected a duration of at most {MAX_WAIT.total_seconds():.0f}s")
    return wait


Wait: TypeAlias = Annotated[fields.Duration, AfterValidator(_not_too_long)]
"""How long a call waits, in real time."""


def guarded_router(tag: str, route_class: type[ControlRoute] = JsonRoute) -> Router:
    """A router whose calls need the admin token if the network can reach the emulator.

    `ControlRoute` checks that; the dependency shows it in the docs.
    """
    return Router(
        prefix=CONTROL_BASE,
        tags=[tag],
        route_class=route_class,
        dependencies=[Security(HTTPBearer(scheme_name="adminToken", auto_error=False))],
        responses=problems(*_GUARDED),
        generate_unique_id_function=operation_id,
    )


def open_router(tag: str, route_class: type[ControlRoute], prefix: str = "") -> Router:
    """A router whose calls are open to every caller."""
    return Router(
        prefix=CONTROL_BASE + prefix,
        tags=[tag],
        route_class=route_class,
        generate_unique_id_function=operation_id,
    )


def operation_id(route: APIRoute) -> str:
    """The method and the words of the path: `put_clock`."""
    path = route.path.removeprefix(CONTROL_BASE).replace(":path", "")
    return "_".join([min(route.methods or ()).lower(), *re.findall(r"[A-Za-z0-9]+", path)])


def problems(*outcomes: str) -> dict[int | str, dict[str, Any]]:
    """The refusals that a call can end in, for a route's `responses`."""
    result = responses(OUTCOMES, error=ProblemDetails, only=outcomes)
    by_name = {outcome.name: outcome for outcome in OUTCOMES}
    for name in outcomes:
        model, response = _MODELS.get(name), result[by_name[name].status]
        if model is not None:
            response["model"] = model
    for response in result.values():
        name = response["model"].__name__
        response["content"][PROBLEM_JSON]["schema"] = {"$ref": f"#/components/schemas/{name}"}
    return result


def examples(of: Mapping[str, Any]) -> dict[str, Any]:
    """Example bodies by title, each of which can be sent unchanged."""
    return {name: {"summary": name, "value": value} for name, value in of.items()}


def example(value: str) -> dict[str, Any]:
    """An example value of a parameter, for its `json_schema_extra`."""
    return {"example": value}


def known_vendor(catalog: Catalog) -> AfterValidator:
    """A validator of vendor names, for annotations."""

    def check(name: str) -> str:
        if name not in catalog:
            raise ValueError(f"{name!r} is not a vendor{did_you_mean(name, catalog)}")
        return name

    return AfterValidator(check)


async def change_realm(context: CallContext, changes: Callable[[Realm], Changes]) -> Realm:
    """Save the result of `changes` on the call's realm, and return the changed realm.

    Exceptions of `changes` propagate. Raises Refused if the realm was removed.
    """
    name = context.realm.name
    realm = await context.server.realms.change(name, changes)
    if realm is None:
        raise Refused("realm_not_found", why_unknown(name))
    return realm
