"""NBC Gate's models: requests, responses, users and one-time codes."""

import re
import secrets
from base64 import b32decode
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, SecretStr, model_validator

from emulator.core import fields
from emulator.core.ids import stable_uuid
from emulator.core.model import Model
from emulator.core.outcomes import Outcome
from emulator.core.principals import Principal, RefreshingSubject
from emulator.core.tokens import RefreshableTokenSettings
from emulator.core.vendor import Path as FixturePath
from emulator.core.vendor import VendorFixture
from emulator.vendors.nbcgate.outcomes import OUTCOMES

PASSWORD_MIN = 8
"""The shortest password that the reference allows, in characters."""

_TOTP_SECRET_BYTES = 16
"""The shortest secret that RFC 4226 §4 allows."""

_BASE32 = re.compile(r"[A-Z2-7]*")


def is_email(text: str) -> bool:
    """Whether a string is an e-mail address for the vendor: it has an `@`."""
    user, _, host = text.rpartition("@")
    return bool(user and host)


def _email(text: str) -> str:
    if not is_email(text):
        raise ValueError("is not an e-mail address")
    return text


Email = Annotated[str, AfterValidator(_email)]


class SignInRequest(BaseModel):
    """The body of a sign-in. The reference requires `password`; the guide that or `otp`."""

    email: Email
    otp: fields.OptionalText = None
    password: Annotated[
        str | None,
        Field(
            min_length=PASSWORD_MIN,
            json_schema_extra={"type": "string", "minLength": PASSWORD_MIN},
        ),
    ] = None


class TokenPair(BaseModel):
    """The response with `token_response: object`, after the guide."""

    token: str
    refreshToken: str  # noqa: N815 - as the vendor writes it


class OtpEmailRequest(BaseModel):
    """The body of a call for a mailed code. Assumed, as all that follows here."""

    email: Email


class CodeMailed(BaseModel):
    """The response: when the code expires, and when the next may be requested."""

    email: str
    expiresAt: str  # noqa: N815 - as the vendor writes its members
    resendAt: str  # noqa: N815 - likewise


class RefreshRequest(BaseModel):
    """The body of a refresh."""

    refreshToken: fields.Text  # noqa: N815 - as the vendor writes its members


class CheckRequest(BaseModel):
    """The token to check, if it is not in `Authorization`."""

    token: Annotated[fields.Text | None, Field(json_schema_extra={"type": "string"})] = None


class TokenCheck(BaseModel):
    """The user of a valid token, and its expiry."""

    email: str
    expiresAt: str  # noqa: N815 - as the vendor writes its members


class NbcGateErrorEntry(BaseModel):
    """One thing that is wrong with a request."""

    code: int
    field: str | None = None


class NbcGateError(BaseModel):
    """The error body of the vendor's newer scheme, the only one known (assumed for sign-in)."""

    statusCode: int  # noqa: N815 - as the vendor writes it
    message: str
    errors: list[NbcGateErrorEntry]


class NbcGateToken(RefreshableTokenSettings):
    """NBC Gate's tokens: HS256 and no `kid`, after the guide's example."""

    algorithm: Annotated[str, Field(description="The JWS algorithm (RFC 7518).")] = "HS256"
    lifetime: Annotated[
        fields.Lifetime, Field(description="How long an access token is valid.")
    ] = 3600
    issuer: Annotated[fields.Text, Field(description="The iss claim.")] = (
        "https://nbcgate.emulator.test"
    )


def _totp_secret(secret: SecretStr) -> SecretStr:
    """A secret as authenticator apps show it: spaces and case do not matter."""
    text = secret.get_secret_value().replace(" ", "").upper().rstrip("=")
    for place, character in enumerate(text, 1):
        if not _BASE32.fullmatch(character):
            raise ValueError(f"character {place} is not a Base32 character (A to Z and 2 to 7)")
    padded = text + "=" * (-len(text) % 8)
    try:
        decoded = b32decode(padded)
    except ValueError:
        raise ValueError("the Base32 string is incomplete") from None
    if not decoded:
        raise ValueError("expected a Base32 string")
    return SecretStr(text)


class Otp(Model):
    """A user's one-time code: one of the three."""

    code: Annotated[fields.Secret | None, Field(description="A code that is always right.")] = None
    totp: Annotated[
        Annotated[fields.Secret, AfterValidator(_totp_secret)] | None,
        Field(description="The secret of an authenticator app, in Base32 (RFC 6238)."),
    ] = None
    mailed: Annotated[fields.Flag, Field(description="Codes come by mail, into the outbox.")] = (
        False
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if [self.code is not None, self.totp is not None, self.mailed].count(True) != 1:
            raise ValueError("expected one of code, totp and mailed: true")
        return self


class MailedCodes(Model):
    """Mailed codes. A new one replaces the one before."""

    digits: Annotated[int, Field(ge=4, le=12, strict=True, description="How long a code is.")] = 6
    lifetime: Annotated[fields.Lifetime, Field(description="How long it is good.")] = 300
    resend_after: Annotated[
        fields.Duration, Field(description="How soon the next may be mailed.")
    ] = timedelta(minutes=1)
    attempts: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            strict=True,
            description="How often a code may be tried; then it is locked.",
        ),
    ] = 5


class NbcGateUser(RefreshingSubject):
    """A user."""

    name_field: ClassVar[str] = "email"
    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    replaced_whole: ClassVar[frozenset[str]] = frozenset({"otp"})

    email: Annotated[fields.Text, Field(description="What a sign-in sends as email.")]
    password: Annotated[
        fields.Secret,
        Field(description="At least 8 characters, or no sign-in can send it."),
    ]
    otp: Annotated[Otp | None, Field(description="The user signs in with a one-time code too.")] = (
        None
    )

    @property
    def subject_id(self) -> str:
        """See `Subject.subject_id`."""
        return stable_uuid("nbcgate", self.email)

    def passwords(self) -> Iterator[str]:
        """See `Principal.passwords`."""
        yield self.password.get_secret_value()
        if self.otp is not None:
            codes = (self.otp.code, self.otp.totp)
            yield from (code.get_secret_value() for code in codes if code is not None)

    def public(self) -> dict[str, Any]:
        """See `Principal.public`; that a code is needed is no secret."""
        shown = super().public()
        shown.pop("password")
        if self.otp is not None:
            shown["otp"] = {"mailed": True} if self.otp.mailed else {}
        return shown

    def warnings(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """See `Principal.warnings`: what the vendor's own rules keep out."""
        totp = self.otp.totp if self.otp is not None else None
        if totp is not None:
            text = totp.get_secret_value()
            if len(b32decode(text + "=" * (-len(text) % 8))) < _TOTP_SECRET_BYTES:
                yield (
                    ("otp", "totp"),
                    f"has less than {_TOTP_SECRET_BYTES} bytes, which RFC 4226 section 4 asks for",
                )
        if len(self.password.get_secret_value()) < PASSWORD_MIN:
            yield (
                ("password",),
                f"has less than {PASSWORD_MIN} characters, so every sign-in with it gets 400",
            )
        if not is_email(self.email):
            yield ("email",), "is not an e-mail address, so every sign-in gets 400"


class NbcGateFixture(VendorFixture):
    """NBC Gate: its tokens, its users, and settings for contradictions between its two pages."""

    vendor: ClassVar[str] = "nbcgate"
    known_outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    kinds: ClassVar[dict[str, type[Principal]]] = {"users": NbcGateUser}

    token: Annotated[NbcGateToken, Field(validate_default=True)] = {}  # type: ignore[assignment]  # a section without token needs a secret
    token_response: Annotated[
        Literal["string", "object"],
        Field(description="A bare string (the reference), or token and refreshToken (the guide)."),
    ] = "string"  # noqa: S105 - a setting, no secret
    sign_in_with: Annotated[
        Literal["password", "password_or_otp"],
        Field(description="The reference wants a password; the guide a password or a code."),
    ] = "password"
    mailed_codes: MailedCodes = MailedCodes()
    assumed_endpoints: Annotated[
        fields.Flag,
        Field(description="Answer also where the vendor names an endpoint and says no more of it."),
    ] = False
    users: Annotated[list[NbcGateUser], Field(description="Who can sign in.")] = []
    users_file: Annotated[
        fields.FileName | None,
        Field(description="More of them: JSON Lines, an object a line, relative to this file."),
    ] = None

    @classmethod
    def empty(cls) -> Self:
        """See `VendorFixture.empty`; its tokens' secret is random."""
        return cls(token=NbcGateToken(secret=SecretStr(secrets.token_hex(32))))

    @property
    def answers_a_string(self) -> bool:
        """Whether a sign-in responds with the bare token."""
        return self.token_response == "string"  # noqa: S105 - a setting, no secret

    @property
    def refreshes(self) -> bool:
        """Whether there are refresh tokens: a bare string has none."""
        return self.assumed_endpoints and not self.answers_a_string

    def warnings(self) -> Iterator[tuple[FixturePath, str]]:
        """See `VendorFixture.warnings`."""
        yield from super().warnings()
        for number, user in enumerate(self.users):
            for path, said in self._unreachable_code(user):
                yield ("users", number, *path), said

    def warnings_for(self, principal: Principal) -> Iterator[tuple[FixturePath, str]]:
        """See `VendorFixture.warnings_for`."""
        yield from super().warnings_for(principal)
        if isinstance(principal, NbcGateUser):
            yield from self._unreachable_code(principal)

    def _unreachable_code(self, user: NbcGateUser) -> Iterator[tuple[FixturePath, str]]:
        if user.otp is not None and user.otp.mailed and not self.assumed_endpoints:
            yield ("otp",), "nothing mails codes without assumed_endpoints: true"
