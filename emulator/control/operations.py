"""What the control API answers, and where. It needs no FastAPI, as a sign-in does not."""

from collections.abc import Iterable

from emulator import __version__
from emulator.control.keys import KEYS, ROTATE
from emulator.control.metadata import metadata_endpoints
from emulator.control.outbox import OUTBOX
from emulator.control.outcomes import OUTCOMES
from emulator.control.paths import BASE, asking
from emulator.control.tokens import token_endpoints
from emulator.core.realm import Realm
from emulator.web.operation import Api, Operation


def control_api(vendors: Iterable[Api]) -> Api:
    """The control API of an emulator with these vendors."""
    endpoints = [HEALTH, KEYS, ROTATE, OUTBOX]
    for vendor in vendors:
        endpoints += [*metadata_endpoints(vendor), *token_endpoints(vendor)]
    return Api(
        name="control",
        title="The control API",
        bases=(BASE,),
        endpoints=tuple(endpoints),
        outcomes=OUTCOMES,
    )


async def _health(realm: Realm, _: object) -> object:
    """That it answers; its version and realms."""
    return {"status": "ok", "version": __version__, "realms": [realm.name]}


HEALTH = asking(f"{BASE}/health", Operation.bare("health", _health, success="told"))
