"""Asking over HTTP: what answers badly, and what is not asked twice."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import pytest

from emulator.client.remote import Remote
from emulator.testing import Emulator, Unreachable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
Speaks = Callable[[socket.socket], None]


@contextmanager
def server(*speaks: Speaks) -> Iterator[tuple[str, list[bytes]]]:
    """A server that speaks so on one connection after the other; what it was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for speak in speaks:
                connection, _ = listening.accept()
                with connection:
                    asked.append(connection.recv(65536))
                    try:
                        speak(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        thread.join(10)


def says(answer: bytes) -> Speaks:
    return lambda connection: connection.sendall(answer)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
        b"SSH-2.0\r\n",
        b"",
    ],
)
def test_half_an_answer_is_none(answer: bytes) -> None:
    with (
        server(says(answer)) as (url, _),
        closing(Remote(url)) as asking,
        pytest.raises(Unreachable, match="no emulator responds at"),
    ):
        asking.ask("GET", "/")


def test_no_call_is_made_twice() -> None:
    def answer_once(connection: socket.socket) -> None:
        connection.sendall(OK)
        asked.append(connection.recv(65536))  # and hangs up on the second

    with server(answer_once) as (url, asked), closing(Remote(url)) as asking:
        assert asking.ask("POST", "/first").status == 200
        with pytest.raises(Unreachable):
            asking.ask("POST", "/second")
        assert [line.split()[1] for line in asked] == [b"/first", b"/second"]


def test_a_connection_that_was_closed_meanwhile_is_not_used() -> None:
    with (
        server(says(OK), says(OK)) as (url, _),
        closing(Remote(url)) as asking,
    ):
        asking.ask("GET", "/")
        time.sleep(0.1)
        assert json.loads(asking.ask("GET", "/").body) == {}


def test_a_fault_that_breaks_a_drivers_own_call_is_seen_and_not_repeated() -> None:
    with Emulator() as served, Emulator.connect(served.url) as emulator:
        token = emulator.vault.token("alice@example.com")
        emulator.faults.add(operation="revoke", connection="reset", phase="after", times=1)
        with pytest.raises(Unreachable):
            emulator.vault.revoke(token)
        emulator.journal.verify(operation="revoke", count=1)


@pytest.mark.parametrize("token", ["se\ncret", "geheimnis-ä", "a b"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ValueError, match="the admin token contains a character") as refused:
        Remote("http://x", admin_token=token)
    assert token not in str(refused.value)
