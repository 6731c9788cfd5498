"""Faults of the connection, as bytes on the wire."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from driving import FIXTURE, OMNIOMNI, omniomni, pair, refresh
from serving import Served, client, serving

from emulator.app import create_app
from emulator.settings import Settings

BODY = json.dumps({"clientId": "me"}).encode()


@contextmanager
def faulty(fault: dict[str, Any]) -> Iterator[tuple[Served, httpx.Client]]:
    with serving(FIXTURE) as served, client(served) as http:
        http.post("/_emulator/faults", json=fault).raise_for_status()
        yield served, http


def sent(served: Served, *, requests: int = 1) -> bytes:
    """All that comes back until the server closes; ConnectionResetError where it resets."""
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" % (
        OMNIOMNI.encode()
    )
    request = head + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(request * requests)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_reset_is_a_real_tcp_reset() -> None:
    with (
        faulty({"vendor": "omniomni", "connection": "reset"}) as (served, _),
        pytest.raises(ConnectionResetError),
    ):
        sent(served)


def test_close_comes_before_any_byte() -> None:
    with faulty({"vendor": "omniomni", "connection": "close"}) as (served, _):
        assert sent(served) == b""


def test_truncate_sends_half_a_body_under_its_whole_length() -> None:
    with faulty({"vendor": "omniomni", "connection": "truncate"}) as (served, http):
        head, _, body = sent(served).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        assert length is not None
        assert len(body) == int(length[1]) // 2
        assert body.startswith(b'{"accessToken":"eyJ')
        with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
            omniomni(http)


def test_garbage_is_no_http() -> None:
    with faulty({"vendor": "omniomni", "connection": "garbage"}) as (served, http):
        got = sent(served)
        assert got
        assert not got.startswith(b"HTTP/")
        with pytest.raises(httpx.RemoteProtocolError):
            omniomni(http)


@pytest.mark.parametrize("how", ["reset", "close", "truncate", "garbage"])
def test_one_call_is_affected_and_no_other(how: str) -> None:
    fault = {"vendor": "omniomni", "connection": how, "after": 1, "times": 1}
    with faulty(fault) as (_, http):
        assert omniomni(http).status_code == 200
        with pytest.raises(httpx.TransportError):
            omniomni(http)
        assert omniomni(http).status_code == 200
        (fault_now,) = http.get("/_emulator/faults").json()["faults"]
        assert (fault_now["matched"], fault_now["triggered"]) == (3, 1)


@pytest.mark.parametrize("how", ["reset", "close", "garbage"])
def test_what_was_pipelined_behind_it_is_not_answered(how: str) -> None:
    with faulty({"vendor": "omniomni", "connection": how}) as (served, _):
        try:
            got = sent(served, requests=3)
        except ConnectionResetError:
            got = b""
        assert b"HTTP/1.1" not in got


@pytest.mark.parametrize("how", ["reset", "close", "truncate", "garbage"])
def test_a_lost_answer_is_one_whose_work_was_done(how: str) -> None:
    fault = {"operation": "refresh", "connection": how, "times": 1}
    if how != "truncate":
        fault["phase"] = "after"
    with faulty(fault) as (_, http):
        tokens = pair(http)
        with pytest.raises(httpx.TransportError):
            refresh(http, tokens["refresh_token"])
        assert refresh(http, tokens["refresh_token"]).status_code == 401


def test_before_is_before_any_work() -> None:
    with faulty({"operation": "refresh", "connection": "reset", "times": 1}) as (_, http):
        tokens = pair(http)
        with pytest.raises(httpx.TransportError):
            refresh(http, tokens["refresh_token"])
        assert refresh(http, tokens["refresh_token"]).status_code == 200


def test_the_journal_names_the_fault_and_what_it_did() -> None:
    with faulty({"vendor": "omniomni", "connection": "reset"}) as (_, http):
        with pytest.raises(httpx.TransportError):
            omniomni(http)
        (entry,) = http.get("/_emulator/journal", params={"vendor": "omniomni"}).json()["entries"]
        assert (entry["fault"], entry["outcome"], entry["status"]) == (
            "f1",
            "connection_reset",
            None,
        )


def test_a_server_that_is_not_ours_cannot_do_it_and_the_client_sees_a_broken_connection() -> None:
    fault = {"vendor": "omniomni", "connection": "close"}
    app = create_app(Settings(fixture={**FIXTURE, "faults": [fault]}))

    async def call() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://e"
        ) as http:
            await http.post(OMNIOMNI, json={"clientId": "me"})

    with pytest.raises(ConnectionError, match="f1"):
        asyncio.run(call())
