"""Signed sign-ins: which are accepted, and which are refused whatever they are over."""

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from serving import Served, client
from signing import (
    KEYS,
    NOW,
    PATH,
    WHOLE_PATH,
    body_of,
    headers,
    post,
    public_key,
    refused,
    signature,
    signers_served,
    text,
)

from emulator.app import create_app
from emulator.core.store import MemoryStore
from emulator.settings import Settings

EACH_KIND = pytest.mark.parametrize("kind", KEYS)


@pytest.fixture(scope="module")
def signing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with signers_served(tmp_path_factory.mktemp("keys")) as served:
        yield served


@pytest.fixture
def http(signing: Served) -> Iterator[httpx.Client]:
    with client(signing) as http:
        yield http


@pytest.mark.documented_elsewhere
@pytest.mark.parametrize("device_id", ["", "device-7"])
@pytest.mark.parametrize("path", [PATH, WHOLE_PATH])
@EACH_KIND
def test_a_signed_sign_in_gets_its_token(
    http: httpx.Client, kind: str, path: str, device_id: str
) -> None:
    body = body_of(kind)
    made = signature(kind, text(body, device_id=device_id))
    answer = post(http, body, headers(made, device_id=device_id), path)
    assert answer.status_code == 200, answer.headers
    assert list(answer.json()) == ["accessToken"]


@pytest.mark.documented_elsewhere
@pytest.mark.parametrize("sent", ["a=1&b=2", "b=2&a=1", "z=%20&B=1&b=2&b=1&a"])
@EACH_KIND
def test_the_query_is_signed_sorted_by_name_however_it_was_sent(
    http: httpx.Client, kind: str, sent: str
) -> None:
    body = body_of(kind)
    made = signature(kind, text(body, query=sent))
    assert post(http, body, headers(made), f"{PATH}?{sent}").status_code == 200


@pytest.mark.assumed
@pytest.mark.parametrize("string", ["  ", "a\tb\n", 'quo" te', "back\\ slash", "\\", 'x \\" y'])
def test_white_space_between_the_parts_is_not_signed_and_within_a_string_it_is(
    http: httpx.Client, string: str
) -> None:
    members = {"clientId": "ec", "string": string, string: [{}, []]}
    compact = json.dumps(members, separators=(",", ":")).encode()
    for sent in (
        compact,
        json.dumps(members, indent="\t").encode(),
        b" \r\n" + json.dumps(members, indent=3).replace("\n", " \r\n").encode() + b"\t",
    ):
        made = signature("ec", b"POST." + compact + f".{PATH}.{NOW}.".encode())
        assert post(http, sent, headers(made)).status_code == 200


@pytest.mark.assumed
@EACH_KIND
def test_a_signature_that_was_accepted_is_refused_the_second_time(
    http: httpx.Client, kind: str
) -> None:
    body = body_of(kind)
    sent = headers(signature(kind, text(body)))
    assert post(http, body, sent).status_code == 200
    assert refused(post(http, body, sent)) == (
        "X-Signature was used before: each request has one of its own"
    )


@pytest.mark.assumed
def test_of_many_requests_at_once_with_one_signature_one_gets_through(signing: Served) -> None:
    body = body_of("rsa")
    sent = headers(signature("rsa", text(body)))
    with client(signing) as http, ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: post(http, body, sent).status_code, range(40)))
    assert sorted(answers) == [200] + [401] * 39


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2025-12-31T23:54:59Z", "301.0 s behind"),
        ("2026-01-01T00:05:00.500Z", "300.5 s ahead of"),
        ("2024-01-01T00:00:00Z", "63,158,400.0 s behind"),
    ],
)
def test_more_than_five_minutes_off_the_emulators_clock_is_refused(
    http: httpx.Client, at: str, said: str
) -> None:
    body = body_of("ec")
    sent = headers(signature("ec", text(body, at=at)), at)
    assert refused(post(http, body, sent)) == (
        f"X-Signature-DateTime is {said} the emulator's clock, which shows "
        "2026-01-01T00:00:00.000Z; 300 s are allowed"
    )


@pytest.mark.assumed
@pytest.mark.parametrize(
    "at",
    [
        "2025-12-31T23:55:00Z",
        "2026-01-01T00:05:00.000Z",
        "2026-01-01T00:00:00.123456789Z",
        "2026-01-01T00:00:00+00:00",
        "20260101T000000Z",
    ],
)
def test_up_to_five_minutes_off_is_good_in_each_way_to_write_it(
    http: httpx.Client, at: str
) -> None:
    body = body_of("ec")
    assert post(http, body, headers(signature("ec", text(body, at=at)), at)).status_code == 200


@pytest.mark.assumed
def test_the_window_follows_the_realms_clock(http: httpx.Client, signing: Served) -> None:
    body = body_of("ec")
    at = "2026-02-01T00:00:00Z"
    sent = headers(signature("ec", text(body, at=at)), at)
    assert "behind" not in refused(post(http, body, sent))
    signing.clock.advance(31 * 86400)
    try:
        assert post(http, body, sent).status_code == 200
        signing.clock.advance(301)
        assert "301.0 s behind" in refused(post(http, body, sent))
    finally:
        signing.clock.advance(-31 * 86400 - 301)


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("yesterday", "is not an ISO 8601 timestamp such as 2026-01-01T00:00:00Z"),
        ("1767225600", "is not an ISO 8601 timestamp such as 2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00", "has no time zone; it is UTC, as in 2026-01-01T00:00:00Z"),
        ("2026-01-01", "has no time zone; it is UTC, as in 2026-01-01T00:00:00Z"),
        ("2026-01-01T01:00:00+01:00", "is not UTC; write it as in 2026-01-01T00:00:00Z"),
    ],
)
def test_a_timestamp_that_is_no_utc_in_iso_8601_is_refused(
    http: httpx.Client, at: str, said: str
) -> None:
    body = body_of("ec")
    sent = headers(signature("ec", text(body, at=at)), at)
    assert refused(post(http, body, sent)) == f"X-Signature-DateTime {said}"


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("!", "is not Base64"),
        ("AAA", "is Base64 without the = that pads it"),
        ("A-_A", "is base64url, not Base64, which has + for -, / for _ and is padded with ="),
        ("abcdef", "is in hexadecimal, not in Base64"),
    ],
)
def test_a_signature_that_is_no_base64_is_refused(http: httpx.Client, sent: str, said: str) -> None:
    assert refused(post(http, body_of("ec"), headers(sent))) == f"X-Signature {said}"


@pytest.mark.assumed
@pytest.mark.parametrize("client_id", [*KEYS, "may-sign"])
def test_half_a_signature_is_refused(http: httpx.Client, client_id: str) -> None:
    both = headers(b"x")
    for absent, there in (both, reversed(list(both))):
        answer = post(http, body_of(client_id), {there: both[there]})
        assert refused(answer) == f"{there} was sent without {absent}"


@pytest.mark.assumed
@EACH_KIND
def test_a_client_that_must_sign_is_refused_without_a_signature(
    http: httpx.Client, kind: str
) -> None:
    for sent in ({}, {"X-Signature-DeviceId": "device-7"}, {"X-Signature": ""}):
        answer = post(http, body_of(kind), sent)
        assert refused(answer) == f"{kind} must sign: it sent no X-Signature"


@pytest.mark.assumed
def test_verified_when_sent_asks_for_none_and_refuses_a_wrong_one(http: httpx.Client) -> None:
    body = body_of("may-sign")
    assert post(http, body, {}).status_code == 200
    assert post(http, body, {"X-Signature-DeviceId": "device-7"}).status_code == 200
    assert post(http, body, headers(signature("ec", text(body)))).status_code == 200
    assert "X-Signature" in refused(post(http, body, headers(b"wrong")))


@pytest.mark.assumed
@pytest.mark.parametrize("client_id", ["is-ignored", "has-no-key"])
def test_where_it_is_ignored_or_there_is_no_key_anything_goes(
    http: httpx.Client, client_id: str
) -> None:
    for sent in ({}, headers(b"wrong"), headers("!"), {"X-Signature": "!"}):
        assert post(http, body_of(client_id), sent).status_code == 200


@pytest.mark.assumed
def test_a_member_of_the_body_cannot_stand_in_for_the_signature(http: httpx.Client) -> None:
    body = body_of("ec", signed={"signature": "x"}, **{"X-Signature": "x"})
    assert refused(post(http, body, {})) == "ec must sign: it sent no X-Signature"
    assert post(http, body, headers(signature("ec", text(body)))).status_code == 200


@pytest.mark.assumed
def test_a_locked_client_is_reported_that_it_is_locked_and_not_that_it_signed_wrongly(
    http: httpx.Client,
) -> None:
    assert refused(post(http, body_of("locked"), headers(b"wrong"))) == "locked is locked"


@pytest.mark.assumed
def test_a_signature_that_cannot_be_remembered_is_refused(tmp_path: Path) -> None:
    client = {"client_id": "ec", "public_key_file": public_key("ec", tmp_path)}
    settings = Settings(fixture={"clock": NOW, "omniomni": {"clients": [client]}})
    app = create_app(settings, store=MemoryStore(capacity=0))

    async def signed_in() -> httpx.Response:
        body = body_of("ec")
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
            signed = headers(signature("ec", text(body)))
            return await http.post(f"http://e{PATH}", content=body, headers=signed)

    said = refused(asyncio.run(signed_in()))
    assert said.startswith("X-Signature cannot be remembered: realm default holds")
