"""The vendors' keys, and rotating them."""

from dataclasses import dataclass

from emulator.control.paths import BASE, asking
from emulator.control.reading import invalid, only, read_body
from emulator.core.fixture.mistakes import did_you_mean
from emulator.core.keys import KeysCannotRotate, Rotation
from emulator.core.realm import Realm
from emulator.web.messages import Members
from emulator.web.operation import Endpoint, Operation


@dataclass(frozen=True, slots=True)
class RotateRequest:
    """Whose key, and how the new one takes its place."""

    vendor: str
    mode: Rotation = Rotation.OVERLAP


async def _keys(realm: Realm, _: object) -> object:
    """Each vendor's algorithm, the kid that signs, and what is published."""
    told = {}
    for name, section in realm.sections.items():
        ring = section.issuer.keyring
        active = await ring.active()
        told[name] = {
            "algorithm": ring.algorithm.name,
            "signs_with": active.kid,
            "published": await ring.published(),
        }
    return told


async def _rotate(realm: Realm, request: RotateRequest) -> object:
    """Make a new key sign."""
    section = realm.own(request.vendor)
    try:
        new = await section.issuer.keyring.rotate(request.mode)
    except KeysCannotRotate as error:
        raise invalid(str(error)) from error
    return {"vendor": request.vendor, "mode": request.mode, "signs_with": new.kid}


def _parse(realm: Realm, members: Members) -> RotateRequest:
    body = members["body"]
    only(body, ("vendor", "mode"))
    vendor, mode = body.get("vendor"), body.get("mode", Rotation.OVERLAP)
    if not isinstance(vendor, str) or vendor not in realm.sections:
        near = did_you_mean(str(vendor), realm.sections)
        raise invalid(f"vendor: {vendor!r} is no vendor{near}")
    if not isinstance(mode, str) or mode not in list(Rotation):
        near = did_you_mean(str(mode), list(Rotation))
        raise invalid(f"mode: {mode!r} is no rotation{near}")
    return RotateRequest(vendor, Rotation(mode))


KEYS = asking(f"{BASE}/keys", Operation.bare("keys", _keys, success="told"))
ROTATE = Endpoint(
    method="POST",
    paths=(f"{BASE}/keys/rotate",),
    operations=(Operation("rotate_keys", _parse, _rotate, success="told"),),
    read=read_body,
)
