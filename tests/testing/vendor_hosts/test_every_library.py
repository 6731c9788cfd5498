"""What at_vendor_hosts does to every library that it meets."""

import json
import subprocess
import sys
import threading

import httpx
import pytest
import requests
import urllib3.exceptions
from calling import ANEW, KEPT, NBCGATE, OMNIOMNI, VAULT, Call, kept_clients, the_proxy_is
from recorder import Recorder, recording
from urllib3.connectionpool import HTTPConnectionPool

from emulator.testing import Emulator
from emulator.testing.vendor_hosts import HOSTS, at_vendor_hosts

SIGN_INS = {
    f"{OMNIOMNI}/omni-omni/v1/auth/client-token": {"clientId": "demo-client"},
    f"{NBCGATE}//auth/sign-in": {"email": "alice@example.com", "password": "correct-horse"},
    f"{VAULT}/reg/auth/token": {
        "grant_type": "password",
        "client_id": "haequi3Aah8lie2r",
        "username": "alice@example.com",
        "password": "A9#bL8@z",
    },
}


def test_it_signs_in_at_all_three_vendors_in_the_realm_of_the_block(
    call: Call, emulator: Emulator
) -> None:
    realm = f"{emulator.url}/realms/vendor-hosts"
    httpx.put(f"{emulator.url}/_emulator/realms/vendor-hosts").raise_for_status()
    httpx.delete(f"{realm}/_emulator/journal").raise_for_status()
    with at_vendor_hosts(realm):
        answers = [call(url, body) for url, body in SIGN_INS.items()]
    assert [answer.status for answer in answers] == [200, 200, 200]
    entries = httpx.get(f"{realm}/_emulator/journal").json()["entries"]
    assert [entry["vendor"] for entry in entries] == ["vault", "nbcgate", "omniomni"]


def test_the_emulator_is_sent_what_the_vendor_would_be_and_the_client_sees_the_vendor(
    call: Call, recorder: Recorder
) -> None:
    url = f"{VAULT}/a%2Fb;c/~d?x=%20&y=a+b&z"
    with at_vendor_hosts(f"{recorder.url}/realms/t/"):
        answer = call(url, {"a": 1})
    assert answer.url == url
    (received,) = recorder.received
    assert received.line == "POST /realms/t/a%2Fb;c/~d?x=%20&y=a+b&z HTTP/1.1"
    assert received.headers.get_all("Host") == ["api.sandbox-v2.vault.ist"]
    assert json.loads(received.body) == {"a": 1}


@pytest.mark.parametrize("name", [*KEPT[:2], KEPT[3]])  # requests sends one, whoever answers
def test_two_slashes_arrive_as_two(
    name: str, made_before: dict[str, Call], recorder: Recorder
) -> None:
    with at_vendor_hosts(recorder.url):
        made_before[name](f"{NBCGATE}//auth/sign-in", {})
    assert recorder.lines == ["POST //auth/sign-in"]


@pytest.mark.parametrize("name", KEPT)
def test_a_clients_own_proxy_is_passed_by(name: str, recorder: Recorder) -> None:
    with recording() as proxy, kept_clients(proxy.url) as clients:
        with at_vendor_hosts(f"{recorder.url}/here"):
            assert clients[name](f"{VAULT}/a?b=c", {}).url == f"{VAULT}/a?b=c"
            clients[name]("http://backend.ecrop.de//d", {})
        assert proxy.lines == []
        clients[name]("http://backend.ecrop.de/e", {})
        assert proxy.lines == ["POST http://backend.ecrop.de/e"]
    first, second = recorder.lines
    assert first == "POST /here/a?b=c"
    assert second.replace("//", "/") == "POST /here/d"
    assert [call.headers["Host"] for call in recorder.received] == [
        "api.sandbox-v2.vault.ist",
        "backend.ecrop.de",
    ]


@pytest.mark.parametrize("call", ANEW.values(), ids=ANEW)
def test_no_proxy_of_the_environment_is_in_the_way(
    call: Call, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recording() as proxy, at_vendor_hosts(recorder.url):
        the_proxy_is(proxy.url, monkeypatch)
        call(f"{VAULT}/x", {})
        call("http://backend.ecrop.de/y", {})
    assert proxy.lines == []
    assert recorder.lines == ["POST /x", "POST /y"]


@pytest.mark.parametrize("host", sorted(HOSTS))
def test_every_host_of_the_vendors_is_met(
    host: str, made_before: dict[str, Call], recorder: Recorder
) -> None:
    with at_vendor_hosts(recorder.url):
        for call in made_before.values():
            call(f"https://{host.upper()}:443/x", {})
            call(f"http://{host}/x", {})
    assert recorder.lines == ["POST /x"] * 2 * len(KEPT)


ELSEWHERE = (
    "http://api.sandbox-v2.vault.ist:8080/x",
    "http://api.sandbox-v2.vault.ist:443/x",
    "http://vault.ist/x",
    "http://api.sandbox-v2.vault.ist.example/x",
    "https://api.sandbox-v2.vault.ist:8443/x",
    "https://api.sandbox-v3.vault.ist:443/x",
)


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("name", KEPT)
def test_other_hosts_and_ports_are_asked_as_ever(name: str, url: str, recorder: Recorder) -> None:
    with (
        recording() as proxy,  # so that what is sent to them does not leave this machine
        kept_clients(proxy.url) as clients,
        at_vendor_hosts(recorder.url),
    ):
        if url.startswith("http:"):
            assert clients[name](url, {}).status == 200
            assert proxy.lines == [f"POST {url}"]
        else:
            with pytest.raises(
                (httpx.ProxyError, requests.ConnectionError, urllib3.exceptions.ProxyError)
            ):
                clients[name](url, {})
            assert proxy.lines == [f"CONNECT {url.split('/')[2]}"]
    assert recorder.lines == []


def methods() -> list[object]:
    return [
        vars(httpx.HTTPTransport)["handle_request"],
        vars(httpx.AsyncHTTPTransport)["handle_async_request"],
        vars(HTTPConnectionPool)["urlopen"],
    ]


def test_everything_is_put_back_after_an_error_too(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = methods()

    def fails() -> None:
        with at_vendor_hosts(recorder.url):
            assert not set(before) & set(methods())
            raise LookupError

    with pytest.raises(LookupError):
        fails()
    assert methods() == before
    with recording() as proxy:
        the_proxy_is(proxy.url, monkeypatch)
        for call in ANEW.values():
            assert call("http://backend.ecrop.de/x", {}).status == 200
        assert proxy.lines == ["POST http://backend.ecrop.de/x"] * len(ANEW)
    assert recorder.lines == []


def test_of_nested_blocks_the_inner_one_wins_until_its_end(call: Call, recorder: Recorder) -> None:
    with at_vendor_hosts(f"{recorder.url}/outer"):
        call(f"{VAULT}/1", {})
        with at_vendor_hosts(f"{recorder.url}/inner"):
            call(f"{VAULT}/2", {})
        call(f"{VAULT}/3", {})
    assert recorder.lines == ["POST /outer/1", "POST /inner/2", "POST /outer/3"]


def test_blocks_that_overlap_end_each_for_itself(
    made_before: dict[str, Call], recorder: Recorder
) -> None:
    before = methods()
    first, second = at_vendor_hosts(f"{recorder.url}/a"), at_vendor_hosts(f"{recorder.url}/b")
    call = made_before["httpx.Client"]
    with first:
        second.__enter__()
        call(f"{VAULT}/1", {})
    try:
        call(f"{VAULT}/2", {})
    finally:
        second.__exit__(None, None, None)
    assert recorder.lines == ["POST /b/1", "POST /b/2"]
    assert methods() == before


def test_anothers_patch_that_came_within_stays_when_the_block_ends(
    made_before: dict[str, Call], recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = methods()
    call = made_before["httpx.Client"]
    answers = httpx.Response(299)
    with at_vendor_hosts(recorder.url):
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda *_: answers)
    assert call(f"{VAULT}/1", {}).status == 299
    monkeypatch.undo()
    with at_vendor_hosts(recorder.url):
        assert call(f"{VAULT}/2", {}).status == 200
    assert methods() == before
    assert recorder.lines == ["POST /2"]


def test_a_block_holds_for_other_threads_and_leaves_their_other_calls_alone(
    call: Call, recorder: Recorder, emulator: Emulator
) -> None:
    entered, done = threading.Event(), threading.Event()
    seen: list[int] = []

    def service() -> None:
        entered.wait(10)
        seen.extend(call(f"{base}/reg/auth/token", {}).status for base in (VAULT, recorder.url))
        done.set()

    thread = threading.Thread(target=service)
    thread.start()
    with at_vendor_hosts(emulator.url):
        entered.set()
        assert done.wait(20)
    thread.join()
    assert seen == [400, 200]
    assert recorder.lines == ["POST /reg/auth/token"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://127.0.0.1:8443", "http://"),
        ("127.0.0.1:8080", "http://"),
        ("http://api.sandbox-v2.vault.ist", "is a vendor's"),
    ],
)
def test_what_cannot_take_the_calls_is_refused_at_once(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        at_vendor_hosts(url)


IMPORTED_WITHIN = """
import sys
from emulator.testing.vendor_hosts import at_vendor_hosts
assert not {"requests", "urllib3"} & set(sys.modules)
with at_vendor_hosts(sys.argv[1]):
    import httpx, requests
    assert httpx.get("https://backend.ecrop.de/1").status_code == 200
    assert requests.get("https://backend.ecrop.de/2").status_code == 200
"""
WITHOUT_URLLIB3 = """
import sys
sys.modules["urllib3"] = None
from emulator.testing.vendor_hosts import at_vendor_hosts
with at_vendor_hosts(sys.argv[1]):
    import httpx
    assert httpx.get("https://backend.ecrop.de/3").status_code == 200
"""


def test_a_library_is_seen_that_is_imported_within_and_none_has_to_be_there(
    recorder: Recorder,
) -> None:
    for script in (IMPORTED_WITHIN, WITHOUT_URLLIB3):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", script, recorder.url],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
    assert recorder.lines == ["GET /1", "GET /2", "GET /3"]
