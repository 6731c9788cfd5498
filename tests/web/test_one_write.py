"""A whole answer leaves in one write, and only where nothing stands in its way."""

import asyncio
import socket
from types import SimpleNamespace
from typing import Any

import pytest
from serving import serving

from emulator.web.one_write import answer_at_once

HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"2")]


class Transport:
    """A transport that notes what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.written.append(data)


def cycle(**otherwise: Any) -> Any:
    """A cycle of uvicorn's, as it is once its request is read."""
    usual: dict[str, Any] = {
        "response_started": False,
        "response_complete": False,
        "disconnected": False,
        "keep_alive": True,
        "waiting_for_100_continue": True,
        "flow": SimpleNamespace(write_paused=False),
        "message_event": asyncio.Event(),
        "completed": 0,
    }
    made = SimpleNamespace(**usual | otherwise)

    def complete() -> None:
        made.completed += 1

    made.on_response = complete
    return made


def test_head_and_body_leave_together_and_the_request_is_over() -> None:
    asked, transport = cycle(), Transport()
    assert answer_at_once(asked, transport, 200, HEADERS, b"{}")  # type: ignore[arg-type]
    assert transport.written == [
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    ]
    assert (asked.response_started, asked.response_complete, asked.completed) == (True, True, 1)
    assert not asked.waiting_for_100_continue
    assert asked.message_event.is_set()


@pytest.mark.parametrize(
    "otherwise",
    [
        {"response_started": True},
        {"disconnected": True},
        {"keep_alive": False},
        {"flow": SimpleNamespace(write_paused=True)},
    ],
)
def test_where_something_is_to_be_waited_for_nothing_is_written(otherwise: dict[str, Any]) -> None:
    asked, transport = cycle(**otherwise), Transport()
    assert not answer_at_once(asked, transport, 200, HEADERS, b"{}")  # type: ignore[arg-type]
    assert (transport.written, asked.completed) == ([], 0)


def test_an_answer_that_says_close_goes_by_way_of_uvicorn_which_closes() -> None:
    asked, transport = cycle(), Transport()
    headers = [*HEADERS, (b"connection", b"close")]
    assert not answer_at_once(asked, transport, 413, headers, b"{}")  # type: ignore[arg-type]
    assert transport.written == []


def test_a_connection_ends_with_the_answer_to_a_body_that_is_too_large() -> None:
    head = (
        "POST /omni-omni/v1/auth/client-token HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n"
    )
    with serving() as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as caller:
            caller.sendall(head.encode() + b"x" * 70_000)
            answer = b"".join(iter(lambda: caller.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


def test_it_says_what_uvicorn_would_say() -> None:
    """Over a connection that is kept, and over one that ends: by the other way."""
    with serving() as served:
        kept, ended = (said(served.url, ends) for ends in ("", "Connection: close\r\n"))
    assert kept == ended
    assert kept[0][0] == b"HTTP/1.1 400 Bad Request"


def said(url: str, more: str) -> tuple[list[bytes], bytes]:
    """The lines of a refusal's head that do not change, and its body."""
    host, _, port = url.removeprefix("http://").partition(":")
    body = b'{"clientId": 7}'
    head = (
        "POST /omni-omni/v1/auth/client-token HTTP/1.1\r\nHost: x\r\n"
        f"Content-Type: application/json\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    )
    address = (host, int(port))
    with (
        socket.create_connection(address, timeout=10) as caller,
        caller.makefile("rb") as answer,
    ):
        caller.sendall(head.encode() + body)
        lines = [line.strip() for line in iter(answer.readline, b"\r\n")]
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        changing = (b"date:", b"connection:")
        return [line for line in lines if not line.startswith(changing)], answer.read(length)
