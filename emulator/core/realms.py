"""The realms of a server, by name: made, gone back to their start, removed, and gone by themselves.

A realm's incarnation is the version of its state in the store, which outlives its removal: what was
issued before is refused by every later realm of the same name.
"""

import math
import re

from emulator.core.clock import Clock, wall
from emulator.core.realm import DEFAULT, USUAL, Blueprint, Realm, Settings
from emulator.core.store import Store, VersionConflict

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a realm may be called: it stands in paths, and between the dots of a `jti`."""

NAMES = "a realm's name is 1 to 64 letters, digits, - and _"

_MOST = 10_000
_MADE = b"made"


def unknown_realm(name: str) -> str:
    """One sentence about a name that names no realm, and what makes one."""
    if NAME.fullmatch(name):
        return f"there is no realm {name!r}; PUT /_emulator/realms/{name} makes it"
    return f"there is no realm {name!r}, and none can be: {NAMES}"


class TooManyRealms(Exception):
    """The server holds as many realms as it may."""


class Realms:
    """The default realm, and those that tests made. No other part of the emulator makes one."""

    def __init__(
        self,
        blueprint: Blueprint,
        store: Store,
        *,
        clock: Clock | None = None,
        settings: Settings = USUAL,
    ) -> None:
        """`blueprint` is the server's fixture; `clock` takes the place of the default realm's."""
        self.blueprint = blueprint
        self._store = store
        self._settings = settings
        self.default = Realm(DEFAULT, blueprint, store, clock=clock, settings=settings)
        self._made: dict[str, Realm] = {DEFAULT: self.default}
        self._ends: dict[str, float] = {}
        """When realms go by themselves, in seconds of `wall`."""
        self._next_end = math.inf

    async def all(self) -> list[Realm]:
        """Every realm, the default one first."""
        await self._let_go()
        return list(self._made.values())

    async def find(self, name: str) -> Realm | None:
        """The realm of this name, if its time is not over."""
        await self._let_go()
        return self._made.get(name)

    async def has(self, realm: Realm) -> bool:
        """Whether a realm is still the one of its name: neither reset, removed nor made anew."""
        await self._let_go()
        return not realm.life.over

    def ends_in(self, realm: Realm) -> float | None:
        """In how many seconds of real time a realm goes by itself; None: never."""
        end = self._ends.get(realm.name)
        return None if end is None else max(0.0, end - wall())

    async def make(self, name: str, blueprint: Blueprint, ttl: float | None = None) -> Realm:
        """Make a realm, over one of the same name; after `ttl` seconds it goes by itself.

        Raises TooManyRealms.
        """
        await self._let_go()
        if name not in self._made and len(self._made) >= _MOST:
            raise TooManyRealms(f"there are {_MOST:,} realms; remove some, or give them a ttl")
        self._ends.pop(name, None)
        if ttl is not None:
            self._ends[name] = wall() + ttl
            self._next_end = min(self._next_end, self._ends[name])
        return await self._incarnated(name, blueprint)

    async def reset(self, realm: Realm) -> Realm:
        """Take a realm back to its blueprint; what was issued before is refused from now on."""
        realm.clock.restart()
        fresh = await self._incarnated(realm.name, realm.blueprint, realm.clock)
        if realm.name == DEFAULT:
            self.default = fresh
        return fresh

    async def remove(self, realm: Realm) -> None:
        """Remove a realm, and all that it stored."""
        realm.life.over = True
        self._made.pop(realm.name, None)
        self._ends.pop(realm.name, None)
        await self._new_version(realm.name, None)
        await self._store.forget(realm.name)

    def take_up(self, blueprint: Blueprint) -> None:
        """Let another fixture be the server's; realms made before keep what they were made from."""
        self.blueprint = blueprint
        self.default.take_up(blueprint)

    async def _incarnated(
        self, name: str, blueprint: Blueprint, clock: Clock | None = None
    ) -> Realm:
        before = self._made.get(name)
        if before is not None:
            before.life.over = True
        incarnation = await self._new_version(name, _MADE)
        await self._store.forget(name)
        realm = Realm(
            name,
            blueprint,
            self._store,
            incarnation=incarnation,
            clock=clock,
            settings=self._settings,
        )
        self._made[name] = realm
        return realm

    async def _new_version(self, name: str, state: bytes | None) -> int:
        while True:
            version, _ = await self._store.load(name)
            try:
                return await self._store.save(name, state, version)
            except VersionConflict:
                continue  # another worker was faster; its version is one that nobody may have

    async def _let_go(self) -> None:
        """Remove the realms whose time is over."""
        now = wall()
        if now < self._next_end:
            return
        for name in [name for name, end in self._ends.items() if end <= now]:
            await self.remove(self._made[name])
        self._next_end = min(self._ends.values(), default=math.inf)
