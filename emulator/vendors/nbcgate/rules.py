"""How NBC Gate decides on sign-in and what follows it. No HTTP.

One-time codes are in `codes` and `mailed_codes`, what a refresh does is in `refreshing`.
"""

from typing import Literal, TypeAlias

from emulator.core.clock import iso_milliseconds
from emulator.core.ids import lasting_uuid
from emulator.core.keys.key import decoded, encoded
from emulator.core.outcomes import Answerer, Refusal
from emulator.core.principals import Principal, Principals, password_fault
from emulator.core.realm import Realm
from emulator.core.section import Section
from emulator.core.store import StoreFull
from emulator.core.tokens import Claims, Grant, TokenIssuer
from emulator.core.verification import TokenRefused, Verified, verified_access_token
from emulator.vendors.nbcgate.bearer import BEARER
from emulator.vendors.nbcgate.codes import OneTimeCode
from emulator.vendors.nbcgate.wire import CheckRequest, SignInRequest, TokenCheck, TokenPair

SignInWith: TypeAlias = Literal["password", "password_or_otp"]
TokenResponse: TypeAlias = Literal["string", "object"]


class User(Principal, frozen=True, kw_only=True):
    """A user; the name is the e-mail. `otp` is None where one-time codes are off."""

    hidden = frozenset({"password"})

    password: str
    otp: OneTimeCode | None = None


class NbcGate(Section):
    """What a realm knows of NBC Gate."""

    vendor = "nbcgate"

    def __init__(
        self,
        outcomes: dict[str, Answerer],
        issuer: TokenIssuer,
        users: Principals[User],
        *,
        mailed_codes: OneTimeCode,
        sign_in_with: SignInWith,
        token_response: TokenResponse,
        assumed_endpoints: bool,
    ) -> None:
        super().__init__(outcomes, issuer, {"users": users})
        self.mailed_codes = mailed_codes
        self.sign_in_with = sign_in_with
        self.answers_a_string = token_response == "string"  # noqa: S105 - a setting, no secret
        self.assumed_endpoints = assumed_endpoints
        # A bare string has no room for a refresh token, so nobody could have one to send.
        self.refreshes = assumed_endpoints and not self.answers_a_string

    @property
    def users(self) -> Principals[User]:
        """Who can sign in."""
        return self.principals["users"]

    def access_claims(
        self, grant: Grant, holder: Principal, scope: str, lifetime: int, *_: str
    ) -> Claims:
        """See `Section.access_claims`."""
        subject = lasting_uuid("nbcgate", holder.name)
        claims = self.issuer.claims(grant, subject, lifetime, email=holder.name)
        return claims | {"scope": scope}

    def jwt_of(self, token: str) -> str:
        """Undo what makes a refresh token opaque; what is no such token stays as it is."""
        try:
            return token if "." in token else decoded(token).decode("ascii")
        except ValueError:
            return token

    def refresh_token_of(self, jwt: str) -> str:
        """Opaque at this vendor (the guide's example): one segment that shows no JWT."""
        return encoded(jwt.encode("ascii")).decode("ascii")


async def sign_in(realm: Realm, request: SignInRequest) -> str | TokenPair:
    """Issue a token to the user with this e-mail and password (or one-time code)."""
    section = realm.of(NbcGate)
    user = known_user(section, request.email)
    _check_password(user, request)
    await _check_code(realm, user, request, section.sign_in_with)
    if user.blocked:
        raise Refusal("user_blocked", f"{user.name} is {user.status}", principal=user.name)
    grant, scope = realm.grant(section, user), " ".join(section.issuer.scopes_of(user))
    if not section.answers_a_string:
        return await issued_pair(section, user, grant, scope)
    claims = section.access_claims(grant, user, scope, section.issuer.lifetime_of(user))
    return await section.issuer.access_token(user, claims)


async def check_token(realm: Realm, request: CheckRequest) -> TokenCheck:
    """Tell whose a good token is."""
    try:
        token = await verified_access_token(realm, realm.of(NbcGate), request.token)
    except TokenRefused as refused:
        raise BEARER.refuse(refused) from refused
    token.holder.meet_fate()
    return TokenCheck(token.holder.name, iso_milliseconds(token.claims["exp"]))


async def log_out(realm: Realm, session: Verified) -> None:
    """End the session of a token: every token of its sign-in, the refresh token too."""
    try:
        await realm.revoke_grant(session.grant)
    except StoreFull as full:
        raise Refusal("bearer_refused", f"its session cannot be ended: {full}") from full


def known_user(section: NbcGate, email: str) -> User:
    """The user with this e-mail, once its fate is met."""
    user = section.users.find(email)
    if user is None:
        raise Refusal("user_not_found", section.users.why_unknown(email), principal=email)
    user.meet_fate()
    return user


def _check_password(user: User, request: SignInRequest) -> None:
    if request.password is None:
        return  # the wire lets this pass only where a one-time code may stand alone
    fault = password_fault(request.password, user.password, user.name)
    if fault is not None:
        raise Refusal("wrong_password", fault, principal=user.name)


async def _check_code(
    realm: Realm, user: User, request: SignInRequest, sign_in_with: SignInWith
) -> None:
    """With `password`, a user's code is needed as well; with `password_or_otp`, either will do."""
    if user.otp is None:
        if request.password is None:
            raise Refusal("otp_wrong", f"{user.name} has no one-time code", principal=user.name)
    elif request.otp:
        await user.otp.check(realm, user, request.otp)
    elif sign_in_with == "password":
        raise Refusal(
            "otp_required", f"{user.name} signs in with a one-time code too", principal=user.name
        )


async def issued_pair(section: NbcGate, user: Principal, grant: Grant, scope: str) -> TokenPair:
    """A new pair of tokens. Both carry the scope, so that a refresh can grant it again."""
    claims = section.access_claims(grant, user, scope, section.issuer.lifetime_of(user))
    token, refresh_token = await section.issuer.pair(user, grant, claims, scope)
    return TokenPair(token, section.refresh_token_of(refresh_token))
