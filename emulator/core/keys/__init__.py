"""Keys that sign tokens: the algorithms, keys ready to sign, where they come from, rotation."""

from emulator.core.keys.algorithms import ALGORITHMS, Algorithm, PrivateKey, PublicKey
from emulator.core.keys.making import cache_folder, generate_key
from emulator.core.keys.origin import KeyOrigin
from emulator.core.keys.ring import CannotRotate, Keyring, KeyRotationState, Rotation
from emulator.core.keys.signing_key import SigningKey, make_key, signed_with_public_half

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "CannotRotate",
    "KeyOrigin",
    "KeyRotationState",
    "Keyring",
    "PrivateKey",
    "PublicKey",
    "Rotation",
    "SigningKey",
    "cache_folder",
    "generate_key",
    "make_key",
    "signed_with_public_half",
]
