"""`auth-emulator doctor`: each look has an end, however slowly it is answered."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import repeat
from threading import Event

import pytest
from doctoring import examined, found, wrongs
from fronts import HOST, listening
from serving import Served, serving

pytestmark = pytest.mark.usefixtures("offline")

_OK = b"HTTP/1.1 200 OK\r\n"
_TRICKLES = {
    "headers": (_OK, b"X-More: 1\r\n"),
    "body": (_OK + b"Content-Length: 1000000\r\n\r\n", b" "),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}


@pytest.fixture
def over() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def trickling(begin: bytes, drop: bytes, over: Event) -> Callable[[socket.socket], None]:
    """Whoever connects gets a beginning, and then a drop at a time."""

    def answer(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(begin)
            for each in repeat(drop):
                if over.wait(0.05):
                    return
                connection.sendall(each)

    return answer


@pytest.mark.parametrize("trickle", _TRICKLES)
def test_a_server_that_trickles_is_silent(trickle: str, over: Event) -> None:
    begin, drop = _TRICKLES[trickle]
    with listening(trickling(begin, drop, over)) as port:
        began = time.monotonic()
        assert wrongs(f"http://{HOST}:{port}", "--timeout", "0.3") == ["timeout"]
    assert time.monotonic() - began < 3


def test_a_handshake_that_trickles_is_silent(over: Event) -> None:
    record = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"  # the server's hello, and it is long
    with listening(trickling(record, b"\x00", over)) as port:
        began = time.monotonic()
        assert wrongs(f"https://{HOST}:{port}", "--timeout", "0.3") == ["timeout"]
    assert time.monotonic() - began < 3


def test_https_is_silent_where_nothing_is_said(over: Event) -> None:
    def wait(_: socket.socket) -> None:
        over.wait(5)

    with listening(wait) as port:
        began = time.monotonic()
        finding = found(f"https://{HOST}:{port}", "--timeout", "0.3")["timeout"]
        over.set()
    assert time.monotonic() - began < 2
    assert finding["seen"] == f"what listens at {HOST}:{port} did not respond within 0.3 s"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_trickles_does_not_reach_the_emulator(
    demo: Served, scheme: str, over: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(trickling(_OK, b"X-More: 1\r\n", over)) as port:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://{HOST}:{port}")
        began = time.monotonic()
        url = demo.url.replace("http", scheme)
        assert found(url, "--timeout", "0.3")["proxy_used"]["level"] == "wrong"
        over.set()
    assert time.monotonic() - began < 3


def test_vendors_are_asked_side_by_side() -> None:
    slow = [
        {"vendor": vendor, "operation": operation, "delay": "1s"}
        for vendor in ("omniomni", "nbcgate", "vault")
        for operation in ("metadata", "jwks")
    ]
    nbcgate = {"token": {"secret": "a-secret-of-thirty-two-bytes-or-more"}}
    with serving({"faults": slow, "omniomni": {}, "nbcgate": nbcgate, "vault": {}}) as served:
        began = time.monotonic()
        findings = examined(served.url)
    assert "jwks" in {f["about"] for f in findings if f["level"] == "ok"}
    assert 1 < time.monotonic() - began < 4


def test_an_answer_that_breaks_off_is_no_emulators() -> None:
    def break_off(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(_OK + b"Content-Length: 100\r\n\r\n{")

    with listening(break_off) as port:
        finding = found(f"http://{HOST}:{port}")["not_an_emulator"]
    assert "peer closed connection without sending complete message body" in finding["seen"]
