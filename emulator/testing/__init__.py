"""The emulator in tests.

with Emulator() as emulator:
    client = MyVaultClient(emulator.vault.url)

With pytest, use the pytest fixture `auth_emulator` instead.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from emulator.client.entries import Calls, Entry
    from emulator.client.errors import (
        ApiError,
        EmulatorError,
        NotRunning,
        NotStarted,
        Unreachable,
        VerificationError,
    )
    from emulator.client.tokens import TokenInfo
    from emulator.fixture import FixtureError
    from emulator.testing.emulator import Emulator
    from emulator.testing.realm import Realm
    from emulator.testing.signing import OmniOmniSignature

__all__ = [
    "ApiError",
    "Calls",
    "Emulator",
    "EmulatorError",
    "Entry",
    "FixtureError",
    "NotRunning",
    "NotStarted",
    "OmniOmniSignature",
    "Realm",
    "TokenInfo",
    "Unreachable",
    "VerificationError",
]

_MODULES = {
    "Calls": "emulator.client.entries",
    "Emulator": "emulator.testing.emulator",
    "Entry": "emulator.client.entries",
    "FixtureError": "emulator.fixture",
    "OmniOmniSignature": "emulator.testing.signing",
    "Realm": "emulator.testing.realm",
    "TokenInfo": "emulator.client.tokens",
}
"""The modules of the names above; the others are in `emulator.client.errors`."""


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    # Each at its first use: pytest imports this package with the plugin, also if no test uses it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, "emulator.client.errors")), name)
