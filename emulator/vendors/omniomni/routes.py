"""OmniOmni in OpenAPI, as its own page has it."""

from emulator.vendors.omniomni.operations import SIGN_IN
from emulator.vendors.omniomni.proof import Client
from emulator.vendors.omniomni.rules import OmniOmni
from emulator.vendors.omniomni.signature import DEVICE_ID, SIGNATURE, TIMESTAMP
from emulator.vendors.omniomni.wire import ClientSignInRequest, ClientSignInResponse
from emulator.web.documentation import Example, Page, first_shown

_SIGNATURE_HEADERS = {
    TIMESTAMP: "When the request was signed: UTC, ISO 8601.",
    SIGNATURE: "Optional, unless the fixture requires it of the client, or the client sends it and "
    "has a public key there: then it is verified. `auth-emulator sign` makes the three.",
    DEVICE_ID: "The device's id, which is signed too.",
}


def pages(section: OmniOmni, *, show_passwords: bool) -> list[Page]:
    """The vendor's entry; its sign-in has no password to show."""
    del show_passwords
    page = Page(
        endpoint=SIGN_IN,
        tag="Auth",
        tag_description="Endpoints for OmniOmni security",
        operation_id="signInClient",
        summary="🌱 Client Sign-In",
        description=(
            "This API endpoint is used to authenticate client and obtain access tokens. "
            "It answers at `/omni-omni/v1/auth/client-token` too."
        ),
        bodies={"application/json": [ClientSignInRequest]},
        answer=ClientSignInResponse,
        every_outcome={name: a.outcome for name, a in section.outcomes.items()},
        examples=[_example(client) for client in first_shown(section.clients)],
        words={
            200: "User signed in successfully",
            401: "Invalid credentials",
            404: "Client not found",
        },
        parameters=[
            {
                "in": "header",
                "name": name,
                "description": description,
                "schema": {"type": "string"},
            }
            for name, description in _SIGNATURE_HEADERS.items()
        ],
        security=[],
        security_schemes={
            "Bearer Authentication": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "For the vendor's other operations; no sign-in wants it.",
            }
        },
    )
    return [page]


def _example(client: Client) -> Example:
    wants = ", signature required" if client.signature == "required" else ""
    summary = f"{client.name} ({client.status}{wants})"
    return Example(client.name, summary, {"clientId": client.name})
