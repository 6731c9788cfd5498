"""Common mistakes in signing a request, with messages.

A signature does not reveal what was signed: it can only be tried against guesses.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import permutations
from typing import Any, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic_core import from_json, to_json

from emulator.core.keys import PublicKey
from emulator.vendors.omniomni.signature import (
    BASE_PATH,
    Parts,
    SignedRequest,
    instant_of,
    passes,
    verifies,
)

Verify: TypeAlias = Callable[[Any, bytes, bytes], bool]

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_NOTHINGS = (b"null", b"undefined", b"None")
"""Values that programs send for an absent device id."""

_MOST_PERMUTED = 4
_MOST_MEMBERS = 20
_MOST_KEYS = 50


@dataclass(frozen=True)
class Mistake:
    """One thing done wrong. `said` ends the sentence `X-Signature is ...`.

    `parts` are those of the signed text that it changes, `reading` is what else of a trial; one
    that is `alone` is not tried in pairs.
    """

    said: str
    parts: Mapping[str, bytes] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False

    def overlaps(self, other: "Mistake") -> bool:
        """Whether both change the same thing."""
        return bool(self.parts.keys() & other.parts or self.reading.keys() & other.reading)


def possible_mistakes(
    request: SignedRequest, key: PublicKey, others: Mapping[str, PublicKey]
) -> Iterator[Mistake]:
    """All mistakes that could explain this request; likely ones first."""
    parts = request.parts()
    yield from _of_payload(request.body, parts.payload)
    yield from _of_uri(request.target, parts.uri)
    yield from _of_method(parts.method)
    yield from _of_device_id(parts.device_id)
    yield from _of_timestamp(request.timestamp or "")
    yield from _of_encoding(request.signature or "")
    yield from _of_scheme(key)
    for name, other in list(others.items())[:_MOST_KEYS]:
        yield Mistake(f"by the key of another client, {name}", reading={"key": other}, alone=True)


def _of_payload(body: bytes, payload: bytes) -> Iterator[Mistake]:
    guesses = [
        ("over the body with its white space, which is to be removed", body, False),
        (
            "over the body with its line ends, which are to be removed",
            body.replace(b" ", b""),
            False,
        ),
        ("without the body", b"", False),
        ("over a digest of the body", sha256(payload).hexdigest().encode(), True),
    ]
    try:
        value = from_json(body)
        within = "over a body that lost the white space in its strings, which is to stay"
        guesses.insert(0, (within, b"".join(body.split()), False))
        reserialized = "over a re-serialized body (member order, escapes), not as it was sent"
        guesses += [
            (reserialized, text, number > 1) for number, text in enumerate(_reserialized(value))
        ]
        less = "over a body without one of its members: the body was altered after signing"
        guesses += [(less, text, True) for text in _with_less(value)]
    except (ValueError, TypeError, RecursionError):
        pass  # no JSON, or cannot be serialized
    seen = {payload}
    for said, guess, alone in guesses:
        if guess not in seen:
            seen.add(guess)
            yield Mistake(said, {"payload": guess}, alone=alone)


def _reserialized(value: object) -> Iterator[bytes]:
    for in_order in (False, True):
        for escaped in (True, False):
            write = partial(json.dumps, value, sort_keys=in_order, ensure_ascii=escaped)
            yield write().encode()
            yield write(separators=(",", ":")).encode()
            yield write(indent=2).encode()


def _with_less(value: object) -> Iterator[bytes]:
    if isinstance(value, dict) and len(value) <= _MOST_MEMBERS:
        for name in value:
            yield to_json({n: member for n, member in value.items() if n != name})


def _of_uri(target: bytes, uri: bytes) -> Iterator[Mistake]:
    path, mark, query = uri.partition(b"?")
    sent, _, sent_query = target.partition(b"?")
    for whole in dict.fromkeys((BASE_PATH.encode() + path, sent)):
        if whole != path:
            before = whole.removesuffix(path)
            said = f"over the path with {_shown(before)} before it, which is no part of it"
            yield Mistake(said, {"uri": whole + mark + query})
    if query:
        yield from _of_query(path, query, sent_query)
    segments = path.split(b"/")
    ends = [b"/".join(segments[n:]) for n in range(1, len(segments))]
    begins = [b"/".join(segments[:n]) for n in range(1, len(segments))]
    others = (path + b"/", *ends, *(b"/" + end for end in ends), *begins, b"/")
    for other in dict.fromkeys(others):
        if other != path:
            said = f"over another path, {_shown(other)}"
            yield Mistake(said, {"uri": other + mark + query}, alone=True)


def _of_query(path: bytes, query: bytes, sent: bytes) -> Iterator[Mistake]:
    yield Mistake("without the query", {"uri": path})
    pairs = query.split(b"&")
    orders = [sent.split(b"&"), pairs[::-1]]
    if len(pairs) <= _MOST_PERMUTED:
        orders += map(list, permutations(pairs))
    said = "over the query in another order; its parameters are sorted by name"
    for number, order in enumerate(orders):
        if order != pairs:
            yield Mistake(said, {"uri": path + b"?" + b"&".join(order)}, alone=number > 0)


def _of_method(sent: bytes) -> Iterator[Mistake]:
    for method in _METHODS:
        if method.encode() != sent:
            said = f"over another method, {method}"
            yield Mistake(said, {"method": method.encode()}, alone=True)
    yield Mistake("over the method in lower case", {"method": sent.lower()}, alone=True)


def _of_device_id(sent: bytes) -> Iterator[Mistake]:
    if sent:
        yield Mistake("without the device id that was sent", {"device_id": b""})
        for other in {sent.lower(), sent.upper()} - {sent}:
            said = "over another device id, it differs in case"
            yield Mistake(said, {"device_id": other}, alone=True)
        return
    for nothing in _NOTHINGS:
        said = f"over another device id, {nothing.decode()}; none was sent, so its part is empty"
        yield Mistake(said, {"device_id": nothing}, alone=True)
    said = "without the dot at the end: an absent device id is an empty part"
    yield Mistake(said, reading={"text": lambda parts: parts.text().removesuffix(b".")})


def _of_timestamp(sent: str) -> Iterator[Mistake]:
    yield Mistake("without the time", {"timestamp": b""}, alone=True)
    instant = instant_of(sent)
    seconds = instant.timestamp()
    whole, precise = (
        instant.replace(tzinfo=None).isoformat(timespec=unit)
        for unit in ("seconds", "milliseconds")
    )
    spellings = [f"{time}{zone}" for time in (whole, precise) for zone in ("Z", "+00:00", "")]
    spellings += [str(int(seconds)), str(int(seconds * 1000))]
    for number, spelling in enumerate(spellings):
        if spelling != sent:
            said = f"over the time written as {spelling}, not as it was sent"
            yield Mistake(said, {"timestamp": spelling.encode()}, alone=number % 3 > 0)


def _of_encoding(sent: str) -> Iterator[Mistake]:
    """Mistakes in how the signature itself is encoded."""
    for said, decode in (
        ("in hexadecimal, not in Base64", bytes.fromhex),
        ("in Base64 of Base64", lambda text: b64decode(b64decode(text), validate=True)),
        ("in Base64 of hexadecimal", lambda text: bytes.fromhex(b64decode(text).decode())),
    ):
        try:
            yield Mistake(said, reading={"signature": decode(sent)}, alone=decode != bytes.fromhex)
        except ValueError:
            continue


def _of_scheme(key: PublicKey) -> Iterator[Mistake]:
    if isinstance(key, EllipticCurvePublicKey):
        said = "r and s side by side (IEEE P1363); it is taken to be in DER"
        yield Mistake(said, reading={"verify": _side_by_side})
    if isinstance(key, RSAPublicKey):
        yield Mistake("by RSA-PSS; it is taken to be by PKCS #1 v1.5", reading={"verify": _pss})
    if isinstance(key, RSAPublicKey | EllipticCurvePublicKey):
        said = "over the SHA-256 hashed once more; the scheme itself makes the SHA-256"
        yield Mistake(said, reading={"text": _digest})
    else:
        said = "over the text itself; an Ed25519 key signs the SHA-256 of it"
        yield Mistake(said, reading={"verify": _over_text_itself})
    yield Mistake("over the SHA-256 in hexadecimal", reading={"text": _hex_digest})


def _side_by_side(key: Any, signature: bytes, text: bytes) -> bool:
    half = len(signature) // 2
    r, s = (int.from_bytes(part, "big") for part in (signature[:half], signature[half:]))
    return verifies(key, encode_dss_signature(r, s), text)


def _pss(key: Any, signature: bytes, text: bytes) -> bool:
    scheme = PSS(MGF1(SHA256()), PSS.AUTO)
    return passes(lambda: key.verify(signature, text, scheme, SHA256()))


def _over_text_itself(key: Any, signature: bytes, text: bytes) -> bool:
    return passes(lambda: key.verify(signature, text))


def _digest(parts: Parts) -> bytes:
    return sha256(parts.text()).digest()


def _hex_digest(parts: Parts) -> bytes:
    return sha256(parts.text()).hexdigest().encode()


def _shown(path: bytes) -> str:
    return path.decode("latin-1") or "an empty one"
