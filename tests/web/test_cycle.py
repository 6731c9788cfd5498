"""A request is told as it comes, and a whole answer leaves in one write where nothing hinders."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from serving import serving

from emulator.web.cycle import Cycle

HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"2")]


class Wire:
    """What a cycle needs of a connection; notes what is written and asked of it."""

    def __init__(self, *, keep_alive: bool = True) -> None:
        self.transport = self
        self.flow = self
        self.parser = self
        self.expect_100_continue = True
        self.write_paused = False
        self.read_paused = False
        self.written: list[bytes] = []
        self.completed = 0
        self._keep_alive = keep_alive

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return False

    def should_keep_alive(self) -> bool:
        return self._keep_alive

    def pause_reading(self) -> None:
        self.read_paused = True

    def resume_reading(self) -> None:
        self.read_paused = False

    def on_response_complete(self) -> None:
        self.completed += 1


def begun(*, keep_alive: bool = True) -> tuple[Cycle, Wire]:
    """A request whose head was read, and its connection."""
    wire: Any = Wire(keep_alive=keep_alive)
    return Cycle({"http_version": "1.1"}, wire), wire


def test_head_and_body_leave_together_and_the_request_is_over() -> None:
    asked, wire = begun()
    gone = asked.message_event
    assert not gone.is_set()
    assert asked.answer(200, HEADERS, b"{}")
    assert wire.written == [
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    ]
    assert (asked.response_started, asked.response_complete, wire.completed) == (True, True, 1)
    assert not asked.waiting_for_100_continue
    assert gone.is_set()


def begun_before(asked: Cycle, _: Wire) -> None:
    asked.response_started = True


def lost(asked: Cycle, _: Wire) -> None:
    asked.lose()


def not_read(_: Cycle, wire: Wire) -> None:
    wire.write_paused = True


def ending(asked: Cycle, _: Wire) -> None:
    asked.keep_alive = False


@pytest.mark.parametrize("hinder", [begun_before, lost, not_read, ending])
def test_where_something_is_to_be_waited_for_nothing_is_written(
    hinder: Callable[[Cycle, Wire], None],
) -> None:
    asked, wire = begun()
    hinder(asked, wire)
    assert not asked.answer(200, HEADERS, b"{}")
    assert (wire.written, wire.completed) == ([], 0)


def test_an_answer_that_says_close_goes_by_way_of_uvicorn_which_closes() -> None:
    asked, wire = begun()
    assert not asked.answer(413, [*HEADERS, (b"connection", b"close")], b"{}")
    assert wire.written == []


async def received(asked: Cycle) -> Any:
    """What is received within a moment; None where it has to be waited for."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(0.02):
            return await asked.receive()
    return None


def test_a_body_that_came_whole_is_told_at_once_and_then_the_end_is_waited_for() -> None:
    async def reading() -> None:
        asked, _ = begun()
        asked.take(b"ab")
        asked.take(b"", more=False)
        assert await received(asked) == part(b"ab")
        assert asked.event is None  # none was wanted
        assert await received(asked) is None
        asked.lose()
        assert await received(asked) == {"type": "http.disconnect"}

    asyncio.run(reading())


def test_a_body_that_comes_in_parts_is_told_in_parts() -> None:
    async def reading() -> None:
        asked, wire = begun()
        assert await received(asked) is None
        assert wire.written == [b"HTTP/1.1 100 Continue\r\n\r\n"]
        asked.take(b"a")
        asked.take(b"b")
        assert await received(asked) == part(b"ab", more=True)
        asked.take(b"c")
        asked.take(b"", more=False)
        assert await received(asked) == part(b"c")
        assert await received(asked) is None

    asyncio.run(reading())


def test_a_part_that_came_before_anybody_asked_is_told() -> None:
    async def reading() -> None:
        asked, wire = begun()
        asked.take(b"x" * 70_000)
        assert wire.read_paused
        assert await received(asked) == part(b"x" * 70_000, more=True)
        assert not wire.read_paused

    asyncio.run(reading())


def test_many_small_parts_are_gathered_in_their_time() -> None:
    def seconds(parts: int) -> float:
        asked, _ = begun()
        began = time.perf_counter()
        for _ in range(parts):
            asked.take(b"x")
        return time.perf_counter() - began

    # Where each part copied all before it, eight times as many would take sixty-four times as long.
    few, many = (min(seconds(parts) for _ in range(5)) for parts in (20_000, 160_000))
    assert many < 30 * few


def test_after_the_answer_there_is_only_the_end_to_tell() -> None:
    async def reading() -> None:
        asked, _ = begun()
        assert asked.answer(200, HEADERS, b"{}")
        asked.take(b"late", more=False)
        assert await received(asked) == {"type": "http.disconnect"}

    asyncio.run(reading())


def part(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


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


def test_who_asks_for_permission_gets_it_though_another_wish_follows() -> None:
    head = (
        "POST /omni-omni/v1/auth/client-token HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
        "Expect: 100-continue\r\nExpect: something-else\r\n\r\n"
    )
    with serving() as served:
        host, _, port = served.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as caller:
            caller.sendall(head.encode())
            assert caller.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            caller.sendall(b"{}")
            assert caller.recv(65536).startswith(b"HTTP/1.1 401 ")
