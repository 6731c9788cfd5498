"""What goes over the wire at NBC Gate, as its API reference prints it."""

from typing import Annotated

from msgspec import Meta, Struct

from emulator.core.outcomes import Json, Refusal
from emulator.core.realm import Realm
from emulator.core.verification import TokenRefused
from emulator.vendors.nbcgate.bearer import BEARER
from emulator.web.bearer import presented
from emulator.web.body import (
    BodyUnreadable,
    FieldFault,
    fitting,
    json_object,
    sentence,
    text_fault,
)
from emulator.web.messages import Members, Request

OPEN_MEMBERS = frozenset({"email"})
"""The members that hold no secret: the journal tells their values."""

PASSWORD_MIN = 8
"""The shortest password that the reference allows, in characters."""

FAULT_CODES = {"is absent": 4001, "is too short": 4003, "is no e-mail address": 4004}
"""The `code` of an `errors` entry, by what is wrong; assumed, as the reference publishes none."""

WRONG_TYPE = 4002
"""The `code` of a member whose type is wrong; assumed like the others."""


class SignInRequest(Struct, frozen=True):
    """The body of a sign-in. `password` has at least 8 characters."""

    email: str
    password: Annotated[str, Meta(min_length=PASSWORD_MIN)] | None = None
    otp: str | None = None


class TokenPair(Struct, frozen=True):
    """The answer with `token_response: object`, after the guide."""

    token: str
    refreshToken: str


class OtpEmailRequest(Struct, frozen=True):
    """The body of a call for a mailed code. Assumed, as all that follows here."""

    email: str


class CodeMailed(Struct, frozen=True):
    """The answer to it: until when the code is good, and from when the next may be asked for."""

    email: str
    expiresAt: str
    resendAt: str


class RefreshRequest(Struct, frozen=True):
    """The body of a refresh."""

    refreshToken: str


class CheckRequest(Struct, frozen=True):
    """The token that is to be checked, where it is not in `Authorization`."""

    token: str


class TokenCheck(Struct, frozen=True):
    """Whose a good token is, and until when it is good."""

    email: str
    expiresAt: str


def read(request: Request) -> Members:
    """The members of the body."""
    try:
        return json_object(request)
    except BodyUnreadable as error:
        raise Refusal("invalid_request", str(error), errors=[]) from error


def read_check(request: Request) -> Members:
    """The token of a check: the body's, or without one that of `Authorization`."""
    members = read(request) if request.body else {}
    if members.get("token") is None:
        try:
            members["token"] = presented(request, bare=BEARER.bare)
        except TokenRefused as refused:
            raise BEARER.refuse(refused) from refused
    return members


def parse_sign_in(members: Members, *, password_required: bool) -> SignInRequest:
    """The sign-in that the members ask for; all faults at once, one `errors` entry a field.

    Without `password_required`, either `otp` or `password` must be given (the guide).
    """
    asked = fitting(members, SignInRequest)
    required = password_required or not members.get("otp")
    if asked is None or not _is_email(asked.email) or (asked.password is None and required):
        raise _invalid(
            _email_fault(members), _otp_fault(members), _password_fault(members, required=required)
        )
    return asked


def parse_otp_email(_: Realm, members: Members) -> OtpEmailRequest:
    """The call for a mailed code that the members make."""
    _refuse_if(_email_fault(members))
    return OtpEmailRequest(members["email"])


def parse_refresh(_: Realm, members: Members) -> RefreshRequest:
    """The refresh that the members ask for."""
    _refuse_if(text_fault(members, "refreshToken"))
    return RefreshRequest(members["refreshToken"])


def parse_check(_: Realm, members: Members) -> CheckRequest:
    """The check that the members ask for."""
    _refuse_if(text_fault(members, "token"))
    return CheckRequest(members["token"])


def _refuse_if(fault: FieldFault | None) -> None:
    if fault is not None:
        raise _invalid(fault)


def _invalid(*faults: FieldFault | None) -> Refusal:
    found = [fault for fault in faults if fault is not None]
    errors: Json = [
        {"code": FAULT_CODES.get(fault.fault, WRONG_TYPE), "field": fault.field} for fault in found
    ]
    return Refusal("invalid_request", sentence(found), errors=errors)


def _email_fault(members: Members) -> FieldFault | None:
    fault = text_fault(members, "email")
    if fault is not None:
        return fault
    return None if _is_email(members["email"]) else FieldFault("email", "is no e-mail address")


def _is_email(text: str) -> bool:
    user, _, host = text.rpartition("@")
    return bool(user and host)


def _otp_fault(members: Members) -> FieldFault | None:
    return text_fault(members, "otp") if members.get("otp") not in (None, "") else None


def _password_fault(members: Members, *, required: bool) -> FieldFault | None:
    password = members.get("password")
    if password is None and not required:
        return None
    if isinstance(password, str) and len(password) < PASSWORD_MIN:
        return FieldFault("password", "is too short")
    return text_fault(members, "password")
