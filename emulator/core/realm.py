"""A realm: an isolated copy of everything that sign-in needs."""

import asyncio
import math
from collections.abc import Mapping
from copy import copy
from typing import Self, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from emulator.core.clock import RUNNING, Clock, ClockStart
from emulator.core.faults import Fault, Faults
from emulator.core.ids import Ids
from emulator.core.journal import MOST_ENTRIES, Journal
from emulator.core.keys import Rotation, SigningKey
from emulator.core.life import Life
from emulator.core.outbox import Outbox
from emulator.core.principals import Principal
from emulator.core.resources import NO_RESOURCES, Resources
from emulator.core.section import Section
from emulator.core.store import Store
from emulator.core.tokens import CALLER, Grant, Stamp, TokenIssuer

DEFAULT = "default"
"""The realm that answers at the root."""


class Blueprint(Struct, frozen=True):
    """What realms are made from, and go back to: a fixture made ready, or another realm as it was.

    Any number of realms share its sections.
    """

    sections: Mapping[str, Section]
    resources: Resources = NO_RESOURCES
    faults: tuple[Fault, ...] = ()
    clock: ClockStart = RUNNING
    seed: int | None = None


class Settings(Struct, frozen=True):
    """What all realms of a server have in common.

    `show_codes` logs mailed codes; `journal_entries` is how many calls a journal keeps.
    """

    show_codes: bool = False
    journal_entries: int = MOST_ENTRIES


USUAL = Settings()

S = TypeVar("S", bound=Section)


class Realm:
    """Principals, keys, clock, ids and what is stored, apart from every other realm's."""

    def __init__(
        self,
        name: str,
        blueprint: Blueprint,
        store: Store,
        *,
        incarnation: int = 0,
        clock: Clock | None = None,
        settings: Settings = USUAL,
    ) -> None:
        self.name = name
        self.store = store
        self.clock = clock or Clock(blueprint.clock)
        self.stamp = Stamp(name, incarnation, self.clock, Ids(blueprint.seed))
        self.life = Life()
        outbox = self._scoped("outbox")
        self.outbox = Outbox(store, name, outbox, self.life, show_codes=settings.show_codes)
        self.journal = Journal(store, name, self._scoped("journal"), settings.journal_entries)
        self.sections: dict[str, Section] = {}
        self._own: set[str] = set()
        self._rotating = asyncio.Lock()
        self._take(blueprint)

    def _take(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.resources = blueprint.resources
        self.faults = Faults(blueprint.faults, blueprint.seed)
        # All blueprints have the same vendors, and pages are made from these in a thread.
        self.sections.update(blueprint.sections)
        self._own.clear()
        self.issuer_follows_caller = any(
            section.issuer.settings.issuer == CALLER for section in self.sections.values()
        )
        """Whether a vendor's `iss` is the address by which the caller reached us."""

    def take_up(self, blueprint: Blueprint) -> None:
        """Go on with another blueprint: what was issued, spent and written down stays.

        A clock that starts otherwise than before starts anew; principals and faults are those of
        the blueprint.
        """
        before = dict(self.sections)
        if blueprint.clock != self.blueprint.clock:
            self.clock.follow(blueprint.clock)
        self._take(blueprint)
        for vendor, section in self.sections.items():
            self.sections[vendor] = section.following(before[vendor])

    def as_blueprint(self) -> Blueprint:
        """What another realm is made from to be like this one: principals, keys, faults, time.

        From here on, this realm shares its sections, and forks what it changes.
        """
        self._own.clear()
        return Blueprint(
            dict(self.sections),
            self.resources,
            self.faults.as_given(),
            self.clock.as_start(),
            self.blueprint.seed,
        )

    async def rotate(self, vendor: str, how: Rotation) -> SigningKey:
        """Make a new key of a vendor sign. Raises KeysCannotRotate where it is a secret.

        The key is made before anything changes: meanwhile others may share or fork the section.
        """
        async with self._rotating:
            ring = await self.sections[vendor].issuer.keyring.rotated(how)
            section = self.own(vendor)
            section.issuer = section.issuer.signing_with(ring)
            return await ring.active()

    def own(self, vendor: str) -> Section:
        """The section of a vendor, to be changed: forked at the first time."""
        if vendor not in self._own:
            self.sections[vendor] = self.sections[vendor].forked()
            self._own.add(vendor)
        return self.sections[vendor]

    @property
    def incarnation(self) -> int:
        """Which of the realms of this name, one after the other, it is."""
        return self.stamp.incarnation

    @property
    def base_url(self) -> str:
        """The address by which the present caller reached us; empty where nobody asked for it."""
        return self.stamp.base_url

    def seen_from(self, base_url: str) -> Self:
        """The same realm, as a caller sees it who reached us at `base_url`."""
        view = copy(self)
        view.stamp = replace(self.stamp, base_url=base_url)
        return view

    def issuing_with(self, vendor: str, issuer: TokenIssuer) -> Self:
        """The same realm, in which a vendor issues its tokens otherwise."""
        view = copy(self)
        view.sections = self.sections | {vendor: self.sections[vendor].issuing_with(issuer)}
        return view

    def grant(self, section: Section, holder: Principal, *through: str) -> Grant:
        """A new grant to a principal of a vendor, who signed in `through` these clients."""
        return self.stamp.grant(section.holder_mark(holder, *through))

    def of(self, kind: type[S]) -> S:
        """The section of a vendor, by the vendor's own type for it."""
        return self.sections[kind.vendor]  # type: ignore[return-value]  # the vendor's own type

    async def spend(self, what: str, until: float) -> bool:
        """Claim a thing that may be used once; True for the first. Raises StoreFull.

        `until` is when it would end by itself, in POSIX seconds of the realm's clock.
        """
        if self.life.over:
            return True  # what it stored was forgotten, and nothing is to be stored again
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

    async def revoke_grant(self, grant: Grant) -> None:
        """Refuse every token of a grant, those to come included, for good. Raises StoreFull.

        Nobody knows how long its tokens last: lifetimes change, and minted tokens have their own.
        """
        await self.keep(f"grant:{grant.id}", b"revoked", math.inf)

    async def revoked(self, jti: str, grant: Grant) -> bool:
        """Whether a token was revoked, by itself or with its grant."""
        return (
            await self.kept(f"token:{jti}") is not None
            or await self.kept(f"grant:{grant.id}") is not None
        )

    async def keep(self, what: str, value: bytes, until: float) -> None:
        """Keep a value until a time of the realm's clock. Raises StoreFull."""
        if self.life.over:
            return
        now = self.clock.now()
        await self.store.put(self.name, self._scoped(what), value, now=now, until=until)

    async def kept(self, what: str) -> bytes | None:
        """What was kept, until its time."""
        return await self.store.get(self.name, self._scoped(what), now=self.clock.now())

    def _scoped(self, what: str) -> str:
        return f"{self.stamp.incarnation}:{what}"
