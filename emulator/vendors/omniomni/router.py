"""OmniOmni's API, after its OpenAPI page."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response

from emulator.core.catalog import Vendor
from emulator.core.outcomes import Refused
from emulator.core.signatures import TokenRefused
from emulator.core.vendor import Operation
from emulator.http.bearer import BearerScheme, challenge, scope_challenge
from emulator.http.context import CallContext, CurrentContext, target_in_realm
from emulator.http.openapi import VendorDocs, responses
from emulator.http.route import Router, VendorRoute
from emulator.vendors.omniomni import rules
from emulator.vendors.omniomni.documentation import overlay
from emulator.vendors.omniomni.models import (
    ClientSignInRequest,
    ClientSignInResponse,
    OmniOmniError,
    OmniOmniFixture,
)
from emulator.vendors.omniomni.outcomes import OUTCOMES
from emulator.vendors.omniomni.signature import DEVICE_ID, SIGNATURE, TIMESTAMP, SignedRequest

VENDOR = Vendor(
    name="omniomni",
    title="OmniOmni",
    bases=("/ecrop-command", "/omni-omni"),
    hosts=(
        "backend.sandbox.ecrop.de",  # documented: the server of the sign-in's OpenAPI page
        "backend.dev.ecrop.de",  # documented elsewhere (omni-asset/post-client-auth)
        "backend.ecrop.de",  # the same
    ),
    outcomes=OUTCOMES,
    operations=(Operation("sign_in", issues=True),),
    open_members=frozenset({"clientId"}),
    fixture=OmniOmniFixture,
    state=rules.OmniOmni,
    optional_base="/ecrop-command",
)


def _refuse(refused: TokenRefused) -> Refused:
    return Refused("invalid_token", refused.reason, challenge=challenge(refused, "omni-omni"))


def _refuse_scope(scopes: tuple[str, ...], reason: str) -> Refused:
    return Refused("insufficient_scope", reason, challenge=scope_challenge(scopes))


BEARER = BearerScheme("omniomni", _refuse, _refuse_scope)


class OmniOmniRoute(VendorRoute):
    """An operation of OmniOmni."""

    vendor = VENDOR
    bearer = BEARER

    def principal(self, request: Request, context: CallContext) -> str:
        """See `VendorRoute.principal`."""
        del request
        name = (context.members or {}).get("clientId")
        return name if isinstance(name, str) else ""

    def unreadable(self, reason: str) -> Refused:
        """See `VendorRoute.unreadable`."""
        return Refused("malformed_request", reason, error="Malformed JSON request")

    def invalid(self, errors: Sequence[Any], context: CallContext) -> Refused:
        """See `EmulatorRoute.invalid`: `clientId` is the one member that there is."""
        del errors, context
        return Refused(
            "malformed_request", "clientId is not a string", error="clientId must be a string"
        )


router = Router(tags=["Auth"], route_class=OmniOmniRoute)

DOCS = VendorDocs(
    VENDOR,
    router,
    tags={"Auth": "Endpoints for OmniOmni security"},
    security_schemes={
        "Bearer Authentication": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "For the vendor's other operations; no sign-in wants it.",
        }
    },
    error=OmniOmniError,
    overlay=overlay,
)


_SIGNATURE_HEADERS = {
    TIMESTAMP: "When the request was signed: UTC, ISO 8601.",
    SIGNATURE: "Optional, unless the fixture requires it of the client, or the client sends it and "
    "has a public key there: then it is verified. `auth-emulator sign` makes the three.",
    DEVICE_ID: "The device's id, which is signed too.",
}
"""The headers of Proof of Action. FastAPI's `Header` would cost a tenth of a sign-in."""


async def signed_request(request: Request) -> SignedRequest:
    """The request as its signature sees it; an empty header counts as absent."""
    return SignedRequest(
        request.method,
        target_in_realm(request),
        await request.body(),
        request.headers.get(SIGNATURE) or None,
        request.headers.get(TIMESTAMP) or None,
        request.headers.get(DEVICE_ID) or None,
    )


@router.post("/omni-omni/v1/auth/client-token", name="sign_in", include_in_schema=False)
@router.post(
    "/ecrop-command/omni-omni/v1/auth/client-token",
    name="sign_in",
    operation_id="signInClient",
    summary="🌱 Client Sign-In",
    response_model=ClientSignInResponse,
    responses=responses(
        OUTCOMES,
        error=OmniOmniError,
        words={
            200: "User signed in successfully",
            401: "Invalid credentials",
            404: "Client not found",
        },
    ),
    openapi_extra={
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": False,
                "schema": {"type": "string"},
                "description": description,
            }
            for name, description in _SIGNATURE_HEADERS.items()
        ],
    },
)
async def sign_in(body: ClientSignInRequest, request: Request, context: CurrentContext) -> Response:
    """This API endpoint is used to authenticate client and obtain access tokens.

    It answers at `/omni-omni/v1/auth/client-token` too.
    """  # noqa: D404 - the vendor's own words
    signed = await signed_request(request)
    return context.respond("signed_in", await rules.sign_in(context.realm, body, signed))
