"""The emulator in tests.

with Emulator() as emulator:
    client = MyVaultClient(emulator.url)
"""

from typing import TYPE_CHECKING, Any

from emulator.testing.emulator import Emulator

if TYPE_CHECKING:
    from emulator.testing.signing import OmniOmniSignature

__all__ = ["Emulator", "OmniOmniSignature"]


def __getattr__(name: str) -> Any:
    if name == "OmniOmniSignature":  # here: httpx is slow to import
        from emulator.testing.signing import OmniOmniSignature

        return OmniOmniSignature
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
