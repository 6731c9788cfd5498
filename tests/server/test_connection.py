"""The extension by which the application breaks a connection, over HTTP and over TLS."""

import asyncio
import logging
import socket
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI, Request
from server.tiny import Tiny, answer, head, rest

from emulator.http.connection import connection_of, server_is_stopping

Connect = Callable[[], socket.socket]


@pytest.fixture(params=["http", "https"])
def connect(request: pytest.FixtureRequest, tiny: Tiny) -> Connect:
    return tiny.connect if request.param == "http" else tiny.connect_by_tls


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """An application that breaks a connection has done all that it has to do."""
    caplog.set_level(logging.WARNING)
    yield
    assert caplog.messages == []


@pytest.mark.parametrize("requests", [1, 3])
def test_a_reset_is_a_real_one(connect: Connect, requests: int) -> None:
    connection = connect()
    connection.sendall(head("GET", "/broken/reset") * requests)
    # Python's own TLS shows a reset as an end.
    with socket.socket(fileno=connection.detach()) as raw:
        raw.settimeout(10)
        with pytest.raises(ConnectionResetError):
            rest(raw)


@pytest.mark.parametrize(("how", "written"), [("close", b""), ("garbage", b"no HTTP")])
@pytest.mark.parametrize("requests", [1, 3])
def test_a_connection_ends_with_what_was_written(
    connect: Connect, how: str, written: bytes, requests: int
) -> None:
    with connect() as connection:
        connection.sendall(head("GET", f"/broken/{how}") * requests)
        assert rest(connection) == written


def test_what_was_answered_before_still_arrives(connect: Connect) -> None:
    with connect() as connection:
        connection.sendall(head("GET", "/slow?seconds=0") + head("GET", "/broken/close"))
        assert rest(connection).endswith(b'\r\n\r\n"done"')


def test_other_connections_are_answered(tiny: Tiny, connect: Connect) -> None:
    with connect() as one, tiny.connect() as other:
        one.sendall(head("GET", "/broken/close"))
        assert rest(one) == b""
        other.sendall(head("GET", "/slow?seconds=0"))
        assert answer(other).startswith(b"HTTP/1.1 200 ")


def test_another_server_hands_over_no_connection_and_does_not_stop() -> None:
    app = FastAPI()

    @app.get("/")
    async def look(request: Request) -> list[bool]:
        return [connection_of(request.scope) is None, server_is_stopping(request)]

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://e") as http:
            return await http.get("/")

    assert asyncio.run(ask()).json() == [True, False]
