"""Floods, as an attacker would send them: bounded memory, and everybody else is still answered."""

import contextlib
import re
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from emulator.web import crowd
from emulator.web.early_bounds import HEADER_LINES, MOST_AHEAD

COMMAND = str(Path(sys.executable).with_name("auth-emulator"))
MIB = 1024 * 1024
GROWTH = 64 * MIB
"""By how much a flood of hundreds of megabytes may make the server grow."""
HEAD = b"POST /omni-omni/v1/auth/client-token HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory is read from /proc"
)


@dataclass(frozen=True)
class Besieged:
    port: int
    process: subprocess.Popen[str]

    def memory(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def answers(self) -> bool:
        url = f"http://127.0.0.1:{self.port}/_emulator/health"
        return httpx.get(url, timeout=3, trust_env=False).status_code == 200


@pytest.fixture(scope="module")
def server() -> Iterator[Besieged]:
    process = subprocess.Popen([COMMAND, "serve", "--port", "0"], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
    assert found is not None
    try:
        yield Besieged(int(found[1]), process)
    finally:
        process.terminate()
        log = process.stderr.read()
        assert process.wait(20) == 0
        process.stderr.close()
    assert "Traceback" not in log


@pytest.fixture(autouse=True)
def bounded(server: Besieged) -> Iterator[None]:
    """Whatever a test sends, the server stays small, and answers the next caller."""
    assert server.answers()
    before = server.memory()
    yield
    assert server.memory() - before < GROWTH
    assert server.answers()


def pour(connection: socket.socket, part: bytes, size: int) -> bytes:
    """Send `part` again and again, `size` bytes in all or until nobody takes it: what came back."""
    many = part * max(1, 65536 // len(part))
    with contextlib.suppress(OSError):
        for _ in range(0, size, len(many)):
            connection.sendall(many)
    with contextlib.suppress(OSError):
        return connection.recv(65536)
    return b""


@pytest.mark.parametrize(
    ("beginning", "part", "status"),
    [
        (HEAD, b"a:b\r\n", b"431"),
        (HEAD, b"a", b"431"),
        (HEAD + b"a: ", b"b", b"431"),
        (HEAD + b"a: b", b"\r\n c", b"400"),
        (b"GET /", b"a", b"431"),
        (CHUNKED + b"0\r\n", b"a:b\r\n", b"431"),
        (CHUNKED + b"0\r\na: ", b"b", b"431"),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"trailer: of some length\r\n", b"431"),
        (CHUNKED + b"1;a=", b"b", b"431"),
        (CHUNKED, b"0", b"431"),
        (CHUNKED, b"8\r\n12345678\r\n", b"413"),
        (CHUNKED, b"4000\r\n" + b"x" * 0x4000 + b"\r\n", b"413"),
        (HEAD + b"Content-Length: 900000000\r\n\r\n", b"x", b"413"),
        (b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n", b"x", b"404"),
    ],
    ids=[
        *("header lines", "a header's name", "a header's value", "a folded header", "a path"),
        *("trailers", "a trailer's value", "trailers behind a body", "a chunk's extension"),
        *("a chunk's size", "small chunks", "large chunks", "a body", "a body nobody wants"),
    ],
)
def test_what_has_no_end_is_refused(
    server: Besieged, beginning: bytes, part: bytes, status: bytes
) -> None:
    with server.connected() as connection:
        connection.sendall(beginning)
        answer = pour(connection, part, 150 * MIB)
    assert answer == b"" or answer.split()[1] == status


def test_many_heads_that_are_nearly_too_large_are_held_at_once(server: Besieged) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            connection = stack.enter_context(server.connected())
            connection.sendall(HEAD + b"a:b\r\n" * (HEADER_LINES - 1) + b"c: " + b"d" * 60_000)
        assert server.answers()


def test_one_header_line_more_than_allowed_is_431(server: Besieged) -> None:
    head = b"GET /nothing HTTP/1.1\r\n"
    for lines, status in ((HEADER_LINES, b"404"), (HEADER_LINES + 1, b"431")):
        with server.connected() as connection:
            connection.sendall(head + b"a:b\r\n" * lines + b"\r\n")
            assert connection.recv(65536).split()[1] == status


def test_requests_sent_ahead_without_reading_are_few(server: Besieged) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(server.connected())
            connection.settimeout(0.2)
            with contextlib.suppress(OSError):
                for _ in range(300):
                    connection.sendall(b"GET /nothing HTTP/1.1\r\n\r\n" * 2500)
        assert server.answers()


def test_who_sends_too_many_ahead_still_gets_its_first_answers(server: Besieged) -> None:
    with server.connected() as connection:
        connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 404 ") == MOST_AHEAD + 1


def test_a_flood_of_connections_shuts_nobody_out(server: Besieged) -> None:
    wanted = crowd.MOST_CONNECTIONS + 500
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < wanted + 200:
        pytest.skip("this process may not open as many connections")
    with contextlib.ExitStack() as stack:
        opened: list[object] = []
        polite = stack.enter_context(
            httpx.Client(base_url=f"http://127.0.0.1:{server.port}", trust_env=False)
        )
        polite.event_hooks["response"] = [
            lambda answer: opened.append(
                answer.extensions["network_stream"].get_extra_info("client_addr")
            )
        ]
        assert polite.get("/_emulator/health").status_code == 200
        for number in range(wanted):
            connection = stack.enter_context(server.connected())
            if number % 2:
                connection.sendall(HEAD)
        assert server.answers()
        held = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        assert held < crowd.MOST_CONNECTIONS + 50
        # Who has asked before goes after those who never did: this is the same connection.
        assert polite.get("/_emulator/health").status_code == 200
        assert len(opened) == 2
        assert opened[0] == opened[1]


@pytest.mark.parametrize(
    "asked", [b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n", HEAD]
)
def test_connections_that_lie_idle_make_room_for_who_comes(server: Besieged, asked: bytes) -> None:
    with contextlib.ExitStack() as held:
        for _ in range(crowd.MOST_CONNECTIONS):
            connection = held.enter_context(server.connected())
            with contextlib.suppress(OSError):  # it made room already
                connection.sendall(asked)
        assert all(server.answers() for _ in range(20))


def test_who_does_not_read_does_not_hold_up_a_stop() -> None:
    command = [COMMAND, "serve", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stderr.readline())
    assert found is not None
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.connect(("127.0.0.1", int(found[1])))
        asset = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
        deaf.sendall(asset * 2)
        time.sleep(2)  # the pages are made at their first use
        began = time.monotonic()
        process.terminate()
        assert process.wait(20) == 0
        assert time.monotonic() - began < 9
    process.stderr.close()


def test_a_trailer_is_no_header(server: Besieged) -> None:
    head = b"PUT /_emulator/clock HTTP/1.1\r\nContent-Type: application/json\r\n"
    body = b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nHost: localhost\r\n\r\n"
    with server.connected() as connection:
        connection.sendall(head + body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 421 ")
