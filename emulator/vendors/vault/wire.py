"""What goes over the wire at Vault, named as OAuth 2.0 names it (RFC 6749 §4.3 and §6)."""

from msgspec import Struct

from emulator.core.outcomes import Json, Refusal
from emulator.core.realm import Realm
from emulator.web.body import (
    BodyUnreadable,
    FieldFault,
    Text,
    fitting,
    form,
    json_object,
    media_type,
    sentence,
    text_faults,
)
from emulator.web.messages import Members, Request

OPEN_MEMBERS = frozenset({"grant_type", "username", "client_id", "scope"})
"""The members that hold no secret: the journal tells their values."""

_FORM = "application/x-www-form-urlencoded"
_OF_A_SIGN_IN = ("password", "username", "client_id")


class PasswordGrant(Struct, frozen=True):
    """A sign-in. `scope` narrows what is granted (RFC 6749 §3.3)."""

    grant_type: Text
    password: Text
    username: Text
    client_id: Text
    scope: str | None = None


class RefreshTokenGrant(Struct, frozen=True):
    """A refresh. The vendor needs no `client_id`; one that is sent must be the token's."""

    grant_type: Text
    refresh_token: Text
    client_id: str | None = None
    scope: str | None = None


class TokenResponse(Struct, frozen=True):
    """The answer to both grants; its members stand in the order of the vendor's example.

    `expires_in` is seconds.
    """

    access_token: str
    token_type: str
    refresh_token: str
    scope: str
    expires_in: int
    user_id: str


def read(request: Request) -> Members:
    """The members of the body: JSON, or a form as RFC 6749 clients send it."""
    try:
        kind = media_type(request)
        return form(request) if kind == _FORM else json_object(request, kind)
    except BodyUnreadable as error:
        raise Refusal("invalid_request", str(error), errors=[]) from error


def grant_type(members: Members) -> str:
    """Which grant is asked for; refused here where the body does not say."""
    named = members.get("grant_type")
    if isinstance(named, str) and named:
        return named
    # What else is absent depends on the grant; a sign-in's members are the documented ones.
    raise _invalid(text_faults(members, ("grant_type", *_OF_A_SIGN_IN)))


def parse_sign_in(_: Realm, members: Members) -> PasswordGrant:
    """The sign-in that the members ask for, every fault of theirs at once."""
    grant = fitting(members, PasswordGrant)
    if grant is None:
        raise _invalid(text_faults(members, _OF_A_SIGN_IN, optional=("scope",)))
    return grant


def parse_refresh(_: Realm, members: Members) -> RefreshTokenGrant:
    """The refresh that the members ask for, every fault of theirs at once."""
    grant = fitting(members, RefreshTokenGrant)
    if grant is None:
        raise _invalid(text_faults(members, ("refresh_token",), optional=("client_id", "scope")))
    return grant


def _invalid(faults: list[FieldFault]) -> Refusal:
    errors: Json = [{"field": f.field, "message": f"{f.field} {f.fault}"} for f in faults]
    return Refusal("invalid_request", sentence(faults), errors=errors)
