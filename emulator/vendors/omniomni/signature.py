"""OmniOmni's Proof of Action: what a signature is over, making one, verifying one. No HTTP.

Documented (omni-asset/poa-mechanism): five parts joined by `.`: HTTP method; payload (JSON with
its spaces removed); URI beginning with the resource name, query parameters sorted ascending by
name; UTC ISO 8601 timestamp; device id. SHA-256 of that, signed with the private key, Base64.

Assumed: RSASSA-PKCS1-v1_5 and ECDSA (in DER) with SHA-256 as the scheme's own hash, so that the
text is hashed once; an Ed25519 key, whose scheme has no SHA-256, signs the 32 bytes of the digest.
"Spaces" are JSON's insignificant white space. An absent part is empty and keeps its dot.
"""

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from emulator.core.keys import PrivateKey, PublicKey

SIGNATURE = "X-Signature"
TIMESTAMP = "X-Signature-DateTime"
DEVICE_ID = "X-Signature-DeviceId"

BASE_PATH = "/ecrop-command"
"""The server's base path, which is not part of the signed URI."""

_BEFORE_RESOURCE = re.compile(rf"(?:/realms/[^/?]+)?(?:{BASE_PATH})?(?=/)".encode())
_STRING_OR_SPACE = re.compile(
    # An unclosed string reaches to the end, so that each byte is read once.
    rb'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|[ \t\r\n]+',
    re.DOTALL,
)


@dataclass(frozen=True)
class Parts:
    """The five parts of the text that is signed."""

    method: bytes
    payload: bytes
    uri: bytes
    timestamp: bytes
    device_id: bytes

    def text(self) -> bytes:
        """The text that is signed."""
        return b".".join((self.method, self.payload, self.uri, self.timestamp, self.device_id))


@dataclass(frozen=True)
class SignedRequest:
    """A request as its signature sees it.

    `target` is path and query, and the last three are the headers, all as they were sent; a header
    that is absent or empty is None.
    """

    method: str
    target: bytes
    body: bytes = b""
    signature: str | None = None
    timestamp: str | None = None
    device_id: str | None = None

    def parts(self) -> Parts:
        """The parts that must be signed."""
        return Parts(
            self.method.upper().encode(),
            without_white_space(self.body),
            uri_of(self.target),
            (self.timestamp or "").encode("latin-1"),
            (self.device_id or "").encode("latin-1"),
        )


def without_white_space(json: bytes) -> bytes:
    """A JSON text without its insignificant white space (RFC 8259 §2); strings stay as they are."""
    return _STRING_OR_SPACE.sub(rb"\1", json)


def uri_of(target: bytes) -> bytes:
    """Path and query as they are signed: from the resource's name on, the query sorted by name.

    Parameters of one name keep their order; all stay encoded as they were sent. A realm's prefix is
    removed like the server's base path.
    """
    path, _, query = target.partition(b"?")
    before = _BEFORE_RESOURCE.match(path)
    path = path[before.end() :] if before else path
    if not query:
        return path
    pairs = sorted(query.split(b"&"), key=lambda pair: pair.partition(b"=")[0])
    return path + b"?" + b"&".join(pairs)


def instant_of(timestamp: str) -> datetime:
    """The instant of a timestamp. Raises ValueError if it is not as documented."""
    try:
        instant = datetime.fromisoformat(timestamp)
    except ValueError as error:
        raise ValueError("is not an ISO 8601 timestamp such as 2026-01-01T00:00:00Z") from error
    if instant.tzinfo is None:
        raise ValueError("has no time zone; it is UTC, as in 2026-01-01T00:00:00Z")
    if instant.utcoffset():
        raise ValueError("is not UTC; write it as in 2026-01-01T00:00:00Z")
    return instant


def signature_headers(key: PrivateKey, request: SignedRequest) -> dict[str, str]:
    """The three headers of a request; it needs a `timestamp`, and no `signature` yet.

    Raises ValueError for an invalid timestamp or device id.
    """
    timestamp, device_id = request.timestamp or "", request.device_id or ""
    try:
        instant_of(timestamp)
    except ValueError as error:
        raise ValueError(f"{timestamp!r} {error}") from error
    if device_id != device_id.strip() or not (device_id.isascii() and device_id.isprintable()):
        raise ValueError("a device id is printable ASCII, without a space at its ends")
    signature = signed(key, request.parts().text())
    return {
        SIGNATURE: b64encode(signature).decode("ascii"),
        TIMESTAMP: timestamp,
        DEVICE_ID: device_id,
    }


def signed(key: PrivateKey, text: bytes) -> bytes:
    """The signature of a text."""
    if isinstance(key, RSAPrivateKey):
        return key.sign(text, PKCS1v15(), SHA256())
    if isinstance(key, EllipticCurvePrivateKey):
        return key.sign(text, ECDSA(SHA256()))
    return key.sign(sha256(text).digest())


def verifies(key: PublicKey, signature: bytes, text: bytes) -> bool:
    """Whether a signature over a text verifies with a key."""
    if isinstance(key, RSAPublicKey):
        return passes(lambda: key.verify(signature, text, PKCS1v15(), SHA256()))
    if isinstance(key, EllipticCurvePublicKey):
        return passes(lambda: key.verify(signature, text, ECDSA(SHA256())))
    return passes(lambda: key.verify(signature, sha256(text).digest()))


def passes(verify: Callable[[], None]) -> bool:
    """Whether a verification succeeds."""
    try:
        verify()
    except InvalidSignature:
        return False
    return True
