"""NBC Gate's section of a fixture."""

import secrets
from base64 import b32encode
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import Field, model_validator

from emulator.core.fixture.fields import (
    Base32,
    Duration,
    Lifetime,
    Text,
    seconds,
    seconds_or_none,
    wrong,
)
from emulator.core.fixture.sections import (
    AlgorithmName,
    Oddity,
    PrincipalModel,
    SectionModel,
    Strict,
    TokenModel,
)
from emulator.core.outcomes import Outcome
from emulator.core.principals import Principals
from emulator.core.section import Section
from emulator.vendors.nbcgate.codes import FixedCode, OneTimeCode, TotpCode
from emulator.vendors.nbcgate.mailed_codes import MailedCodes
from emulator.vendors.nbcgate.outcomes import OUTCOMES
from emulator.vendors.nbcgate.rules import NbcGate, SignInWith, TokenResponse, User
from emulator.vendors.nbcgate.wire import PASSWORD_MIN


class NbcGateToken(TokenModel):
    """NBC Gate's tokens: HS256 and no `kid`, after the guide's example."""

    algorithm: AlgorithmName = Field("HS256", description="The JWS algorithm (RFC 7518).")
    lifetime: Lifetime = Field(
        "1h", description="How long an access token is valid.", validate_default=True
    )
    refresh_lifetime: Lifetime = Field(
        "30d", description="How long a refresh token is valid.", validate_default=True
    )
    issuer: Text = Field("https://nbcgate.emulator.test", description="The claim iss.")


_TOTP_SECRET_BYTES = 16
"""The shortest secret that RFC 4226 §4 allows."""


class OtpModel(Strict):
    """A user's one-time code: one of the three."""

    code: Text | None = Field(None, description="A code that is always right.")
    totp: Base32 | None = Field(
        None, description="The secret of an authenticator app, in Base32 (RFC 6238)."
    )
    mailed: bool = Field(False, description="Codes come by mail, into the outbox.")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if [self.code is not None, self.totp is not None, self.mailed].count(True) != 1:
            raise wrong("expected one of code, totp and mailed: true")
        return self

    def compiled(self, mailed: OneTimeCode) -> OneTimeCode:
        """The code as the rules know it."""
        if self.code is not None:
            return FixedCode(self.code)
        return mailed if self.totp is None else TotpCode(self.totp)

    @classmethod
    def secrets(cls, otp: OneTimeCode | None) -> dict[str, Any]:
        """The shape of a user's one-time code, with its secret."""
        if isinstance(otp, FixedCode):
            return {"code": otp.code}
        return {"totp": b32encode(otp.secret).decode("ascii")} if isinstance(otp, TotpCode) else {}

    def oddities(self, *, assumed_endpoints: bool) -> Iterator[Oddity]:
        """Codes that cannot be had, and secrets that are too short."""
        if self.mailed and not assumed_endpoints:
            yield (), "nothing mails codes without assumed_endpoints: true"
        if self.totp is not None and len(self.totp) < _TOTP_SECRET_BYTES:
            yield (
                ("totp",),
                f"has less than {_TOTP_SECRET_BYTES} bytes, which RFC 4226 section 4 asks for",
            )


class MailedCodesModel(Strict):
    """The codes that are mailed."""

    digits: Annotated[int, Field(ge=4, le=12)] = Field(6, description="How long a code is.")
    lifetime: Lifetime = Field("5m", description="How long it is good.", validate_default=True)
    resend_after: Duration = Field(
        "1m", description="How soon the next may be mailed.", validate_default=True
    )
    attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        5, description="How often a code may be tried; then it is locked."
    )

    def compiled(self) -> MailedCodes:
        """The settings as the rules know them."""
        return MailedCodes(
            digits=self.digits,
            lifetime=seconds(self.lifetime),
            resend_after=self.resend_after.total_seconds(),
            attempts=self.attempts,
        )


class UserModel(PrincipalModel):
    """A user."""

    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    undivided: ClassVar[frozenset[str]] = frozenset({"otp"})

    email: Text = Field(description="What a sign-in sends as email.")
    password: Text = Field(description="At least 8 characters, or no sign-in can send it.")
    refresh_lifetime: Lifetime | None = Field(None, description="Its refresh tokens' own lifetime.")
    otp: OtpModel | None = Field(None, description="The user signs in with a one-time code too.")

    def compiled(self, mailed: OneTimeCode) -> User:
        """The user as the rules know it."""
        return User(
            name=self.email,
            password=self.password,
            otp=self.otp.compiled(mailed) if self.otp else None,
            refresh_lifetime=seconds_or_none(self.refresh_lifetime),
            **self.shared(),
        )

    def joining(self, section: Section) -> User:
        """See `StatusModel.joining`."""
        return self.compiled(cast(NbcGate, section).mailed_codes)

    def oddities(self, *, assumed_endpoints: bool) -> Iterator[Oddity]:
        """A password or an e-mail that the wire's own rules keep out, a code out of reach."""
        if self.otp is not None:
            for path, said in self.otp.oddities(assumed_endpoints=assumed_endpoints):
                yield ("otp", *path), said
        if len(self.password) < PASSWORD_MIN:
            yield (
                ("password",),
                f"has less than {PASSWORD_MIN} characters, so every sign-in with it gets 400",
            )
        if not all(self.email.rpartition("@")):
            yield ("email",), "is no e-mail address, so every sign-in gets 400"

    def oddities_in(self, section: Section) -> Iterator[Oddity]:
        """See `StatusModel.oddities_in`."""
        return self.oddities(assumed_endpoints=cast(NbcGate, section).assumed_endpoints)

    @classmethod
    def shown(cls, principal: User) -> dict[str, Any]:
        """See `StatusModel.shown`; that a code is needed is no secret."""
        otp = principal.otp
        mailed = {} if isinstance(otp, FixedCode | TotpCode) else {"mailed": True}
        return super().shown(principal) | ({} if otp is None else {"otp": mailed})

    @classmethod
    def secrets(cls, principal: User) -> dict[str, Any]:
        """See `StatusModel.secrets`."""
        otp = OtpModel.secrets(principal.otp)
        return {"password": principal.password} | ({"otp": otp} if otp else {})


class NbcGateSection(SectionModel):
    """NBC Gate: its tokens, its users, and what its two pages contradict each other in."""

    vendor: ClassVar[str] = "nbcgate"
    known_outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    named_by: ClassVar[dict[str, str]] = {"users": "email"}

    token: NbcGateToken = Field(default={}, validate_default=True)
    token_response: TokenResponse = Field(
        "string",
        description="A bare string (the reference), or token and refreshToken (the guide).",
    )
    sign_in_with: SignInWith = Field(
        "password", description="The reference wants a password; the guide a password or a code."
    )
    mailed_codes: MailedCodesModel = MailedCodesModel()
    assumed_endpoints: bool = Field(
        False, description="Answer also where the vendor names an endpoint and says no more of it."
    )
    users: list[UserModel] = Field(default=[], description="Who can sign in.")

    @classmethod
    def empty(cls) -> Self:
        """Nobody signs in, so no token needs a secret that others know."""
        return cls(token=NbcGateToken(secret=secrets.token_hex(32)))

    def oddities(self) -> Iterator[Oddity]:
        """Passwords and e-mails that the wire's own rules keep out, and codes out of reach."""
        for number, user in enumerate(self.users):
            for path, said in user.oddities(assumed_endpoints=self.assumed_endpoints):
                yield ("users", number, *path), said

    def compiled(self, seed: int | None) -> NbcGate:
        """The section made ready for a realm."""
        mailed = self.mailed_codes.compiled()
        return NbcGate(
            self.answerers(),
            self.token.compiled(self.vendor, seed),
            Principals("user", [user.compiled(mailed) for user in self.users], of=self.vendor),
            mailed_codes=mailed,
            sign_in_with=self.sign_in_with,
            token_response=self.token_response,
            assumed_endpoints=self.assumed_endpoints,
        )
