"""What goes over the wire, named as OmniOmni's OpenAPI page names it."""

from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from msgspec import Struct

from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.vendors.omniomni.signature import DEVICE_ID, SIGNATURE, TIMESTAMP, SignedRequest
from emulator.web.body import BodyUnreadable, json_object
from emulator.web.messages import Members, Request

OPEN_MEMBERS = frozenset({"clientId"})
"""The members that hold no secret: the journal tells their values."""

_SIGNATURE_HEADERS = [name.lower().encode() for name in (SIGNATURE, TIMESTAMP, DEVICE_ID)]


class ClientSignInRequest(Struct, frozen=True):
    """Who signs in. The page requires no member: `{}` fits its schema."""

    clientId: str | None = None


class ClientSignInResponse(Struct, frozen=True):
    """The token, and nothing else."""

    accessToken: str


class SignIn(Struct, frozen=True):
    """A sign-in, and the request that brought it, as a signature sees that."""

    request: ClientSignInRequest
    signed: Callable[[], SignedRequest]


def read(request: Request) -> Members:
    """The members of the body, and `signed`: what a signature is over, and the signature."""
    try:
        members = json_object(request)
    except BodyUnreadable as error:
        raise Refusal("malformed_request", str(error), error="Malformed JSON request") from error
    members["signed"] = partial(_signed, request)
    return members


def _signed(request: Request) -> SignedRequest:
    path = request.raw_path or quote(request.path).encode()
    return SignedRequest(
        request.method,
        path + b"?" + request.query if request.query else path,
        request.body,
        *(request.header(name) or None for name in _SIGNATURE_HEADERS),
    )


def parse_sign_in(_: Realm, members: Members) -> SignIn:
    """The sign-in that the members ask for."""
    client_id = members.get("clientId")
    if client_id is not None and not isinstance(client_id, str):
        raise Refusal(
            "malformed_request", "clientId is not a string", error="clientId must be a string"
        )
    return SignIn(ClientSignInRequest(client_id), members["signed"])
