"""A realm: an isolated copy of everything that sign-in needs."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace
from hashlib import blake2s
from typing import Any, Self, TypeVar, cast

from emulator.core.clock import Clock
from emulator.core.faults import NO_FAULTS
from emulator.core.ids import Ids
from emulator.core.outbox import Outbox
from emulator.core.outcomes import Answerer
from emulator.core.principals import Principal, Principals
from emulator.core.resources import NO_RESOURCES, Resources
from emulator.core.store import Store
from emulator.core.tokens import CALLER, Grant, Stamp, TokenIssuer

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
        self._holders: Principals[Any] = principals[-1]
        self._by_fingerprint: dict[str, Principal] | None = None

    def fingerprint_of(self, holder: Principal) -> str:
        """A short digest of the vendor and a name: what tokens carry of their holder."""
        return blake2s(f"{self.vendor}\n{holder.name}".encode(), digest_size=6).hexdigest()

    def holder_of(self, grant: Grant) -> Principal | None:
        """The principal that a grant was made to, if it is this vendor's and still there."""
        if self._by_fingerprint is None:
            self._by_fingerprint = {self.fingerprint_of(h): h for h in self._holders}
        return self._by_fingerprint.get(grant.holder)

    async def takes_again(self, realm: "Realm", refresh: str) -> bool:
        """Whether a refresh token (by its `jti`) would be taken if it were sent now."""
        return not await realm.refresh_token_spent(refresh)

    def jwt_of(self, token: str) -> str:
        """The JWT that a token is; a vendor whose refresh tokens are opaque undoes that here."""
        return token


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
        resources: Resources = NO_RESOURCES,
        incarnation: int = 0,
    ) -> None:
        self.name = name
        self.clock = clock
        self.store = store
        self.resources = resources
        self.faults = NO_FAULTS
        self.stamp = Stamp(name, incarnation, clock, ids)
        self.outbox = Outbox(store, name, self._scoped("outbox"))
        self.sections = {section.vendor: section for section in sections}
        self._issuer_follows_caller = any(
            section.issuer.settings.issuer == CALLER for section in self.sections.values()
        )
        self._by_kind: dict[type[Section], Section] = {type(s): s for s in self.sections.values()}

    @property
    def base_url(self) -> str:
        """The address by which the present caller reached us; empty where nobody asked for it."""
        return self.stamp.base_url

    @property
    def issuer_follows_caller(self) -> bool:
        """Whether a vendor's `iss` is the address by which the caller reached us."""
        return self._issuer_follows_caller

    def seen_from(self, base_url: str) -> Self:
        """The same realm, as a caller sees it who reached us at `base_url`."""
        view = copy(self)
        view.stamp = replace(self.stamp, base_url=base_url)
        return view

    def grant(self, section: Section, holder: Principal) -> Grant:
        """A new grant to a principal of a vendor."""
        return self.stamp.grant(section.fingerprint_of(holder))

    def of(self, kind: type[S]) -> S:
        """The section of a vendor, by the vendor's own type for it."""
        return cast(S, self._by_kind[kind])

    async def spend(self, what: str, until: float) -> bool:
        """Claim a thing that may be used once; True for the first. Raises StoreFull.

        `until` is when it would end by itself, in POSIX seconds of the realm's clock.
        """
        now = self.clock.now()
        return await self.store.claim(self.name, self._scoped(what), now=now, until=until)

    async def spend_refresh_token(self, jti: str, until: float) -> bool:
        """Use a refresh token; True for the first use. Raises StoreFull."""
        return await self.spend(f"refresh:{jti}", until)

    async def refresh_token_spent(self, jti: str) -> bool:
        """Whether a refresh token was used."""
        return await self.store.claimed(self.name, self._scoped(f"refresh:{jti}"))

    async def revoke_token(self, jti: str, until: float) -> None:
        """Refuse one token from now on; `until` is its expiry. Raises StoreFull."""
        await self.keep(f"token:{jti}", b"revoked", until)

    async def revoke_grant(self, section: Section, grant: Grant, holder: Principal) -> None:
        """Refuse every token of a holder's grant, those to come included. Raises StoreFull."""
        longest = section.issuer.longest_lifetime_of(holder)
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
