"""A signer of OmniOmni's requests, written here from the vendor's own sentence.

"HTTP method; payload (JSON with its spaces removed); URI beginning with the resource name, query
parameters sorted ascending by name; UTC ISO 8601 timestamp; device id": joined by a dot, SHA-256,
signed with the private key, Base64.
"""

import hashlib
import itertools
import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from serving import Served, serving

PATH = "/omni-omni/v1/auth/client-token"
WHOLE_PATH = "/ecrop-command/omni-omni/v1/auth/client-token"
NOW = "2026-01-01T00:00:00Z"
KEYS: dict[str, Any] = {
    "rsa": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "ed25519": Ed25519PrivateKey.generate(),
}
_numbers = itertools.count()


@contextmanager
def signers_served(folder: Path) -> Iterator[Served]:
    """A client for each kind of key, which must sign, and some that need not; the clock stands."""
    clients: list[dict[str, Any]] = [
        {"client_id": kind, "signature": "required", "public_key_file": public_key(kind, folder)}
        for kind in KEYS
    ]
    file = public_key("ec", folder)
    clients += [
        {"client_id": "may-sign", "public_key_file": file},
        {"client_id": "is-ignored", "signature": "ignored", "public_key_file": file},
        {"client_id": "has-no-key"},
        {"client_id": "locked", "status": "locked", "public_key_file": file},
    ]
    clock = {"now": NOW, "frozen": True}
    with serving({"clock": clock, "omniomni": {"clients": clients}}) as served:
        yield served


def public_key(kind: str, folder: Path) -> str:
    file = folder / f"{kind}.pub"
    pem = KEYS[kind].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    file.write_bytes(pem)
    return str(file)


def body_of(client_id: str, **more: Any) -> bytes:
    """A body of its own, with white space between its parts and within its strings."""
    members = {"clientId": client_id, "note": f"n o  {next(_numbers)}", **more}
    return json.dumps(members, indent=2).encode()


def text(
    body: bytes,
    *,
    method: str = "POST",
    path: str = PATH,
    query: str = "",
    at: str = "",
    device_id: str = "",
) -> bytes:
    """The vendor's sentence up to the hash."""
    payload = json.dumps(json.loads(body), separators=(",", ":")) if body else ""
    pairs = sorted((pair.partition("=") for pair in query.split("&")), key=lambda pair: pair[0])
    uri = f"{path}?{'&'.join(''.join(pair) for pair in pairs)}" if query else path
    return ".".join([method, payload, uri, at or NOW, device_id]).encode()


def signature(kind: str, signed: bytes) -> bytes:
    """The rest of it."""
    key, digest = KEYS[kind], hashlib.sha256(signed).digest()
    if kind == "rsa":
        made: bytes = key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))
    elif kind == "ec":
        made = key.sign(digest, ec.ECDSA(Prehashed(SHA256())))
    else:
        made = key.sign(digest)
    return made


def headers(sent: bytes | str, at: str = NOW, device_id: str = "") -> dict[str, str]:
    encoded = sent if isinstance(sent, str) else b64encode(sent).decode()
    device = {"X-Signature-DeviceId": device_id} if device_id else {}
    return {"X-Signature": encoded, "X-Signature-DateTime": at, **device}


def post(
    http: httpx.Client, body: bytes, signed: dict[str, str], target: str = PATH
) -> httpx.Response:
    named = {"Content-Type": "application/json"} | signed
    return http.post(target, content=body, headers=named)


def refused(answer: httpx.Response) -> str:
    """Why it was refused: with 401 and an empty body."""
    assert (answer.status_code, answer.content) == (401, b"")
    reason: str = answer.headers["X-Emulator-Reason"]
    assert not reason.endswith("..."), "too long"
    assert "n o" not in reason, "it repeats the body"
    outcome, _, sentence = reason.partition("; ")
    assert outcome == "invalid_credentials"
    return sentence
