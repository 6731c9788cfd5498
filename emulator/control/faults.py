"""The faults of a realm: listing, adding and removing them."""

from typing import Annotated, Any

from fastapi import Body, Path, Response
from pydantic import BaseModel, Field

from emulator.control.common import (
    EXAMPLE_NAME,
    change_realm,
    example,
    examples,
    guarded_router,
    problems,
)
from emulator.control.mistakes import refuse_findings
from emulator.core.clock import machine_time
from emulator.core.faults import ActiveFault, Fault, FaultList, TooManyFaults
from emulator.core.outcomes import Refused
from emulator.core.realm import Changes, Realm, dump
from emulator.http.context import CurrentContext, CurrentRealm

router = guarded_router("faults")

_EXAMPLES = {
    "an outage": {"operation": "sign_in", "times": 3, "outcome": "server_error"},
    "a slow user": {"principal": EXAMPLE_NAME, "delay": "2s"},
    "a lost answer": {
        "vendor": "vault",
        "operation": "refresh",
        "phase": "after",
        "connection": "reset",
        "times": 1,
    },
    "a bad token": {
        "vendor": "omniomni",
        "operation": "sign_in",
        "token": {"defect": "wrong_key"},
        "times": 1,
    },
}

FaultId = Annotated[str, Path(alias="id", json_schema_extra=example("f1"))]


class FaultInfo(Fault):
    """A fault as it was written, its id, and how many calls it matched and was applied to."""

    id: str
    matched: Annotated[int, Field(description="The number of calls that matched it.")]
    triggered: Annotated[int, Field(description="The number of these that it was applied to.")]


class FaultInfos(BaseModel):
    """The faults of a realm, in the order in which they are tried."""

    faults: list[FaultInfo]


@router.get(
    "/faults",
    name="faults",
    summary="List the faults in order, with how many calls each matched and was applied to",
    response_model=FaultInfos,
)
async def list_faults(context: CurrentContext, realm: CurrentRealm) -> Response:
    """Those that have expired are not among them."""
    faults = [await _info(realm, active) for active in _active(realm)]
    return context.respond("ok", {"faults": faults})


@router.post(
    "/faults",
    name="add_fault",
    summary="Add a fault after the others",
    status_code=201,
    response_model=FaultInfo,
    responses=problems("invalid_request", "too_many"),
)
async def add_fault(
    fault: Annotated[Fault, Body(openapi_examples=examples(_EXAMPLES))],
    context: CurrentContext,
) -> Response:
    """A call must match every member that selects calls."""
    number = 0

    def add(realm: Realm) -> Changes:
        nonlocal number
        catalog, algorithms = context.server.catalog, realm.template.algorithms()
        findings = list(fault.contradictions(catalog, algorithms))
        if findings:
            raise refuse_findings(findings)
        now = machine_time()
        faults = realm.fault_list.still_there(now).with_added([fault], now)
        number = faults.last
        return {"faults": dump(faults)}

    try:
        realm = await change_realm(context, add)
    except TooManyFaults as full:
        raise Refused("too_many", str(full)) from full
    return context.respond("created", await _info(realm, _known(realm, f"f{number}")))


@router.delete(
    "/faults",
    name="clear_faults",
    summary="Remove every fault",
    status_code=204,
    response_model=None,
)
async def clear_faults(context: CurrentContext) -> Response:
    """Their ids are not used again."""
    await change_realm(context, lambda realm: _keep(realm, []))
    return context.respond("no_content")


@router.get(
    "/faults/{id}",
    name="fault",
    summary="Show a fault",
    response_model=FaultInfo,
    responses=problems("not_found"),
)
async def show_fault(fault_id: FaultId, context: CurrentContext, realm: CurrentRealm) -> Response:
    """An id is given once: the first is f1, and after a reset again.

    The example exists once POST created it.
    """
    return context.respond("ok", await _info(realm, _known(realm, fault_id)))


@router.delete(
    "/faults/{id}",
    name="remove_fault",
    summary="Remove a fault",
    status_code=204,
    response_model=None,
    responses=problems("not_found"),
)
async def remove_fault(fault_id: FaultId, context: CurrentContext) -> Response:
    """The example exists once POST created it."""

    def remove(realm: Realm) -> Changes:
        removed = _known(realm, fault_id).id
        return _keep(realm, [active.id for active in _active(realm) if active.id != removed])

    await change_realm(context, remove)
    return context.respond("no_content")


def _active(realm: Realm) -> list[ActiveFault]:
    now = machine_time()
    return [one for one in realm.faults if one.expires_at is None or one.expires_at > now]


def _known(realm: Realm, fault_id: str) -> ActiveFault:
    for active in _active(realm):
        if active.id == fault_id:
            return active
    raise Refused("not_found", f"there is no fault {fault_id!r}")


def _keep(realm: Realm, ids: list[str]) -> Changes:
    """The change that keeps only the faults with these ids."""
    entries = [entry for entry in realm.fault_list.entries if entry.id in ids]
    return {"faults": dump(FaultList(last=realm.fault_list.last, entries=entries))}


async def _info(realm: Realm, active: ActiveFault) -> dict[str, Any]:
    matched, triggered = await realm.fault_counters(active)
    return {
        "id": active.id,
        **active.fault.as_written(),
        "matched": matched,
        "triggered": triggered,
    }
