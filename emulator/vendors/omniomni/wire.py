"""What goes over the wire, named as OmniOmni's OpenAPI page names it."""

from dataclasses import dataclass

from emulator.core.outcomes import Refusal
from emulator.core.realm import Realm
from emulator.web.body import BodyUnreadable, json_object
from emulator.web.messages import Request
from emulator.web.operation import Members


@dataclass(frozen=True, slots=True)
class ClientSignInRequest:
    """Who signs in. The page requires no member: `{}` fits its schema."""

    clientId: str | None = None


@dataclass(frozen=True, slots=True)
class ClientSignInResponse:
    """The token, and nothing else."""

    accessToken: str


def read(request: Request) -> Members:
    """The members of the body."""
    try:
        return json_object(request)
    except BodyUnreadable as error:
        raise Refusal("malformed_request", str(error), error="Malformed JSON request") from error


def parse_sign_in(_: Realm, members: Members) -> ClientSignInRequest:
    """The sign-in that the members ask for."""
    client_id = members.get("clientId")
    if client_id is not None and not isinstance(client_id, str):
        raise Refusal(
            "malformed_request", "clientId is not a string", error="clientId must be a string"
        )
    return ClientSignInRequest(client_id)
