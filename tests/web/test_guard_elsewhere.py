"""The guard where what the server is bound to is not known: under another server, in process."""

import asyncio
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from emulator.app import create_app
from emulator.settings import Settings

CLOCK = "/_emulator/clock"


def in_process(base: str, token: str = "", **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(Settings(admin_token=token)))
        async with httpx.AsyncClient(transport=transport, base_url=base) as http:
            return await http.get(CLOCK, headers=headers)

    return asyncio.run(ask())


@contextmanager
def uvicorn_at(address: str) -> Iterator[int]:
    """uvicorn as `uvicorn emulator.app:create_app --factory` runs it, but for its log."""
    config = uvicorn.Config(
        "emulator.app:create_app", factory=True, host=address, port=0, log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def address_of_this_machine() -> str:
    """The address by which the network reaches this machine; skips where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine is in no network")
        address: str = probe.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("this machine is in no network")
    return address


@pytest.mark.parametrize("base", ["http://e", "http://emulator.test:9", "http://127.0.0.1"])
def test_in_process_only_pages_of_other_sites_are_refused(base: str) -> None:
    assert in_process(base).status_code == 200
    assert in_process(base, Origin="http://evil.example").status_code == 403


@pytest.mark.parametrize("address", ["10.0.0.1", "[fd00::2]", "[::ffff:10.0.0.1]", "0.0.0.0"])
def test_an_address_of_the_network_wants_the_token(address: str) -> None:
    answer = in_process(f"http://{address}", "mine", Host="127.0.0.1")
    assert answer.headers["X-Emulator-Reason"].startswith("admin_token_missing; ")
    bearer = {"Authorization": "Bearer mine"}
    assert in_process(f"http://{address}", "mine", **bearer).status_code == 200


def test_under_another_server_the_address_decides_at_which_a_call_arrives(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outside = address_of_this_machine()
    with uvicorn_at("0.0.0.0") as port, httpx.Client(trust_env=False) as http:
        url = f"http://127.0.0.1:{port}{CLOCK}"
        assert http.get(url).status_code == 200
        assert http.get(url, headers={"Host": "evil.example"}).status_code == 421
        assert "Bearer" not in caplog.text
        url = f"http://{outside}:{port}{CLOCK}"
        with caplog.at_level(logging.WARNING):
            for claim in ({}, {"Host": "localhost"}, {"X-Forwarded-For": "127.0.0.1"}):
                assert http.get(url, headers=claim).status_code == 401
        (made,) = re.findall(r"Authorization: Bearer (\S{43}) ", caplog.text)
        assert http.get(url, headers={"Authorization": f"Bearer {made}"}).status_code == 200
