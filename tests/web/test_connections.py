"""Callers that a server easily loses: upgrades, half-closed sides, long heads, and its own end."""

import json
import re
import socket
import threading
import time
from pathlib import Path

import pytest
from serving import Served, serving

from emulator.testing import Emulator
from emulator.web.server import listening_socket

PATH = "/omni-omni/v1/auth/client-token"
BODY = json.dumps({"clientId": "demo-client"}).encode()
H2C = (
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
)


def head(extra: bytes = b"", length: int = len(BODY)) -> bytes:
    return b"POST %s HTTP/1.1\r\nHost: x\r\n%sContent-Length: %d\r\n\r\n" % (
        PATH.encode(),
        extra,
        length,
    )


def connected(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), timeout=10)


def answer(connection: socket.socket) -> bytes:
    """One whole answer."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    length = re.search(rb"content-length: (\d+)", got)
    wanted = got.index(b"\r\n\r\n") + 4 + int(length[1] if length else 0)
    while len(got) < wanted:
        got += connection.recv(65536)
    return got


def rest(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_who_offers_an_upgrade_is_answered_as_if_it_had_not(demo: Served, pieces: int) -> None:
    # Java's HttpClient offers h2c with each request in clear text.
    sent = head(H2C) + BODY
    cuts = {1: [sent], 2: [head(H2C), BODY], 3: [sent[:40], sent[40:-10], sent[-10:]]}[pieces]
    with connected(demo) as connection:
        for _ in range(2):
            for piece in cuts:
                connection.sendall(piece)
                time.sleep(0.05)
            assert answer(connection).startswith(b"HTTP/1.1 200 ")


def test_connect_is_refused(demo: Served) -> None:
    with connected(demo) as connection:
        connection.sendall(b"CONNECT /reg/auth/token HTTP/1.1\r\nHost: x\r\n\r\n")
        assert rest(connection).startswith(b"HTTP/1.1 400 ")


def test_who_closes_its_own_side_still_gets_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_CACHE_DIR", str(tmp_path))  # the key is yet to be made
    with serving() as served, connected(served) as connection:
        connection.sendall(head() + BODY)
        connection.shutdown(socket.SHUT_WR)
        assert rest(connection).startswith(b"HTTP/1.1 200 ")


def test_a_large_body_does_not_count_as_the_next_requests_head(demo: Served) -> None:
    large = json.dumps({"clientId": "x" * 65_000}).encode()
    with connected(demo) as connection:
        connection.sendall(head(length=len(large)) + large)
        assert answer(connection).startswith(b"HTTP/1.1 404 ")
        connection.sendall(head()[:30])
        time.sleep(0.05)
        connection.sendall(head()[30:] + BODY)
        assert answer(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("size", [300_000, 5_000_000])
def test_who_sends_a_large_head_can_read_why_it_was_refused(demo: Served, size: int) -> None:
    with connected(demo) as connection:
        connection.sendall(head(b"X-Long: " + b"a" * size + b"\r\n"))
        assert rest(connection).startswith(b"HTTP/1.1 431 ")


def test_nonsense_behind_a_good_request_does_not_take_its_answer(demo: Served) -> None:
    with connected(demo) as connection:
        connection.sendall(head() + BODY + b"NONSENSE\r\n\r\n")
        assert rest(connection).startswith(b"HTTP/1.1 200 ")


def test_a_port_that_somebody_else_takes_meanwhile_is_an_error() -> None:
    with listening_socket("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        listening_socket("127.0.0.1", first.getsockname()[1])


def test_a_request_that_outlasts_the_grace_is_answered_503_and_never_500() -> None:
    with Emulator() as emulator:
        port = int(emulator.url.rpartition(":")[2])
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        connection.sendall(head() + BODY[:-5])
        time.sleep(0.1)
    with connection:
        assert rest(connection).startswith(b"HTTP/1.1 503 ")


def test_callers_with_a_connection_for_each_request_lose_none_when_the_server_stops() -> None:
    lost: list[str] = []
    answered = 0

    def call(port: int) -> None:
        nonlocal answered
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                    connection.sendall(head() + BODY)
                    if not connection.recv(4096).startswith(b"HTTP/1.1 200 "):
                        lost.append("an empty answer")
                        return
            except ConnectionRefusedError:
                return
            except OSError as error:
                lost.append(repr(error))
                return
            answered += 1

    with Emulator(
        {"omniomni": {"token": {"algorithm": "ES256"}, "clients": [{"client_id": "demo-client"}]}}
    ) as emulator:
        port = int(emulator.url.rpartition(":")[2])
        threads = [threading.Thread(target=call, args=(port,)) for _ in range(10)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
    for thread in threads:
        thread.join(10)
    assert answered > 50
    assert len(lost) <= 3, lost  # who is in the queue at the very moment; without care it is most
