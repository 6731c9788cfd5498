"""OmniOmni in OpenAPI, as its own page has it."""

from emulator.core.principals import Principal
from emulator.vendors.omniomni.operations import SIGN_IN
from emulator.vendors.omniomni.rules import OmniOmni
from emulator.vendors.omniomni.wire import ClientSignInRequest, ClientSignInResponse
from emulator.web.documentation import Example, Page, first_shown

_SIGNATURE_HEADERS = ("X-Signature-DateTime", "X-Signature", "X-Signature-DeviceId")


def page(section: OmniOmni, *, show_passwords: bool) -> Page:
    """The vendor's entry; its sign-in has no password to show."""
    del show_passwords
    return Page(
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
        outcomes={name: a.outcome for name, a in section.outcomes.items()},
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
                "description": "Optional; not checked.",
                "schema": {"type": "string"},
            }
            for name in _SIGNATURE_HEADERS
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


def _example(client: Principal) -> Example:
    return Example(client.name, f"{client.name} ({client.status})", {"clientId": client.name})
