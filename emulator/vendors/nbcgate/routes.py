"""NBC Gate in OpenAPI, as its reference and its guide have it."""

from emulator.core.outcomes import Json
from emulator.vendors.nbcgate.operations import SIGN_IN
from emulator.vendors.nbcgate.rules import NbcGate, User
from emulator.vendors.nbcgate.wire import SignInRequest, TokenPair
from emulator.web.documentation import Example, Page, first_shown, shown_password

_DESCRIPTION = """\
Client authorization.

The vendor prints this path with **two slashes**, `POST //auth/sign-in`; the server answers both.
Swagger can send only one: a browser reads a path that begins with two slashes as a host name, and
so do many HTTP clients.
"""


def page(section: NbcGate, *, show_passwords: bool) -> Page:
    """The vendor's entry, as the fixture's two settings have it."""
    required = ["email", "password"] if section.sign_in_with == "password" else ["email"]
    return Page(
        endpoint=SIGN_IN,
        tag="NBC Gate",
        tag_description="Sign-in of NBC Gate",
        operation_id="signIn",
        summary="Sign in",
        description=_DESCRIPTION,
        bodies={"application/json": [SignInRequest]},
        answer=str if section.answers_a_string else TokenPair,
        outcomes={name: a.outcome for name, a in section.outcomes.items()},
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
    if user.otp_code is not None:
        body["otp"] = shown_password(user.otp_code, show_passwords)
    return Example(user.name, f"{user.name} ({user.status})", body)
