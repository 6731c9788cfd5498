"""NBC Gate's API, after its reference and its guide."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request, Response

from emulator.core.catalog import Vendor
from emulator.core.outcomes import Json, Refused
from emulator.core.realm import Realm
from emulator.core.signatures import TokenProblem, TokenRefused
from emulator.core.vendor import Operation
from emulator.core.verification import (
    VerifiedToken,
    claimed_principal,
    end_session,
    verify_access_token,
)
from emulator.http.bearer import BearerScheme
from emulator.http.body import json_members
from emulator.http.context import CallContext, CurrentContext
from emulator.http.errors import FieldError, field_errors, in_one_sentence
from emulator.http.openapi import VendorDocs, responses
from emulator.http.route import Router, VendorRoute
from emulator.vendors.nbcgate import rules
from emulator.vendors.nbcgate.documentation import overlay
from emulator.vendors.nbcgate.models import (
    CheckRequest,
    CodeMailed,
    NbcGateError,
    NbcGateFixture,
    OtpEmailRequest,
    RefreshRequest,
    SignInRequest,
    TokenCheck,
    TokenPair,
)
from emulator.vendors.nbcgate.outcomes import OUTCOMES
from emulator.vendors.nbcgate.refresh import refresh as refresh_rule

VENDOR = Vendor(
    name="nbcgate",
    title="NBC Gate",
    bases=("/auth", "//auth"),
    hosts=("api.client.nbcgate.tech",),  # documented: the reference's example request
    outcomes=OUTCOMES,
    operations=(
        Operation("sign_in", issues=True),
        Operation("mail_code"),
        Operation("refresh", issues=True),
        Operation("check_token"),
        Operation("log_out"),
    ),
    open_members=frozenset({"email"}),
    fixture=NbcGateFixture,
    state=rules.NbcGate,
    absent={
        "/auth/token/refresh": "assumed_endpoints: true and token_response: object add it",
        **dict.fromkeys(
            ("/auth/tfa/otp/email", "/auth/token/check", "/auth/log-out"),
            "assumed_endpoints: true adds it",
        ),
        **dict.fromkeys(
            ("/auth/qrcode", "/auth/recovery", "/auth/sign-in/psw", "/auth/sign-up"),
            "the fixture nbcgate-auth-tree has it (serve demo nbcgate-auth-tree)",
        ),
    },
)

ERROR_CODES = {"is absent": 4001, "is too short": 4003, "is not an e-mail address": 4004}
"""The `code` of an `errors` entry, by what is wrong; assumed, as the reference publishes none."""

WRONG_TYPE = 4002
"""The `code` of a member whose type is wrong; assumed like the others."""

_NOTHING_SENT = 4016
_NOT_GOOD = 4017

_ASSUMED = frozenset({"mail_code", "check_token", "log_out"})
"""The operations that a fixture switches on with `assumed_endpoints`."""


def _refuse(refused: TokenRefused) -> Refused:
    code = _NOTHING_SENT if refused.problem is TokenProblem.MISSING else _NOT_GOOD
    errors: Json = [{"code": code}]
    return Refused("invalid_token", refused.reason, errors=errors)


def _refuse_scope(_: tuple[str, ...], reason: str) -> Refused:
    return Refused("insufficient_scope", reason)


BEARER = BearerScheme("nbcgate", _refuse, _refuse_scope, accepts_bare=True)


def invalid_request(errors: Sequence[FieldError]) -> Refused:
    """The refusal of a body with these errors, one `errors` entry a field."""
    entries: Json = [
        {"code": ERROR_CODES.get(error.clause, WRONG_TYPE), "field": error.field}
        for error in errors
    ]
    return Refused("invalid_request", in_one_sentence(errors), errors=entries)


def lacks_password(realm: Realm, members: Mapping[str, Any]) -> bool:
    """Whether a required password is missing."""
    only_password = realm.of(rules.NbcGate).fixture.sign_in_with == "password"
    return members.get("password") is None and (only_password or not members.get("otp"))


class NbcGateRoute(VendorRoute):
    """An operation of NBC Gate."""

    vendor = VENDOR
    bearer = BEARER

    def is_enabled(self, fixture: NbcGateFixture) -> bool:
        """See `VendorRoute.is_enabled`."""
        if self.name == "refresh":
            return fixture.refreshes
        return fixture.assumed_endpoints or self.name not in _ASSUMED

    def members(self, request: Request, body: bytes) -> dict[str, Any]:
        """See `VendorRoute.members`; a token to check may also be in `Authorization`."""
        if self.name != "check_token":
            return super().members(request, body)
        members = json_members(request, body) if body else {}
        if members.get("token") is None:
            try:
                members["token"] = BEARER.token_in(request)
            except TokenRefused as refused:
                raise BEARER.refuse(refused) from refused
        return members

    def principal(self, request: Request, context: CallContext) -> str:
        """See `VendorRoute.principal`."""
        members = context.members or {}
        if self.name == "log_out":
            return super().principal(request, context)
        if self.name in ("refresh", "check_token"):
            token = members.get("refreshToken" if self.name == "refresh" else "token")
            state = context.realm.vendors["nbcgate"]
            if not isinstance(token, str):
                return ""
            return claimed_principal(context.realm, state, token)
        email = members.get("email")
        return email if isinstance(email, str) else ""

    def unreadable(self, reason: str) -> Refused:
        """See `VendorRoute.unreadable`."""
        return Refused("invalid_request", reason, errors=[])

    def invalid(self, errors: Sequence[Any], context: CallContext) -> Refused:
        """See `EmulatorRoute.invalid`."""
        members = context.members or {}
        found = field_errors(errors, members)
        if self.name == "sign_in" and lacks_password(context.realm, members):
            found.append(FieldError("password", "is absent"))
        return invalid_request(found)


router = Router(tags=["NBC Gate"], route_class=NbcGateRoute)

DOCS = VendorDocs(
    VENDOR,
    router,
    tags={"NBC Gate": "Sign-in of NBC Gate"},
    security_schemes={"NBC Gate token": {"type": "http", "scheme": "bearer"}},
    error=NbcGateError,
    overlay=overlay,
)

_NEEDS_TOKEN: dict[str, Any] = {"security": [{name: []} for name in DOCS.security_schemes]}
_ANY = frozenset({"invalid_request", "body_too_large", "server_error"})


async def session(request: Request, context: CurrentContext) -> VerifiedToken:
    """The valid token in `Authorization`. Raises the vendor's refusal."""
    return await BEARER.check(context.realm, request)


@router.post("//auth/sign-in", name="sign_in", include_in_schema=False)
@router.post(
    "/auth/sign-in",
    name="sign_in",
    operation_id="signIn",
    summary="Sign in",
    response_model=str | TokenPair,
    responses=responses(
        OUTCOMES,
        error=NbcGateError,
        only=_ANY
        | {
            *("signed_in", "user_not_found", "wrong_password", "user_blocked"),
            *("otp_required", "otp_wrong", "otp_expired", "otp_locked"),
        },
        words={200: "token", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"},
    )
    | {"default": {"description": "documented as application/json, without a word on when"}},
)
async def sign_in(body: SignInRequest, context: CurrentContext) -> Response:
    """Client authorization.

    The vendor prints this path with **two slashes**, `POST //auth/sign-in`; the server answers
    both. Swagger can send only one: a browser reads a path that begins with two slashes as a host
    name, and so do many HTTP clients.
    """
    if lacks_password(context.realm, {"password": body.password, "otp": body.otp}):
        raise invalid_request([FieldError("password", "is absent")])
    return context.respond("signed_in", await rules.sign_in(context.realm, body))


@router.post("//auth/tfa/otp/email", name="mail_code", include_in_schema=False)
@router.post(
    "/auth/tfa/otp/email",
    name="mail_code",
    operation_id="mailCode",
    summary="Mail a one-time code (assumed)",
    response_model=CodeMailed,
    responses=responses(
        OUTCOMES,
        error=NbcGateError,
        only=_ANY | {"otp_mailed", "otp_too_early", "otp_not_mailed", "user_not_found"},
    ),
)
async def mail_code(body: OtpEmailRequest, context: CurrentContext) -> Response:
    """The code is in the outbox, `GET /_emulator/outbox`."""
    return context.respond("otp_mailed", await rules.mail_code(context.realm, body))


@router.post("//auth/token/refresh", name="refresh", include_in_schema=False)
@router.post(
    "/auth/token/refresh",
    name="refresh",
    operation_id="refresh",
    summary="Refresh (assumed)",
    response_model=TokenPair,
    responses=responses(
        OUTCOMES,
        error=NbcGateError,
        only=_ANY
        | {
            *("refreshed", "refresh_token_expired", "refresh_token_reused"),
            *("refresh_token_invalid", "user_blocked"),
        },
    ),
)
async def refresh(body: RefreshRequest, context: CurrentContext) -> Response:
    """Gives a new pair for a refresh token, which can be used once."""
    return context.respond("refreshed", await refresh_rule(context.realm, body))


@router.post("//auth/token/check", name="check_token", include_in_schema=False)
@router.post(
    "/auth/token/check",
    name="check_token",
    operation_id="checkToken",
    summary="Check a token (assumed)",
    response_model=TokenCheck,
    responses=responses(OUTCOMES, error=NbcGateError, only=_ANY | {"token_valid", "invalid_token"}),
    openapi_extra=_NEEDS_TOKEN,
)
async def check_token(body: CheckRequest, context: CurrentContext) -> Response:
    """The token is the body's, or with `{}` that of `Authorization`."""
    realm = context.realm
    try:
        token = await verify_access_token(realm, realm.vendors["nbcgate"], body.token or "")
    except TokenRefused as refused:
        raise BEARER.refuse(refused) from refused
    token.subject.raise_forced_outcome()
    return context.respond("token_valid", rules.check_token(token))


@router.post("//auth/log-out", name="log_out", include_in_schema=False)
@router.post(
    "/auth/log-out",
    name="log_out",
    operation_id="logOutUser",
    summary="Log out (assumed)",
    status_code=204,
    response_model=None,
    responses=responses(
        OUTCOMES,
        error=NbcGateError,
        only={"logged_out", "invalid_token", "server_error", "body_too_large"},
    ),
    openapi_extra=_NEEDS_TOKEN,
)
async def log_out(
    token: Annotated[VerifiedToken, Depends(session)],
    context: CurrentContext,
) -> Response:
    """Ends the session of the token that is sent: every token of its sign-in."""
    await end_session(context.realm, token)
    return context.respond("logged_out")
