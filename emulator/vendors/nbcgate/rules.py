"""How NBC Gate decides. No HTTP."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from emulator.core.ids import lasting_uuid
from emulator.core.keys.key import encoded
from emulator.core.outcomes import Answerer, Refusal
from emulator.core.principals import Principal, Principals, password_fault
from emulator.core.realm import Realm, Section
from emulator.core.tokens import TokenIssuer
from emulator.vendors.nbcgate.wire import SignInRequest, TokenPair

SignInWith: TypeAlias = Literal["password", "password_or_otp"]
TokenResponse: TypeAlias = Literal["string", "object"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User(Principal):
    """A user; the name is the e-mail. `otp_code` is None where one-time codes are off."""

    password: str = field(repr=False)
    otp_code: str | None = field(default=None, repr=False)


class NbcGate(Section):
    """What a realm knows of NBC Gate."""

    vendor = "nbcgate"

    def __init__(
        self,
        outcomes: dict[str, Answerer],
        issuer: TokenIssuer,
        users: Principals[User],
        *,
        sign_in_with: SignInWith,
        token_response: TokenResponse,
    ) -> None:
        super().__init__(outcomes, issuer, [users])
        self.users = users
        self.sign_in_with = sign_in_with
        self.answers_a_string = token_response == "string"  # noqa: S105 - a setting, no secret


async def sign_in(realm: Realm, request: SignInRequest) -> str | TokenPair:
    """Issue a token to the user with this e-mail and password (or one-time code)."""
    section = realm.of(NbcGate)
    user = section.users.find(request.email)
    if user is None:
        raise Refusal(
            "user_not_found", section.users.why_unknown(request.email), principal=request.email
        )
    user.meet_fate()
    _check_password(user, request)
    _check_otp(user, request, section.sign_in_with)
    if user.blocked:
        raise Refusal("user_blocked", f"{user.name} is {user.status}", principal=user.name)
    return await _issue(realm, section, user)


def _check_password(user: User, request: SignInRequest) -> None:
    if request.password is None:
        return  # the wire lets this pass only where a one-time code may stand alone
    fault = password_fault(request.password, user.password, user.name)
    if fault is not None:
        raise Refusal("wrong_password", fault, principal=user.name)


def _check_otp(user: User, request: SignInRequest, sign_in_with: SignInWith) -> None:
    """With `password`, a user's code is needed as well; with `password_or_otp`, either will do."""
    if user.otp_code is None:
        if request.password is None:
            raise Refusal("otp_wrong", f"{user.name} has no one-time code", principal=user.name)
        return
    if request.otp == user.otp_code:
        return
    if request.otp:
        raise Refusal(
            "otp_wrong", f"the one-time code of {user.name} is another", principal=user.name
        )
    if sign_in_with == "password":
        raise Refusal(
            "otp_required", f"{user.name} signs in with a one-time code too", principal=user.name
        )


async def _issue(realm: Realm, section: NbcGate, user: User) -> str | TokenPair:
    issuer = section.issuer
    subject = lasting_uuid("nbcgate", user.name)
    scope = " ".join(issuer.scopes_of(user))
    grant = realm.stamp.grant(user)
    claims = issuer.claims(grant, subject, issuer.lifetime_of(user), email=user.name)
    claims["scope"] = scope
    token = await issuer.access_token(user, claims)
    if section.answers_a_string:
        return token
    claims = issuer.claims(grant, subject, issuer.refresh_lifetime_of(user), email=user.name)
    claims["scope"] = scope
    # Opaque at this vendor (the guide's example): one segment that shows no JWT.
    refresh_token = await issuer.refresh_token(claims)
    return TokenPair(token, encoded(refresh_token.encode("ascii")).decode("ascii"))
