"""Generated keys: from a seed, or kept in the user's cache folder."""

import json
import logging
import os
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from platformdirs import user_cache_path

from emulator.core.keys.algorithms import RSA_BITS, Algorithm, PrivateKey
from emulator.core.keys.jwk import jwk_in, private_jwk, private_key_of

_log = logging.getLogger(__name__)


def generate_key(algorithm: Algorithm, seed: int | None = None, owner: str = "") -> PrivateKey:
    """A new key for `algorithm`.

    An RSA key takes up to 150 ms. EC and Ed25519 keys are the same for the same seed and owner.
    """
    if seed is not None and algorithm.seedable:
        return _seeded_key(algorithm, seed, owner)
    if algorithm.key_type == "RSA":
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    if algorithm.key_type == "EC":
        return ec.generate_private_key(algorithm.curve)
    return Ed25519PrivateKey.generate()


def _seeded_key(algorithm: Algorithm, seed: int, owner: str) -> PrivateKey:
    edwards = algorithm.key_type == "OKP"
    derived = HKDF(
        algorithm=hashes.SHA512(),
        length=32 if edwards else (algorithm.curve.key_size + 7) // 8 + 8,
        salt=None,
        info=f"auth-emulator {owner} {algorithm.name}".encode(),
    ).derive(str(seed).encode())
    if edwards:
        return Ed25519PrivateKey.from_private_bytes(derived)
    curve = algorithm.curve
    # 64 bits more than the group's order, then reduced: no visible bias (FIPS 186-5, A.2.1).
    scalar = int.from_bytes(derived, "big") % (curve.group_order - 1) + 1
    return ec.derive_private_key(scalar, curve)


def cache_folder() -> Path:
    """The folder of generated keys: $AUTH_EMULATOR_CACHE_DIR, else the user's cache folder.

    Raises RuntimeError where the user has no home.
    """
    named = os.environ.get("AUTH_EMULATOR_CACHE_DIR")
    return (Path(named) if named else user_cache_path("auth-emulator")) / "keys"


def cached_key(algorithm: Algorithm, owner: str) -> PrivateKey:
    """The key kept in the cache folder for `owner` (a vendor), made now if there is none.

    Two emulators that start together end with the same key. If the folder cannot be written, or
    holds something else, a warning is logged and the key lasts as long as the process.
    """
    try:
        folder = cache_folder()
    except RuntimeError as error:
        _log.warning("%s: the key of %s is not kept", error, owner)
        return generate_key(algorithm)
    path = folder / f"{owner}-{_file_stem(algorithm)}.jwk"
    kept = _read(path, algorithm)
    if kept is not None:
        return kept
    key = generate_key(algorithm)
    try:
        if not _write(path, json.dumps(private_jwk(algorithm, key))):
            return _read(path, algorithm) or key
    except OSError as error:
        _log.warning(
            "cannot keep the %s key of %s in %s (%s): tokens will not verify after a restart; "
            "set AUTH_EMULATOR_CACHE_DIR to a folder that can be written",
            *(algorithm.name, owner, folder, error.strerror),
        )
    return key


def _file_stem(algorithm: Algorithm) -> str:
    """What is kept: one RSA key serves the six algorithms that sign with RSA."""
    if algorithm.key_type == "EC":
        return algorithm.curve.name
    return "rsa" if algorithm.key_type == "RSA" else "ed25519"


def _read(path: Path, algorithm: Algorithm) -> PrivateKey | None:
    try:
        return private_key_of(jwk_in(path.read_bytes()), algorithm)
    except FileNotFoundError:
        pass
    except OSError as error:
        _log.warning("cannot read %s (%s)", path, error.strerror)
    except ValueError:
        _log.warning(
            "%s is not a key for %s; remove it, and a new key is made", path, algorithm.name
        )
    return None


def _write(path: Path, text: str) -> bool:
    """Write the key whole or not at all, readable by its owner alone; False if there is one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        os.link(scratch, path)
    except FileExistsError:
        return False
    else:
        return True
    finally:
        Path(scratch).unlink()
