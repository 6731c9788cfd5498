"""Keys that sign tokens: the algorithms, keys made ready, where they come from."""

from emulator.core.keys.algorithms import ALGORITHMS, Algorithm
from emulator.core.keys.key import SigningKey, made_ready
from emulator.core.keys.sources import KeySource

__all__ = ["ALGORITHMS", "Algorithm", "KeySource", "SigningKey", "made_ready"]
