"""Realms: making, showing, resetting and removing them."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from math import ceil
from typing import Any

from msgspec import Struct

from emulator.control.paths import BASE, asking, reading_its_path
from emulator.control.reading import invalid, mistaken, parsed, read_optional_body
from emulator.core.clock import iso_milliseconds
from emulator.core.fixture import FixtureError
from emulator.core.fixture.fields import TTL, written
from emulator.core.outcomes import Refusal
from emulator.core.realm import DEFAULT, Blueprint, Realm
from emulator.core.realms import NAME, NAMES, Realms, TooManyRealms, unknown_realm
from emulator.core.shapes.kinds import Mapped, Maybe
from emulator.core.shapes.shape import Shape, member
from emulator.core.shapes.values import ANYTHING, TEXT_OR_EMPTY
from emulator.web.messages import Members
from emulator.web.operation import Ended, Endpoint, Operation
from emulator.web.visit import REALMS

_ALL = f"{BASE}/realms"
_ONE = f"{_ALL}/{{realm}}"

BlueprintIn = Callable[[Mapping[str, Any]], Blueprint]
"""Reads a fixture that came over HTTP; raises FixtureError."""


class NewRealm(Shape):
    """What a realm is made from: a realm, a fixture, or the server's fixture."""

    source: str | None = member(
        Maybe(TEXT_OR_EMPTY), "Another realm, as it is now.", default=None, alias="from"
    )
    fixture: dict[str, Any] | None = member(
        Maybe(Mapped(ANYTHING)), "A fixture, without files.", default=None
    )
    ttl: timedelta | None = member(
        Maybe(TTL), "After so much real time it goes by itself.", default=None
    )


class _Making(Struct, frozen=True):
    name: str
    new: NewRealm


class _Calls:
    """What can be done about realms."""

    def __init__(self, realms: Realms, blueprint_in: BlueprintIn) -> None:
        self._realms = realms
        self._blueprint_in = blueprint_in

    async def every(self, _: Realm, __: object) -> object:
        """List the realms, the default one first."""
        return {"realms": [self._told(realm) for realm in await self._realms.all()]}

    async def one(self, _: Realm, name: str) -> object:
        """Show a realm: where it is, its time, and when it goes by itself."""
        return self._told(await self._known(name))

    async def make(self, _: Realm, making: _Making) -> Ended:
        """Make a realm, or make it anew: what an earlier one of its name issued is refused."""
        if making.name == DEFAULT:
            raise Refusal("realm_kept", "the default realm is the server's own; reset it instead")
        blueprint, ttl = await self._blueprint_of(making.new), making.new.ttl
        new = not await self._realms.find(making.name)
        try:
            realm = await self._realms.make(
                making.name, blueprint, None if ttl is None else ttl.total_seconds()
            )
        except TooManyRealms as full:
            raise Refusal("too_many", str(full)) from full
        return Ended("made" if new else "told", self._told(realm))

    async def remove(self, _: Realm, name: str) -> None:
        """Remove a realm, with all that is its."""
        realm = await self._known(name)
        if realm.name == DEFAULT:
            raise Refusal("realm_kept", "the default realm stays; reset it instead")
        await self._realms.remove(realm)

    async def reset(self, realm: Realm, _: object) -> object:
        """Take a realm back to what it was made from; its tokens are refused from now on."""
        return self._told(await self._realms.reset(realm))

    def _told(self, realm: Realm) -> dict[str, object]:
        left = self._realms.ends_in(realm)
        return {
            "realm": realm.name,
            "base_path": "" if realm.name == DEFAULT else f"{REALMS}{realm.name}",
            "now": iso_milliseconds(realm.clock.now()),
            "ttl": None if left is None else written(timedelta(seconds=ceil(left))),
        }

    async def _known(self, name: str) -> Realm:
        realm = await self._realms.find(name)
        if realm is None:
            raise Refusal("realm_unknown", unknown_realm(name))
        return realm

    async def _blueprint_of(self, new: NewRealm) -> Blueprint:
        if new.source is not None:
            return (await self._known(new.source)).as_blueprint()
        if new.fixture is None:
            return self._realms.blueprint
        try:
            return self._blueprint_in(new.fixture)
        except FixtureError as error:
            raise mistaken(error) from error


def realm_endpoints(realms: Realms, blueprint_in: BlueprintIn) -> list[Endpoint]:
    """The calls about realms."""
    calls = _Calls(realms, blueprint_in)
    return [
        asking(_ALL, Operation.bare("realms", calls.every, success="told")),
        reading_its_path("GET", _ONE, Operation("realm", _name, calls.one, success="told")),
        Endpoint(
            method="PUT",
            paths=(_ONE,),
            operations=(Operation("make_realm", _making, calls.make, success="made"),),
            read=read_optional_body,
        ),
        reading_its_path(
            "DELETE", _ONE, Operation("remove_realm", _name, calls.remove, success="done")
        ),
        reading_its_path(
            "POST", f"{BASE}/reset", Operation.bare("reset", calls.reset, success="told")
        ),
    ]


def _name(_: Realm, members: Members) -> str:
    name: str = members["realm"]
    return name


def _making(_: Realm, members: Members) -> _Making:
    name, body = members["realm"], members["body"]
    if not NAME.fullmatch(name):
        raise invalid(NAMES)
    new = parsed(NewRealm, body)
    if new.source is not None and new.fixture is not None:
        raise invalid("expected one of from and fixture")
    return _Making(name, new)
