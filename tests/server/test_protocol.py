"""What our protocol adds to uvicorn's, on a raw socket; and what it uses of uvicorn."""

import asyncio
import time

import pytest
import uvicorn
from server.tiny import Tiny, answer, head, rest, serving_tiny, tiny_app
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from emulator.server.protocol import HttpProtocol
from emulator.server.server import Server

BODY = b"a body that has to arrive"
H2C = (
    "Connection: Upgrade, HTTP2-Settings",
    "Upgrade: h2c",
    "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
)
WEBSOCKET = ("Connection: keep-alive, Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")


def offering(*offer: str, more: str = "X-More: 1") -> bytes:
    return head("POST", "/echo", *offer, more, body=BODY)


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET])
@pytest.mark.parametrize("pieces", [1, 2, 3])
def test_a_request_that_offers_an_upgrade_is_answered_with_its_body(
    tiny: Tiny, offer: tuple[str, ...], pieces: int
) -> None:
    first = offering(*offer)
    sent = {
        1: [first + BODY],
        2: [first, BODY],
        3: [first[:40], first[40:] + BODY[:5], BODY[5:]],
    }[pieces]
    with tiny.connect() as connection:
        for _ in range(2):
            for piece in sent:
                connection.sendall(piece)
                time.sleep(0.02)
            got = answer(connection)
            assert got.startswith(b"HTTP/1.1 200 ")
            assert BODY in got


def test_many_offers_sent_at_once_are_all_answered_in_order(tiny: Tiny) -> None:
    count = 1500  # more than Python allows calls within calls
    with tiny.connect() as connection:
        connection.sendall(
            b"".join(
                head("POST", "/echo", *H2C, body=b"%05d" % number) + b"%05d" % number
                for number in range(count)
            )
            + head("POST", "/echo", "Connection: close", body=b"last!")
            + b"last!"
        )
        got = rest(connection)
    bodies = [part.partition(b'"')[0] for part in got.split(b'{"body":"')[1:]]
    assert bodies == [b"%05d" % number for number in range(count)] + [b"last!"]


def test_an_offer_that_waits_for_permission_to_send_gets_it(tiny: Tiny) -> None:
    with tiny.connect() as connection:
        connection.sendall(offering(*H2C, more="Expect: 100-continue"))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY)
        assert BODY in answer(connection)


@pytest.mark.parametrize("target", ["x.test:443", "/echo"])
def test_connect_is_refused(tiny: Tiny, target: str) -> None:
    with tiny.connect() as connection:
        connection.sendall(head("CONNECT", target))
        assert rest(connection).startswith(b"HTTP/1.1 400 ")


def test_a_head_that_is_no_http_behind_an_offer_is_refused() -> None:
    with serving_tiny() as tiny, tiny.connect() as connection:
        connection.sendall(offering(*H2C) + BODY + b"NONSENSE\r\n\r\n")
        assert b"HTTP/1.1 400 " in rest(connection)


def test_the_names_of_uvicorn_that_are_used_and_not_documented_are_there() -> None:
    # Where this fails with a new uvicorn, look at what replaced the name, then raise the bound.
    async def look() -> None:
        server = uvicorn.Server(uvicorn.Config(tiny_app(), log_config=None))
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        assert isinstance(server.lifespan.state, dict)
        assert isinstance(server.server_state.connections, set)
        assert [server.should_exit, server.force_exit] == [False, False]
        await server.startup([])
        assert server.servers == []
        protocol = HttpToolsProtocol(server.config, server.server_state, {})
        for name in ("parser", "url", "headers", "scope", "cycle", "transport"):
            assert hasattr(protocol, name) or name == "url", name
        protocol.on_message_begin()
        assert protocol.url == b""
        assert protocol.headers == []
        assert "disconnected" in RequestResponseCycle.__init__.__code__.co_names

    asyncio.run(look())


@pytest.mark.parametrize(
    ("ours", "theirs"), [(HttpProtocol, HttpToolsProtocol), (Server, uvicorn.Server)]
)
def test_no_private_name_of_uvicorn_is_overridden(ours: type, theirs: type) -> None:
    own = {name for name in vars(ours) if not name.startswith("__")}
    overridden = {name for name in own if hasattr(theirs, name)}
    assert (
        overridden
        == {
            HttpProtocol: {"data_received", "on_headers_complete", "on_message_complete"},
            Server: {"startup", "shutdown", "handle_exit"},
        }[ours]
    )
