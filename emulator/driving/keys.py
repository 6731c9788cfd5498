"""The keys of a realm's vendors, for tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from emulator.driving.channel import Control
from emulator.driving.errors import told_enough

__tracebackhide__ = told_enough

_PATH = "/keys"

Mode: TypeAlias = Literal["overlap", "no_overlap", "unknown_kid", "same_kid"]


@dataclass(frozen=True, slots=True)
class VendorKeys:
    """A vendor's algorithm, the `kid` that signs, and the keys that are published (RFC 7517)."""

    algorithm: str
    signs_with: str | None
    published: Sequence[Mapping[str, Any]]


class Keys:
    """What a realm's tokens are signed with."""

    def __init__(self, control: Callable[[], Control]) -> None:
        self._control = control

    def all(self) -> dict[str, VendorKeys]:
        """The keys of each vendor, by its name."""
        return {
            vendor: VendorKeys(keys["algorithm"], keys["signs_with"], keys["published"])
            for vendor, keys in self._control().get(_PATH).items()
        }

    def rotate(self, vendor: str, mode: Mode = "overlap") -> str:
        """Let a new key of a vendor sign; its `kid`. Raises Refused where it signs by a secret."""
        told = self._control().post(f"{_PATH}/rotate", {"vendor": vendor, "mode": mode})
        kid: str = told["signs_with"]
        return kid
