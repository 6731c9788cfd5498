"""Realms: making, showing, resetting and removing them."""

from datetime import timedelta
from math import ceil
from typing import Annotated, Any

from fastapi import Body, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from emulator.control.common import example, examples, guarded_router, problems
from emulator.control.mistakes import invalid, refuse_mistakes
from emulator.core import fields
from emulator.core.clock import iso_milliseconds, machine_time
from emulator.core.model import Model
from emulator.core.outcomes import Refused
from emulator.core.realm import DEFAULT, Realm
from emulator.core.realms import (
    REALM_NAME,
    REALM_NAMES,
    RealmRemoved,
    Realms,
    TooManyRealms,
    why_unknown,
)
from emulator.fixture import FixtureError
from emulator.http.context import REALMS, CurrentContext, CurrentRealm

router = guarded_router("realms")

_ONE = "/realms/{name:path}"
"""Its parameter is not called `realm`, which is that of the second inclusion."""

_EXAMPLES = {
    "for ten minutes": {"ttl": "10m"},
    "like another": {"from": "default"},
    "of a fixture": {"fixture": {"clock": "2031-01-01T00:00:00Z"}},
}


class NewRealm(Model):
    """What a realm is made from: a realm, a fixture, or the server's fixture."""

    model_config = ConfigDict(validate_by_name=False)

    source: Annotated[
        str | None, Field(alias="from", description="A realm to copy, in its current state.")
    ] = None
    fixture: Annotated[dict[str, Any] | None, Field(description="A fixture, without files.")] = None
    ttl: Annotated[
        fields.Ttl | None, Field(description="The real time after which it expires.")
    ] = None


_LIKE_SERVER = NewRealm()
"""The default: a realm of the server's fixture."""


class RealmInfo(BaseModel):
    """A realm: its address, its time, and when it expires."""

    realm: str
    base_path: str
    now: str
    ttl: str | None


class RealmList(BaseModel):
    """The realms."""

    realms: list[RealmInfo]


async def named(name: Annotated[str, Path(json_schema_extra=example("t42"))]) -> str:
    """The name in the path."""
    if not name:
        raise Refused("path_unknown", "the path has no realm name")
    return name


Name = Annotated[str, Depends(named)]


async def valid_name(name: Name) -> str:
    """A name that a realm may have."""
    if not REALM_NAME.fullmatch(name):
        raise invalid(REALM_NAMES)
    return name


@router.get(
    "/realms",
    name="realms",
    summary="List the realms, the default one first",
    response_model=RealmList,
)
async def list_realms(context: CurrentContext) -> Response:
    """Each has its address, its time, and when it expires."""
    realms = [_info(realm) for realm in await context.server.realms.all()]
    return context.respond("ok", RealmList(realms=realms))


@router.get(
    _ONE,
    name="realm",
    summary="Show a realm: where it is, its time, and when it expires",
    response_model=RealmInfo,
    responses=problems("realm_not_found"),
)
async def show_realm(name: Name, context: CurrentContext) -> Response:
    """The example exists once PUT created it."""
    return context.respond("ok", _info(await _known(context.server.realms, name)))


@router.put(
    _ONE,
    name="make_realm",
    summary="Create a realm, or create it again",
    status_code=201,
    response_model=RealmInfo,
    response_description="Created",
    responses={
        200: {"model": RealmInfo, "description": "It existed, and was created again"},
        **problems("invalid_request", "realm_not_found", "default_realm_protected", "too_many"),
    },
)
async def make_realm(
    name: Annotated[str, Depends(valid_name)],
    context: CurrentContext,
    new: Annotated[NewRealm, Body(openapi_examples=examples(_EXAMPLES))] = _LIKE_SERVER,
) -> Response:
    """Tokens of an earlier realm of this name are refused."""
    if new.source is not None and new.fixture is not None:
        raise invalid("expected one of from and fixture")
    if name == DEFAULT:
        raise Refused(
            "default_realm_protected", "the default realm cannot be created; reset it instead"
        )
    realms = context.server.realms
    source = None if new.source is None else await _known(realms, new.source)
    is_new = await realms.get(name) is None
    ttl = None if new.ttl is None else new.ttl.total_seconds()
    try:
        realm = await realms.make(name, source=source, fixture=new.fixture, ttl=ttl)
    except FixtureError as error:
        raise refuse_mistakes(error) from error
    except TooManyRealms as full:
        raise Refused("too_many", str(full)) from full
    return context.respond("created" if is_new else "ok", _info(realm))


@router.delete(
    _ONE,
    name="remove_realm",
    summary="Remove a realm and all its data",
    status_code=204,
    response_model=None,
    responses=problems("realm_not_found", "default_realm_protected"),
)
async def remove_realm(name: Name, context: CurrentContext) -> Response:
    """The example exists once PUT created it."""
    realm = await _known(context.server.realms, name)
    if realm.name == DEFAULT:
        raise Refused(
            "default_realm_protected", "the default realm cannot be removed; reset it instead"
        )
    await context.server.realms.remove(realm)
    return context.respond("no_content")


@router.post(
    "/reset",
    name="reset",
    summary="Reset a realm to its fixture; tokens issued before are refused",
    response_model=RealmInfo,
)
async def reset_realm(context: CurrentContext, realm: CurrentRealm) -> Response:
    """It does not extend the time of a realm that expires."""
    try:
        again = await context.server.realms.reset(realm)
    except RealmRemoved as removed:
        raise Refused("realm_not_found", why_unknown(realm.name)) from removed
    return context.respond("ok", _info(again))


def _info(realm: Realm) -> RealmInfo:
    expiry = realm.header.expires_at
    left = None if expiry is None else max(0.0, expiry - machine_time())
    return RealmInfo(
        realm=realm.name,
        base_path="" if realm.name == DEFAULT else f"{REALMS}{realm.name}",
        now=iso_milliseconds(realm.clock.now()),
        ttl=None if left is None else fields.format_duration(timedelta(seconds=ceil(left))),
    )


async def _known(realms: Realms, name: str) -> Realm:
    realm = await realms.get(name)
    if realm is None:
        raise Refused("realm_not_found", why_unknown(name))
    return realm
