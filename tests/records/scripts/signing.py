"""Signed requests at OmniOmni: right, and wrong in each way. Signed here, not by the emulator."""

import hashlib
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA512
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from records.build import KEYS
from records.calls import Header
from records.scripts.fixtures import FROZEN, demo
from records.scripts.writing import JSON, OMNIOMNI, Writing

NOW = "2026-01-01T00:00:00Z"
KINDS = ("rsa", "ec", "ed25519")
BODY = '{\n  "clientId": "%s",\n  "note": "n o  7",\n  "a": [1, 2]\n}'


def scripts() -> Iterator[Writing]:
    """Each kind of key, each slip, times, policies."""
    for kind in KINDS:
        written = Writing(f"signing.{kind}", _fixture())
        _slips(written, kind)
        yield written
    yield _times()
    yield _policies()
    yield _demo()


def _fixture() -> dict[str, Any]:
    clients: list[dict[str, Any]] = [
        {"client_id": kind, "signature": "required", "public_key_file": f"@keys/signer-{kind}.pub"}
        for kind in KINDS
    ]
    file = "@keys/signer-ec.pub"
    clients += [
        {"client_id": "may-sign", "public_key_file": file},
        {"client_id": "is-ignored", "signature": "ignored", "public_key_file": file},
        {"client_id": "has-no-key"},
        {"client_id": "locked", "status": "locked", "public_key_file": file},
        {
            "client_id": "inline",
            "signature": "required",
            "public_key": (KEYS / "signer-ec.pub").read_text(),
        },
    ]
    token = {"algorithm": "EdDSA", "private_key_file": "@keys/ed25519.pem"}
    return {"seed": 7, "clock": FROZEN, "omniomni": {"token": token, "clients": clients}}


def _text(
    body: str, method: str = "POST", uri: str = OMNIOMNI, at: str = NOW, device: str = ""
) -> str:
    payload = (
        json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False) if body else ""
    )
    return f"{method}.{payload}.{uri}.{at}.{device}"


def _signature(kind: str, text: str, file: str = "") -> bytes:
    key: Any = load_pem_private_key((KEYS / (file or f"signer-{kind}.pem")).read_bytes(), None)
    digest = hashlib.sha256(text.encode()).digest()
    if kind == "rsa":
        made: bytes = key.sign(digest, padding.PKCS1v15(), Prehashed(SHA256()))
    elif kind == "ec":
        made = key.sign(text.encode(), ec.ECDSA(SHA256(), deterministic_signing=True))
    else:
        made = key.sign(digest)
    return made


def _headers(sent: bytes | str, at: str = NOW, device: str = "") -> list[Header]:
    encoded = sent if isinstance(sent, str) else b64encode(sent).decode()
    more = [("X-Signature-DeviceId", device)] if device else []
    return [("X-Signature", encoded), ("X-Signature-DateTime", at), *more]


def _post(written: Writing, body: str, headers: list[Header], target: str = OMNIOMNI) -> None:
    written.call("POST", target, JSON, *headers, body=body)


def _slips(written: Writing, kind: str) -> None:
    body = BODY % kind
    good = _text(body)
    whole = f"/ecrop-command{OMNIOMNI}"
    query = f"{OMNIOMNI}?b=2&a=1"
    ordered = f"{OMNIOMNI}?a=1&b=2"
    _post(written, body, [])
    _post(written, body, _headers(_signature(kind, good)))
    _post(written, body, _headers(_signature(kind, good)))  # used again
    _post(written, body, _headers(_signature(kind, good + " ")))
    texts = [
        good.removesuffix("."),
        good.lower(),
        _text(body, "GET"),
        _text(body, "post"),
        _text(body, device="null"),
        _text(body, device="undefined"),
        _text(body, device="None"),
        _text(body, uri=whole),
        _text(body, uri="/client-token"),
        _text(body, uri="/"),
        _text(body, uri=OMNIOMNI + "/"),
        _text(body, at="2026-01-01T00:00:01Z"),
        f"POST.{body}.{OMNIOMNI}.{NOW}.",
        f"POST..{OMNIOMNI}.{NOW}.",
        f"POST.{''.join(body.split())}.{OMNIOMNI}.{NOW}.",
        f"POST.{json.dumps(json.loads(body))}.{OMNIOMNI}.{NOW}.",
        f"POST.{json.dumps(json.loads(body), sort_keys=True)}.{OMNIOMNI}.{NOW}.",
        f"POST.{hashlib.sha256(body.encode()).hexdigest()}.{OMNIOMNI}.{NOW}.",
        hashlib.sha256(good.encode()).hexdigest(),
        "nothing like it",
        _text(json.dumps({"clientId": kind, "note": "n o  7"})),
        good.replace(".", "|"),
    ]
    for text in texts:
        _post(written, body, _headers(_signature(kind, text)))
    _post(written, body, _headers(_signature(kind, _text(body, device="phone")), device="phone"))
    _post(written, body, _headers(_signature(kind, _text(body)), device="phone"))
    _post(written, body, _headers(_signature(kind, _text(body, device="PHONE")), device="phone"))
    _post(written, body, _headers(_signature(kind, _text(body, uri=ordered))), query)
    _post(written, body, _headers(_signature(kind, _text(body, uri=query))), query)
    _post(written, body, _headers(_signature(kind, _text(body))), query)
    note = body.replace('"n o  7"', '"8"')
    _post(written, note, _headers(_signature(kind, _text(note))), whole)
    signed = _signature(kind, good)
    for sent in (
        signed.hex(),
        urlsafe_b64encode(signed).decode(),
        b64encode(signed).decode().rstrip("="),
        "not base64!",
        "",
        "AAAA",
        b64encode(signed[:-1]).decode(),
        "x" * 3000,
        "Zm9v\u00e4",
    ):
        _post(written, body, _headers(sent))
    for other in ("signer-rsa.pem", "signer-ec.pem", "signer-ed25519.pem", "p256.pem", "rsa-2.pem"):
        other_kind = "rsa" if "rsa" in other else "ed25519" if "ed" in other else "ec"
        _post(written, body, _headers(_signature(other_kind, good, other)))
    _post(written, body, [("X-Signature", b64encode(signed).decode())])
    _post(written, body, [("X-Signature-DateTime", NOW)])
    _post(written, body, [*_headers(signed), ("X-Signature", "AAAA")])
    key: Any = load_pem_private_key((KEYS / f"signer-{kind}.pem").read_bytes(), None)
    if kind == "rsa":
        _post(written, body, _headers(key.sign(good.encode(), padding.PKCS1v15(), SHA512())))
    elif kind == "ec":
        r, s = decode_dss_signature(signed)
        _post(written, body, _headers(r.to_bytes(32, "big") + s.to_bytes(32, "big")))
    else:
        _post(written, body, _headers(key.sign(good.encode())))


def _times() -> Writing:
    written = Writing("signing.times", _fixture())
    for number, at in enumerate(
        (
            "2026-01-01T00:04:59Z",
            "2026-01-01T00:05:00Z",
            "2026-01-01T00:05:01Z",
            "2025-12-31T23:55:00Z",
            "2025-12-31T23:54:59Z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01T01:00:00+01:00",
            "2026-01-01T00:00:00",
            "2026-01-01",
            "20260101T000000Z",
            "1767225600",
            "now",
            "",
            "2026-01-01T00:00:00.123Z",
            "2026-01-01 00:00:00Z",
            "Thu, 01 Jan 2026 00:00:00 GMT",
        )
    ):
        body = json.dumps({"clientId": "ed25519", "n": number})
        signed = _signature("ed25519", _text(body, at=at))
        _post(written, body, _headers(signed, at))
    body = json.dumps({"clientId": "ed25519", "again": 1})
    same = _headers(_signature("ed25519", _text(body)))
    for _ in range(3):
        _post(written, body, same)
        written.clock({"advance": "4m"})
    return written


def _policies() -> Writing:
    written = Writing("signing.policies", _fixture())
    for client in ("may-sign", "is-ignored", "has-no-key", "locked", "inline", "nobody"):
        body = json.dumps({"clientId": client})
        _post(written, body, [])
        _post(written, body, _headers(_signature("ec", _text(body))))
        _post(written, body, _headers(_signature("ec", _text(body) + "x")))
        _post(written, body, _headers("", device="d"))
    written.put("/_emulator/realms/r", {})
    for target in (f"/realms/r{OMNIOMNI}", f"/realms/r/ecrop-command{OMNIOMNI}"):
        body = json.dumps({"clientId": "inline", "at": target})
        _post(written, body, _headers(_signature("ec", _text(body))), target)
        _post(written, body, _headers(_signature("ec", _text(body, uri=target))), target)
    return written


def _demo() -> Writing:
    written = Writing("signing.demo", demo())
    file = "signing-client.demo-private-key.pem"
    key: Any = load_pem_private_key((KEYS / file).read_bytes(), None)
    kind = "rsa" if hasattr(key, "decrypt") else "ec" if hasattr(key, "curve") else "ed25519"
    body = '{"clientId": "signing-client"}'
    for text in (_text(body), _text(body, "GET"), _text(body, uri="/x"), ""):
        _post(written, body, _headers(_signature(kind, text, file)))
    return written
