"""The realms of a server, by name: made, changed, reset, removed, and expired."""

import asyncio
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from emulator.core.clock import machine_time
from emulator.core.faults import FaultList
from emulator.core.keys import Keyring, Rotation, SigningKey
from emulator.core.realm import (
    DEFAULT,
    HEADER,
    ORIGIN,
    Changes,
    Realm,
    RealmHeader,
    RealmOptions,
    RealmRandom,
    RealmTemplate,
    dump,
)
from emulator.core.store import Store, StoredState, VersionConflict

REALM_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A valid realm name: it is used in paths and, between dots, in a `jti`."""

REALM_NAMES = "a realm's name is 1 to 64 letters, digits, - and _"

_MAX_REALMS = 10_000

_OF_ALL_REALMS = ""
"""The name under which the store keeps what belongs to no single realm."""


def why_unknown(name: str) -> str:
    """A message about an unknown realm, with how to create it."""
    if REALM_NAME.fullmatch(name):
        return f"there is no realm {name!r}; PUT /_emulator/realms/{name} creates it"
    return f"there is no realm {name!r}, which is not a valid name: {REALM_NAMES}"


class RealmRemoved(Exception):
    """The realm was removed."""


class TooManyRealms(Exception):
    """The limit of realms is reached."""


class Realms:
    """The default realm, and those that tests made.

    A realm in memory is what its state in the store says; it is built again when another process
    changed that.
    """

    def __init__(
        self,
        template: RealmTemplate,
        store: Store,
        make_template: Callable[[Mapping[str, Any]], RealmTemplate],
        options: RealmOptions | None = None,
    ) -> None:
        """`template` is that of the server's fixture; `make_template` makes one of a realm's own.

        It raises FixtureError.
        """
        self.template = template
        self.store = store
        self._make_template = make_template
        self._options = options or RealmOptions()
        self._loaded: dict[str, Realm] = {}
        self._next_expiry = math.inf
        self._rotating = asyncio.Lock()

    async def get(self, name: str) -> Realm | None:
        """The realm of this name, as it is now."""
        if machine_time() >= self._next_expiry:
            await self._remove_expired()
        version = await self.store.version(name)
        realm = self._loaded.get(name)
        if realm is not None and realm.version == version:
            return realm
        if not version and name == DEFAULT:
            return await self._create_default()
        return await self._load(name) if version or realm is not None else None

    async def default(self) -> Realm:
        """The realm that answers at the root."""
        realm = await self.get(DEFAULT)
        assert realm is not None  # noqa: S101 - it is never removed
        return realm

    async def all(self) -> list[Realm]:
        """Every realm, the default one first."""
        default = await self.default()
        others = [await self.get(name) for name in await self.store.names() if name != DEFAULT]
        return [default, *(realm for realm in others if realm is not None)]

    async def is_current(self, realm: Realm) -> bool:
        """Whether a realm is current: neither reset, nor removed, nor created again."""
        if realm.closed:
            return False
        current = await self.get(realm.name)
        return current is not None and current.header.generation == realm.header.generation

    async def change(self, name: str, changes: Callable[[Realm], Changes]) -> Realm | None:
        """Apply `changes` to the realm's current state and save it; concurrent changes are kept.

        None if there is no such realm. What `changes` raises is raised.
        """
        while True:
            realm = await self.get(name)
            if realm is None:
                return None
            wanted = changes(realm)
            try:
                version = await self.store.save(name, wanted, realm.version)
            except VersionConflict:
                continue
            realm.apply(wanted, version)
            return realm

    async def make(
        self,
        name: str,
        *,
        source: Realm | None = None,
        fixture: dict[str, Any] | None = None,
        ttl: float | None = None,
    ) -> Realm:
        """Create a realm, replacing one of the same name; after `ttl` seconds it expires.

        It is made from another realm in its current state, from its own fixture, or from the
        server's. Raises TooManyRealms and FixtureError.
        """
        if await self.get(name) is None and len(await self.store.names()) >= _MAX_REALMS:
            raise TooManyRealms(
                f"there are {_MAX_REALMS:,} realms; remove some, or give them a ttl"
            )
        template, fields, lineage = self.template, dict[str, bytes](), None
        if source is not None:
            template, fixture = source.template, source.header.fixture
            fields = _as_origin(source)
            lineage = None if template is self.template else source.header.lineage
        elif fixture is not None:
            template = self._make_template(fixture)
        now = machine_time()
        expires_at = None if ttl is None else now + ttl
        header = RealmHeader(lineage=lineage, made_at=now, expires_at=expires_at, fixture=fixture)
        return await self._replace(name, template, header, fields)

    async def reset(self, realm: Realm) -> Realm:
        """Reset a realm; tokens issued before are refused.

        Raises RealmRemoved.
        """
        while True:
            current = await self.get(realm.name)
            if current is None:
                raise RealmRemoved(realm.name)
            version = current.version
            header = current.header.model_copy(update={"made_at": machine_time()})
            origin = {n: v for n, v in current.fields.items() if n.startswith(ORIGIN)}
            try:
                return await self._replace(current.name, current.template, header, origin, version)
            except VersionConflict:
                continue

    async def remove(self, realm: Realm) -> None:
        """Remove a realm, and all that it stored."""
        while not await self._remove(realm.name, await self.store.load(realm.name)):
            pass
        realm.close()

    async def rotate(self, name: str, vendor: str, mode: Rotation) -> SigningKey | None:
        """Rotate a vendor's key; None if there is no such realm.

        Raises CannotRotate for a secret.
        """
        before: Keyring | None = None
        async with self._rotating:
            while True:
                realm = await self.get(name)
                if realm is None:
                    return None
                keyring = realm.vendors[vendor].issuer.keyring
                if before is None or not _same_keys(keyring, before):
                    before, rotated = keyring, await keyring.rotated(mode)
                    continue  # it took a while, and the realm may be another now
                changes = {f"keys/{vendor}": dump(rotated.rotation)}
                try:
                    version = await self.store.save(name, changes, realm.version)
                except VersionConflict:
                    continue
                realm.apply(changes, version)
                return await realm.vendors[vendor].issuer.keyring.active()

    async def reload(self, template: RealmTemplate) -> None:
        """Replace the server's fixture; realms with their own fixture keep it."""
        await self.all()  # those that only other processes used so far are of the old one too
        self.template = template
        while True:
            realm = await self.default()
            changes = realm.changes_to_reload(template)
            try:
                version = await self.store.save(DEFAULT, changes, realm.version)
            except VersionConflict:
                continue
            realm.reload(template, changes, version)
            return

    async def _create_default(self) -> Realm:
        header = RealmHeader(made_at=machine_time())
        fields = {HEADER: dump(header), "clock": dump(self.template.clock.start())}
        try:
            version = await self.store.save(DEFAULT, fields, 0)
        except VersionConflict:
            return await self.default()
        return await self._keep(DEFAULT, self.template, fields, version)

    async def _load(self, name: str) -> Realm | None:
        """Build a realm from its state, which another process changed."""
        state = await self.store.load(name)
        if HEADER not in state.fields:
            self._close(name)
            return None
        header = RealmHeader.model_validate_json(state.fields[HEADER])
        if header.expires_at is not None and header.expires_at <= machine_time():
            removed = await self._remove(name, state)
            return None if removed else await self._load(name)
        before = self._loaded.get(name)
        if before is not None and before.header.generation == header.generation:
            random = before.random
            return await self._keep(name, before.template, state.fields, state.version, random)
        template = self._template_of(header)
        self._close(name)
        return await self._keep(name, template, state.fields, state.version)

    def _template_of(self, header: RealmHeader) -> RealmTemplate:
        """The template of a realm that another process created or reset."""
        if header.fixture is not None:
            return self._make_template(header.fixture)
        loaded = self._loaded.values()
        same = (one.template for one in loaded if one.header.lineage == header.lineage)
        return self.template if header.lineage is None else next(same, self.template)

    async def _remove(self, name: str, state: StoredState) -> bool:
        """Remove a realm if it still has this state; returns whether it had."""
        try:
            await self.store.save(name, dict.fromkeys(state.fields), state.version)
        except VersionConflict:
            return False
        self._close(name)
        await self.store.forget(name)
        return True

    def _close(self, name: str) -> None:
        before = self._loaded.pop(name, None)
        if before is not None:
            before.close()

    async def _replace(
        self,
        name: str,
        template: RealmTemplate,
        header: RealmHeader,
        origin: Mapping[str, bytes],
        version: int | None = None,
    ) -> Realm:
        """Put a new realm in the place of the one of a name; `origin` are its `origin/` fields.

        Raises VersionConflict if the one that is there is not at `version`.
        """
        generation = await self.store.count(_OF_ALL_REALMS, "generation")
        lineage = generation if header.lineage is None else header.lineage
        header = header.model_copy(update={"generation": generation, "lineage": lineage})
        fields: dict[str, bytes] = dict(origin)
        fields |= {n.removeprefix(ORIGIN): v for n, v in origin.items()}
        fields.setdefault("clock", dump(template.clock.start()))
        if "faults" in fields:
            faults = FaultList.model_validate_json(fields["faults"])
            fields["faults"] = dump(faults.restarted(header.made_at))
        fields[HEADER] = dump(header)
        while True:
            state = await self.store.load(name)
            if version not in (None, state.version):
                raise VersionConflict(f"realm {name} is at version {state.version}")
            await self.store.forget(name)  # first: what the new realm stores is to stay
            changes: dict[str, bytes | None] = dict.fromkeys(state.fields)
            try:
                saved = await self.store.save(name, changes | fields, state.version)
            except VersionConflict:
                continue
            self._close(name)
            return await self._keep(name, template, fields, saved)

    async def _keep(
        self,
        name: str,
        template: RealmTemplate,
        fields: Mapping[str, bytes],
        version: int,
        random: RealmRandom | None = None,
    ) -> Realm:
        if random is None and template.seed is not None:
            generation = RealmHeader.model_validate_json(fields[HEADER]).generation
            stream = await self.store.count(name, f"{generation}:processes")
            random = RealmRandom.of(template.seed, stream)
        realm = Realm(
            name,
            template,
            self.store,
            fields,
            version=version,
            options=self._options,
            random=random,
        )
        self._loaded[name] = realm
        self._next_expiry = min(self._next_expiry, realm.header.expires_at or math.inf)
        return realm

    async def _remove_expired(self) -> None:
        now = machine_time()
        self._next_expiry = math.inf
        for name, realm in list(self._loaded.items()):
            expiry = realm.header.expires_at
            if expiry is not None and expiry <= now:
                await self._load(name)  # which removes it, unless another process created it again
            elif expiry is not None:
                self._next_expiry = min(self._next_expiry, expiry)


def _same_keys(one: Keyring, other: Keyring) -> bool:
    return one.made_like(other) and one.rotation == other.rotation


def _as_origin(source: Realm) -> dict[str, bytes]:
    """The fields of a realm for a copy, with fault counters at 0."""
    kept = {
        f"{ORIGIN}{name}": value
        for name, value in source.fields.items()
        if name != HEADER and not name.startswith(ORIGIN)
    }
    kept[f"{ORIGIN}faults"] = dump(source.fault_list.still_there(machine_time()))
    clock = source.clock.state.model_copy(update={"latest": 0.0})
    kept[f"{ORIGIN}clock"] = dump(clock)
    return kept
