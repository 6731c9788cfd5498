"""The principals of a realm: listing, adding, changing and removing clients and users.

They come and are told in the fixture's shape. What a realm changes is its own: other realms keep
the fixture's principals, and so does this one after a reset.
"""

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import Any

from msgspec import Struct

from emulator.control.paths import BASE
from emulator.control.reading import invalid, mistaken, only, read_body, read_path, read_query
from emulator.core import fixture as fixtures
from emulator.core.fixture import FixtureError
from emulator.core.fixture.mistakes import dotted
from emulator.core.fixture.sections import SectionModel, StatusModel
from emulator.core.outcomes import Refusal
from emulator.core.principals import Principal, Principals, TooManyPrincipals
from emulator.core.realm import Realm
from emulator.core.section import Section
from emulator.web.messages import Members
from emulator.web.operation import Ended, Endpoint, Operation

_LIMIT, _MOST = 100, 1_000
"""How many principals a page of the list has, by default and at the most."""

_UNREADABLE = "\N{REPLACEMENT CHARACTER}"
"""What stands in a name for escapes that are no UTF-8."""


class Listing(Struct, frozen=True):
    """Which part of a list is asked for: `limit` principals whose names come behind `after`."""

    after: str
    limit: int


class Change(Struct, frozen=True):
    """The principal that a path names, and what a body says of it."""

    name: str
    body: dict[str, Any]


class _Kind(Struct, frozen=True):
    """The calls about one list of principals of a vendor's section."""

    vendor: str
    listed: str
    member: str
    """The member of the fixture's shape that names one."""
    model: type[StatusModel]

    async def every(self, realm: Realm, asked: Listing) -> object:
        """List names, in the order of their characters, and statuses, a page at a time."""
        members = self._members(realm.sections[self.vendor])
        behind = (one for one in members if one.name > asked.after)
        page = nsmallest(asked.limit + 1, behind, key=lambda one: one.name)
        shown = page[: asked.limit]
        return {
            self.listed: [{self.member: one.name, "status": one.status} for one in shown],
            "count": len(members),
            "next": shown[-1].name if len(page) > len(shown) else None,
        }

    async def one(self, realm: Realm, name: str) -> object:
        """Show one, without its secrets."""
        return self._told(self._known(realm, name))

    async def put(self, realm: Realm, change: Change) -> Ended:
        """Add one, or put it in the place of its namesake. What was issued to it stays good."""
        return self._put(realm, change, {})

    async def patch(self, realm: Realm, change: Change) -> Ended:
        """Change some members (RFC 7396). Null takes one back to its default."""
        known = self._known(realm, change.name)
        before = patched(self._told(known), self.model.secrets(known))
        undivided = {name for name in self.model.undivided if change.body.get(name)}
        kept = {name: value for name, value in before.items() if name not in undivided}
        return self._put(realm, change, kept)

    async def remove(self, realm: Realm, name: str) -> None:
        """Remove one. What was issued to it, or through it, is refused from now on."""
        self._known(realm, name)
        try:
            self._members(realm.own(self.vendor)).remove(name)
        except TooManyPrincipals as full:
            raise Refusal("too_many", str(full)) from full

    def _put(self, realm: Realm, change: Change, kept: Mapping[str, Any]) -> Ended:
        entry = self._checked(change, kept)
        section = realm.own(self.vendor)
        principal = entry.joining(section)
        try:
            new = self._members(section).put(principal)
        except TooManyPrincipals as full:
            raise Refusal("too_many", str(full)) from full
        odd = [{"path": dotted(at), "message": said} for at, said in entry.oddities_in(section)]
        told = self._told(principal) | ({"warnings": odd} if odd else {})
        return Ended("made" if new else "told", told)

    def _checked(self, change: Change, kept: Mapping[str, Any]) -> StatusModel:
        """What a body makes of what was `kept`; refused with every mistake."""
        document = fixtures.from_http(change.body, "the body")
        named = document.data.get(self.member, change.name)
        if isinstance(named, str) and named != change.name:
            said = f"is not {change.name!r}, whom the path names"
            document.wrong((self.member,), said)
        if kept:
            document.data = patched(kept, document.data)
        document.data = {self.member: change.name, **document.data}
        try:
            entry, _ = fixtures.validated(document, self.model)
        except FixtureError as error:
            raise mistaken(error) from error
        return entry

    def _members(self, section: Section) -> Principals[Any]:
        return section.principals[self.listed]

    def _known(self, realm: Realm, name: str) -> Principal:
        members = self._members(realm.sections[self.vendor])
        found: Principal | None = members.find(name)
        if found is None:
            raise Refusal("not_found", members.why_unknown(name))
        return found

    def _told(self, principal: Principal) -> dict[str, Any]:
        return {self.member: principal.name, **self.model.shown(principal)}


def patched(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object after a merge patch (RFC 7396 §2)."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            known = result.get(name)
            result[name] = patched(known if isinstance(known, dict) else {}, value)
        else:
            result[name] = value
    return result


def principal_endpoints(sections: Iterable[type[SectionModel]]) -> list[Endpoint]:
    """The calls about every kind of principal that the vendors have."""
    kinds = [
        _Kind(section.vendor, listed, member, section.principal_model(listed))
        for section in sections
        for listed, member in section.named_by.items()
    ]
    return [endpoint for kind in kinds for endpoint in _endpoints(kind)]


def _endpoints(kind: _Kind) -> list[Endpoint]:
    every = f"{BASE}/{kind.vendor}/{kind.listed}"
    one = f"{every}/{{name}}"
    name = kind.listed.removesuffix("s")
    made = (
        ("GET", every, read_query, Operation(kind.listed, _listing, kind.every, "told")),
        ("GET", one, read_path, Operation(name, _name, kind.one, "told")),
        ("PUT", one, read_body, Operation(f"put_{name}", _change, kind.put, "told")),
        ("PATCH", one, read_body, Operation(f"change_{name}", _change, kind.patch, "told")),
        ("DELETE", one, read_path, Operation(f"remove_{name}", _name, kind.remove, "done")),
    )
    return [
        Endpoint(method=method, paths=(path,), operations=(operation,), read=read)
        for method, path, read, operation in made
    ]


def _listing(_: Realm, members: Members) -> Listing:
    only(members, ("after", "limit"))
    limit = str(members.get("limit", _LIMIT))
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:9]) <= _MOST):
        raise invalid(f"limit: expected a whole number from 1 to {_MOST:,}")
    return Listing(members.get("after", ""), int(limit))


def _name(_: Realm, members: Members) -> str:
    name: str = members["name"]
    if _UNREADABLE in name:
        raise invalid("the name in the path is not UTF-8, escaped as RFC 3986 section 2.1 has it")
    return name


def _change(realm: Realm, members: Members) -> Change:
    return Change(_name(realm, members), members["body"])
