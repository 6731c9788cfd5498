"""JSON Web Keys (RFC 7517): a key as one, the key of one, and its thumbprint."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any, TypeAlias

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from emulator.core.keys.algorithms import Algorithm, PrivateKey, PublicKey
from emulator.core.keys.encoding import encode_segment

Jwk: TypeAlias = dict[str, str]

_THUMBPRINT_MEMBERS = {
    "RSA": ("kty", "n", "e"),
    "EC": ("kty", "crv", "x", "y"),
    "OKP": ("kty", "crv", "x"),
}
"""The members that make a public key (RFC 7638 §3.2, RFC 8037 §2), in the order published."""


def public_jwk(algorithm: Algorithm, key: PublicKey, key_id: str | None) -> Jwk:
    """A public key as it is published.

    Without `key_id`, the `kid` is a UUID made from the key's RFC 7638 thumbprint, so that the
    same key has the same name everywhere.
    """
    members = algorithm.implementation.to_jwk(key, as_dict=True)
    jwk: Jwk = {name: members[name] for name in _THUMBPRINT_MEMBERS[algorithm.key_type]}
    return jwk | {"kid": key_id or _thumbprint_uuid(jwk), "use": "sig", "alg": algorithm.name}


def private_jwk(algorithm: Algorithm, key: PrivateKey) -> Jwk:
    """A private key's members (RFC 7518 §6, RFC 8037 §2)."""
    members = algorithm.implementation.to_jwk(key, as_dict=True)
    return {name: value for name, value in members.items() if name != "key_ops"}


def jwk_in(text: bytes) -> dict[str, Any]:
    """The members of a JWK that is written as JSON; else ValueError."""
    try:
        members = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(members, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - whoever reads it expects this
    return members


def key_of(jwk: Mapping[str, Any]) -> object:
    """The private or public key of a JWK; else ValueError. A private RSA key takes 50 ms."""
    try:
        return PyJWK(dict(jwk)).key
    except (PyJWTError, ValueError, KeyError, TypeError, NotImplementedError):
        # Not `from error`: PyJWT's errors show the key.
        raise ValueError("it is not a JWK of a known type") from None


def private_key_of(jwk: Mapping[str, Any], algorithm: Algorithm) -> PrivateKey:
    """The private key of a JWK, fit for `algorithm`; else ValueError."""
    key = key_of(jwk)
    if not isinstance(key, PrivateKey) or not algorithm.accepts(key):
        raise ValueError(f"it is not {algorithm.wants()}")
    return key


def _thumbprint_uuid(public: Jwk) -> str:
    canonical = json.dumps(public, sort_keys=True, separators=(",", ":"))
    thumbprint = encode_segment(hashlib.sha256(canonical.encode()).digest()).decode()
    uri = f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{thumbprint}"  # RFC 9278
    return str(uuid.uuid5(uuid.NAMESPACE_URL, uri))
