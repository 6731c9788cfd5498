"""A realm: an isolated copy of everything that sign-in needs.

What may change while the server runs, and another process must see, is in the store: the fields of
the realm's state (the rest of this docstring), what was consumed or revoked, journal and outbox.

    realm                              RealmHeader: its generation, when it was made, until when
    clock                              ClockState
    faults                             FaultList; absent: those of the fixture
    resources                          AddedResources
    keys/{vendor}                      KeyRotationState
    principals/{vendor}/{kind}/{name}  PrincipalChange
    origin/...                         the same fields as they were when it was made from a realm
"""

import math
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self, TypeVar

from pydantic import BaseModel

from emulator.core.catalog import Catalog
from emulator.core.clock import Clock, ClockSettings, ClockState, machine_time
from emulator.core.faults import ActiveFault, Fault, FaultList
from emulator.core.ids import Ids
from emulator.core.journal import Journal
from emulator.core.keys import Algorithm, KeyRotationState
from emulator.core.outbox import Outbox
from emulator.core.principals import Principal, PrincipalChange
from emulator.core.resources import AddedResources, Resources
from emulator.core.store import Store
from emulator.core.tokens import CALLER, Grant, RealmIdentity, TokenIssuer
from emulator.core.vendor import VendorState, VendorTemplate
from emulator.settings import JOURNAL_ENTRIES

DEFAULT = "default"
"""The realm that answers at the root."""

HEADER = "realm"
ORIGIN = "origin/"

Changes = Mapping[str, bytes | None]
"""Fields of a realm's state to set; None removes one."""


@dataclass(frozen=True)
class RealmTemplate:
    """A fixture, prepared once for all realms made from it."""

    catalog: Catalog
    vendors: Mapping[str, VendorTemplate]
    resources: Resources = field(default_factory=Resources)
    faults: tuple[Fault, ...] = ()
    clock: ClockSettings = field(default_factory=ClockSettings)
    seed: int | None = None

    def algorithms(self) -> dict[str, Algorithm]:
        """What the vendors' tokens are signed with."""
        return {name: vendor.keyring.algorithm for name, vendor in self.vendors.items()}

    @cached_property
    def fault_list(self) -> FaultList | None:
        """The initial faults; None if they depend on the time, as one has a `ttl`."""
        has_ttl = any(fault.ttl is not None for fault in self.faults)
        return None if has_ttl else FaultList.of(self.faults, 0)

    @cached_property
    def active_faults(self) -> list[ActiveFault]:
        """The same, ready for use."""
        return [] if self.fault_list is None else self.activate(self.fault_list)

    def activate(
        self, faults: FaultList, known: Mapping[str, ActiveFault] | None = None
    ) -> list[ActiveFault]:
        """Faults ready for use; those of `known` by their ids are not read again."""
        known, algorithms = known or {}, self.algorithms()
        return [
            known.get(entry.id) or ActiveFault.of(entry, self.catalog, algorithms)
            for entry in faults.entries
        ]


class RealmHeader(BaseModel):
    """What the store holds of a realm itself. Times are POSIX seconds of real time.

    `generation` distinguishes successive realms of one name: what was issued before is
    refused by every later one. `fixture` is the realm's own; None: the server's, of which there may
    have been several, and realms of one `lineage` are made from the same.
    """

    generation: int = 0
    lineage: int | None = None
    made_at: float = 0.0
    expires_at: float | None = None
    fixture: dict[str, Any] | None = None


@dataclass(frozen=True)
class RealmOptions:
    """What all realms of a server share.

    `show_codes` logs mailed codes; `journal_entries` is how many calls a journal keeps.
    """

    show_codes: bool = False
    journal_entries: int = JOURNAL_ENTRIES


@dataclass(frozen=True)
class TriggeredFault:
    """A fault that changes a call, after `delay` seconds of real time."""

    id: str
    fault: Fault
    delay: float


@dataclass(frozen=True)
class RealmRandom:
    """Where a realm's random ids come from, and whether its faults of a `probability` trigger.

    With a seed both are the same each time, independently.
    """

    ids: Ids
    chances: Ids

    @classmethod
    def of(cls, seed: int | None, stream: int = 1) -> "RealmRandom":
        """See `Ids`."""
        return cls(Ids(seed, stream), Ids(seed, stream))


@dataclass
class _Life:
    """What all views of a realm share of its end."""

    closed: bool = False


S = TypeVar("S", bound=VendorState[Any])


class Realm:
    """Principals, keys, clock, ids and what is stored, apart from every other realm's."""

    def __init__(
        self,
        name: str,
        template: RealmTemplate,
        store: Store,
        fields: Mapping[str, bytes],
        *,
        version: int = 0,
        options: RealmOptions | None = None,
        random: RealmRandom | None = None,
    ) -> None:
        """`fields` are its state as the store holds it."""
        options = options or RealmOptions()
        self.name = name
        self.store = store
        self.version = version
        self._life = _Life()
        self.random = random or RealmRandom.of(template.seed)
        self.fields = dict(fields)
        self.header = RealmHeader.model_validate_json(self.fields.get(HEADER, b"{}"))
        self.clock = Clock()
        self.identity = RealmIdentity(name, self.header.generation, self.clock, self.random.ids)
        self.outbox = Outbox(
            store,
            name,
            self._scoped("outbox"),
            lambda: self.closed,
            show_codes=options.show_codes,
        )
        self.journal = Journal(store, name, self._scoped("journal"), options.journal_entries)
        self._use(template)

    def _use(self, template: RealmTemplate) -> None:
        self.template = template
        self.resources = template.resources
        self.vendors = {name: vendor.new_state() for name, vendor in template.vendors.items()}
        self.issuer_follows_caller = any(
            state.issuer.settings.issuer == CALLER for state in self.vendors.values()
        )
        """Whether a vendor's `iss` is the address by which the caller reached us."""
        self.faults: list[ActiveFault] = []
        self.added_resources = AddedResources()
        self._set_clock(None)
        if "faults" not in self.fields:
            self._set_faults(None)
        self._apply_fields(self.fields)

    @property
    def closed(self) -> bool:
        """Whether it was reset or removed."""
        return self._life.closed

    def close(self) -> None:
        """Mark it as reset or removed: nothing more is stored."""
        self._life.closed = True

    def apply(self, changes: Changes, version: int) -> None:
        """Apply changes that were saved as `version`."""
        self._save(changes, version)
        self._apply_fields(changes)

    def reload(self, template: RealmTemplate, changes: Changes, version: int) -> None:
        """Reload another fixture; `changes` are those of `changes_to_reload`."""
        rings = {name: state.issuer.keyring for name, state in self.vendors.items()}
        self._save(changes, version)
        self.random = RealmRandom(self.random.ids, Ids(template.seed))
        self._use(template)
        for name, state in self.vendors.items():
            if rings[name].made_like(state.issuer.keyring):  # the key stays, and is not read again
                state.issuer = TokenIssuer(name, state.issuer.settings, rings[name])

    def _save(self, changes: Changes, version: int) -> None:
        self.version = version
        for name, value in changes.items():
            if value is None:
                self.fields.pop(name, None)
            else:
                self.fields[name] = value

    def changes_to_reload(self, template: RealmTemplate) -> Changes:
        """The changes of the realm's state when another fixture replaces its own.

        Faults and principals are the fixture's then. Keys from the same source stay; a clock with
        another start starts again.
        """
        faults = FaultList.of(template.faults, machine_time(), self.fault_list.last)
        changes: dict[str, bytes | None] = {"faults": dump(faults)}
        if template.clock != self.template.clock:
            start = template.clock.start()
            changes["clock"] = dump(start.model_copy(update={"latest": self.clock.latest()}))
        for name, state in self.vendors.items():
            other = template.vendors[name].new_state()
            if not state.issuer.keyring.made_like(other.issuer.keyring):
                changes[f"keys/{name}"] = None
            for kind, principals in state.principals.items():
                changed = other.principals[kind].after_reload(principals)
                for principal, change in changed.items():
                    value = None if change is None else dump(change)
                    changes[principal_field(name, kind, principal)] = value
        return changes

    def _apply_fields(self, changes: Changes) -> None:
        for name, value in changes.items():
            first, _, rest = name.partition("/")
            if name == "clock":
                self._set_clock(value)
            elif name == "faults":
                self._set_faults(value)
            elif name == "resources":
                self._set_resources(value)
            elif first == "keys":
                self._set_keys(rest, value)
            elif first == "principals":
                vendor, kind, principal = rest.split("/", 2)
                change = None if value is None else PrincipalChange.model_validate_json(value)
                self.vendors[vendor].principals[kind].apply(principal, change)

    def _set_clock(self, value: bytes | None) -> None:
        self.clock.replace(
            self.template.clock.start() if value is None else ClockState.model_validate_json(value)
        )

    def _set_faults(self, value: bytes | None) -> None:
        template = self.template
        if value is None and template.fault_list is not None:
            self.fault_list, self.faults = template.fault_list, template.active_faults
        elif value is None:
            self.fault_list = FaultList.of(template.faults, self.header.made_at)
            self.faults = template.activate(self.fault_list)
        else:
            self.fault_list = FaultList.model_validate_json(value)
            known = {active.id: active for active in self.faults}
            self.faults = template.activate(self.fault_list, known)

    def _set_resources(self, value: bytes | None) -> None:
        added = AddedResources() if value is None else AddedResources.model_validate_json(value)
        self.added_resources = added
        self.resources = Resources([*added.resources(), *self.template.resources])

    def _set_keys(self, vendor: str, value: bytes | None) -> None:
        state = self.vendors[vendor]
        rotation = (
            KeyRotationState() if value is None else KeyRotationState.model_validate_json(value)
        )
        keyring = state.issuer.keyring.with_rotation(rotation)
        state.issuer = TokenIssuer(vendor, state.issuer.settings, keyring)

    @property
    def base_url(self) -> str:
        """The address by which the present caller reached the realm; empty if it is not needed."""
        return self.identity.base_url

    def seen_from(self, base_url: str) -> Self:
        """The same realm, as a caller sees it who reached it at `base_url`."""
        view = copy(self)
        view.identity = replace(self.identity, base_url=base_url)
        return view

    def issuing_with(self, vendor: str, issuer: TokenIssuer) -> Self:
        """The same realm with another token issuer of a vendor."""
        view = copy(self)
        view.vendors = self.vendors | {vendor: self.vendors[vendor].issuing_with(issuer)}
        return view

    def grant(self, state: VendorState[Any], subject: Principal, *through: str) -> Grant:
        """A new grant to a vendor's principal, which signed in `through` these clients."""
        return self.identity.grant(state.subject_fingerprint(subject, *through))

    def of(self, kind: type[S]) -> S:
        """The state of a vendor, by the vendor's own type for it."""
        return self.vendors[kind.vendor]  # type: ignore[return-value]  # the vendor's own type

    async def matching_fault(
        self,
        now: float,
        vendor: str,
        operation: str,
        principal: str,
        members: Mapping[str, object],
    ) -> TriggeredFault | None:
        """The first fault that changes this call, counted; `now` is POSIX seconds of real time.

        The counters are the store's, so that `times` holds for calls at the same moment.
        """
        for active in self.faults:
            if active.expires_at is not None and active.expires_at <= now:
                continue
            fault = active.fault
            if (vendor, operation) not in active.calls or not fault.fits(principal, members):
                continue
            triggered = f"fault:{active.id}:triggered"
            if await self._count(f"fault:{active.id}:matched") <= fault.after:
                continue
            if fault.times is not None and await self._count(triggered, 0) >= fault.times:
                continue
            if not self.random.chances.chance(fault.probability):
                continue
            if await self._count(triggered) > (fault.times or math.inf):
                continue  # of several calls at the same moment, others were faster
            return TriggeredFault(active.id, fault, active.delay(self.random.chances))
        return None

    async def fault_counters(self, active: ActiveFault) -> tuple[int, int]:
        """How many calls a fault matched, and how many of them it changed."""
        matched = await self._count(f"fault:{active.id}:matched", 0)
        triggered = await self._count(f"fault:{active.id}:triggered", 0)
        times = active.fault.times
        return matched, triggered if times is None else min(triggered, times)

    async def _count(self, what: str, by: int = 1) -> int:
        if self.closed:
            return 0
        return await self.store.count(self.name, self._scoped(what), by)

    async def consume_once(self, what: str, until: float) -> bool:
        """Consume something that may be used once; True for the first. Raises StoreFull.

        `until` is when it would expire, in POSIX seconds of the realm's clock.
        """
        if self.closed:
            return True  # what it stored was forgotten, and nothing is to be stored again
        now = self.clock.now()
        return await self.store.consume(self.name, self._scoped(what), now=now, until=until)

    async def consume_refresh_token(self, jti: str, until: float) -> bool:
        """Use a refresh token; True for the first use. Raises StoreFull."""
        return await self.consume_once(f"refresh:{jti}", until)

    async def refresh_token_used(self, jti: str) -> bool:
        """Whether a refresh token was used."""
        return await self.store.consumed(self.name, self._scoped(f"refresh:{jti}"))

    async def revoke_token(self, jti: str, until: float) -> None:
        """Revoke one token; `until` is its expiry. Raises StoreFull."""
        await self.keep(f"token:{jti}", b"revoked", until)

    async def revoke_grant(self, grant: Grant) -> None:
        """Revoke every token of a grant, later ones included, for good. Raises StoreFull."""
        await self.keep(f"grant:{grant.id}", b"revoked", math.inf)

    async def is_revoked(self, jti: str, grant: Grant) -> bool:
        """Whether a token was revoked, alone or with its grant."""
        return (
            await self.kept(f"token:{jti}") is not None
            or await self.kept(f"grant:{grant.id}") is not None
        )

    async def keep(self, what: str, value: bytes, until: float) -> None:
        """Keep a value until a time of the realm's clock. Raises StoreFull."""
        if not self.closed:
            now = self.clock.now()
            await self.store.put(self.name, self._scoped(what), value, now=now, until=until)

    async def kept(self, what: str) -> bytes | None:
        """The kept value, until its time."""
        return await self.store.get(self.name, self._scoped(what), now=self.clock.now())

    def _scoped(self, what: str) -> str:
        return f"{self.header.generation}:{what}"


def principal_field(vendor: str, kind: str, name: str) -> str:
    """The field of a realm's state in which a principal's change is."""
    return f"principals/{vendor}/{kind}/{name}"


def dump(value: BaseModel) -> bytes:
    """A model as the store holds it."""
    return value.model_dump_json(exclude_defaults=True).encode()
