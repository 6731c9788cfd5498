"""Vault's API, after its sign-in and refresh pages."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from emulator.core.catalog import Vendor
from emulator.core.clock import iso_milliseconds
from emulator.core.outcomes import Json, Refused
from emulator.core.signatures import TokenRefused
from emulator.core.vendor import Operation
from emulator.core.verification import VerifiedToken, claimed_principal, end_session
from emulator.http.bearer import BearerScheme, challenge, scope_challenge
from emulator.http.body import FORM, form_members, json_members, media_type, text_problem
from emulator.http.context import CallContext, CurrentContext
from emulator.http.errors import FieldError, field_errors, in_one_sentence
from emulator.http.openapi import OUTSIDE_OPERATIONS, VendorDocs, responses
from emulator.http.route import Router, VendorRoute
from emulator.vendors.vault import rules
from emulator.vendors.vault.documentation import overlay
from emulator.vendors.vault.models import (
    Grant,
    RefreshTokenGrant,
    TokenResponse,
    VaultError,
    VaultFixture,
)
from emulator.vendors.vault.outcomes import OUTCOMES
from emulator.vendors.vault.refresh import refresh

TOKEN_PATH = "/reg/auth/token"  # noqa: S105 - a path

VENDOR = Vendor(
    name="vault",
    title="Vault",
    bases=("/reg",),
    hosts=("api.sandbox-v2.vault.ist",),  # documented elsewhere (the API's v2 pages): its sandbox
    outcomes=OUTCOMES,
    operations=(
        Operation("sign_in", issues=True),
        Operation("refresh", issues=True),
        Operation("log_out"),
    ),
    open_members=frozenset({"grant_type", "username", "client_id", "scope"}),
    fixture=VaultFixture,
    state=rules.Vault,
    token_endpoint=TOKEN_PATH,
)

_OPERATIONS = {"password": "sign_in", "refresh_token": "refresh"}
"""The operations of the token endpoint by `grant_type`."""

_SIGN_IN_MEMBERS = ("grant_type", "password", "username", "client_id")
_GRANT_TYPE = re.compile(r"[A-Za-z0-9_:.-]{1,60}")


def _refuse(refused: TokenRefused) -> Refused:
    message = "The Token is invalid"
    if refused.expired_at is not None:
        message = f"The Token has expired on {iso_milliseconds(refused.expired_at)}"
    return Refused(
        "invalid_token",
        refused.reason,
        message=message,
        challenge=challenge(refused, "vault"),
    )


def _refuse_scope(scopes: tuple[str, ...], reason: str) -> Refused:
    return Refused("insufficient_scope", reason, challenge=scope_challenge(scopes))


BEARER = BearerScheme("vault", _refuse, _refuse_scope)


def invalid_request(errors: Sequence[FieldError]) -> Refused:
    """The refusal of a body with these errors, one `errors` entry each."""
    entries: Json = [
        {"field": error.field, "message": f"{error.field} {error.clause}"} for error in errors
    ]
    return Refused("invalid_request", in_one_sentence(errors), errors=entries)


class VaultRoute(VendorRoute):
    """An operation of Vault; the token endpoint has two, by `grant_type`."""

    vendor = VENDOR
    bearer = BEARER

    def members(self, request: Request, body: bytes) -> dict[str, Any]:
        """See `VendorRoute.members`; RFC 6749 clients send a form."""
        if self.name == "log_out":
            return {}
        return form_members(body) if media_type(request) == FORM else json_members(request, body)

    def operation(self, members: Mapping[str, Any]) -> str:
        """See `VendorRoute.operation`."""
        return _OPERATIONS.get(str(members.get("grant_type")), self.name)

    def principal(self, request: Request, context: CallContext) -> str:
        """See `VendorRoute.principal`."""
        members = context.members or {}
        if context.operation == "log_out":
            return super().principal(request, context)
        named = members.get("refresh_token" if context.operation == "refresh" else "username")
        if not isinstance(named, str):
            return ""
        if context.operation == "refresh":
            return claimed_principal(context.realm, context.realm.vendors["vault"], named)
        return named

    def unreadable(self, reason: str) -> Refused:
        """See `VendorRoute.unreadable`."""
        return Refused("invalid_request", reason, errors=[])

    def invalid(self, errors: Sequence[Any], context: CallContext) -> Refused:
        """See `EmulatorRoute.invalid`."""
        members = context.members or {}
        asked = members.get("grant_type")
        if not isinstance(asked, str) or not asked:
            # What else is absent depends on the grant; a sign-in's members are the documented ones.
            problems = [(name, text_problem(members, name)) for name in _SIGN_IN_MEMBERS]
            return invalid_request([FieldError(n, said) for n, said in problems if said])
        if asked not in _OPERATIONS:
            # An unreadable body may have a password here.
            shown = repr(asked) if _GRANT_TYPE.fullmatch(asked) else "what was sent"
            known = " and ".join(_OPERATIONS)
            return Refused(
                "unsupported_grant_type", f"{shown} is not a supported grant type; {known} are"
            )
        return invalid_request(field_errors(errors, members))


router = Router(tags=["Vault"], route_class=VaultRoute)

DOCS = VendorDocs(
    VENDOR,
    router,
    tags={"Vault": "OAuth 2.0 token service of Vault, API v2"},
    security_schemes={"Vault token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    error=VaultError,
    overlay=overlay,
)

_TOKEN_OUTCOMES = frozenset(o.name for o in OUTCOMES) - OUTSIDE_OPERATIONS - {"logged_out"}
_FORM_BODY = {
    "oneOf": [
        {"$ref": "#/components/schemas/PasswordGrant"},
        {"$ref": "#/components/schemas/RefreshTokenGrant"},
    ],
    "discriminator": {
        "propertyName": "grant_type",
        "mapping": {
            "password": "#/components/schemas/PasswordGrant",
            "refresh_token": "#/components/schemas/RefreshTokenGrant",
        },
    },
}


async def session(request: Request, context: CurrentContext) -> VerifiedToken:
    """The valid token in `Authorization`. Raises the vendor's refusal."""
    return await BEARER.check(context.realm, request)


@router.post(
    TOKEN_PATH,
    name="sign_in",
    operation_id="token",
    summary="Sign in, or refresh",
    response_model=TokenResponse,
    responses=responses(OUTCOMES, error=VaultError, only=_TOKEN_OUTCOMES),
    openapi_extra={"requestBody": {"content": {FORM: {"schema": _FORM_BODY}}}},
)
async def token(grant: Grant, context: CurrentContext) -> Response:
    """Set `grant_type` to `password` to sign in, and to `refresh_token` for a new pair of tokens.

    The vendor documents a JSON body; a form, as RFC 6749 clients send it, is accepted too
    (assumed).
    """
    if isinstance(grant, RefreshTokenGrant):
        return context.respond("refreshed", await refresh(context.realm, grant))
    return context.respond("signed_in", await rules.sign_in(context.realm, grant))


@router.delete(
    "/reg/user/session/logout/current",
    name="log_out",
    operation_id="logOut",
    summary="Log out (assumed)",
    status_code=204,
    response_model=None,
    responses=responses(
        OUTCOMES, error=VaultError, only={"logged_out", "invalid_token", "server_error"}
    ),
    openapi_extra={"security": [{name: []} for name in DOCS.security_schemes]},
)
async def log_out(
    token: Annotated[VerifiedToken, Depends(session)],
    context: CurrentContext,
) -> Response:
    """Ends the session of the token that is sent: every token of its sign-in."""
    await end_session(context.realm, token)
    return context.respond("logged_out")
