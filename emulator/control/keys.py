"""The vendors' keys, and rotating them."""

from dataclasses import dataclass

from emulator.control.paths import BASE, asking
from emulator.core.fixture.mistakes import did_you_mean
from emulator.core.keys import KeysCannotRotate, Rotation
from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.web.body import BodyUnreadable, json_object
from emulator.web.messages import Request
from emulator.web.operation import Endpoint, Members, Operation


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
    section = realm.sections[request.vendor]
    try:
        new = await section.issuer.keyring.rotate(request.mode)
    except KeysCannotRotate as error:
        raise Refusal("invalid_request", str(error)) from error
    return {"vendor": request.vendor, "mode": request.mode, "signs_with": new.kid}


def _read(request: Request) -> Members:
    try:
        return json_object(request)
    except BodyUnreadable as error:
        raise Refusal("invalid_request", str(error)) from error


def _parse(realm: Realm, members: Members) -> RotateRequest:
    for name in members.keys() - {"vendor", "mode"}:
        raise Refusal("invalid_request", f"{name!r} is not known{did_you_mean(name, _MEMBERS)}")
    vendor, mode = members.get("vendor"), members.get("mode", Rotation.OVERLAP)
    if not isinstance(vendor, str) or vendor not in realm.sections:
        raise Refusal(
            "invalid_request",
            f"vendor: {vendor!r} is no vendor{did_you_mean(str(vendor), realm.sections)}",
        )
    if not isinstance(mode, str) or mode not in list(Rotation):
        raise Refusal(
            "invalid_request",
            f"mode: {mode!r} is no rotation{did_you_mean(str(mode), list(Rotation))}",
        )
    return RotateRequest(vendor, Rotation(mode))


_MEMBERS = ("vendor", "mode")

KEYS = asking(f"{BASE}/keys", Operation.bare("keys", _keys, success="told"))
ROTATE = Endpoint(
    method="POST",
    paths=(f"{BASE}/keys/rotate",),
    operations=(Operation("rotate_keys", _parse, _rotate, success="told"),),
    read=_read,
)
