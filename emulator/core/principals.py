"""Who can sign in, and why one could not.

Vendors extend `Principal` by what they know of theirs. The sentences here become reasons: they
help the person who debugs and never repeat a secret.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from hashlib import blake2s
from typing import Generic, TypeVar

from msgspec import field

from emulator.core.discreet import Discreet
from emulator.core.outcomes import Json, Refusal

ACTIVE = "active"
BLOCKED = frozenset({"disabled", "locked"})
"""The statuses at which a principal exists but may not sign in."""

_MOST_NAMES_COMPARED = 100
"""Looking for a similar name costs time for each; past this many we do not look."""

_MOST_CHANGED = 100_000
"""How many principals of a kind a realm adds, changes and removes; its memory is bounded."""


class Principal(Discreet, frozen=True, kw_only=True):
    """A client or a user that can sign in.

    `status` is `active`, `disabled`, `locked`, or the name of an outcome that this principal
    always meets. `lifetime` and `refresh_lifetime` are seconds; None leaves it to the vendor.
    A claim or header whose value is None is left out of the token.
    """

    name: str
    status: str = ACTIVE
    scopes: tuple[str, ...] = ()
    lifetime: int | None = None
    refresh_lifetime: int | None = None
    claims: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, Json] = field(default_factory=dict)

    @property
    def blocked(self) -> bool:
        """Whether its status keeps it from signing in."""
        return self.status in BLOCKED

    def meet_fate(self) -> None:
        """Raise the Refusal that its status names, if it names one."""
        if self.status != ACTIVE and self.status not in BLOCKED:
            raise Refusal(
                self.status,
                f"the fixture gives {self.name} the status {self.status}",
                principal=self.name,
            )


P = TypeVar("P", bound=Principal)


class TooManyPrincipals(Exception):
    """A realm has added, changed and removed as many principals as it may."""


class _Given(Generic[P]):
    """The principals of a fixture, which many realms share and none changes."""

    __slots__ = ("by_name", "fingerprints", "names_by_fingerprint")

    def __init__(self, members: Iterable[P]) -> None:
        self.by_name = {member.name: member for member in members}
        self.names_by_fingerprint: dict[str, str] | None = None
        self.fingerprints: dict[str, str] = {}
        """Of those who signed in, where none of them was removed before."""


class Principals(Generic[P]):
    """A vendor's clients, or its users, by name: the fixture's, and what was changed since."""

    __slots__ = ("_given", "_salt", "changed", "count", "kind", "marks", "removals")

    def __init__(self, kind: str, members: Iterable[P] | _Given[P], *, of: str) -> None:
        """`kind` is what reasons call one: "client", "user"; `of` is the vendor."""
        self.kind = kind
        self._salt = of
        self._given = members if isinstance(members, _Given) else _Given(members)
        self.count = len(self._given.by_name)
        self.changed: dict[str, P | None] = {}
        self.marks: dict[str, str] = {}
        """The names of changed principals, by their fingerprints."""
        self.removals: dict[str, int] = {}

    def __iter__(self) -> Iterator[P]:
        given = self._given.by_name
        yield from (p for name, p in given.items() if name not in self.changed)
        # A copy, as pages are made in a thread while the realm goes on.
        yield from (p for p in list(self.changed.values()) if p is not None)

    def __len__(self) -> int:
        return self.count

    def forked(self) -> "Principals[P]":
        """A copy that can be changed: it shares the fixture's principals."""
        fork = Principals(self.kind, self._given, of=self._salt)
        fork.count = self.count
        fork.changed = dict(self.changed)
        fork.marks = dict(self.marks)
        fork.removals = dict(self.removals)
        return fork

    def following(self, before: "Principals[P]") -> "Principals[P]":
        """The same, once they take the place of others: who was removed by then stays removed.

        What was issued to a principal that is not here is refused, though it came back later.
        """
        gone = [member.name for member in before if self.find(member.name) is None]
        if not gone and not before.removals:
            return self
        fork = self.forked()
        fork.removals = dict(before.removals)
        for name in gone:
            fork.removals[name] = fork.removals.get(name, 0) + 1
        fork.marks |= {fork.fingerprint(name): name for name in fork.removals if fork.find(name)}
        return fork

    def find(self, name: str) -> P | None:
        """The principal of exactly this name."""
        if self.changed and name in self.changed:
            return self.changed[name]
        return self._given.by_name.get(name)

    def put(self, principal: P) -> bool:
        """Add one, or put it in the place of its namesake; True where it is new.

        Raises TooManyPrincipals.
        """
        name = principal.name
        new = self.find(name) is None
        self._change(name, principal)
        self.marks[self.fingerprint(name)] = name
        self.count += new
        return new

    def remove(self, name: str) -> bool:
        """Remove one; False where there is none. What was issued to it names nobody from now on."""
        if self.find(name) is None:
            return False
        self._change(name, None)
        self.marks.pop(self.fingerprint(name), None)
        self.removals[name] = self.removals.get(name, 0) + 1
        self.count -= 1
        return True

    def fingerprint(self, name: str) -> str:
        """A short digest of vendor, name, and how often this name was removed.

        Tokens carry it: what was issued before a removal never fits a namesake that came later.
        """
        if self.removals:
            return _digest(self._salt, name, self.removals.get(name, 0))
        return self._given.fingerprints.get(name) or self._first_fingerprint(name)

    def _first_fingerprint(self, name: str) -> str:
        made = _digest(self._salt, name, 0)
        if name in self._given.by_name:
            self._given.fingerprints[name] = made
        return made

    def of_fingerprint(self, fingerprint: str) -> P | None:
        """The principal of this fingerprint."""
        if self._given.names_by_fingerprint is None:
            self._given.names_by_fingerprint = {
                _digest(self._salt, name, 0): name for name in self._given.by_name
            }
        name = self.marks.get(fingerprint)
        if name is None:
            name = self._given.names_by_fingerprint.get(fingerprint)
        if name is None or (self.removals and self.fingerprint(name) != fingerprint):
            return None
        return self.find(name)

    def why_unknown(self, name: str) -> str:
        """One sentence about a name that names nobody, with the nearest that does."""
        sentence = f"no {self.kind} is named {name!r}"
        if not self.count:
            return f"{sentence}: there are no {self.kind}s of this vendor"
        if self.count > _MOST_NAMES_COMPARED:
            return sentence
        folded = {known.name.casefold(): known.name for known in self}
        near = get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.8)
        return f"{sentence}; did you mean {folded[near[0]]!r}?" if near else sentence

    def _change(self, name: str, principal: P | None) -> None:
        if name not in self.changed and len(self.changed) >= _MOST_CHANGED:
            raise TooManyPrincipals(
                f"{_MOST_CHANGED:,} {self.kind}s were changed already; reset the realm"
            )
        self.changed.pop(name, None)  # who was added last stands last
        self.changed[name] = principal


@lru_cache(maxsize=4096)
def _digest(salt: str, name: str, removals: int) -> str:
    text = f"{salt}\n{name}\n{removals}" if removals else f"{salt}\n{name}"
    return blake2s(text.encode(), digest_size=6).hexdigest()


def password_fault(given: str, expected: str, name: str) -> str | None:
    """Why `given` is not the password of `name`, or None where it is. Repeats neither."""
    if given == expected:
        return None
    if given.casefold() == expected.casefold():
        return f"the password of {name} differs only in case"
    if given.strip() == expected:
        ends = [
            end
            for end, has in (
                ("beginning", given[:1].isspace()),
                ("end", given[-1:].isspace()),
            )
            if has
        ]
        return f"the password of {name} was sent with a space at its {' and '.join(ends)}"
    if given == expected.strip():
        return f"the password of {name} was sent without the space around it"
    return f"the password of {name} is another"
