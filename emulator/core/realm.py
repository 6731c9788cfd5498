"""A realm: an isolated copy of everything that sign-in needs."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from emulator.core.clock import Clock
from emulator.core.ids import Ids
from emulator.core.outcomes import Answerer
from emulator.core.principals import Principals
from emulator.core.store import Store
from emulator.core.tokens import Grant, Stamp, TokenIssuer

DEFAULT = "default"
"""The realm that answers at the root."""


class Section:
    """What a realm knows of one vendor, as the fixture says; each vendor extends it."""

    vendor: str

    def __init__(
        self,
        outcomes: dict[str, Answerer],
        issuer: TokenIssuer,
        principals: Sequence[Principals[Any]],
    ) -> None:
        """`principals` are all kinds that it has; the last are those that tokens are issued to."""
        self.outcomes = outcomes
        self.issuer = issuer
        self.principals = principals
        self.holders: Principals[Any] = principals[-1]


S = TypeVar("S", bound=Section)


class Realm:
    """Principals, keys, clock, ids and what is stored, apart from every other realm's."""

    def __init__(
        self,
        name: str,
        sections: Iterable[Section],
        *,
        clock: Clock,
        ids: Ids,
        store: Store,
        incarnation: int = 0,
    ) -> None:
        self.name = name
        self.clock = clock
        self.store = store
        self.stamp = Stamp(name, incarnation, clock, ids)
        self.sections = {section.vendor: section for section in sections}
        self._by_kind: dict[type[Section], Section] = {type(s): s for s in self.sections.values()}

    def of(self, kind: type[S]) -> S:
        """The section of a vendor, by the vendor's own type for it."""
        return cast(S, self._by_kind[kind])

    async def spend(self, what: str, until: float) -> bool:
        """Claim a thing that may be used once; True for the first. Raises StoreFull.

        `until` is when it would end by itself, in POSIX seconds of the realm's clock.
        """
        now = self.clock.now()
        return await self.store.claim(self.name, self._scoped(what), now=now, until=until)

    async def revoke_token(self, jti: str, until: float) -> None:
        """Refuse one token from now on; `until` is its expiry. Raises StoreFull."""
        await self.keep(f"token:{jti}", b"revoked", until)

    async def revoke_grant(self, grant: Grant, longest: int) -> None:
        """Refuse every token of a grant, those to come included. Raises StoreFull.

        `longest` is the longest lifetime that a token of it can have, in seconds.
        """
        await self.keep(f"grant:{grant.id}", b"revoked", self.clock.latest() + longest)

    async def revoked(self, jti: str, grant: Grant) -> bool:
        """Whether a token was revoked, by itself or with its grant."""
        return (
            await self.kept(f"token:{jti}") is not None
            or await self.kept(f"grant:{grant.id}") is not None
        )

    async def keep(self, what: str, value: bytes, until: float) -> None:
        """Keep a value until a time of the realm's clock. Raises StoreFull."""
        now = self.clock.now()
        await self.store.put(self.name, self._scoped(what), value, now=now, until=until)

    async def kept(self, what: str) -> bytes | None:
        """What was kept, until its time."""
        return await self.store.get(self.name, self._scoped(what), now=self.clock.now())

    def _scoped(self, what: str) -> str:
        return f"{self.stamp.incarnation}:{what}"
