"""The emulator in tests.

with Emulator() as emulator:
    client = MyVaultClient(emulator.url)
"""

from emulator.testing.emulator import Emulator

__all__ = ["Emulator"]
