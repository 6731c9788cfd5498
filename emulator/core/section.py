"""A section: what a realm knows of one vendor."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Self

from emulator.core.outcomes import Answerer
from emulator.core.principals import Principal, Principals
from emulator.core.tokens import Claims, Grant, TokenIssuer

if TYPE_CHECKING:
    from emulator.core.realm import Realm

_JOINS = "-"


class Section(ABC):
    """What a realm knows of one vendor, as the fixture says; each vendor extends it.

    Realms that were made from one fixture share it. What one of them changes, it changes in a fork.
    """

    vendor: str

    def __init__(
        self,
        outcomes: dict[str, Answerer],
        issuer: TokenIssuer,
        principals: Mapping[str, Principals[Any]],
    ) -> None:
        """`principals` are all kinds that it has, by their names in a fixture.

        The last are those that tokens are issued to.
        """
        self.outcomes = outcomes
        self.issuer = issuer
        self.principals = dict(principals)
        *self._others, self._holders = self.principals

    @property
    def holders(self) -> Principals[Any]:
        """Those that tokens are issued to."""
        return self.principals[self._holders]

    def forked(self) -> Self:
        """A copy whose principals and issuer can be changed."""
        fork = copy(self)
        fork.principals = {kind: members.forked() for kind, members in self.principals.items()}
        return fork

    def following(self, before: "Section") -> Self:
        """The same section, once it takes another's place: what that one issued stays good.

        Keys that come from where they came from before stay too, though they were rotated.
        """
        ring = before.issuer.keyring
        other = copy(self)
        if ring.made_like(self.issuer.keyring):
            other.issuer = self.issuer.signing_with(ring)
        other.principals = {
            kind: members.following(before.principals[kind])
            for kind, members in self.principals.items()
        }
        return other

    def issuing_with(self, issuer: TokenIssuer) -> Self:
        """The same section with another issuer."""
        other = copy(self)
        other.issuer = issuer
        return other

    def holder_mark(self, holder: Principal, *through: str) -> str:
        """What tokens carry of their holder, and of the clients `through` which it signed in.

        It is made of fingerprints: a token is refused once one of them names nobody.
        """
        mark = self.holders.fingerprint(holder.name)
        for kind, name in zip(self._others, through, strict=True):
            mark += _JOINS + self.principals[kind].fingerprint(name)
        return mark

    def holder_of(self, grant: Grant) -> Principal | None:
        """The principal that a grant was made to, if all that it was made to are still there."""
        first, *through = grant.holder.split(_JOINS)
        if len(through) > len(self._others):
            return None
        for kind, mark in zip(self._others, through, strict=False):
            if self.principals[kind].of_fingerprint(mark) is None:
                return None
        return self.holders.of_fingerprint(first)

    @abstractmethod
    def access_claims(
        self, grant: Grant, holder: Principal, scope: str, lifetime: int, *through: str
    ) -> Claims:
        """The claims of an access token as a sign-in issues it; `lifetime` is seconds.

        `through` are the clients that the holder signed in through, at a vendor that has some.
        """

    async def takes_again(self, realm: "Realm", refresh: str) -> bool:
        """Whether a refresh token (by its `jti`) would be taken if it were sent now."""
        return not await realm.refresh_token_spent(refresh)

    def jwt_of(self, token: str) -> str:
        """The JWT that a token is; a vendor whose refresh tokens are opaque undoes that here."""
        return token

    def refresh_token_of(self, jwt: str) -> str:
        """The other way round: a refresh token as it is handed out, of the JWT that it is."""
        return jwt
