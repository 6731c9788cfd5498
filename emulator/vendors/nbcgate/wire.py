"""What goes over the wire at NBC Gate, as its API reference prints it."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import MinLen

from emulator.core.outcomes import Json, Refusal
from emulator.web.body import BodyUnreadable, FieldFault, json_object, sentence, text_fault
from emulator.web.messages import Request
from emulator.web.operation import Members

PASSWORD_MIN = 8
"""The shortest password that the reference allows, in characters."""

FAULT_CODES = {"is absent": 4001, "is too short": 4003, "is no e-mail address": 4004}
"""The `code` of an `errors` entry, by what is wrong; assumed, as the reference publishes none."""

WRONG_TYPE = 4002
"""The `code` of a member whose type is wrong; assumed like the others."""


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """The body of a sign-in. `password` has at least 8 characters."""

    email: str
    password: Annotated[str, MinLen(PASSWORD_MIN)] | None = None
    otp: str | None = None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The answer with `token_response: object`, after the guide."""

    token: str
    refreshToken: str


def read(request: Request) -> Members:
    """The members of the body."""
    try:
        return json_object(request)
    except BodyUnreadable as error:
        raise Refusal("invalid_request", str(error), errors=[]) from error


def parse_sign_in(members: Members, *, password_required: bool) -> SignInRequest:
    """The sign-in that the members ask for; all faults at once, one `errors` entry a field.

    Without `password_required`, either `otp` or `password` must be given (the guide).
    """
    faults = [
        fault
        for fault in (
            _email_fault(members),
            _otp_fault(members),
            _password_fault(members, required=password_required or not members.get("otp")),
        )
        if fault is not None
    ]
    if faults:
        errors: Json = [
            {"code": FAULT_CODES.get(fault.fault, WRONG_TYPE), "field": fault.field}
            for fault in faults
        ]
        raise Refusal("invalid_request", sentence(faults), errors=errors)
    return SignInRequest(members["email"], members.get("password"), members.get("otp"))


def _email_fault(members: Members) -> FieldFault | None:
    fault = text_fault(members, "email")
    if fault is not None:
        return fault
    user, at, host = members["email"].rpartition("@")
    return None if user and at and host else FieldFault("email", "is no e-mail address")


def _otp_fault(members: Members) -> FieldFault | None:
    return text_fault(members, "otp") if members.get("otp") else None


def _password_fault(members: Members, *, required: bool) -> FieldFault | None:
    password = members.get("password")
    if password is None and not required:
        return None
    if isinstance(password, str) and len(password) < PASSWORD_MIN:
        return FieldFault("password", "is too short")
    return text_fault(members, "password")
