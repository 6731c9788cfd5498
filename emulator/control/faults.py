"""The faults of a realm: listing, adding and removing them."""

from emulator.control.paths import BASE, asking, reading_its_path
from emulator.control.reading import invalid, parsed, read_body
from emulator.core.defects import DefectImpossible, aimed
from emulator.core.faults import Fault, Standing, TooManyFaults
from emulator.core.fixture.faults import FaultModel
from emulator.core.outcomes import Json, Refusal
from emulator.core.realm import Realm
from emulator.web.messages import Members
from emulator.web.operation import Endpoint, Operation

_PATH = f"{BASE}/faults"
_ONE = f"{_PATH}/{{id}}"


def fault_endpoints(model: type[FaultModel]) -> list[Endpoint]:
    """The calls about faults; `model` is a fixture's fault."""

    def parse(_: Realm, members: Members) -> Fault:
        return parsed(model, members["body"]).compiled()

    return [
        asking(_PATH, Operation.bare("faults", _all, success="told")),
        Endpoint(
            method="POST",
            paths=(_PATH,),
            operations=(Operation("add_fault", parse, _add, success="made"),),
            read=read_body,
        ),
        reading_its_path("DELETE", _PATH, Operation.bare("clear_faults", _clear, success="done")),
        reading_its_path("GET", _ONE, Operation("fault", _id, _one, success="told")),
        reading_its_path("DELETE", _ONE, Operation("remove_fault", _id, _remove, success="done")),
    ]


def _told(standing: Standing) -> dict[str, object]:
    return {
        "id": standing.id,
        **standing.fault.shown,
        "met": standing.met,
        "struck": standing.struck,
    }


def _id(_: Realm, members: Members) -> str:
    fault_id: str = members["id"]
    return fault_id


async def _all(realm: Realm, _: object) -> object:
    """List the faults, as they are tried, and how many calls each met and struck."""
    return {"faults": [_told(standing) for standing in realm.faults]}


async def _add(realm: Realm, fault: Fault) -> object:
    """Add a fault, behind those that are there."""
    try:
        return _told(realm.faults.add(aimed(fault, realm.sections)))
    except DefectImpossible as error:
        mistake: Json = [{"path": "token.defect", "message": str(error)}]
        raise invalid(f"token.defect: {error}", mistake) from error
    except TooManyFaults as full:
        raise Refusal("too_many", str(full)) from full


async def _one(realm: Realm, fault_id: str) -> object:
    """Show a fault. An id is given once: the first is f1, and after a reset again."""
    standing = realm.faults.find(fault_id)
    if standing is None:
        raise _unknown(fault_id)
    return _told(standing)


async def _remove(realm: Realm, fault_id: str) -> None:
    """Remove a fault."""
    if not realm.faults.remove(fault_id):
        raise _unknown(fault_id)


async def _clear(realm: Realm, _: object) -> None:
    """Remove every fault."""
    realm.faults.clear()


def _unknown(fault_id: str) -> Refusal:
    return Refusal("not_found", f"there is no fault {fault_id!r} (any more)")
