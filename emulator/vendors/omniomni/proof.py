"""Whether a client's signature, its proof of action, is accepted. No HTTP.

All of it is assumed but for what is signed: the vendor does not say whether sign-in wants one.
"""

import asyncio
import re
from base64 import b64decode
from collections.abc import Mapping
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from pydantic_core import from_json, to_json

from emulator.core.clock import iso_milliseconds
from emulator.core.keys import PublicKey
from emulator.core.outcomes import Refused
from emulator.core.principals import Principals
from emulator.core.realm import Realm
from emulator.core.store import StoreFull
from emulator.vendors.omniomni.diagnosis import diagnosis
from emulator.vendors.omniomni.models import OmniOmniClient
from emulator.vendors.omniomni.signature import (
    SIGNATURE,
    TIMESTAMP,
    Parts,
    SignedRequest,
    instant_of,
    verifies,
)

SKEW = 300
"""How far a timestamp may be from the realm's clock, in seconds."""

_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_UNPADDED = re.compile(r"[A-Za-z0-9+/]+=?")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+={0,2}")


async def check_signature(
    realm: Realm,
    clients: Principals[OmniOmniClient],
    client: OmniOmniClient,
    request: SignedRequest,
) -> None:
    """Raise Refused if the client's signature is missing or invalid."""
    key = client.public_key
    if key is None or client.signature == "ignored":
        return
    if request.signature is None and request.timestamp is None:
        if client.signature == "required":
            raise _refused(client, f"{client.name} must sign: it sent no {SIGNATURE}")
        return
    signature, until = _read(realm, client, request)
    digest = sha256(_one_of_its_kind(signature, key)).hexdigest()
    parts = request.parts()
    if not verifies(key, signature, parts.text()):
        before = await realm.kept(f"signed:{digest}")
        if before is not None:
            raise _refused(client, _altered(parts, before))
        others = {c.name: c.public_key for c in clients if c.public_key and c is not client}
        said = await asyncio.to_thread(diagnosis, request, signature, key, others)
        raise _refused(client, said)
    try:
        first = await realm.consume_once(f"signature:{digest}", until)
        if first:
            await realm.keep(f"signed:{digest}", to_json(_digests(parts)), until)
    except StoreFull as full:
        raise _refused(client, f"{SIGNATURE} cannot be remembered: {full}") from full
    if not first:
        raise _refused(client, f"{SIGNATURE} was used before: each request has one of its own")


def _read(realm: Realm, client: OmniOmniClient, request: SignedRequest) -> tuple[bytes, float]:
    """The signature's bytes, and when it becomes too old."""
    for name, value, other in (
        (SIGNATURE, request.signature, TIMESTAMP),
        (TIMESTAMP, request.timestamp, SIGNATURE),
    ):
        if value is None:
            raise _refused(client, f"{other} was sent without {name}")
    sent, timestamp = request.signature or "", request.timestamp or ""
    try:
        signature = b64decode(sent, validate=True)
    except ValueError as error:
        raise _refused(client, f"{SIGNATURE} {_why_no_base64(sent)}") from error
    try:
        signed_at = instant_of(timestamp).timestamp()
    except ValueError as error:
        raise _refused(client, f"{TIMESTAMP} {error}") from error
    now = realm.clock.now()
    late = now - signed_at
    if abs(late) > SKEW:
        raise _refused(
            client,
            f"{TIMESTAMP} is {abs(late):,.1f} s {'behind' if late > 0 else 'ahead of'} the "
            f"emulator's clock, which shows {iso_milliseconds(now)}; {SKEW} s are allowed",
        )
    return signature, signed_at + SKEW + 1


def _one_of_its_kind(signature: bytes, key: PublicKey) -> bytes:
    """The normalized bytes of a signature.

    An ECDSA signature (r, s) is also valid as (r, n - s), which is a replay as well.
    """
    if not isinstance(key, EllipticCurvePublicKey):
        return signature
    try:
        r, s = decode_dss_signature(signature)
    except ValueError:
        return signature
    order = key.curve.group_order
    return f"{r} {min(s, order - s)}".encode()


def _why_no_base64(sent: str) -> str:
    if _HEX.fullmatch(sent):
        return "is in hexadecimal, not in Base64"
    if _UNPADDED.fullmatch(sent):
        return "is Base64 without the = that pads it"
    if _BASE64URL.fullmatch(sent):
        return "is base64url, not Base64, which has + for -, / for _ and is padded with ="
    return "is not Base64"


def _altered(parts: Parts, before: bytes) -> str:
    """What differs from the request for which the same signature was accepted."""
    known: Mapping[str, str] = from_json(before)
    differing = [name for name, digest in _digests(parts).items() if digest != known[name]]
    return f"{SIGNATURE} is that of an earlier request; altered since: {', '.join(differing)}"


def _digests(parts: Parts) -> dict[str, str]:
    path, _, query = parts.uri.partition(b"?")
    named = {
        "method": parts.method,
        "body": parts.payload,
        "path": path,
        "query": query,
        "time": parts.timestamp,
        "device id": parts.device_id,
    }
    return {name: sha256(part).hexdigest()[:16] for name, part in named.items()}


def _refused(client: OmniOmniClient, sentence: str) -> Refused:
    return Refused("invalid_credentials", sentence, principal=client.name)
