"""An answer leaves in one write, whatever kind it is; and what comes before it is not held back."""

from types import SimpleNamespace
from typing import Any

from emulator.web.one_write import HeadWithBody

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Transport:
    """A transport that notes what is done with it."""

    def __init__(self) -> None:
        self.done: list[bytes | str] = []

    def write(self, data: bytes) -> None:
        self.done.append(data)

    def close(self) -> None:
        self.done.append("closed")


def begun(*, answering: bool = True) -> tuple[Any, Transport]:
    transport = Transport()
    cycle: Any = SimpleNamespace(transport=transport, response_started=answering)
    cycle.transport = HeadWithBody(cycle)
    return cycle, transport


def test_head_and_body_leave_together() -> None:
    cycle, transport = begun()
    cycle.transport.write(HEAD)
    assert transport.done == []
    cycle.transport.write(b"body")
    assert transport.done == [HEAD + b"body"]


def test_what_follows_in_a_stream_leaves_by_itself() -> None:
    cycle, transport = begun()
    for part in (HEAD, b"one", b"two"):
        cycle.transport.write(part)
    assert transport.done == [HEAD + b"one", b"two"]


def test_a_head_without_a_body_leaves_at_the_end() -> None:
    cycle, transport = begun()
    joined = cycle.transport
    joined.write(HEAD)
    joined.flush()
    joined.flush()
    assert transport.done == [HEAD]


def test_a_head_without_a_body_leaves_before_the_connection_is_closed() -> None:
    cycle, transport = begun()
    cycle.transport.write(HEAD)
    cycle.transport.close()
    assert transport.done == [HEAD, "closed"]


def test_permission_to_go_on_is_not_held_back() -> None:
    cycle, transport = begun(answering=False)
    cycle.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    cycle.response_started = True
    cycle.transport.write(HEAD)
    cycle.transport.write(b"body")
    assert transport.done == [b"HTTP/1.1 100 Continue\r\n\r\n", HEAD + b"body"]
