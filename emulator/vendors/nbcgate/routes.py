"""NBC Gate in OpenAPI, as its reference and its guide have it."""

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from emulator.core.outcomes import Json, Mark, Outcome
from emulator.vendors.nbcgate.codes import FixedCode, TotpCode
from emulator.vendors.nbcgate.operations import CHECK_TOKEN, LOG_OUT, MAIL_CODE, REFRESH, SIGN_IN
from emulator.vendors.nbcgate.rules import NbcGate, User
from emulator.vendors.nbcgate.wire import (
    CheckRequest,
    CodeMailed,
    OtpEmailRequest,
    RefreshRequest,
    SignInRequest,
    TokenCheck,
    TokenPair,
)
from emulator.web.documentation import Example, NoAnswer, Page, first_shown, shown_password
from emulator.web.operation import Endpoint

_DESCRIPTION = """\
Client authorization.

The vendor prints this path with **two slashes**, `POST //auth/sign-in`; the server answers both.
Swagger can send only one: a browser reads a path that begins with two slashes as a host name, and
so do many HTTP clients.
"""

_TAG = ("NBC Gate", "Sign-in of NBC Gate")
_SCHEMES = {"NBC Gate token": {"type": "http", "scheme": "bearer"}}
_ANY = {"invalid_request", "body_too_large", "server_error"}
_SIGN_IN = _ANY | {
    *("signed_in", "user_not_found", "wrong_password", "user_blocked"),
    *("otp_required", "otp_wrong", "otp_expired", "otp_locked"),
}
_REFRESH = _ANY | {
    *("refreshed", "refresh_token_expired", "refresh_token_spent", "refresh_token_invalid"),
    "user_blocked",
}


def pages(section: NbcGate, *, show_passwords: bool) -> list[Page]:
    """The vendor's entries, as the fixture's settings have it."""
    outcomes = {name: a.outcome for name, a in section.outcomes.items()}
    if not section.answers_a_string and outcomes["signed_in"].mark is not Mark.FIXTURE:
        outcomes["signed_in"] = _signed_in_with_a_pair(outcomes["signed_in"])
    shown = [_sign_in_page(section, outcomes, show_passwords=show_passwords)]
    if section.assumed_endpoints:
        shown += [page.of(outcomes) for page in _ASSUMED]
    if section.refreshes:
        shown.append(_REFRESH_PAGE.of(outcomes))
    return shown


def _signed_in_with_a_pair(outcome: Outcome) -> Outcome:
    return replace(
        outcome,
        mark=Mark.DOCUMENTED_ELSEWHERE,
        when="the e-mail and what the user signs in with are a user's",
        sample={
            "answer": {"token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9...", "refreshToken": "..."}
        },
    )


def _sign_in_page(
    section: NbcGate, outcomes: Mapping[str, Outcome], *, show_passwords: bool
) -> Page:
    required = ["email", "password"] if section.sign_in_with == "password" else ["email"]
    return Page(
        endpoint=SIGN_IN,
        tag=_TAG[0],
        tag_description=_TAG[1],
        operation_id="signIn",
        summary="Sign in",
        description=_DESCRIPTION,
        bodies={"application/json": [SignInRequest]},
        answer=str if section.answers_a_string else TokenPair,
        every_outcome=outcomes,
        only=frozenset(_SIGN_IN),
        security_schemes=_SCHEMES,
        examples=[_example(user, show_passwords) for user in first_shown(section.users)],
        words={200: "token", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"},
        required={"SignInRequest": required},
        other_responses={
            "default": {"description": "documented as application/json, without a word on when"}
        },
    )


def _example(user: User, show_passwords: bool) -> Example:  # noqa: FBT001 - passed on as it came
    body: dict[str, Json] = {
        "email": user.name,
        "password": shown_password(user.password, show_passwords),
    }
    status = user.status
    if isinstance(user.otp, FixedCode):
        body["otp"] = shown_password(user.otp.code, show_passwords)
    elif user.otp is not None:
        app = isinstance(user.otp, TotpCode)
        body["otp"] = "(the code of the app)" if app else "(the code in the outbox)"
        status += "; put in its one-time code"
    return Example(user.name, f"{user.name} ({status})", body)


class _Assumed(Struct, frozen=True, kw_only=True):
    """The page of an endpoint that the vendor only names."""

    endpoint: Endpoint
    operation_id: str
    summary: str
    description: str
    body: type | None
    example: Json = None
    answer: type
    only: frozenset[str]
    takes_token: bool = False

    def of(self, outcomes: Mapping[str, Outcome]) -> Page:
        """The page with the outcomes of a fixture."""
        return Page(
            endpoint=self.endpoint,
            tag=_TAG[0],
            tag_description=_TAG[1],
            operation_id=self.operation_id,
            summary=f"{self.summary} (assumed)",
            description=self.description,
            bodies={"application/json": [self.body]} if self.body else {},
            answer=self.answer,
            every_outcome=outcomes,
            only=self.only,
            examples=[Example("example", self.summary, self.example)] if self.body else [],
            security=[{name: []} for name in _SCHEMES] if self.takes_token else None,
            security_schemes=_SCHEMES,
        )


_ASSUMED = (
    _Assumed(
        endpoint=MAIL_CODE,
        operation_id="mailCode",
        summary="Mail a one-time code",
        description="The code lies in the outbox, `GET /_emulator/outbox`.",
        body=OtpEmailRequest,
        example={"email": "alice@example.com"},
        answer=CodeMailed,
        only=frozenset(_ANY | {"otp_mailed", "otp_too_early", "otp_not_mailed", "user_not_found"}),
    ),
    _Assumed(
        endpoint=CHECK_TOKEN,
        operation_id="checkToken",
        summary="Check a token",
        description="The token is the body's, or with `{}` that of `Authorization`.",
        body=CheckRequest,
        example={},
        answer=TokenCheck,
        only=frozenset(_ANY | {"token_good", "bearer_refused"}),
        takes_token=True,
    ),
    _Assumed(
        endpoint=LOG_OUT,
        operation_id="logOutUser",
        summary="Log out",
        description="Ends the session of the token that is sent: every token of its sign-in.",
        body=None,
        answer=NoAnswer,
        only=frozenset({"logged_out", "bearer_refused", "server_error", "body_too_large"}),
        takes_token=True,
    ),
)

_REFRESH_PAGE = _Assumed(
    endpoint=REFRESH,
    operation_id="refresh",
    summary="Refresh",
    description="Gives a new pair for a refresh token, and spends it.",
    body=RefreshRequest,
    example={"refreshToken": "ZXlKaGJHY2lP..."},
    answer=TokenPair,
    only=frozenset(_REFRESH),
)
