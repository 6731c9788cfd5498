"""Keys in files, and public ones in a text too: PEM, or a JWK.

What reads them is imported where it is used: it is slow to import, and most fixtures name no file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import orjson
from cryptography.exceptions import UnsupportedAlgorithm

from emulator.core.keys.algorithms import Algorithm, PrivateKey, PublicKey

_LARGEST = 64 * 1024
"""No key is larger than this, in bytes."""

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})
"""The members of a JWK that only who signs may have (RFC 7518 §6)."""

_NO_PRIVATE_KEY = "expected a private key as PEM (BEGIN PRIVATE KEY) or JWK"
_NO_PUBLIC_KEY = "expected a public key as PEM (BEGIN PUBLIC KEY) or JWK"


class KeyFileError(ValueError):
    """A file or a text does not hold the key that is wanted; its own text says what to do."""


def private_key_in(path: Path, algorithm: Algorithm) -> PrivateKey:
    """The private key that `path` holds, fit for `algorithm`; else KeyFileError."""
    key = _private_key(path)
    if not algorithm.accepts(key):
        raise KeyFileError(f"{path.name} holds another kind of key; {_wanted(algorithm)}")
    return cast(PrivateKey, key)


def any_private_key_in(path: Path) -> PrivateKey:
    """The RSA, EC or Ed25519 private key that `path` holds; else KeyFileError."""
    key = _private_key(path)
    if not isinstance(key, PrivateKey):
        raise _another_kind(f"{path.name} holds")
    return key


def public_key_in(path: Path) -> PublicKey:
    """The RSA, EC or Ed25519 public key that `path` holds; else KeyFileError."""
    return _public_key(_content(path), path.name, f"{path.name} holds")


def public_key_of(given: str | Mapping[str, Any]) -> PublicKey:
    """The same of a text (PEM or JWK), or of a JWK's members (RFC 7517 §4)."""
    if not isinstance(given, str):
        return _of_a_known_kind(_from_public_jwk(dict(given)), "this is")
    if len(given) > _LARGEST:
        raise KeyFileError(f"this is longer than {_LARGEST} characters; that is no key")
    return _public_key(given.encode(), "...", "this is")


def public_pem(key: PublicKey) -> str:
    """A public key as PEM (RFC 7468 §13)."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _public_key(content: bytes, file: str, subject: str) -> PublicKey:
    """`file` is what a mistake calls the key's file, and `subject` begins its sentence."""
    if _is_jwk(content):
        return _of_a_known_kind(_from_public_jwk(_members(content, _NO_PUBLIC_KEY)), subject)
    return _of_a_known_kind(_from_public_pem(content, file), subject)


def _of_a_known_kind(key: object, subject: str) -> PublicKey:
    if not isinstance(key, PublicKey):
        raise _another_kind(subject)
    return key


def _wanted(algorithm: Algorithm) -> str:
    return f"{algorithm.name} signs with {algorithm.wants()}"


def _another_kind(subject: str) -> KeyFileError:
    return KeyFileError(f"{subject} another kind of key; expected RSA, EC or Ed25519")


def _content(path: Path) -> bytes:
    if "-----BEGIN" in str(path) or not str(path).isprintable():
        raise KeyFileError("expected the name of a file, not the key itself")
    try:
        if path.exists() and not path.is_file():
            raise KeyFileError(f"{path.name} is no regular file")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise KeyFileError(f"{path.name} is larger than {_LARGEST} bytes; that is no key")
    return content


def _is_jwk(content: bytes) -> bool:
    return content.lstrip().startswith(b"{")


def _private_key(path: Path) -> object:
    content = _content(path)
    if not _is_jwk(content):
        return _from_pem(content)
    members = _members(content, _NO_PRIVATE_KEY)
    if "d" not in members:
        raise KeyFileError("the JWK is a public key; a private one has the member d")
    return _from_jwk(members, _NO_PRIVATE_KEY)


def _from_pem(content: bytes) -> object:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        return load_pem_private_key(content, password=None)
    except TypeError as error:
        raise KeyFileError(
            "the key is encrypted; write it without a passphrase (openssl pkey -in ... -out ...)"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(_NO_PRIVATE_KEY) from error


def _from_public_pem(content: bytes, file: str) -> object:
    if b"PRIVATE KEY-----" in content:
        raise KeyFileError(
            "that is a private key, which only who signs should have; give its public half "
            f"(openssl pkey -in {file} -pubout -out ...)"
        )
    if b"BEGIN CERTIFICATE" in content:
        raise KeyFileError(
            "that is a certificate; give the public key alone "
            f"(openssl x509 -in {file} -noout -pubkey)"
        )
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(_NO_PUBLIC_KEY) from error


def _from_public_jwk(members: dict[str, Any]) -> object:
    if not _PRIVATE.isdisjoint(members):
        raise KeyFileError(
            "the JWK is a private key, which only who signs should have; give its public half "
            "(without d, and an RSA key without p, q, dp, dq and qi)"
        )
    return _from_jwk(members, _NO_PUBLIC_KEY)


def _members(content: bytes, expected: str) -> dict[str, Any]:
    try:
        members = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise KeyFileError(expected) from error
    return cast(dict[str, Any], members)


def _from_jwk(members: dict[str, Any], expected: str) -> object:
    from jwt import PyJWK
    from jwt.exceptions import PyJWTError

    try:
        return PyJWK(members).key
    except (PyJWTError, ValueError, KeyError, TypeError, NotImplementedError) as error:
        raise KeyFileError(expected) from error
