"""Vault's models: grants (RFC 6749 §4.3 and §6), responses, clients, users."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, Field

from emulator.core import fields
from emulator.core.ids import stable_uuid
from emulator.core.model import Model
from emulator.core.outcomes import Outcome
from emulator.core.principals import Principal, RefreshingSubject
from emulator.core.tokens import RefreshableTokenSettings
from emulator.core.vendor import Path as FixturePath
from emulator.core.vendor import VendorFixture
from emulator.vendors.vault.outcomes import OUTCOMES

_PASSWORD_MIN, _PASSWORD_MAX = 8, 32


class PasswordGrant(BaseModel):
    """A sign-in. `scope` narrows what is granted (RFC 6749 §3.3)."""

    grant_type: Literal["password"]
    password: fields.Text
    username: fields.Text
    client_id: fields.Text
    scope: fields.OptionalText = None


class RefreshTokenGrant(BaseModel):
    """A refresh. The vendor needs no `client_id`; one that is sent must be the token's."""

    grant_type: Literal["refresh_token"]
    refresh_token: fields.Text
    client_id: fields.OptionalText = None
    scope: fields.OptionalText = None


Grant: TypeAlias = Annotated[PasswordGrant | RefreshTokenGrant, Field(discriminator="grant_type")]


class TokenResponse(BaseModel):
    """The response to both grants; its members are in the order of the vendor's example.

    `expires_in` is seconds.
    """

    access_token: str
    token_type: str
    refresh_token: str
    scope: str
    expires_in: int
    user_id: str


class VaultErrorEntry(BaseModel):
    """One thing that is wrong with a request."""

    field: str
    message: str


class VaultError(BaseModel):
    """The envelope of every refusal (the v2.0 page refresh_token)."""

    status: str
    message: str
    traceId: str  # noqa: N815 - as the vendor writes it
    errors: list[VaultErrorEntry]


class VaultToken(RefreshableTokenSettings):
    """Vault's tokens: 24 h, and a header that begins with `kid` (the page refresh_token)."""

    header_order: ClassVar[tuple[str, ...]] = ("kid", "alg")

    lifetime: Annotated[
        fields.Lifetime, Field(description="How long an access token is valid.")
    ] = 86_400
    issuer: Annotated[fields.Text, Field(description="The iss claim.")] = (
        "https://vault.emulator.test"
    )
    audience: Annotated[
        fields.Audience | None, Field(description="The aud claim: a string or a list.")
    ] = "vault-api"


class VaultClient(Principal):
    """A client application that users sign in through."""

    name_field: ClassVar[str] = "client_id"
    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES

    client_id: Annotated[fields.Text, Field(description="What a sign-in sends as client_id.")]


class VaultUser(RefreshingSubject):
    """A user; its name is an e-mail address."""

    name_field: ClassVar[str] = "username"
    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES

    username: Annotated[fields.Text, Field(description="The user's e-mail address.")]
    password: Annotated[
        fields.Secret,
        Field(description="8 to 32 characters: upper, lower case, digit, symbol."),
    ]
    user_id: Annotated[
        fields.Text | None, Field(description="By default made from the user name.")
    ] = None

    @property
    def subject_id(self) -> str:
        """See `Subject.subject_id`: the vendor's `user_id`."""
        return self.user_id or f"usr:{stable_uuid('vault', self.username)}"

    def passwords(self) -> Iterator[str]:
        """See `Principal.passwords`."""
        yield self.password.get_secret_value()

    def public(self) -> dict[str, Any]:
        """See `Principal.public`."""
        shown = super().public()
        shown.pop("password")
        return {"user_id": self.subject_id} | shown

    def warnings(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """See `Principal.warnings`: a password that the vendor would refuse."""
        lacking = password_lacks(self.password.get_secret_value())
        if lacking:
            yield (
                ("password",),
                f"the vendor would refuse this password: it lacks {', '.join(lacking)}",
            )


class RefreshSettings(Model):
    """What happens when a refresh token is used."""

    rotate: Annotated[
        fields.Flag, Field(description="Each use gives a new one and spends the old.")
    ] = True
    reuse: Annotated[
        Literal["refuse", "revoke_family", "allow"],
        Field(description="What a second use meets."),
    ] = "refuse"
    grace: Annotated[
        fields.Duration,
        Field(description="How long after its first use the same answer is repeated."),
    ] = timedelta()


class VaultFixture(VendorFixture):
    """Vault: its tokens, clients and users."""

    vendor: ClassVar[str] = "vault"
    known_outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    kinds: ClassVar[dict[str, type[Principal]]] = {"clients": VaultClient, "users": VaultUser}

    token: VaultToken = VaultToken()
    refresh: RefreshSettings = RefreshSettings()
    clients: Annotated[list[VaultClient], Field(description="The known values of client_id.")] = []
    users: Annotated[list[VaultUser], Field(description="Who can sign in.")] = []
    users_file: Annotated[
        fields.FileName | None,
        Field(description="More of them: JSON Lines, an object a line, relative to this file."),
    ] = None

    def warnings(self) -> Iterator[tuple[FixturePath, str]]:
        """See `VendorFixture.warnings`."""
        yield from super().warnings()
        if self.users and not self.clients:
            yield ("users",), "no user can sign in: there are no clients"

    def warnings_for(self, principal: Principal) -> Iterator[tuple[FixturePath, str]]:
        """See `VendorFixture.warnings_for`."""
        yield from super().warnings_for(principal)
        if isinstance(principal, VaultUser) and not self.clients:
            yield (), "no user can sign in: there are no clients"


def password_lacks(password: str) -> list[str]:
    """What a password lacks of the vendor's rules (its v2 registration page)."""
    solid = "".join(password.split())
    rules = {
        f"a length of {_PASSWORD_MIN} to {_PASSWORD_MAX}": (
            _PASSWORD_MIN <= len(password) <= _PASSWORD_MAX
        ),
        "an upper case letter": any(map(str.isupper, password)),
        "a lower case letter": any(map(str.islower, password)),
        "a digit": any(map(str.isdigit, password)),
        "a symbol": bool(solid) and not solid.isalnum(),
    }
    return [rule for rule, kept in rules.items() if not kept]
