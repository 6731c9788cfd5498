"""Who can sign in, and why one could not.

Vendors extend `Principal` by what they know of theirs. The sentences here become reasons: they
help the person who debugs and never repeat a secret.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Generic, TypeVar

from emulator.core.outcomes import Json, Refusal

ACTIVE = "active"
BLOCKED = frozenset({"disabled", "locked"})
"""The statuses at which a principal exists but may not sign in."""

_MOST_NAMES_COMPARED = 100
"""Looking for a similar name costs time for each; past this many we do not look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
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


class Principals(Generic[P]):
    """A vendor's clients, or its users, by name."""

    def __init__(self, kind: str, members: Iterator[P] | list[P]) -> None:
        """`kind` is what reasons call one: "client", "user"."""
        self.kind = kind
        self._by_name = {member.name: member for member in members}

    def __iter__(self) -> Iterator[P]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def find(self, name: str) -> P | None:
        """The principal of exactly this name."""
        return self._by_name.get(name)

    def why_unknown(self, name: str) -> str:
        """One sentence about a name that names nobody, with the nearest that does."""
        sentence = f"no {self.kind} is named {name!r}"
        if not self._by_name:
            return f"{sentence}: the fixture has no {self.kind}s of this vendor"
        if len(self._by_name) > _MOST_NAMES_COMPARED:
            return sentence
        folded = {known.casefold(): known for known in self._by_name}
        near = get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.8)
        return f"{sentence}; did you mean {folded[near[0]]!r}?" if near else sentence


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
