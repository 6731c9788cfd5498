"""Keys in files or strings: PEM, or a JWK."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from emulator.core.keys.algorithms import Algorithm, PrivateKey, PublicKey
from emulator.core.keys.jwk import jwk_in, key_of

_LARGEST = 64 * 1024
"""No key is larger than this, in bytes."""

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})
"""The members of a JWK that only who signs may have (RFC 7518 §6)."""

_ANOTHER_KIND = "another kind of key; expected RSA, EC or Ed25519"


class KeyFileError(ValueError):
    """A file or string does not hold the expected key; the message says what to do."""


def private_key_in(path: Path, algorithm: Algorithm) -> PrivateKey:
    """The private key that `path` holds, fit for `algorithm`; else KeyFileError."""
    key = _private_key(path)
    if not isinstance(key, PrivateKey) or not algorithm.accepts(key):
        wanted = f"{algorithm.name} signs with {algorithm.wants()}"
        raise KeyFileError(f"{path.name} holds another kind of key; {wanted}")
    return key


def any_private_key_in(path: Path) -> PrivateKey:
    """The RSA, EC or Ed25519 private key that `path` holds; else KeyFileError."""
    key = _private_key(path)
    if not isinstance(key, PrivateKey):
        raise KeyFileError(f"{path.name} holds {_ANOTHER_KIND}")
    return key


def public_key_in(path: Path) -> PublicKey:
    """The RSA, EC or Ed25519 public key that `path` holds; else KeyFileError."""
    return _public_key(_content(path), path.name, f"{path.name} holds")


def public_key_of(given: str | Mapping[str, Any]) -> PublicKey:
    """The same of a text (PEM or JWK), or of a JWK's members (RFC 7517 §4)."""
    if isinstance(given, str):
        if len(given) > _LARGEST:
            raise KeyFileError(f"this is longer than {_LARGEST} characters; that is not a key")
        return _public_key(given.encode(errors="replace"), "...", "this is")
    return _public_key(given, "...", "this is")


def public_pem(key: PublicKey) -> str:
    """A public key as PEM (RFC 7468 §13)."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _content(path: Path) -> bytes:
    if "-----BEGIN" in str(path) or not str(path).isprintable():
        raise KeyFileError("expected a file name, not the key itself")
    try:
        if path.exists() and not path.is_file():
            raise KeyFileError(f"{path.name} is not a regular file")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > _LARGEST:
        raise KeyFileError(f"{path.name} is larger than {_LARGEST} bytes; that is not a key")
    return content


def _is_jwk(content: bytes) -> bool:
    return content.lstrip().startswith(b"{")


def _private_key(path: Path) -> object:
    content = _content(path)
    try:
        if not _is_jwk(content):
            return load_pem_private_key(content, password=None)
        jwk = jwk_in(content)
        if "d" in jwk:
            return key_of(jwk)
    except TypeError as error:
        raise KeyFileError(
            "the key is encrypted; write it without a passphrase (openssl pkey -in ... -out ...)"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("expected a private key as PEM (BEGIN PRIVATE KEY) or JWK") from error
    raise KeyFileError("the JWK is a public key; a private one has the member d")


def _public_key(given: bytes | Mapping[str, Any], file: str, subject: str) -> PublicKey:
    """`file` and `subject` are the names of the key's file in messages."""
    try:
        if isinstance(given, bytes) and _is_jwk(given):
            given = jwk_in(given)
        if isinstance(given, bytes):
            _refuse_other_pem(given, file)
            key: object = load_pem_public_key(given)
        else:
            _refuse_private_jwk(given)
            key = key_of(given)
    except KeyFileError:
        raise
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError("expected a public key as PEM (BEGIN PUBLIC KEY) or JWK") from error
    if not isinstance(key, PublicKey):
        raise KeyFileError(f"{subject} {_ANOTHER_KIND}")
    return key


def _refuse_other_pem(content: bytes, file: str) -> None:
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


def _refuse_private_jwk(members: Mapping[str, Any]) -> None:
    if not _PRIVATE.isdisjoint(members):
        raise KeyFileError(
            "the JWK is a private key, which only who signs should have; give its public half "
            "(without d, and an RSA key without p, q, dp, dq and qi)"
        )
