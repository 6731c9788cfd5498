"""httpx within a block: all that a client does above and below the request."""

import asyncio
import gc
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from calling import VAULT
from recorder import Recorder, recording

from emulator.testing import Emulator
from emulator.testing.vendor_hosts import at_vendor_hosts

TOKEN = {
    "grant_type": "password",
    "client_id": "haequi3Aah8lie2r",
    "username": "alice@example.com",
    "password": "A9#bL8@z",
}


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with httpx.Client(base_url=VAULT, trust_env=False) as client:
        yield client


def parts() -> Iterator[bytes]:
    yield b"first,"
    yield b"second"


async def later_parts() -> AsyncIterator[bytes]:
    for part in parts():
        yield part


def test_a_client_with_the_vendors_base_url_signs_in(
    client: httpx.Client, emulator: Emulator
) -> None:
    with at_vendor_hosts(emulator.url):
        answer = client.post("/reg/auth/token", json=TOKEN)
    assert answer.json()["token_type"] == "Bearer"
    assert answer.request.url == answer.url == f"{VAULT}/reg/auth/token"


def test_bodies_are_streamed_both_ways_and_may_outlive_the_block(
    client: httpx.Client, recorder: Recorder
) -> None:
    with at_vendor_hosts(recorder.url):
        request = client.build_request("POST", "/parts", content=parts())
        answer = client.send(request, stream=True)
    with closing(answer):
        assert b"".join(answer.iter_bytes()) == b"onetwo"
    (received,) = recorder.received
    assert received.headers["Transfer-Encoding"] == "chunked"
    assert received.body == b"first,second"


def test_an_answer_that_no_one_reads_closes_its_connection(
    client: httpx.Client, recorder: Recorder
) -> None:
    with at_vendor_hosts(recorder.url):
        with client.stream("GET", "/parts") as answer:
            assert answer.status_code == 200
        del answer
    gc.collect()  # an open socket would warn, and a warning fails


def test_a_timeout_is_the_clients(recorder: Recorder) -> None:
    with (
        at_vendor_hosts(recorder.url),
        httpx.Client(base_url=VAULT, timeout=httpx.Timeout(5, read=0.05)) as client,
    ):
        with pytest.raises(httpx.ReadTimeout) as caught:
            client.get("/slow")
        assert client.get("/quick", timeout=5).status_code == 200
    assert caught.value.request.url == f"{VAULT}/slow"


def test_a_redirect_is_followed_within_the_vendor(client: httpx.Client) -> None:
    with recording(location=f"{VAULT}/there?x=1") as recorder, at_vendor_hosts(recorder.url):
        answer = client.post("/moved", json={}, follow_redirects=True)
    assert answer.url == f"{VAULT}/there?x=1"
    assert [str(before.url) for before in answer.history] == [f"{VAULT}/moved"]
    assert recorder.lines == ["POST /moved", "POST /there?x=1"]


class SignsInAgain(httpx.Auth):
    """Reads the answer to a first request before it sends the second."""

    requires_response_body = True

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        answer = yield request
        request.headers["Authorization"] = answer.json()["line"].replace(" ", "_")
        yield request


def test_authentication_and_hooks_see_the_vendor(client: httpx.Client, recorder: Recorder) -> None:
    seen: list[str] = []
    client.event_hooks = {
        "request": [lambda request: seen.append(str(request.url))],
        "response": [lambda response: seen.append(str(response.url))],
    }
    with at_vendor_hosts(recorder.url):
        client.get("/x", auth=SignsInAgain())
    assert seen == [f"{VAULT}/x"] * 4
    assert [call.headers["Authorization"] for call in recorder.received] == [
        None,
        "GET_/x_HTTP/1.1",
    ]


def test_a_host_header_and_a_target_of_the_callers_own_are_kept(
    client: httpx.Client, recorder: Recorder
) -> None:
    with at_vendor_hosts(f"{recorder.url}/realms/t"):
        client.get("/x", headers={"Host": "mine"}, extensions={"target": b"/as-it-is/{}"})
    assert recorder.received[0].headers.get_all("Host") == ["mine"]
    assert recorder.lines == ["GET /realms/t/as-it-is/{}"]


class Counting(httpx.HTTPTransport):
    calls = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        return super().handle_request(request)


def test_a_transport_of_the_users_own_is_asked_and_what_it_hands_on_is_met(
    recorder: Recorder,
) -> None:
    mock = httpx.MockTransport(lambda request: httpx.Response(299, text=str(request.url)))
    counting = Counting()
    with (
        at_vendor_hosts(recorder.url),
        httpx.Client(transport=mock) as mocked,
        httpx.Client(mounts={"all://": counting}) as mounted,
    ):
        assert mocked.get(f"{VAULT}/x").text == f"{VAULT}/x"
        assert mounted.get(f"{VAULT}/y").status_code == 200
    assert counting.calls == 1
    assert recorder.lines == ["GET /y"]


def broken_by(emulator: Emulator, connection: str) -> str:
    """The URL of a realm in which every call meets this."""
    name = f"vendor-hosts-{connection}"
    httpx.put(f"{emulator.url}/_emulator/realms/{name}", trust_env=False).raise_for_status()
    realm = f"{emulator.url}/realms/{name}"
    fault = {"vendor": "vault", "connection": connection}
    httpx.post(f"{realm}/_emulator/faults", json=fault, trust_env=False).raise_for_status()
    return realm


@pytest.mark.parametrize(
    ("connection", "error"),
    [
        ("reset", httpx.ReadError),
        ("close", httpx.RemoteProtocolError),
        ("truncate", httpx.RemoteProtocolError),
        ("garbage", httpx.RemoteProtocolError),
    ],
)
def test_a_broken_connection_is_httpxs_own_error(
    connection: str, error: type[httpx.TransportError], client: httpx.Client, emulator: Emulator
) -> None:
    async def call() -> None:
        async with httpx.AsyncClient(base_url=VAULT) as aio:
            await aio.post("/reg/auth/token", json=TOKEN)

    with at_vendor_hosts(broken_by(emulator, connection)):
        with pytest.raises(error) as caught:
            client.post("/reg/auth/token", json=TOKEN)
        assert caught.value.request.url == f"{VAULT}/reg/auth/token"
        with pytest.raises(error):
            asyncio.run(call())
    gc.collect()


def test_an_emulator_that_is_gone_is_a_connect_error(client: httpx.Client) -> None:
    with recording() as recorder:
        gone = recorder.url
    with at_vendor_hosts(gone), pytest.raises(httpx.ConnectError):
        client.get("/x")


def test_an_async_client_serves_one_event_loop_after_another(recorder: Recorder) -> None:
    client = httpx.AsyncClient(base_url=VAULT, trust_env=False)

    async def calls() -> list[Any]:
        async with client.stream("POST", "/parts", content=later_parts()) as answer:
            streamed = b"".join([part async for part in answer.aiter_bytes()])
        answers = await asyncio.gather(*(client.get(f"/{number}") for number in range(5)))
        return [streamed, *(answer.status_code for answer in answers)]

    with at_vendor_hosts(recorder.url):
        for _ in range(2):
            assert asyncio.run(calls()) == [b"onetwo", *[200] * 5]
    asyncio.run(client.aclose())
    gc.collect()
    assert recorder.received[0].body == b"first,second"


def test_a_cancelled_call_leaves_nothing_open(recorder: Recorder) -> None:
    async def stay(client: httpx.AsyncClient, path: str) -> None:
        async with asyncio.timeout(0.2), client.stream("GET", path):
            await asyncio.sleep(5)

    async def leave(path: str) -> None:
        async with httpx.AsyncClient(base_url=VAULT) as client:
            with pytest.raises(TimeoutError):
                await stay(client, path)

    with at_vendor_hosts(recorder.url):
        asyncio.run(leave("/slow"))
        asyncio.run(leave("/parts"))
    gc.collect()
