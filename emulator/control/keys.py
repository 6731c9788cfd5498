"""The vendors' keys, and rotating them."""

from emulator.control.paths import BASE, asking
from emulator.control.reading import invalid, parsed, read_body
from emulator.core.keys import KeysCannotRotate, Rotation
from emulator.core.realm import Realm
from emulator.core.shapes.shape import Shape, member
from emulator.core.shapes.values import TEXT_OR_EMPTY, member_of
from emulator.core.suggestion import did_you_mean
from emulator.web.messages import Members
from emulator.web.operation import Endpoint, Operation


class RotateRequest(Shape):
    """Whose key, and how the new one takes its place."""

    vendor: str = member(TEXT_OR_EMPTY, "Whose key.")
    mode: Rotation = member(
        member_of(Rotation), "How the new one takes the old one's place.", default="overlap"
    )


async def _keys(realm: Realm, _: object) -> object:
    """Show each vendor's algorithm, the kid that signs, and what is published."""
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
    try:
        new = await realm.rotate(request.vendor, request.mode)
    except KeysCannotRotate as error:
        raise invalid(str(error)) from error
    return {"vendor": request.vendor, "mode": request.mode, "signs_with": new.kid}


def _parse(realm: Realm, members: Members) -> RotateRequest:
    request = parsed(RotateRequest, members["body"])
    if request.vendor not in realm.sections:
        said = f"{request.vendor!r} is no vendor{did_you_mean(request.vendor, realm.sections)}"
        raise invalid(f"vendor: {said}", [{"path": "vendor", "message": said}])
    return request


KEYS = asking(f"{BASE}/keys", Operation.bare("keys", _keys, success="told"))
ROTATE = Endpoint(
    method="POST",
    paths=(f"{BASE}/keys/rotate",),
    operations=(Operation("rotate_keys", _parse, _rotate, success="told"),),
    read=read_body,
)
