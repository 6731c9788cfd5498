"""The protected resources that a realm adds: listing, adding and removing them."""

from typing import Annotated

from fastapi import Body, Path, Response
from pydantic import BaseModel

from emulator.control.common import (
    change_realm,
    example,
    examples,
    guarded_router,
    problems,
)
from emulator.control.mistakes import refuse_findings
from emulator.core.outcomes import Refused
from emulator.core.realm import Changes, Realm, dump
from emulator.core.resources import AddedResource, Resource, TooManyResources
from emulator.core.suggestions import did_you_mean
from emulator.http.context import CurrentContext, CurrentRealm

router = guarded_router("resources")

_EXAMPLES = {
    "a protected path": {
        "vendor": "vault",
        "path": "/transfers",
        "scopes": ["transfer:read"],
        "respond": {"body": {"transfers": []}},
    },
    "a path before sign-in": {
        "vendor": "nbcgate",
        "method": "POST",
        "path": "/auth/sign-up",
        "bearer": "none",
        "respond": {"body": {}},
    },
}

ResourceId = Annotated[str, Path(alias="id", json_schema_extra=example("r1"))]


class ResourceInfo(Resource):
    """A resource as it was written, and its id."""

    id: str


class ResourceInfos(BaseModel):
    """The added resources, in the order in which they were added."""

    resources: list[ResourceInfo]


@router.get(
    "/resources",
    name="resources",
    summary="List the resources that were added",
    response_model=ResourceInfos,
)
async def list_resources(context: CurrentContext, realm: CurrentRealm) -> Response:
    """Those of the fixture are not among them."""
    entries = realm.added_resources.entries
    return context.respond("ok", {"resources": [_info(entry) for entry in entries]})


@router.post(
    "/resources",
    name="add_resource",
    summary="Add a protected resource",
    status_code=201,
    response_model=ResourceInfo,
    responses=problems("invalid_request", "too_many"),
)
async def add_resource(
    resource: Annotated[Resource, Body(openapi_examples=examples(_EXAMPLES))],
    context: CurrentContext,
) -> Response:
    """It takes precedence over the fixture's, and over those added before."""
    catalog = context.server.catalog
    if resource.vendor not in catalog:
        said = f"{resource.vendor!r} is not a vendor{did_you_mean(resource.vendor, catalog)}"
        raise refuse_findings([(("vendor",), said)])
    try:
        realm = await change_realm(context, lambda realm: _added(realm, resource))
    except TooManyResources as full:
        raise Refused("too_many", str(full)) from full
    return context.respond("created", _info(realm.added_resources.entries[-1]))


@router.delete(
    "/resources",
    name="clear_resources",
    summary="Remove every added resource",
    status_code=204,
    response_model=None,
)
async def clear_resources(context: CurrentContext) -> Response:
    """Those of the fixture stay."""
    await change_realm(context, lambda realm: _keep(realm, []))
    return context.respond("no_content")


@router.delete(
    "/resources/{id}",
    name="remove_resource",
    summary="Remove an added resource",
    status_code=204,
    response_model=None,
    responses=problems("not_found"),
)
async def remove_resource(resource_id: ResourceId, context: CurrentContext) -> Response:
    """The example exists once POST created it."""

    def remove(realm: Realm) -> Changes:
        ids = [entry.id for entry in realm.added_resources.entries]
        if resource_id not in ids:
            raise Refused("not_found", f"there is no added resource {resource_id!r}")
        return _keep(realm, [each for each in ids if each != resource_id])

    await change_realm(context, remove)
    return context.respond("no_content")


def _added(realm: Realm, resource: Resource) -> Changes:
    return {"resources": dump(realm.added_resources.with_added(resource))}


def _keep(realm: Realm, ids: list[str]) -> Changes:
    return {"resources": dump(realm.added_resources.keeping(ids))}


def _info(entry: AddedResource) -> dict[str, object]:
    return {"id": entry.id, **entry.resource}
