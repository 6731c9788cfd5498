"""The vendors' keys, and rotating them."""

from typing import Annotated

from fastapi import Body, Response
from pydantic import BaseModel, Field, RootModel

from emulator.control.common import examples, guarded_router, known_vendor, problems
from emulator.control.mistakes import invalid
from emulator.core.catalog import Catalog
from emulator.core.keys import CannotRotate, Rotation
from emulator.core.model import Model
from emulator.core.outcomes import Refused
from emulator.core.realm import Realm
from emulator.core.realms import why_unknown
from emulator.http.context import CurrentContext, CurrentRealm
from emulator.http.route import Router

_EXAMPLES = {"with overlap": {"vendor": "vault", "mode": "overlap"}}


class VendorKeys(BaseModel):
    """A vendor's algorithm, the `kid` that signs (null: a secret does), and what is published."""

    algorithm: str
    signs_with: str | None
    published: list[dict[str, str]]


class AllKeys(RootModel[dict[str, VendorKeys]]):
    """The keys, by vendor."""


class RotatedKey(BaseModel):
    """Whose key was rotated, how, and the `kid` that signs from now on."""

    vendor: str
    mode: Rotation
    signs_with: str | None


def keys_router(catalog: Catalog) -> Router:
    """The calls about the keys of these vendors."""
    router = guarded_router("keys")

    class RotateRequest(Model):
        """Which key to rotate, and how."""

        vendor: Annotated[str, known_vendor(catalog), Field(description="Whose key.")]
        mode: Annotated[Rotation, Field(description="How the new key replaces the old one.")] = (
            Rotation.OVERLAP
        )

    @router.get(
        "/keys",
        name="keys",
        summary="Show each vendor's algorithm, the kid that signs, and what is published",
        response_model=AllKeys,
    )
    async def show_keys(context: CurrentContext, realm: CurrentRealm) -> Response:
        """Private keys and secrets are not shown."""
        return context.respond("ok", await _all_keys(realm))

    @router.post(
        "/keys/rotate",
        name="rotate_keys",
        summary="Rotate the signing key",
        response_model=RotatedKey,
        responses=problems("invalid_request"),
    )
    async def rotate_keys(
        wanted: Annotated[RotateRequest, Body(openapi_examples=examples(_EXAMPLES))],
        context: CurrentContext,
    ) -> Response:
        """The `mode` decides what happens to the old key and the tokens that it signed."""
        name, realms = context.realm.name, context.server.realms
        try:
            key = await realms.rotate(name, wanted.vendor, wanted.mode)
        except CannotRotate as error:
            raise invalid(str(error)) from error
        if key is None:
            raise Refused("realm_not_found", why_unknown(name))
        answer = RotatedKey(vendor=wanted.vendor, mode=wanted.mode, signs_with=key.kid)
        return context.respond("ok", answer)

    return router


async def _all_keys(realm: Realm) -> AllKeys:
    keys = {}
    for name, state in realm.vendors.items():
        keyring = state.issuer.keyring
        active = await keyring.active()
        keys[name] = VendorKeys(
            algorithm=keyring.algorithm.name,
            signs_with=active.kid,
            published=await keyring.published(),
        )
    return AllKeys(keys)
