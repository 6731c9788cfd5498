"""What the control API answers, and where. It needs no FastAPI, as a sign-in does not."""

from collections.abc import Collection, Iterable

from emulator import __version__
from emulator.control.authority import ca_certificate_endpoint
from emulator.control.clock import CLOCK
from emulator.control.faults import fault_endpoints
from emulator.control.journal import journal_endpoints
from emulator.control.keys import KEYS, ROTATE
from emulator.control.metadata import metadata_endpoints
from emulator.control.minting import minting_endpoints
from emulator.control.outbox import OUTBOX
from emulator.control.outcomes import OUTCOMES
from emulator.control.paths import BASE, asking
from emulator.control.principals import principal_endpoints
from emulator.control.realms import BlueprintIn, realm_endpoints
from emulator.control.tokens import token_endpoints
from emulator.core.clock import iso_milliseconds, real_time
from emulator.core.fixture.faults import FaultModel
from emulator.core.fixture.sections import SectionModel
from emulator.core.realm import Realm
from emulator.core.realms import Realms
from emulator.web.operation import Api, Endpoint, Operation


def verifying_endpoints(vendors: Iterable[Api]) -> list[Endpoint]:
    """What services need that verify the vendors' tokens; open to every caller."""
    return [
        endpoint
        for vendor in vendors
        for endpoint in (*metadata_endpoints(vendor), *token_endpoints(vendor))
    ]


def control_api(
    vendors: Collection[Api],
    realms: Realms,
    blueprint_in: BlueprintIn,
    fault_model: type[FaultModel],
    sections: Iterable[type[SectionModel]],
    *,
    ca_certificate: str | None = None,
) -> Api:
    """The control API of an emulator with these vendors.

    `blueprint_in` reads a fixture, `fault_model` a fixture's fault; `sections` are the vendors'
    sections of one. `ca_certificate` is that of a server of HTTPS.
    """
    verifying = verifying_endpoints(vendors)
    endpoints = [
        health(realms),
        ca_certificate_endpoint(ca_certificate),
        *realm_endpoints(realms, blueprint_in),
        *CLOCK,
        *fault_endpoints(fault_model),
        *principal_endpoints(sections),
        KEYS,
        ROTATE,
        *minting_endpoints([api.name for api in vendors], realms),
        OUTBOX,
        *journal_endpoints(vendors, verifying, realms),
        *verifying,
    ]
    return Api(
        name="control",
        title="The control API",
        bases=(BASE,),
        endpoints=tuple(endpoints),
        outcomes=OUTCOMES,
        guarded=True,
        docs=f"{BASE}/docs",
    )


def health(realms: Realms) -> Endpoint:
    """That it answers."""

    async def told(_: Realm, __: object) -> object:
        """Whether the emulator answers: its version, its realms, and its machine's time."""
        names = [realm.name for realm in await realms.all()]
        now = iso_milliseconds(real_time())
        return {"status": "ok", "version": __version__, "realms": names, "real_time": now}

    return asking(f"{BASE}/health", Operation.bare("health", told, success="told"), is_open=True)
