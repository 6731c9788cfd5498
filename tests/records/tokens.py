"""Tokens in answers, told by what they say: their signatures and encodings differ or are long."""

import hmac
import json
import re
from base64 import urlsafe_b64decode
from functools import cache
from typing import Any

import jwt

from records.build import KEYS

_TOKEN = re.compile(r"(?:eyJ|ZXlK)[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,2}")

SECRETS = (
    "a-secret-of-thirty-two-bytes-or-more",
    "demo-secret-of-nbc-gate-32-bytes-or-more",
    "another-secret-of-more-than-sixty-four-bytes-which-does-for-hs512-as-well",
)
"""The secrets of all fixtures here."""


def told_text(text: str) -> Any:
    """A text with its tokens told; one that is a token as a whole becomes an object."""
    if _TOKEN.fullmatch(text):
        found = told_token(text)
        if found is not None:
            return found
    return _TOKEN.sub(_within, text)


def _within(found: re.Match[str]) -> str:
    told = told_token(found[0])
    return found[0] if told is None else json.dumps(told, ensure_ascii=False)


def told_token(token: str) -> dict[str, Any] | None:
    """What a token says: pairs of its header and claims in their order, and who signed it.

    NBC Gate's refresh token is a JWT in Base64, told as `wrapped`. None for what is neither.
    """
    try:
        if token.startswith("ZXlK"):
            inner = told_token(_decoded(token).decode("ascii"))
            return None if inner is None else {"wrapped": inner}
        header, claims, *rest = token.split(".")
        read = [json.loads(_decoded(part), object_pairs_hook=_pairs) for part in (header, claims)]
    except (ValueError, RecursionError):
        return None
    return {"jwt": read, "signed_by": _signer(header, claims, rest)}


def _pairs(members: list[tuple[str, Any]]) -> list[list[Any]]:
    return [[name, value] for name, value in members]


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _signer(header: str, claims: str, rest: list[str]) -> str:
    """The key of ours that a signature verifies with; else what kind of signature it is."""
    if not rest:
        return "no signature and no dot before it"
    if not rest[0]:
        return "empty"
    try:
        algorithm = str(json.loads(_decoded(header)).get("alg"))
        signature = _decoded(rest[0])
    except (ValueError, AttributeError):
        return "unreadable"
    message = f"{header}.{claims}".encode()
    verify = _by_secret if algorithm in ("HS256", "HS384", "HS512") else _by_key
    return verify(algorithm, message, signature) or "unknown"


def _by_secret(algorithm: str, message: bytes, signature: bytes) -> str | None:
    for secret in (*SECRETS, *_published()):
        made = hmac.digest(secret.encode(), message, f"sha{algorithm[2:]}")
        if hmac.compare_digest(made, signature):
            return "secret" if secret in SECRETS else "public key as secret"
    return None


def _by_key(algorithm: str, message: bytes, signature: bytes) -> str | None:
    try:
        scheme = jwt.get_algorithm_by_name(algorithm)
    except NotImplementedError:
        return None
    for name, key in _keys().items():
        try:
            if scheme.verify(message, scheme.prepare_key(key), signature):
                return name
        except (ValueError, TypeError, jwt.InvalidKeyError):
            continue
    return None


@cache
def _keys() -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    files = sorted(KEYS.glob("*.pub"))
    return {file.stem: load_pem_public_key(file.read_bytes()) for file in files}


@cache
def _published() -> tuple[str, ...]:
    return tuple(file.read_text() for file in sorted(KEYS.glob("*.pub")))
