"""Health, and each vendor's JWKS. They answer without FastAPI, as a sign-in does."""

from collections.abc import Iterable

from emulator import __version__
from emulator.control.outcomes import OUTCOMES
from emulator.core.realm import Realm
from emulator.web.messages import Request
from emulator.web.operation import Api, Endpoint, Members, Operation

BASE = "/_emulator"


def control_api(vendors: Iterable[str]) -> Api:
    """The control API of an emulator with these vendors."""
    return Api(
        name="control",
        title="The control API",
        bases=(BASE,),
        endpoints=(
            _asking(f"{BASE}/health", Operation("health", _nothing, _health, success="told")),
            *(_jwks_endpoint(vendor) for vendor in vendors),
        ),
        outcomes=OUTCOMES,
    )


def jwks_path(vendor: str) -> str:
    """Where a vendor's public keys are (RFC 7517 §5)."""
    return f"{BASE}/{vendor}/.well-known/jwks.json"


def _jwks_endpoint(vendor: str) -> Endpoint:
    async def jwks(realm: Realm, _: object) -> object:
        """The vendor's public keys; none where its tokens are signed with a secret."""
        return {"keys": await realm.sections[vendor].issuer.keyring.published()}

    return _asking(jwks_path(vendor), Operation("jwks", _nothing, jwks, success="keys_told"))


async def _health(realm: Realm, _: object) -> object:
    """That it answers; its version and realms."""
    return {"status": "ok", "version": __version__, "realms": [realm.name]}


def _asking(path: str, operation: Operation) -> Endpoint:
    return Endpoint(method="GET", paths=(path,), operations=(operation,), read=_unread)


def _unread(_: Request) -> Members:
    return {}


def _nothing(_: Realm, __: Members) -> None:
    return None
