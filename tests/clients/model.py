"""What must hold of Vault's tokens, said again in a few lines: the model of the property tests.

It knows nothing of signatures and claims: only what was issued, and what became of it since.
"""

from dataclasses import dataclass, field

ACCESS_LIFETIME = 60
REFRESH_LIFETIME = 600
LEEWAY = 1
"""A token may be dated so far ahead of the clock, in seconds."""


@dataclass(eq=False)
class Family:
    """All tokens of one sign-in."""

    user: str
    client: str
    scope: str
    ended: bool = False


@dataclass(eq=False)
class Access:
    text: str = field(repr=False)
    family: Family
    scope: str
    issued: int
    revoked: bool = False

    def good(self, now: float) -> bool:
        alive = not self.revoked and not self.family.ended
        return alive and dated_well(self.issued, ACCESS_LIFETIME, now)


@dataclass(eq=False)
class Refresh:
    """`answer` is what its first use gave, and `used` when that was."""

    text: str = field(repr=False)
    family: Family
    issued: int
    used: float | None = None
    answer: "Pair | None" = None

    def alive(self, now: float) -> bool:
        """Whether it is neither revoked nor out of its time; it may be used up."""
        return not self.family.ended and dated_well(self.issued, REFRESH_LIFETIME, now)


@dataclass(eq=False)
class Pair:
    access: Access
    refresh: Refresh


@dataclass(frozen=True)
class RefreshRules:
    """What the fixture says of used refresh tokens."""

    rotate: bool = True
    reuse: str = "refuse"
    grace: int = 0

    def again(self, token: Refresh, now: float) -> bool:
        """Whether a use may give once more what the first use gave."""
        return self.grace > 0 and token.used is not None and now < token.used + self.grace

    def used_up(self, token: Refresh, now: float) -> bool:
        """Whether a use is refused because there was one before."""
        used = self.rotate and token.used is not None
        return used and self.reuse != "allow" and not self.again(token, now)

    def accepted(self, token: Refresh, now: float) -> bool:
        return token.alive(now) and not self.used_up(token, now)


def dated_well(issued: int, lifetime: int, now: float) -> bool:
    return issued - LEEWAY <= now < issued + lifetime
