"""Callers that send slowly, say nothing, or do not read: each is ended, and costs no one else."""

import json
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from serving import Served, serving

from emulator.testing import Emulator
from emulator.testing.running import InThread
from emulator.web import outflow, protocol, server
from emulator.web.patience import Patience

PATH = b"/omni-omni/v1/auth/client-token"
BODY = json.dumps({"clientId": "demo-client"}).encode()
WITHIN = 0.5
"""What stands for 30 and 75 seconds here."""
LARGE = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "REQUEST_WITHIN", WITHIN)
    monkeypatch.setattr(outflow, "READ_WITHIN", WITHIN)


@pytest.fixture
def served(
    impatient: None,  # noqa: ARG001 - in this order
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Served]:
    with caplog.at_level(logging.WARNING), serving() as served:
        yield served
    assert caplog.records == []


def whole(path: bytes = PATH, body: bytes = BODY) -> bytes:
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" % path
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


@contextmanager
def connected(port: int, *, buffer: int | None = None) -> Iterator[socket.socket]:
    with socket.socket() as connection:
        if buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", port))
        yield connection


def rest(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def trickle(connection: socket.socket, data: bytes) -> tuple[bytes, float]:
    """Send a byte at a time, each soon after the other, until it is ended: the answer, and when."""
    began = time.monotonic()
    connection.settimeout(0.02)
    for byte in data:
        connection.sendall(bytes([byte]))
        try:
            answer = connection.recv(65536)
        except TimeoutError:
            continue
        return answer, time.monotonic() - began
    raise AssertionError("nobody ended it")


@pytest.mark.parametrize("length", [1, 20, 100, -len(BODY), -1], ids=str)
@pytest.mark.parametrize("path", [PATH, b"/_emulator/keys/rotate", b"/realms/x/y", b"/nothing"])
def test_a_request_that_stops_half_way_is_408(served: Served, path: bytes, length: int) -> None:
    began, sent = time.monotonic(), whole(path)[:length]
    with connected(served.port) as connection:
        connection.sendall(sent)
        answer = rest(connection)
    # Where nobody waits for a body, the answer comes at once, and the connection goes later.
    early = b"\r\n\r\n" in sent and path in (b"/realms/x/y", b"/nothing")
    assert answer.startswith(b"HTTP/1.1 404 " if early else b"HTTP/1.1 408 ")
    # A timer counts from when its loop last looked at the clock.
    assert 0.8 * WITHIN <= time.monotonic() - began < WITHIN + 3


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\nX-Slow: " + b"a" * 1000, whole(body=b" " * 1000)], ids=["head", ""]
)
def test_a_trickle_is_408_although_each_byte_is_timely(served: Served, data: bytes) -> None:
    with connected(served.port) as connection:
        answer, took = trickle(connection, data)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer
    assert took < WITHIN + 2


def test_a_slow_second_request_does_not_take_the_answer_of_the_first(served: Served) -> None:
    with connected(served.port) as connection:
        connection.sendall(whole() + whole()[:50])
        answers = rest(connection)
    assert [part.split()[0] for part in answers.split(b"HTTP/1.1")[1:]] == [b"200", b"408"]


@pytest.mark.parametrize("sent", [b"", b"\r\n"], ids=["nothing", "empty lines"])
def test_a_connection_that_says_nothing_is_closed(
    monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(server, "_KEEP_ALIVE", WITHIN)
    with serving() as served, connected(served.port) as connection:
        began = time.monotonic()
        connection.settimeout(0.1)
        while time.monotonic() - began < 5:
            try:
                connection.sendall(sent)
                assert connection.recv(100) == b""
                break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert WITHIN - 0.1 < time.monotonic() - began < WITHIN + 2


def test_requests_that_come_in_one_delivery_start_no_timer(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []

    def start(patience: Patience) -> None:
        started.append(patience)

    monkeypatch.setattr(Patience, "begin", start)
    with connected(served.port) as connection:
        for _ in range(5):
            connection.sendall(whole())
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert started == []
        connection.sendall(whole()[:-1])
        time.sleep(0.1)
        connection.sendall(whole()[-1:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
    assert len(started) == 1


def test_a_connection_that_was_slow_once_is_good_for_more(served: Served) -> None:
    with connected(served.port) as connection:
        for _ in range(4):
            connection.sendall(whole()[:70])
            time.sleep(WITHIN / 2)
            connection.sendall(whole()[70:])
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_who_waits_for_our_slow_answer_is_not_a_slow_sender() -> None:
    fixture = {
        "omniomni": {"token": {"algorithm": "ES256"}, "clients": [{"client_id": "demo-client"}]},
        "faults": [{"times": 1, "delay": f"{int(WITHIN * 3000)}ms"}],
    }
    with serving(fixture) as served, connected(served.port) as connection:
        connection.sendall(whole() + whole()[:-3])
        time.sleep(WITHIN * 2)
        connection.sendall(whole()[-3:])
        got = b""
        while got.count(b'"accessToken"') < 2:
            got += connection.recv(65536) or pytest.fail(f"closed after {got!r}")
        assert got.count(b"HTTP/1.1 200 ") == 2


def connections_of(emulator: Emulator) -> set[Any]:
    """What the emulator's server holds."""
    running = emulator._running  # noqa: SLF001 - nobody else has to look there
    assert isinstance(running, InThread)
    return running._server.server_state.connections  # noqa: SLF001 - the same


def test_who_does_not_read_is_hung_up_on_and_holds_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Emulator() as emulator:
        port = int(emulator.url.rpartition(":")[2])
        connections = connections_of(emulator)
        with connected(port, buffer=4096) as connection:
            connection.sendall(LARGE * 20)
            began = time.monotonic()
            while not connections and time.monotonic() - began < 5:
                time.sleep(0.01)
            while connections and time.monotonic() - began < 20:
                time.sleep(0.05)
            assert not connections
    assert "bug" not in caplog.text


def test_a_short_answer_that_nobody_reads_goes_with_its_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It fits into our buffer, and the connection is closed behind it: nothing else would end it.
    listening_socket = server.listening_socket

    def narrow(host: str, port: int) -> socket.socket:
        bound = listening_socket(host, port)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return bound

    monkeypatch.setattr(server, "listening_socket", narrow)
    with Emulator({"faults": [{"respond": {"status": 200, "body": "x" * 50_000}}]}) as emulator:
        port = int(emulator.url.rpartition(":")[2])
        connections = connections_of(emulator)
        with connected(port, buffer=4096) as connection:
            connection.sendall(whole().replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            time.sleep(WITHIN / 2)
            assert len(connections) == 1  # the answer has not left us
            time.sleep(WITHIN)
            assert not connections


def test_who_reads_slowly_is_waited_for(served: Served) -> None:
    with connected(served.port, buffer=8192) as connection:
        connection.sendall(LARGE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        began, got = time.monotonic(), b""
        while part := connection.recv(65536):
            got += part
            if time.monotonic() - began < WITHIN * 3:
                time.sleep(0.005)
    head, _, body = got.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert time.monotonic() - began > WITHIN * 2
