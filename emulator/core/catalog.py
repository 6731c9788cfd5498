"""The vendors: names, operations, outcomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from emulator.core.outcomes import Outcome
from emulator.core.vendor import RESOURCE, Operation, VendorFixture, VendorState

VERIFYING = ("jwks", "metadata", "introspect", "revoke")
"""The operations, at each vendor, for services that verify its tokens; faults may match them."""

VERIFYING_REFUSALS = ("body_too_large", "invalid_request", "server_error", "store_full")
"""The refusals of these operations."""


@dataclass(frozen=True)
class Vendor:
    """One vendor, as the rest of the emulator knows it.

    `bases` are the paths below which it is called, `hosts` the names at which the vendor itself
    answers (HTTPS, usual port). `open_members` are the members of its requests that hold no secret.
    `token_endpoint` is the path of its OAuth token endpoint, if it has one. `optional_base` is a
    base path that its clients may leave out. `absent` are paths that a fixture can add, by their
    beginning, and how.
    """

    name: str
    title: str
    bases: tuple[str, ...]
    hosts: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    operations: tuple[Operation, ...]
    open_members: frozenset[str]
    fixture: type[VendorFixture]
    state: type[VendorState[Any]]
    token_endpoint: str | None = None
    optional_base: str | None = None
    absent: Mapping[str, str] = field(default_factory=dict)

    def owns(self, path: str) -> bool:
        """Whether a path is one of its bases, or below one."""
        return any(path == base or path.startswith(f"{base}/") for base in self.bases)

    def refusals(self) -> dict[str, tuple[str, ...]]:
        """The outcomes that a fault may name, by operation."""
        names = tuple(outcome.name for outcome in self.outcomes if not outcome.succeeds)
        own = dict.fromkeys([*(op.name for op in self.operations), RESOURCE], names)
        return own | dict.fromkeys(VERIFYING, VERIFYING_REFUSALS)


Catalog: TypeAlias = Mapping[str, Vendor]
"""The vendors by name."""
