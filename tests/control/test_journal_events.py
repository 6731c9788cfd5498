"""The journal live, as server-sent events."""

import json
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import fastapi.routing
import httpx
import pytest
from driving import FIXTURE, nbcgate, omniomni
from serving import Served, client, serving

from emulator.control import events
from emulator.server.server import GRACE

EVENTS = "/_emulator/journal/events"


@contextmanager
def watching(
    http: httpx.Client, base: str = "", headers: dict[str, str] | None = None, **query: Any
) -> Iterator[Iterator[list[str]]]:
    """The events of a stream, each as its lines; the opening comment is passed over."""
    with http.stream("GET", f"{base}{EVENTS}", params=query, headers=headers) as answer:
        assert answer.status_code == 200
        found = parts(answer)
        assert next(found)[0].startswith(":")
        yield found


def parts(answer: httpx.Response) -> Iterator[list[str]]:
    part: list[str] = []
    for line in answer.iter_lines():
        if line:
            part.append(line)
        else:
            yield part
            part = []


def id_of(event: list[str]) -> int:
    return int(event[-1].removeprefix("id: "))


def during(work: Callable[[], object], after: float = 0.2) -> threading.Thread:
    def run() -> None:
        time.sleep(after)
        work()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_each_call_is_sent_as_it_ends(http: httpx.Client, served: Served) -> None:
    omniomni(http)
    with watching(http) as stream, client(served) as other:
        omniomni(other)
        began = time.monotonic()
        data, name = next(stream)
        assert time.monotonic() - began < 1
        assert name == "id: 2"
        (entry,) = other.get("/_emulator/journal", params={"limit": 1}).json()["entries"]
        assert json.loads(data.removeprefix("data: ")) == entry


def test_it_is_an_event_stream_that_no_one_keeps(http: httpx.Client) -> None:
    with http.stream("GET", EVENTS) as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "Content-Length" not in answer.headers


def test_head_shows_of_the_stream_and_does_not_begin_one(http: httpx.Client) -> None:
    answer = http.head(EVENTS)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/event-stream")
    assert http.get("/_emulator/health").status_code == 200


def test_since_sends_what_was_before(http: httpx.Client) -> None:
    for _ in range(3):
        omniomni(http)
    with watching(http, since=0) as stream:
        assert [id_of(event) for event in islice(stream, 3)] == [1, 2, 3]
    with watching(http, since=2) as stream:
        assert id_of(next(stream)) == 3
    with watching(http, since="2020-01-01T00:00:00Z") as stream:
        assert id_of(next(stream)) == 1


def test_a_browser_resumes_after_the_last_event_that_it_had(http: httpx.Client) -> None:
    for _ in range(3):
        omniomni(http)
    with watching(http, headers={"Last-Event-ID": "1"}, since=0) as stream:
        assert [id_of(event) for event in islice(stream, 2)] == [2, 3]


def test_who_resumes_after_a_reset_gets_the_new_journal_from_its_start(http: httpx.Client) -> None:
    omniomni(http)
    with watching(http, headers={"Last-Event-ID": "900"}) as stream:
        assert id_of(next(stream)) == 1


def test_filters_choose_what_is_sent(http: httpx.Client) -> None:
    omniomni(http)
    nbcgate(http)
    with watching(http, since=0, vendor="nbcgate") as stream:
        assert id_of(next(stream)) == 2
    answer = http.get(EVENTS, params={"vendor": "valt"})
    assert answer.status_code == 400
    assert 'did you mean "vault"?' in answer.json()["detail"]


@pytest.mark.parametrize("sent", ["x", "-1", "", "1" * 16, "²"])
def test_an_event_id_that_is_no_number_is_refused(http: httpx.Client, sent: str) -> None:
    answer = http.get(EVENTS, headers=[(b"Last-Event-ID", sent.encode("latin-1"))])
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")


def test_cleared_entries_are_not_shown_as_lost(http: httpx.Client, served: Served) -> None:
    with watching(http, since=0) as stream, client(served) as other:
        omniomni(other)
        assert id_of(next(stream)) == 1
        omniomni(other)
        other.delete("/_emulator/journal")
        omniomni(other)
        following = id_of(next(stream))
        assert id_of(next(stream)) == 3 if following == 2 else following == 3


def test_a_comment_keeps_a_quiet_stream_open(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fastapi.routing, "_PING_INTERVAL", 0.2)
    began = time.monotonic()
    with watching(http) as stream:
        assert list(islice(stream, 2)) == [[": ping"], [": ping"]]
    assert 0.4 <= time.monotonic() - began < 2


@pytest.mark.parametrize("end", ["remove", "reset", "anew", "expire"])
def test_a_realm_that_ends_ends_its_streams(http: httpx.Client, served: Served, end: str) -> None:
    path = "/_emulator/realms/watched"
    ttl = {"ttl": "1s"} if end == "expire" else {}
    http.put(path, json=ttl).raise_for_status()

    def work() -> None:
        with client(served) as other:
            if end == "remove":
                other.delete(path).raise_for_status()
            elif end == "reset":
                other.post("/realms/watched/_emulator/reset").raise_for_status()
            elif end == "anew":
                other.put(path).raise_for_status()

    began = time.monotonic()
    with watching(http, "/realms/watched") as stream:
        thread = during(work)
        assert list(stream) == []  # the stream ends, and as a whole answer
        assert time.monotonic() - began < 3
    thread.join()


def test_who_leaves_makes_room_for_others(
    http: httpx.Client, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "MAX_STREAMS", 3)
    with watching(http), watching(http), watching(http):
        answer = http.get(EVENTS)
        assert (answer.status_code, answer.json()["detail"]) == (
            507,
            "3 clients watch the journal already",
        )
        assert http.head(EVENTS).status_code == 507
    deadline = time.monotonic() + 5
    while http.head(EVENTS).status_code != 200:
        assert time.monotonic() < deadline, "streams that nobody reads are still open"
        time.sleep(0.05)
    for _ in range(10):
        assert http.head(EVENTS).status_code == 200
    with watching(http) as stream, client(served) as other:
        omniomni(other)
        assert id_of(next(stream)) == 1


def test_a_server_that_stops_ends_its_streams_at_once() -> None:
    with serving(FIXTURE) as served:
        reader = raw_stream(served)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    with reader:
        reader.settimeout(2)
        received = b""
        while part := reader.recv(65536):
            received += part
    assert received.endswith(b"\r\n0\r\n\r\n")


def raw_stream(served: Served, query: str = "") -> socket.socket:
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader.connect(("127.0.0.1", served.port))
    request = f"GET {EVENTS}{query} HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\n\r\n"
    reader.sendall(request.encode())
    assert reader.recv(20).startswith(b"HTTP/1.1 200")
    return reader


def test_who_does_not_read_holds_up_neither_calls_nor_the_stop() -> None:
    with serving(FIXTURE) as served, client(served) as http, raw_stream(served, "?since=0"):
        for _ in range(2_000):
            write_10_kb(served)
        began = time.monotonic()
        assert omniomni(http).status_code == 200
        assert time.monotonic() - began < 1
        began = time.monotonic()
    assert time.monotonic() - began < GRACE + 1


def write_10_kb(served: Served) -> None:
    """An entry of 10 KB, written past HTTP: sockets take in much before they are full."""
    realm = result(served.app.state.emulator.realms.default())
    result(realm.journal.write({"request": {"path": "/" * 10_000}}))


def result(work: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine returns that awaits nothing."""
    with pytest.raises(StopIteration) as ended:
        work.send(None)
    return ended.value.value
