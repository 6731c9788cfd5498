"""Keys that sign tokens: the algorithms, keys made ready, where they come from."""

from emulator.core.keys.algorithms import ALGORITHMS, Algorithm
from emulator.core.keys.key import SigningKey, made_ready
from emulator.core.keys.ring import Keyring, KeysCannotRotate, Rotation
from emulator.core.keys.sources import KeyOrigin

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "KeyOrigin",
    "Keyring",
    "KeysCannotRotate",
    "Rotation",
    "SigningKey",
    "made_ready",
]
