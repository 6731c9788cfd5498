"""urllib3 and requests within a block: arguments, retries, errors."""

import gc
import io
from collections.abc import Iterator
from typing import Literal

import httpx
import pytest
import requests
import urllib3
from calling import VAULT
from recorder import Recorder, recording
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ClosedPoolError, HostChangedError, MaxRetryError, ProtocolError
from urllib3.exceptions import ReadTimeoutError as SlowRead

from emulator.testing import Emulator
from emulator.testing.vendor_hosts import at_vendor_hosts

HOST = VAULT.removeprefix("https://")
NOW = urllib3.Retry(3, backoff_factor=0, status_forcelist=[500], allowed_methods=None)


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture
def pool() -> Iterator[urllib3.HTTPSConnectionPool]:
    with urllib3.HTTPSConnectionPool(HOST, headers={"X-Of": "the pool"}, timeout=5) as pool:
        yield pool


def parts() -> Iterator[bytes]:
    yield b"first,"
    yield b"second"


def test_a_pool_of_one_host_sends_its_headers_and_a_path(
    pool: urllib3.HTTPSConnectionPool, recorder: Recorder
) -> None:
    with at_vendor_hosts(f"{recorder.url}/realms/t"):
        answer = pool.request("GET", "/a?b=%2F")
        pool.urlopen("GET", f"{VAULT}//whole")
        pool.urlopen("GET", "/b", headers={"Host": "mine"})
    assert answer.geturl() == "/a?b=%2F"
    assert recorder.lines == [f"GET /realms/t{path}" for path in ("/a?b=%2F", "//whole", "/b")]
    *plain, own = recorder.received
    for received in plain:
        assert (received.headers["Host"], received.headers["X-Of"]) == (HOST, "the pool")
    assert own.headers.get_all("Host") == ["mine"]


def test_a_closed_pool_is_closed_and_another_host_is_refused(recorder: Recorder) -> None:
    pool = urllib3.HTTPSConnectionPool(HOST)
    with at_vendor_hosts(recorder.url):
        with pytest.raises(HostChangedError):
            pool.urlopen("GET", "https://vault.ist/x")
        pool.close()
        with pytest.raises(ClosedPoolError):
            pool.request("GET", "/x")
    assert recorder.lines == []


@pytest.mark.parametrize("released", [None, True], ids=["when read", "at once"])
def test_an_answer_is_streamed_and_may_outlive_the_block(
    released: Literal[True] | None, pool: urllib3.HTTPSConnectionPool, recorder: Recorder
) -> None:
    with at_vendor_hosts(recorder.url):
        answer = pool.urlopen("GET", "/parts", preload_content=False, release_conn=released)
    assert b"".join(answer.stream(2)) == b"onetwo"
    del answer
    gc.collect()  # an open socket would warn, and a warning fails


def test_an_answer_or_error_that_is_kept_keeps_no_connection(
    pool: urllib3.HTTPSConnectionPool,
) -> None:
    with recording(location="/moved") as recorder, at_vendor_hosts(recorder.url):
        kept = [pool.request("GET", "/x") for _ in range(3)]
        with pytest.raises(MaxRetryError) as caught:
            pool.request("GET", "/moved", retries=0)
        for _ in range(4):
            assert recorder.left.acquire(timeout=5)
    assert [answer.status for answer in kept] == [200] * 3
    assert caught.value.url == "/moved"


def test_requests_streams_both_ways(session: requests.Session, recorder: Recorder) -> None:
    url = f"{VAULT}/parts"
    with (
        at_vendor_hosts(recorder.url),
        session.post(url, data=parts(), stream=True, timeout=5) as answer,
    ):
        assert list(answer.iter_content(3)) == [b"one", b"two"]
        session.post(url, files={"f": io.BytesIO(b"in a file")}, timeout=5)
    assert answer.url == url
    assert recorder.received[0].body == b"first,second"
    assert b"in a file" in recorder.received[1].body


@pytest.mark.parametrize("location", [f"{VAULT}/there", "/there"])
def test_redirects_are_followed_within_the_vendor(
    location: str, session: requests.Session, pool: urllib3.HTTPSConnectionPool
) -> None:
    with (
        recording(location) as recorder,
        at_vendor_hosts(f"{recorder.url}/realms/t"),
        urllib3.PoolManager() as manager,
    ):
        moved = session.get(f"{VAULT}/moved", timeout=5)
        assert moved.url == f"{VAULT}/there"
        assert moved.history[0].url == f"{VAULT}/moved"
        assert manager.request("GET", f"{VAULT}/moved").geturl() == location
        assert pool.request("GET", "/moved").status == 200
        assert pool.request("GET", "/moved", redirect=False).status == 307
    both = ["GET /realms/t/moved", "GET /realms/t/there"]
    assert recorder.lines == [*both * 3, "GET /realms/t/moved"]


def test_a_timeout_is_the_callers_or_else_the_pools(
    session: requests.Session, recorder: Recorder
) -> None:
    briefly = urllib3.Timeout(connect=5, read=0.05)
    with at_vendor_hosts(recorder.url):
        with pytest.raises(requests.ReadTimeout):
            session.get(f"{VAULT}/slow", timeout=(5, 0.05))
        with (
            urllib3.HTTPSConnectionPool(HOST, timeout=briefly, retries=False) as pool,
            pytest.raises(SlowRead),
        ):
            pool.request("GET", "/slow")


def realm_with(emulator: Emulator, name: str, **fault: object) -> str:
    httpx.put(f"{emulator.url}/_emulator/realms/{name}", trust_env=False).raise_for_status()
    realm = f"{emulator.url}/realms/{name}"
    httpx.post(f"{realm}/_emulator/faults", json=fault, trust_env=False).raise_for_status()
    return realm


def calls(realm: str) -> list[int | None]:
    entries = httpx.get(f"{realm}/_emulator/journal", trust_env=False).json()["entries"]
    return [entry["status"] for entry in reversed(entries)]


def test_retries_see_the_emulators_failures(
    session: requests.Session, pool: urllib3.HTTPSConnectionPool, emulator: Emulator
) -> None:
    session.mount("https://", HTTPAdapter(max_retries=NOW))
    failing = {"vendor": "vault", "times": 2, "respond": {"status": 500}}
    by_requests = realm_with(emulator, "retried-by-requests", **failing)
    with at_vendor_hosts(by_requests):
        assert session.post(f"{VAULT}/reg/auth/token", json={}, timeout=5).status_code == 400
    by_urllib3 = realm_with(emulator, "retried-by-urllib3", **failing)
    with at_vendor_hosts(by_urllib3):
        assert pool.request("POST", "/reg/auth/token", json={}, retries=NOW).status == 400
    assert calls(by_requests) == calls(by_urllib3) == [500, 500, 400]


def test_retries_end_and_broken_connections_are_among_them(
    pool: urllib3.HTTPSConnectionPool, emulator: Emulator
) -> None:
    realm = realm_with(emulator, "retried-for-nothing", vendor="vault", connection="reset")
    with at_vendor_hosts(realm), pytest.raises(MaxRetryError, match="Connection aborted"):
        pool.request("POST", "/reg/auth/token", json={}, retries=NOW)
    assert calls(realm) == [None] * 4
    gc.collect()


@pytest.mark.parametrize(
    ("connection", "of_requests"),
    [
        ("reset", requests.ConnectionError),
        ("close", requests.ConnectionError),
        ("truncate", requests.exceptions.ChunkedEncodingError),
        ("garbage", requests.ConnectionError),
    ],
)
def test_a_broken_connection_is_the_librarys_own_error(
    connection: str,
    of_requests: type[Exception],
    session: requests.Session,
    pool: urllib3.HTTPSConnectionPool,
    emulator: Emulator,
) -> None:
    fault = {"vendor": "vault", "connection": connection}
    with at_vendor_hosts(realm_with(emulator, f"urllib3-{connection}", **fault)):
        with pytest.raises(of_requests) as caught:
            session.post(f"{VAULT}/reg/auth/token", json={}, timeout=5)
        assert isinstance(caught.value, requests.RequestException)
        with pytest.raises(ProtocolError):
            pool.request("POST", "/reg/auth/token", json={}, retries=False)
    del caught
    gc.collect()


def test_an_emulator_that_is_gone_is_a_connection_error(session: requests.Session) -> None:
    with recording() as recorder:
        gone = recorder.url
    with at_vendor_hosts(gone), pytest.raises(requests.ConnectionError, match="Max retries"):
        session.get(f"{VAULT}/x", timeout=5)
