"""How the server starts, what it sends of itself, and how it stops."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from server.tiny import Tiny, answer, head, rest, serving_tiny

from emulator.server import server
from emulator.server.server import address_of, listening_socket

PROGRAM = Path(__file__).with_name("tiny.py")


@contextmanager
def running() -> Iterator[tuple[subprocess.Popen[str], tuple[str, int]]]:
    """The tiny application in a process of its own, and its address."""
    command = [sys.executable, str(PROGRAM)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        url = httpx.URL(it.stdout.readline().strip())
        try:
            yield it, (url.host, url.port or 0)
        finally:
            it.kill()


def ask(address: tuple[str, int], path: str) -> socket.socket:
    connection = socket.create_connection(address, timeout=10)
    connection.sendall(head("GET", path))
    return connection


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0_and_quietly(number: signal.Signals) -> None:
    with running() as (process, address), ask(address, "/slow?seconds=0") as idle:
        answer(idle)
        process.send_signal(number)
        assert process.communicate(timeout=10)[1] == ""
        assert process.returncode == 0


def test_event_streams_end_and_requests_in_hand_are_answered_before_it_stops() -> None:
    with running() as (process, address), ExitStack() as stack:
        stream = stack.enter_context(ask(address, "/events"))
        while b"begun" not in stream.recv(65536):
            pass
        slow = stack.enter_context(ask(address, "/slow?seconds=0.5"))
        time.sleep(0.2)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert rest(stream).endswith(b"0\r\n\r\n")
        assert rest(slow).endswith(b'"done"')
        assert process.communicate(timeout=10)[1] == ""
        assert process.returncode == 0
        assert time.monotonic() - began < 3


def test_a_second_sigint_ends_it_at_once() -> None:
    with running() as (process, address), ask(address, "/slow?seconds=30"):
        time.sleep(0.2)
        began = time.monotonic()
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
        process.communicate(timeout=10)
        assert process.returncode == 0
        assert time.monotonic() - began < 3


def test_a_request_that_outlasts_the_grace_is_cut_off_and_not_answered_500(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "_ABORT_AFTER", 0.3)
    with ExitStack() as stack:
        with serving_tiny() as tiny:
            waiting = stack.enter_context(tiny.connect())
            waiting.sendall(head("POST", "/echo", body=b"never sent"))
            time.sleep(0.1)
            began = time.monotonic()
        assert time.monotonic() - began < 3
        with suppress(ConnectionResetError):
            assert rest(waiting) == b""


def test_idle_connections_do_not_hold_up_a_stop() -> None:
    with ExitStack() as stack:
        with serving_tiny() as tiny:
            for connection in (tiny.connect(), tiny.connect_by_tls()):
                stack.enter_context(connection)
                connection.sendall(head("GET", "/slow?seconds=0"))
                answer(connection)
            stack.enter_context(tiny.connect())  # says nothing
            began = time.monotonic()
        assert time.monotonic() - began < 3


def test_a_stop_in_a_thread_answers_a_request_over_tls() -> None:
    answers: list[bytes] = []
    with serving_tiny() as tiny:
        slow = tiny.connect_by_tls()
        slow.sendall(head("GET", "/slow?seconds=0.4"))
        reader = threading.Thread(target=lambda: answers.append(rest(slow)))
        reader.start()
        time.sleep(0.1)
    reader.join(10)
    slow.close()
    assert answers[0].endswith(b'"done"')


def test_it_adds_no_server_and_no_date_header(tiny: Tiny) -> None:
    found = httpx.get(f"http://127.0.0.1:{tiny.port}/slow?seconds=0", trust_env=False).headers
    assert set(found) == {"content-length", "content-type"}


def test_forwarded_headers_are_not_believed(tiny: Tiny) -> None:
    forged = {"X-Forwarded-For": "10.0.0.1", "X-Forwarded-Proto": "https"}
    url = f"http://127.0.0.1:{tiny.port}/echo"
    seen = httpx.post(url, headers=forged, trust_env=False).json()
    assert (seen["client"], seen["scheme"]) == ("127.0.0.1", "http")


def test_a_port_that_another_program_has_is_an_error() -> None:
    with listening_socket("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        listening_socket("127.0.0.1", first.getsockname()[1])


def test_the_address_of_a_socket_is_one_that_a_client_can_use() -> None:
    for host, shown in (("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")):
        try:
            listening = listening_socket(host, 0)
        except OSError:
            continue  # no IPv6 here
        with listening:
            assert address_of(listening, "https") == f"https://{shown}:{listening.getsockname()[1]}"
