"""Private keys in files: PEM, or a JWK."""

from pathlib import Path
from typing import cast

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from emulator.core.keys.algorithms import Algorithm, PrivateKey

_LARGEST = 64 * 1024
"""No private key is larger than this, in bytes."""


class KeyFileError(ValueError):
    """A file does not hold the private key that is wanted; its text says what to do."""


def private_key_in(path: Path, algorithm: Algorithm) -> PrivateKey:
    """The private key that `path` holds, fit for `algorithm`; else KeyFileError."""
    content = _content(path)
    key = _from_jwk(content) if content.lstrip().startswith(b"{") else _from_pem(content)
    if not algorithm.accepts(key):
        raise KeyFileError(f"{path.name} holds another kind of key; {_wanted(algorithm)}")
    return cast(PrivateKey, key)


def _wanted(algorithm: Algorithm) -> str:
    return f"{algorithm.name} signs with {algorithm.wants()}"


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise KeyFileError(f"{path.name} is larger than {_LARGEST} bytes; that is no private key")
    return content


def _from_pem(content: bytes) -> object:
    try:
        return load_pem_private_key(content, password=None)
    except TypeError as error:
        raise KeyFileError(
            "the key is encrypted; write it without a passphrase (openssl pkey -in ... -out ...)"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("expected a private key as PEM (BEGIN PRIVATE KEY) or JWK") from error


def _from_jwk(content: bytes) -> object:
    from jwt import PyJWK  # here: PyJWT is slow to import, and a sign-in does not need it
    from jwt.exceptions import PyJWTError

    try:
        members = orjson.loads(content)
        if "d" not in members:
            raise KeyFileError("the JWK is a public key; a private one has the member d")
        return PyJWK(members).key
    except (orjson.JSONDecodeError, PyJWTError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, KeyFileError):
            raise
        raise KeyFileError("expected a private key as PEM (BEGIN PRIVATE KEY) or JWK") from error
