"""The rules of NBC Gate, without HTTP.

One-time codes are in `otp`, refresh in `refresh`.
"""

from emulator.core.clock import iso_milliseconds
from emulator.core.keys.encoding import decode_segment, encode_segment
from emulator.core.outcomes import Refused
from emulator.core.principals import Principals, Subject, password_mismatch
from emulator.core.realm import Realm
from emulator.core.tokens import Claims, Grant
from emulator.core.vendor import VendorState
from emulator.core.verification import VerifiedToken
from emulator.vendors.nbcgate import otp
from emulator.vendors.nbcgate.models import (
    CodeMailed,
    NbcGateFixture,
    NbcGateUser,
    OtpEmailRequest,
    SignInRequest,
    TokenCheck,
    TokenPair,
)


class NbcGate(VendorState[NbcGateFixture]):
    """NBC Gate in a realm."""

    vendor = "nbcgate"

    @property
    def users(self) -> Principals[NbcGateUser]:
        """The users that can sign in."""
        return self.principals["users"]

    def access_claims(
        self, grant: Grant, subject: Subject, scope: str, lifetime: int, *_: str
    ) -> Claims:
        """See `VendorState.access_claims`."""
        claims = self.issuer.claims(grant, subject.subject_id, lifetime, email=subject.name)
        return claims | {"scope": scope}

    def jwt_of(self, token: str) -> str:
        """Unwrap an opaque refresh token; other text is returned unchanged."""
        try:
            return token if "." in token else decode_segment(token).decode("ascii")
        except ValueError:
            return token

    def refresh_token_of(self, jwt: str) -> str:
        """Opaque at this vendor, after the guide's example: a single segment."""
        return encode_segment(jwt.encode("ascii")).decode("ascii")


async def sign_in(realm: Realm, request: SignInRequest) -> str | TokenPair:
    """Issue a token to the user with this e-mail and password (or one-time code)."""
    state = realm.of(NbcGate)
    user = known_user(state, request.email)
    _check_password(user, request)
    await _check_code(realm, state, user, request)
    if user.blocked:
        raise Refused("user_blocked", f"{user.name} is {user.status}", principal=user.name)
    grant, scope = realm.grant(state, user), " ".join(state.issuer.scopes_of(user))
    if not state.fixture.answers_a_string:
        return await issue_pair(state, user, grant, scope)
    claims = state.access_claims(grant, user, scope, state.issuer.lifetime_of(user))
    return await state.issuer.access_token(user, claims)


async def mail_code(realm: Realm, request: OtpEmailRequest) -> CodeMailed:
    """Mail a one-time code to the user with this e-mail.

    The call has no password, so the response does not reveal whether the user is blocked.
    """
    state = realm.of(NbcGate)
    user = known_user(state, request.email)
    if user.otp is None or not user.otp.mailed:
        has = "has another kind of one-time code" if user.otp else "has no one-time codes"
        raise Refused("otp_not_mailed", f"{user.name} {has}", principal=user.name)
    return await otp.mail_code(realm, user, state.fixture.mailed_codes)


def check_token(token: VerifiedToken) -> TokenCheck:
    """The user of a valid token."""
    return TokenCheck(email=token.subject.name, expiresAt=iso_milliseconds(token.claims["exp"]))


def known_user(state: NbcGate, email: str) -> NbcGateUser:
    """The user with this e-mail, unless its status forces an outcome."""
    user = state.users.find(email)
    if user is None:
        raise Refused("user_not_found", state.users.why_unknown(email), principal=email)
    user.raise_forced_outcome()
    return user


def _check_password(user: NbcGateUser, request: SignInRequest) -> None:
    if request.password is None:
        return  # allowed only if a one-time code alone may sign in
    expected = user.password.get_secret_value()
    mismatch = password_mismatch(request.password, expected, user.name)
    if mismatch is not None:
        raise Refused("wrong_password", mismatch, principal=user.name)


async def _check_code(
    realm: Realm, state: NbcGate, user: NbcGateUser, request: SignInRequest
) -> None:
    """With `password`, a user's code is required as well; with `password_or_otp`, either one."""
    if user.otp is None:
        if request.password is None:
            raise Refused("otp_wrong", f"{user.name} has no one-time code", principal=user.name)
    elif request.otp:
        await otp.check_code(realm, user, request.otp)
    elif state.fixture.sign_in_with == "password":
        raise Refused(
            "otp_required",
            f"{user.name} needs a one-time code, and none was sent",
            principal=user.name,
        )


async def issue_pair(state: NbcGate, user: Subject, grant: Grant, scope: str) -> TokenPair:
    """A new pair of tokens. Both carry the scope, so that a refresh can grant it again."""
    claims = state.access_claims(grant, user, scope, state.issuer.lifetime_of(user))
    refresh_token = await state.issuer.refresh_token(user, grant, claims, scope)
    token = await state.issuer.access_token(user, claims)
    return TokenPair(token=token, refreshToken=state.refresh_token_of(refresh_token))
