"""NBC Gate's section of a fixture."""

import secrets
from collections.abc import Iterator
from typing import ClassVar, Self

from pydantic import Field

from emulator.core.fixture.fields import Lifetime, Text, seconds_or_none
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


class OtpModel(Strict):
    """A user's one-time code."""

    code: Text = Field(description="The code that is always right.")


class UserModel(PrincipalModel):
    """A user."""

    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES

    email: Text = Field(description="What a sign-in sends as email.")
    password: Text = Field(description="At least 8 characters, or no sign-in can send it.")
    refresh_lifetime: Lifetime | None = Field(None, description="Its refresh tokens' own lifetime.")
    otp: OtpModel | None = Field(None, description="The user signs in with a one-time code too.")

    def compiled(self) -> User:
        """The user as the rules know it."""
        return User(
            name=self.email,
            password=self.password,
            otp_code=self.otp.code if self.otp else None,
            refresh_lifetime=seconds_or_none(self.refresh_lifetime),
            **self.shared(),
        )


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
    users: list[UserModel] = Field(default=[], description="Who can sign in.")

    @classmethod
    def empty(cls) -> Self:
        """Nobody signs in, so no token needs a secret that others know."""
        return cls(token=NbcGateToken(secret=secrets.token_hex(32)))

    def oddities(self) -> Iterator[Oddity]:
        """Passwords and e-mails that the wire's own rules keep out."""
        for number, user in enumerate(self.users):
            if len(user.password) < PASSWORD_MIN:
                yield (
                    ("users", number, "password"),
                    f"has less than {PASSWORD_MIN} characters, so every sign-in with it gets 400",
                )
            if not all(user.email.rpartition("@")):
                yield ("users", number, "email"), "is no e-mail address, so every sign-in gets 400"

    def compiled(self, seed: int | None) -> NbcGate:
        """The section made ready for a realm."""
        return NbcGate(
            self.answerers(),
            self.token.compiled(self.vendor, seed),
            Principals("user", [user.compiled() for user in self.users]),
            sign_in_with=self.sign_in_with,
            token_response=self.token_response,
        )
