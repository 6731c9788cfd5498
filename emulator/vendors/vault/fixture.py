"""Vault's section of a fixture."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

from emulator.core.fixture.fields import AUDIENCE, DURATION, LIFETIME, seconds_or_none
from emulator.core.fixture.sections import (
    MORE_USERS,
    USERS_FILE,
    Oddity,
    PrincipalModel,
    SectionModel,
    StatusModel,
    TokenModel,
)
from emulator.core.ids import lasting_uuid
from emulator.core.outcomes import Outcome
from emulator.core.principals import Principal, Principals
from emulator.core.section import Section
from emulator.core.shapes.kinds import Listed, Maybe
from emulator.core.shapes.shape import Shape, Shaped, member
from emulator.core.shapes.values import FLAG, TEXT, one_of
from emulator.vendors.vault.outcomes import OUTCOMES
from emulator.vendors.vault.rules import RefreshSettings, User, Vault

_LONGEST_PASSWORD = 32
_SHORTEST_PASSWORD = 8


class VaultToken(TokenModel):
    """Vault's tokens: 24 h, and a header that begins with `kid` (the page refresh_token)."""

    header: ClassVar[tuple[str, ...]] = ("kid", "alg")

    lifetime: timedelta = member(LIFETIME, "How long an access token is valid.", default="24h")
    refresh_lifetime: timedelta = member(
        LIFETIME, "How long a refresh token is valid.", default="30d"
    )
    issuer: str = member(TEXT, "The claim iss.", default="https://vault.emulator.test")
    audience: str | list[str] | None = member(AUDIENCE, "The claim aud.", default="vault-api")


class VaultClientModel(StatusModel):
    """A client application that users sign in through."""

    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES

    client_id: str = member(TEXT, "What a sign-in sends as client_id.")

    def compiled(self) -> Principal:
        """The client as the rules know it."""
        return Principal(name=self.client_id, status=self.status)

    def joining(self, section: Section) -> Principal:
        """See `StatusModel.joining`."""
        del section
        return self.compiled()


class VaultUserModel(PrincipalModel):
    """A user."""

    outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES

    username: str = member(TEXT, "The user's e-mail address.")
    password: str = member(TEXT, "8 to 32 characters: upper, lower case, digit, symbol.")
    user_id: str | None = member(Maybe(TEXT), "By default made from the user name.", default=None)
    refresh_lifetime: timedelta | None = member(
        Maybe(LIFETIME), "Its refresh tokens' own lifetime.", default=None
    )

    def compiled(self) -> User:
        """The user as the rules know it."""
        return User(
            name=self.username,
            password=self.password,
            user_id=self.user_id or f"usr:{lasting_uuid('vault', self.username)}",
            refresh_lifetime=seconds_or_none(self.refresh_lifetime),
            **self.shared(),
        )

    def joining(self, section: Section) -> User:
        """See `StatusModel.joining`."""
        del section
        return self.compiled()

    def oddities(self) -> Iterator[Oddity]:
        """A password that the vendor would not take at registration."""
        lacking = password_lacks(self.password)
        if lacking:
            yield (
                ("password",),
                f"the vendor would refuse this password: it lacks {', '.join(lacking)}",
            )

    def oddities_in(self, section: Section) -> Iterator[Oddity]:
        """See `StatusModel.oddities_in`."""
        yield from self.oddities()
        if not cast(Vault, section).clients:
            yield (), "nobody can sign in: there are users, but no clients"

    @classmethod
    def shown(cls, principal: User) -> dict[str, Any]:
        """See `StatusModel.shown`."""
        return {"user_id": principal.user_id, **super().shown(principal)}

    @classmethod
    def secrets(cls, principal: User) -> dict[str, Any]:
        """See `StatusModel.secrets`."""
        return {"password": principal.password}


class RefreshModel(Shape):
    """What becomes of a refresh token that is used."""

    rotate: bool = member(FLAG, "Each use gives a new one and spends the old.", default=True)
    reuse: Literal["refuse", "revoke_family", "allow"] = member(
        one_of("refuse", "revoke_family", "allow"), "What a second use meets.", default="refuse"
    )
    grace: timedelta = member(
        DURATION, "So long after its first use the same answer comes again.", default="0s"
    )

    def compiled(self) -> RefreshSettings:
        """The settings as the rules know them."""
        return RefreshSettings(
            rotate=self.rotate, reuse=self.reuse, grace=self.grace.total_seconds()
        )


class VaultSection(SectionModel):
    """Vault: its tokens, clients and users."""

    vendor: ClassVar[str] = "vault"
    known_outcomes: ClassVar[tuple[Outcome, ...]] = OUTCOMES
    named_by: ClassVar[dict[str, str]] = {"clients": "client_id", "users": "username"}

    token: VaultToken = member(Shaped(VaultToken), default={})
    refresh: RefreshModel = member(Shaped(RefreshModel), default={})
    clients: list[VaultClientModel] = member(
        Listed(Shaped(VaultClientModel)), "The known values of client_id.", default=[]
    )
    users: list[VaultUserModel] = member(
        Listed(Shaped(VaultUserModel)), "Who can sign in.", default=[]
    )
    users_file: Path | None = member(USERS_FILE, MORE_USERS, default=None)

    def oddities(self) -> Iterator[Oddity]:
        """Passwords that the vendor would not take at registration, users without a client."""
        for number, user in enumerate(self.users):
            for path, said in user.oddities():
                yield ("users", number, *path), said
        if self.users and not self.clients:
            yield ("users",), "nobody can sign in: there are users, but no clients"

    def compiled(self, seed: int | None) -> Vault:
        """The section made ready for a realm."""
        clients = [client.compiled() for client in self.clients]
        return Vault(
            self.answerers(),
            self.token.compiled(self.vendor, seed),
            Principals("client", clients, of=self.vendor),
            Principals("user", [user.compiled() for user in self.users], of=self.vendor),
            self.refresh.compiled(),
        )


def password_lacks(password: str) -> list[str]:
    """What a password lacks of the vendor's rules (its v2 registration page)."""
    solid = "".join(password.split())
    rules = {
        f"a length of {_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD}": (
            _SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD
        ),
        "an upper case letter": any(map(str.isupper, password)),
        "a lower case letter": any(map(str.islower, password)),
        "a digit": any(map(str.isdigit, password)),
        "a symbol": bool(solid) and not solid.isalnum(),
    }
    return [rule for rule, kept in rules.items() if not kept]
