"""Why a signature does not verify: each mistake is named, and nothing of the body is repeated."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from serving import Served, client
from signing import (
    KEYS,
    PATH,
    WHOLE_PATH,
    body_of,
    headers,
    post,
    refused,
    signature,
    signers_served,
    text,
)

EACH_KIND = pytest.mark.parametrize("kind", KEYS)


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with signers_served(tmp_path_factory.mktemp("keys")) as served:
        yield served


@pytest.fixture
def http(signing: Served) -> Iterator[httpx.Client]:
    with client(signing) as http:
        yield http


SLIPS: dict[str, tuple[dict[str, Any], str]] = {
    "another method": ({"method": "PUT"}, "over another method, PUT"),
    "a method in lower case": ({"method": "post"}, "over the method in lower case"),
    "the path with its base": (
        {"path": WHOLE_PATH},
        "over the path with /ecrop-command before it, which is no part of it",
    ),
    "the end of the path": (
        {"path": "/v1/auth/client-token"},
        "over another path, /v1/auth/client-token",
    ),
    "the path without a slash": ({"path": PATH[1:]}, f"over another path, {PATH[1:]}"),
    "the path with a slash more": ({"path": f"{PATH}/"}, f"over another path, {PATH}/"),
    "another device id": (
        {"device_id": "null"},
        "over another device id, null; none was sent, so its part is empty",
    ),
    "the time in seconds": (
        {"at": "1767225600"},
        "over the time written as 1767225600, not as it was sent",
    ),
    "the time with milliseconds": (
        {"at": "2026-01-01T00:00:00.000Z"},
        "over the time written as 2026-01-01T00:00:00.000Z, not as it was sent",
    ),
}


@pytest.mark.assumed
@pytest.mark.parametrize(("signed", "said"), SLIPS.values(), ids=SLIPS)
@EACH_KIND
def test_a_mistake_in_what_is_signed_is_named(
    http: httpx.Client, kind: str, signed: dict[str, Any], said: str
) -> None:
    body = body_of(kind)
    made = signature(kind, text(body, **signed))
    assert refused(post(http, body, headers(made))) == f"X-Signature is {said}"


@pytest.mark.assumed
@EACH_KIND
def test_a_mistake_in_the_body_is_named(http: httpx.Client, kind: str) -> None:
    body = body_of(kind, Amount="\u00e4")
    good = text(body)
    payload = json.dumps(json.loads(body), separators=(",", ":")).encode()
    lines_kept = body.replace(b" ", b"")
    sent_anew = json.dumps(json.loads(body), separators=(",", ":"), sort_keys=True).encode()
    unescaped = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
    less = json.dumps({"clientId": kind}, separators=(",", ":")).encode()
    reserialized = "over a re-serialized body (member order, escapes), not as it was sent"
    mistakes = {
        body: "over the body with its white space, which is to be removed",
        lines_kept: "over the body with its line ends, which are to be removed",
        b"".join(body.split()): "over a body that lost the white space in its strings, which is to "
        "stay",
        sent_anew: reserialized,
        unescaped: reserialized,
        b"": "without the body",
        hashlib.sha256(payload).hexdigest().encode(): "over a digest of the body",
    }
    for wrong, said in mistakes.items():
        assert wrong != payload
        made = signature(kind, good.replace(payload, wrong))
        assert refused(post(http, body, headers(made))) == f"X-Signature is {said}"
    made = signature(kind, text(less))
    assert refused(post(http, json.dumps({"clientId": kind, "x": 1}).encode(), headers(made))) == (
        "X-Signature is over a body without one of its members: the body was altered after signing"
    )


@pytest.mark.assumed
@EACH_KIND
def test_a_query_signed_in_another_order_is_named(http: httpx.Client, kind: str) -> None:
    body = body_of(kind)
    said = "X-Signature is over the query in another order; its parameters are sorted by name"
    for sent, signed in {"b=2&a=1": "b=2&a=1", "a=1&b=2&c=3": "b=2&c=3&a=1"}.items():
        made = signature(kind, text(body, path=f"{PATH}?{signed}"))
        assert refused(post(http, body, headers(made), f"{PATH}?{sent}")) == said
    made = signature(kind, text(body))
    answer = post(http, body, headers(made), f"{PATH}?b=2&a=1")
    assert refused(answer) == "X-Signature is without the query"


@pytest.mark.assumed
@EACH_KIND
def test_a_mistake_with_the_device_id_is_named(http: httpx.Client, kind: str) -> None:
    body = body_of(kind)
    for signed, said in {
        text(body): "without the device id that was sent",
        text(body, device_id="phone"): "over another device id, it differs in case",
    }.items():
        sent = headers(signature(kind, signed), device_id="PHONE")
        assert refused(post(http, body, sent)) == f"X-Signature is {said}"
    made = signature(kind, text(body).removesuffix(b"."))
    assert refused(post(http, body, headers(made))) == (
        "X-Signature is without the dot at the end: an absent device id is an empty part"
    )


@pytest.mark.assumed
@EACH_KIND
def test_a_signature_that_is_written_otherwise_is_named(http: httpx.Client, kind: str) -> None:
    body = body_of(kind)
    made = signature(kind, text(body))
    assert "hexadecimal, not in Base64" in refused(post(http, body, headers(made.hex())))
    twice = b64encode(b64encode(made)).decode()
    assert refused(post(http, body, headers(twice))) == "X-Signature is in Base64 of Base64"
    hexed = b64encode(made.hex().encode()).decode()
    assert refused(post(http, body, headers(hexed))) == "X-Signature is in Base64 of hexadecimal"


@pytest.mark.assumed
def test_another_scheme_of_the_same_key_is_named(http: httpx.Client) -> None:
    for kind, made, said in other_schemes():
        answer = post(http, body_at(kind), headers(made))
        assert refused(answer) == f"X-Signature is {said}"


def body_at(kind: str) -> bytes:
    return json.dumps({"clientId": kind}).encode()


def other_schemes() -> Iterator[tuple[str, bytes, str]]:
    for kind in ("rsa", "ec"):
        digest = hashlib.sha256(text(body_at(kind))).digest()
        said = "over the SHA-256 hashed once more; the scheme itself makes the SHA-256"
        yield kind, signature(kind, digest), said
    for kind in KEYS:
        digest_in_hex = hashlib.sha256(text(body_at(kind))).hexdigest().encode()
        yield kind, signature(kind, digest_in_hex), "over the SHA-256 in hexadecimal"
    pss = padding.PSS(padding.MGF1(SHA256()), 32)
    made = KEYS["rsa"].sign(text(body_at("rsa")), pss, SHA256())
    yield "rsa", made, "by RSA-PSS; it is taken to be by PKCS #1 v1.5"
    r, s = decode_dss_signature(signature("ec", text(body_at("ec"))))
    said = "r and s side by side (IEEE P1363); it is taken to be in DER"
    yield "ec", r.to_bytes(32, "big") + s.to_bytes(32, "big"), said
    said = "over the text itself; an Ed25519 key signs the SHA-256 of it"
    yield "ed25519", KEYS["ed25519"].sign(text(body_at("ed25519"))), said


@pytest.mark.assumed
@EACH_KIND
def test_two_mistakes_at_once_are_both_named(http: httpx.Client, kind: str) -> None:
    body = body_of(kind)
    payload = json.dumps(json.loads(body), separators=(",", ":")).encode()
    made = signature(kind, text(body, path=WHOLE_PATH).replace(payload, body))
    assert refused(post(http, body, headers(made))) == (
        "X-Signature is over the body with its white space, which is to be removed; "
        "and over the path with /ecrop-command before it, which is no part of it"
    )


@pytest.mark.assumed
def test_a_signature_by_another_clients_key_is_named(http: httpx.Client) -> None:
    body = body_of("rsa")
    answer = post(http, body, headers(signature("ed25519", text(body))))
    assert refused(answer) == "X-Signature is by the key of another client, ed25519"


@pytest.mark.assumed
@EACH_KIND
def test_an_altered_body_is_refused_and_the_reason_names_the_digest_that_was_to_be_signed(
    http: httpx.Client, kind: str
) -> None:
    body, other = body_of(kind, amount=10), body_of(kind, amount=1000)
    said = refused(post(http, other, headers(signature(kind, text(body)))))
    head = {
        "rsa": "X-Signature is the client's over other content, so altered after signing",
        "ec": "X-Signature fits no likely mistake: altered after signing, or another key's",
    }
    wanted = text(other)
    assert said == (
        f"{head.get(kind, head['ec'])}; to be signed are {len(wanted)} bytes whose SHA-256 begins "
        f"with {hashlib.sha256(wanted).hexdigest()[:16]}"
    )


@pytest.mark.assumed
@EACH_KIND
def test_an_unknown_key_is_refused(http: httpx.Client, kind: str) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    body = body_of(kind)
    made = stranger.sign(text(body), padding.PKCS1v15(), SHA256())
    said = refused(post(http, body, headers(made)))
    assert "another key's" in said


@pytest.mark.assumed
@EACH_KIND
def test_what_was_altered_in_a_request_that_was_accepted_is_named(
    http: httpx.Client, kind: str
) -> None:
    body = body_of(kind)
    sent = headers(signature(kind, text(body, query="a=1")))
    assert post(http, body, sent, f"{PATH}?a=1").status_code == 200
    later = {"X-Signature-DateTime": "2026-01-01T00:00:01Z"}
    for altered, target, more, what in (
        (body_of(kind), f"{PATH}?a=1", {}, "body"),
        (body, f"{PATH}?a=2", {}, "query"),
        (body, f"{PATH}?a=1", later, "time"),
        (body, PATH, {"X-Signature-DeviceId": "d"}, "query, device id"),
    ):
        assert refused(post(http, altered, sent | more, target)) == (
            f"X-Signature is that of an earlier request; altered since: {what}"
        )
