"""A realm: an isolated copy of everything that sign-in needs."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

from emulator.core.clock import Clock
from emulator.core.ids import Ids
from emulator.core.outcomes import Answerer
from emulator.core.principals import Principals
from emulator.core.store import Store
from emulator.core.tokens import Stamp, TokenIssuer

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
        self.outcomes = outcomes
        self.issuer = issuer
        self.principals = principals


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
        key = f"{self.stamp.incarnation}:{what}"
        return await self.store.claim(self.name, key, now=self.clock.now(), until=until)
