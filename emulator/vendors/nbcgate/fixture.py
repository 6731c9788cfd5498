"""NBC Gate's section of a fixture."""

import secrets
from base64 import b32encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Self, cast

from emulator.core.fixture.fields import BASE32, DURATION, LIFETIME, seconds, seconds_or_none
from emulator.core.fixture.sections import (
    ALGORITHM,
    MORE_USERS,
    USERS_FILE,
    Oddity,
    PrincipalModel,
    SectionModel,
    TokenModel,
)
from emulator.core.outcomes import Outcome
from emulator.core.principals import Principals
from emulator.core.section import Section
from emulator.core.shapes.kinds import Listed, Maybe, Wrong
from emulator.core.shapes.shape import Shape, Shaped, member
from emulator.core.shapes.values import FLAG, TEXT, one_of, whole
from emulator.vendors.nbcgate.codes import FixedCode, OneTimeCode, TotpCode
from emulator.vendors.nbcgate.mailed_codes import MailedCodes
from emulator.vendors.nbcgate.outcomes import OUTCOMES
from emulator.vendors.nbcgate.rules import NbcGate, SignInWith, TokenResponse, User
from emulator.vendors.nbcgate.wire import PASSWORD_MIN


class NbcGateToken(TokenModel):
    """NBC Gate's tokens: HS256 and no `kid`, after the guide's example."""

    algorithm: str = member(ALGORITHM, "The JWS algorithm (RFC 7518).", default="HS256")
    lifetime: timedelta = member(LIFETIME, "How long an access token is valid.", default="1h")
    refresh_lifetime: timedelta = member(
        LIFETIME, "How long a refresh token is valid.", default="30d"
    )
    issuer: str = member(TEXT, "The claim iss.", default="https://nbcgate.emulator.test")


_TOTP_SECRET_BYTES = 16
"""The shortest secret that RFC 4226 §4 allows."""


class OtpModel(Shape):
    """A user's one-time code: one of the three."""

    code: str | None = member(Maybe(TEXT), "A code that is always right.", default=None)
    totp: bytes | None = member(
        Maybe(BASE32), "The secret of an authenticator app, in Base32 (RFC 6238).", default=None
    )
    mailed: bool = member(FLAG, "Codes come by mail, into the outbox.", default=False)

    def check(self) -> None:
        """One kind of code."""
        if [self.code is not None, self.totp is not None, self.mailed].count(True) != 1:
            raise Wrong("expected one of code, totp and mailed: true")

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


class MailedCodesModel(Shape):
    """The codes that are mailed."""

    digits: int = member(whole(4, 12), "How long a code is.", default=6)
    lifetime: timedelta = member(LIFETIME, "How long it is good.", default="5m")
    resend_after: timedelta = member(DURATION, "How soon the next may be mailed.", default="1m")
    attempts: int = member(
        whole(1, 100), "How often a code may be tried; then it is locked.", default=5
    )

    def compiled(self) -> MailedCodes:
        """The settings as the rules know them."""
        return MailedCodes(
            digits=self.digits,
            lifetime=seconds(self.lifetime),
            resend_after=self.resend_after.total_seconds(),
            attempts=self.attempts,
        )


class NbcGateUserModel(PrincipalModel):
    """A user."""

    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    undivided: ClassVar[frozenset[str]] = frozenset({"otp"})

    email: str = member(TEXT, "What a sign-in sends as email.")
    password: str = member(TEXT, "At least 8 characters, or no sign-in can send it.")
    refresh_lifetime: timedelta | None = member(
        Maybe(LIFETIME), "Its refresh tokens' own lifetime.", default=None
    )
    otp: OtpModel | None = member(
        Maybe(Shaped(OtpModel)), "The user signs in with a one-time code too.", default=None
    )

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

    token: NbcGateToken = member(Shaped(NbcGateToken), default={})
    token_response: TokenResponse = member(
        one_of("string", "object"),
        "A bare string (the reference), or token and refreshToken (the guide).",
        default="string",
    )
    sign_in_with: SignInWith = member(
        one_of("password", "password_or_otp"),
        "The reference wants a password; the guide a password or a code.",
        default="password",
    )
    mailed_codes: MailedCodesModel = member(Shaped(MailedCodesModel), default={})
    assumed_endpoints: bool = member(
        FLAG,
        "Answer also where the vendor names an endpoint and says no more of it.",
        default=False,
    )
    users: list[NbcGateUserModel] = member(
        Listed(Shaped(NbcGateUserModel)), "Who can sign in.", default=[]
    )
    users_file: Path | None = member(USERS_FILE, MORE_USERS, default=None)

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
