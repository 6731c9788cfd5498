"""Keys of our own making: from a seed, or once and then from the user's cache folder."""

import logging
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from emulator.core.keys.algorithms import RSA_BITS, Algorithm, PrivateKey
from emulator.core.keys.private_jwk import read, written

_log = logging.getLogger(__name__)


def seedable(algorithm: Algorithm) -> bool:
    """Whether a seed makes its keys. RSA keys need primes, which no seed of ours gives."""
    return algorithm.family in ("ES", "EdDSA")


def seeded_key(algorithm: Algorithm, seed: int, owner: str) -> PrivateKey:
    """The key that `seed` gives `owner` (a vendor) for an ES algorithm or EdDSA."""
    size = 32 if algorithm.family == "EdDSA" else (algorithm.curve.key_size + 7) // 8 + 8
    drawn = HKDF(
        algorithm=hashes.SHA512(),
        length=size,
        salt=None,
        info=f"auth-emulator {owner} {algorithm.name}".encode(),
    ).derive(str(seed).encode())
    if algorithm.family == "EdDSA":
        return Ed25519PrivateKey.from_private_bytes(drawn)
    curve = algorithm.curve
    # 64 bits more than the group's order, then reduced: no visible bias (FIPS 186-5, A.2.1).
    return ec.derive_private_key(int.from_bytes(drawn, "big") % (curve.group_order - 1) + 1, curve)


def fresh_key(algorithm: Algorithm, seed: int | None, owner: str) -> PrivateKey:
    """A new key that is kept nowhere; the same one for the same seed and owner, but for RSA."""
    if seed is not None and seedable(algorithm):
        return seeded_key(algorithm, seed, owner)
    return _made(algorithm)


def cached_key(algorithm: Algorithm, owner: str, folder: Path) -> PrivateKey:
    """The key kept in `folder` for `owner`, made now if there is none.

    Two emulators that start together end with the same key. Where the folder cannot be written,
    or what lies there is no such key, a warning says so and the key lives as long as the process.
    """
    path = folder / f"{owner}-{_material_name(algorithm)}.jwk"
    kept = _kept(path, algorithm)
    if kept is not None:
        return kept
    key = _made(algorithm)
    try:
        if not _keep(path, key):
            return _kept(path, algorithm) or key
    except OSError as error:
        _log.warning(
            "cannot keep the %s key of %s in %s (%s): tokens will not verify after a restart; "
            "set AUTH_EMULATOR_CACHE_DIR to a folder that can be written",
            *(algorithm.name, owner, folder, error.strerror),
        )
    return key


def _material_name(algorithm: Algorithm) -> str:
    """What is kept: one RSA key serves the six algorithms that sign with RSA."""
    return algorithm.curve.name if algorithm.family == "ES" else _KINDS[algorithm.family]


_KINDS = {"RS": "rsa", "PS": "rsa", "EdDSA": "ed25519"}


def _made(algorithm: Algorithm) -> PrivateKey:
    if algorithm.family == "ES":
        return ec.generate_private_key(algorithm.curve)
    if algorithm.family == "EdDSA":
        return Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)


def _kept(path: Path, algorithm: Algorithm) -> PrivateKey | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        _log.warning("cannot read %s (%s)", path, error.strerror)
        return None
    try:
        key = read(content, algorithm)
    except ValueError:
        key = None
    if key is None or not _works(key):
        _log.warning("%s is not a key for %s; remove it to have it made anew", path, algorithm.name)
        return None
    return key


def _works(key: PrivateKey) -> bool:
    """Whether what it signs verifies: an RSA key is loaded unchecked, to start sooner."""
    if not isinstance(key, rsa.RSAPrivateKey):
        return True
    scheme, digest = padding.PKCS1v15(), hashes.SHA256()
    try:
        key.public_key().verify(key.sign(b"?", scheme, digest), b"?", scheme, digest)
    except (InvalidSignature, ValueError):
        return False
    return True


def _keep(path: Path, key: PrivateKey) -> bool:
    """Write the key whole or not at all, readable by its owner alone; False if there is one."""
    import tempfile  # here: it is slow to import, and mostly the key is there already

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, scratch = tempfile.mkstemp(dir=path.parent, prefix=".key-")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(written(key))
        os.link(scratch, path)
    except FileExistsError:
        return False
    else:
        return True
    finally:
        Path(scratch).unlink()
