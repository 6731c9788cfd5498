"""Principals: the clients and users that can sign in, as a fixture says and as calls change them.

Vendors extend `Principal` and `Subject`. Messages here become reasons, which never repeat a secret.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache, cached_property, lru_cache
from hashlib import blake2s
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, Field, field_validator

from emulator.core.fields import REVEAL, AnyText, Claims, Lifetime, Scopes, TokenHeaders
from emulator.core.model import Model
from emulator.core.outcomes import Outcome, Refused
from emulator.core.suggestions import did_you_mean

ACTIVE = "active"
BLOCKED = ("disabled", "locked")
"""The statuses in which a principal exists but may not sign in."""

_NEVER_FORCED = frozenset(
    {"path_unknown", "method_not_allowed", "body_too_large", "forward_failed"}
)
"""Outcomes that do not concern a principal."""

_MAX_COMPARED = 100
"""Similar names are looked for among at most so many, as it takes time."""

_MAX_CHANGED = 100_000
"""The limit of changed principals of a kind in a realm, to bound memory."""


class Principal(Model):
    """A client or a user.

    `status` is `active`, `disabled`, `locked`, or the name of an outcome in which every call ends.
    """

    name_field: ClassVar[str]
    """The member that names one."""
    outcomes: ClassVar[tuple[Outcome, ...]] = ()
    """The vendor's, of which a status may name one."""
    replaced_whole: ClassVar[frozenset[str]] = frozenset()
    """Members that a merge patch replaces as a whole, as they hold one thing or another."""

    status: Annotated[
        AnyText,
        Field(description="active, disabled, locked, or an outcome in which every call ends."),
    ] = ACTIVE

    @field_validator("status")
    @classmethod
    def _known_status(cls, status: str) -> str:
        if status not in cls.statuses():
            raise ValueError(f"{status!r} is not a status{did_you_mean(status, cls.statuses())}")
        return status

    @classmethod
    @cache
    def statuses(cls) -> tuple[str, ...]:
        """What `status` may be."""
        forced = (o.name for o in cls.outcomes if not o.succeeds and o.name not in _NEVER_FORCED)
        return (ACTIVE, *BLOCKED, *forced)

    @classmethod
    def unknown(cls, name: str) -> Self:
        """A principal of this name for minting, which no fixture has."""
        members: dict[str, Any] = {cls.name_field: name}
        return cls.model_construct(None, **members)  # type: ignore[return-value]  # pydantic's mypy plugin loses Self

    @property
    def name(self) -> str:
        """What it signs in as."""
        name: str = getattr(self, self.name_field)
        return name

    @property
    def blocked(self) -> bool:
        """Whether its status keeps it from signing in."""
        return self.status in BLOCKED

    def raise_forced_outcome(self) -> None:
        """Raise the Refused that its status names, if it names one."""
        if self.status != ACTIVE and not self.blocked:
            raise Refused(
                self.status,
                f"the fixture gives {self.name} the status {self.status}",
                principal=self.name,
            )

    def passwords(self) -> Iterator[str]:
        """Its passwords, which the journal never shows."""
        yield from ()

    def public(self) -> dict[str, Any]:
        """Its members as a fixture writes them, without its secrets and without defaults."""
        return {"status": self.status} | self.model_dump(
            mode="json", exclude_defaults=True, exclude={self.name_field}
        )

    def whole(self) -> dict[str, Any]:
        """All members without defaults, with secrets."""
        return self.model_dump(mode="json", exclude_defaults=True, context=REVEAL)

    def warnings(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Values that are valid but probably a mistake, as path and message."""
        yield from ()


class Subject(Principal):
    """A principal that tokens are issued to. A claim or header that is None is left out."""

    scopes: Annotated[Scopes, Field(description="The granted scopes, in this order.")] = ()
    lifetime: Annotated[
        Lifetime | None, Field(description="The lifetime of its access tokens.")
    ] = None
    # A factory: pydantic copies a default deeply, which is slow for 100,000 users.
    claims: Annotated[
        Claims, Field(default_factory=dict, description="Additional claims; null removes one.")
    ]
    headers: Annotated[
        TokenHeaders,
        Field(
            default_factory=dict,
            description="Additional members of the JWT header; null removes one.",
        ),
    ]

    @property
    def subject_id(self) -> str:
        """The claim `sub`."""
        return self.name


class RefreshingSubject(Subject):
    """A subject of a vendor that has refresh tokens."""

    refresh_lifetime: Annotated[
        Lifetime | None, Field(description="The lifetime of its refresh tokens.")
    ] = None


P = TypeVar("P", bound=Principal)


class TooManyPrincipals(Exception):
    """The limit of changed principals in a realm is reached."""


class PrincipalChange(BaseModel):
    """A realm's change of one principal, as the store holds it.

    `removals` is how often one of this name was removed. Without `value` it is the fixture's, or,
    if it is `deleted`, none.
    """

    removals: int = 0
    deleted: bool = False
    value: dict[str, Any] | None = None


class PrincipalTable(Generic[P]):
    """The principals of one kind in a fixture, by name; all realms made from it share the table."""

    def __init__(self, vendor: str, kind: str, model: type[P], members: Iterable[P]) -> None:
        """`kind` is their key in the vendor's section: `clients`, `users`."""
        self.vendor = vendor
        self.kind = kind
        self.model = model
        self.by_name = {member.name: member for member in members}

    @property
    def singular(self) -> str:
        """The word for one in reasons: "client", "user"."""
        return self.kind.removesuffix("s")

    @cached_property
    def names_by_fingerprint(self) -> dict[str, str]:
        """The names of those that were never removed."""
        return {_digest(self.vendor, name, 0): name for name in self.by_name}


class Principals(Generic[P]):
    """The principals of one kind in a realm: a fixture's table, and what the realm changed."""

    __slots__ = ("_added", "_names", "changes", "table")

    def __init__(
        self, table: PrincipalTable[P], changes: Mapping[str, PrincipalChange] | None = None
    ) -> None:
        self.table = table
        self.changes: dict[str, PrincipalChange] = {}
        self._added: dict[str, P] = {}
        """Those that the realm added or changed; the one added last comes last."""
        self._names: dict[str, str] = {}
        """Names by fingerprint, of those with a change."""
        for name, change in (changes or {}).items():
            self.apply(name, change)

    def __iter__(self) -> Iterator[P]:
        for name, member in self.table.by_name.items():
            if name not in self.changes or self._is_fixtures(name):
                yield member
        yield from self._added.values()

    def __len__(self) -> int:
        if not self.changes:
            return len(self.table.by_name)
        return sum(1 for _ in self)

    def find(self, name: str) -> P | None:
        """The principal of exactly this name."""
        if name in self.changes and not self._is_fixtures(name):
            return self._added.get(name)
        return self.table.by_name.get(name)

    def changed(self, principal: P) -> PrincipalChange:
        """The change that adds or replaces one. Raises TooManyPrincipals."""
        self._check_bound(principal.name)
        return PrincipalChange(removals=self.removals(principal.name), value=principal.whole())

    def removed(self, name: str) -> PrincipalChange:
        """The change that removes one: tokens issued to it are refused from then on.

        Raises TooManyPrincipals.
        """
        self._check_bound(name)
        return PrincipalChange(removals=self.removals(name) + 1, deleted=True)

    def removals(self, name: str) -> int:
        """How often a principal of this name was removed."""
        change = self.changes.get(name)
        return 0 if change is None else change.removals

    def apply(self, name: str, change: PrincipalChange | None) -> None:
        """Apply a change; None removes the earlier change."""
        self._names.pop(self.fingerprint(name), None)
        self._added.pop(name, None)
        self.changes.pop(name, None)
        if change is None:
            return
        self.changes[name] = change
        if change.value is not None:
            self._added[name] = self.table.model.model_validate(change.value)
        if not change.deleted:
            self._names[self.fingerprint(name)] = name

    def after_reload(self, before: "Principals[P]") -> dict[str, PrincipalChange | None]:
        """The changes to a realm when this fixture's table replaces another.

        Tokens of principals that are not in it are refused, also if they are added again later.
        """
        names = {*before.table.by_name, *before.changes}
        result: dict[str, PrincipalChange | None] = {}
        for name in names:
            missing = before.find(name) is not None and name not in self.table.by_name
            removals = before.removals(name) + missing
            if removals:
                deleted = name not in self.table.by_name
                result[name] = PrincipalChange(removals=removals, deleted=deleted)
            elif name in before.changes:
                result[name] = None
        return result

    def fingerprint(self, name: str) -> str:
        """A short digest of vendor, name, and how often this name was removed.

        Tokens carry it: one issued before a removal never fits a later principal of that name.
        """
        return _digest(self.table.vendor, name, self.removals(name))

    def of_fingerprint(self, fingerprint: str) -> P | None:
        """The principal of this fingerprint."""
        name = self._names.get(fingerprint)
        if name is None:
            name = self.table.names_by_fingerprint.get(fingerprint)
        if name is None or self.fingerprint(name) != fingerprint:
            return None
        return self.find(name)

    def why_unknown(self, name: str) -> str:
        """A message about an unknown name, with the nearest known one."""
        singular, count = self.table.singular, len(self)
        sentence = f"there is no {singular} {name!r}"
        if not count:
            return f"{sentence}: this vendor has no {singular}s"
        if count > _MAX_COMPARED:
            return sentence
        folded = {known.name.casefold(): known.name for known in self}
        near = get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.8)
        return f"{sentence}; did you mean {folded[near[0]]!r}?" if near else sentence

    def _is_fixtures(self, name: str) -> bool:
        change = self.changes[name]
        return change.value is None and not change.deleted

    def _check_bound(self, name: str) -> None:
        if name not in self.changes and len(self.changes) >= _MAX_CHANGED:
            raise TooManyPrincipals(
                f"{_MAX_CHANGED:,} {self.table.singular}s were changed already; reset the realm"
            )


@lru_cache(maxsize=4096)
def _digest(vendor: str, name: str, removals: int) -> str:
    text = f"{vendor}\n{name}\n{removals}" if removals else f"{vendor}\n{name}"
    return blake2s(text.encode(), digest_size=6).hexdigest()


def password_mismatch(given: str, expected: str, name: str) -> str | None:
    """Why `given` is not the password of `name`, or None if it is. Repeats neither."""
    if given == expected:
        return None
    if given.casefold() == expected.casefold():
        return f"the password of {name} differs only in case"
    if given.strip() == expected:
        ends = [
            end
            for end, spaced in (
                ("beginning", given[:1].isspace()),
                ("end", given[-1:].isspace()),
            )
            if spaced
        ]
        return f"the password of {name} was sent with a space at its {' and '.join(ends)}"
    if given == expected.strip():
        return f"the password of {name} was sent without the space around it"
    return f"the password of {name} is wrong"
