"""Starting an emulator, finding one, and ending it."""

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
from commands import serving

from emulator.testing import ApiError, Emulator, FixtureError, NotRunning, NotStarted

PATH = "/omni-omni/v1/auth/client-token"
MINE = {"omniomni": {"clients": [{"client_id": "mine"}]}}
SERVED = ("thread", "subprocess")


def status(url: str, client_id: str = "demo-client") -> int:
    return httpx.post(url + PATH, json={"clientId": client_id}, trust_env=False).status_code


@pytest.mark.parametrize("mode", SERVED)
def test_it_serves_the_demo_from_with_to_its_end(mode: str) -> None:
    with Emulator(mode=mode) as emulator:  # type: ignore[arg-type]  # one of its ways
        url = emulator.url
        assert status(url) == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


@pytest.mark.parametrize("mode", SERVED)
def test_it_serves_a_fixture_that_is_data_or_a_file(mode: str, tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text("omniomni: {clients: [{client_id: mine}]}")
    for fixture in (MINE, str(file)) if mode == "subprocess" else (MINE, file, [file]):
        with Emulator(fixture, mode=mode) as emulator:  # type: ignore[arg-type]  # one of its ways
            assert status(emulator.url, "mine") == 200


def test_two_of_them_run_side_by_side() -> None:
    with Emulator() as one, Emulator() as other:
        assert one.url != other.url


def test_a_fixture_with_mistakes_is_refused_at_once() -> None:
    with pytest.raises(FixtureError, match='did you mean "vault"'):
        Emulator({"valt": {}})


def test_a_subprocess_refuses_a_fixture_with_mistakes_when_it_starts() -> None:
    emulator = Emulator({"valt": {}}, mode="subprocess")
    with pytest.raises(NotStarted, match='did you mean "vault"'), emulator:
        pass


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="thread or subprocess or in_process, not 'fork'"):
        Emulator(mode="fork")  # type: ignore[arg-type]  # there is none


def test_its_url_is_known_while_it_runs_and_a_second_run_is_refused() -> None:
    emulator = Emulator()
    with pytest.raises(RuntimeError, match="is not running"):
        _ = emulator.url
    assert repr(emulator) == "<Emulator default: not running>"
    with emulator, pytest.raises(RuntimeError, match="create another"), emulator:
        pass
    with pytest.raises(RuntimeError, match="create another"), emulator:
        pass
    with pytest.raises(NotRunning, match="is not running"):
        emulator.clock.now()


def test_calls_of_a_realm_whose_emulator_ended_are_refused() -> None:
    with Emulator() as emulator:
        realm = emulator.realm()
    with pytest.raises(NotRunning):
        realm.clock.now()
    realm.close()


@pytest.mark.parametrize("mode", ["thread", "subprocess", "in_process"])
def test_asynchronous_code_has_it_too(mode: str) -> None:
    async def signed_in() -> int:
        async with Emulator(mode=mode) as emulator, emulator.realm() as realm:  # type: ignore[arg-type]  # one of its ways
            transport = emulator.transport() if mode == "in_process" else None
            async with httpx.AsyncClient(transport=transport, trust_env=False) as http:
                answer = await http.post(realm.url + PATH, json={"clientId": "demo-client"})
            assert await asyncio.to_thread(realm.journal.verify, count=1, within="1s") == 1
            return answer.status_code

    assert asyncio.run(signed_in()) == 200


def test_a_process_that_was_forked_off_drives_it_too() -> None:
    with Emulator() as emulator:
        emulator.clock.advance(hours=25)
        context = multiprocessing.get_context("fork")
        said: multiprocessing.Queue[float] = context.Queue()
        child = context.Process(target=lambda: said.put(emulator.clock.now().timestamp()))
        child.start()
        assert said.get(timeout=10) - time.time() > 24 * 3600
        child.join(10)


def test_in_process_there_is_nothing_to_connect_to() -> None:
    with Emulator(mode="in_process") as emulator, emulator.realm() as realm:
        for asked in (realm.environment, realm.at_vendor_hosts, emulator.environment):
            with pytest.raises(NotRunning, match="use mode='thread'"):
                asked()


def test_it_leaves_no_thread_and_no_process_behind() -> None:
    before = set(threading.enumerate())
    with Emulator() as one, Emulator(mode="in_process"), Emulator(mode="subprocess") as other:
        assert status(one.url) == status(other.url) == 200
    assert set(threading.enumerate()) == before
    assert not subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "args="],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.count("emulator.testing.child")


def test_a_subprocess_ends_with_the_tests_that_started_it_however_they_end() -> None:
    program = (
        "from emulator.testing import Emulator\n"
        "import time\n"
        "emulator = Emulator(mode='subprocess')\n"
        "emulator.start()\n"
        "print(emulator.url, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True
    ) as tests:
        assert tests.stdout is not None
        url = tests.stdout.readline().strip()
        assert status(url) == 200
        tests.send_signal(signal.SIGKILL)
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        try:
            httpx.get(url, trust_env=False)
        except httpx.TransportError:
            return
        time.sleep(0.05)
    pytest.fail("it still answers")


def test_one_that_runs_is_found_and_left_running() -> None:
    with serving() as (_, url, _):
        with Emulator.connect(url) as emulator:
            assert emulator.url == url
            emulator.clock.advance(hours=1)
        assert status(url) == 200
        with pytest.raises(NotRunning, match="runs in another process"):
            _ = emulator.app


def test_one_that_starts_late_is_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    began = time.monotonic()
    found: list[Emulator] = []
    thread = threading.Thread(
        target=lambda: found.append(Emulator.connect(f"http://127.0.0.1:{port}", wait="20s"))
    )
    thread.start()
    time.sleep(0.3)
    assert not found
    with serving("--port", str(port)):
        thread.join(20)
        (emulator,) = found
        assert emulator.health().realms == ["default"]
        emulator.close()
    assert time.monotonic() - began > 0.3


@contextmanager
def another_program(body: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_nothing_there_or_another_program_is_said_once_the_time_is_over() -> None:
    with pytest.raises(
        NotStarted, match=r"no healthy emulator at http://127\.0\.0\.1:1 within 0.1 s"
    ):
        Emulator.connect("http://127.0.0.1:1", wait="100ms")
    for body in (b"<html>", b'{"status": "ok"', b'{"up": true}', b"[]"):
        with another_program(body) as url, pytest.raises(NotStarted, match="another program"):
            Emulator.connect(url, wait="0s")


def test_an_address_that_is_none_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="AUTH_EMULATOR_URL"):
        Emulator.connect()
    for url in ("127.0.0.1:8080", "ftp://x", "http://a b:x", "http://u:p@x", "http://x?y=1"):
        monkeypatch.setenv("AUTH_EMULATOR_URL", url)
        with pytest.raises(ValueError, match="is not a base URL"):
            Emulator.connect()


def test_one_that_the_network_can_reach_wants_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("--host", "0.0.0.0", AUTH_EMULATOR_ADMIN_TOKEN="for-tests") as (_, url, _):
        with Emulator.connect(url, admin_token="for-tests") as emulator, emulator.realm() as realm:
            assert realm.environment()["AUTH_EMULATOR_ADMIN_TOKEN"] == "for-tests"
        monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "for-tests")
        with Emulator.connect(url) as emulator:
            emulator.clock.now()
        with Emulator.connect(url, admin_token="") as emulator, pytest.raises(ApiError) as refused:
            emulator.clock.now()
    assert refused.value.status == 401
    assert "AUTH_EMULATOR_ADMIN_TOKEN" in str(refused.value)


def test_a_child_process_is_reported_where_the_vendors_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "example.com")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    program = (
        "import os, httpx\n"
        "print(httpx.post(os.environ['VAULT'] + '/reg/auth/token').status_code)\n"
        "print(httpx.post(os.environ['NBCGATE_URL'] + '//auth/sign-in').status_code)\n"
        "print(httpx.post(os.environ['OMNIOMNI_URL'] + '/omni-omni/v1/auth/client-token')"
        ".status_code)\n"
    )
    with Emulator() as emulator, emulator.realm() as realm:
        environment = realm.environment(vault="VAULT")
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.split() == ["400", "400", "400"], done.stderr
        realm.journal.verify(count=3)
    assert environment["AUTH_EMULATOR_URL"] == realm_url(environment)
    assert environment["NO_PROXY"] == "example.com,127.0.0.1"
    assert "AUTH_EMULATOR_ADMIN_TOKEN" not in environment


def realm_url(environment: dict[str, str]) -> str:
    return environment["OMNIOMNI_URL"].removesuffix("/ecrop-command")


def test_many_threads_drive_one_emulator_and_keep_alive_connections_are_renewed() -> None:
    with serving() as (process, url, _):
        port = url.rpartition(":")[2]
        with Emulator.connect(url) as emulator:
            threads = [
                threading.Thread(target=lambda: [emulator.health() for _ in range(20)])
                for _ in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(20)
            process.terminate()
            process.wait(10)
            with serving("--port", port):  # the connections that were kept are stale now
                assert emulator.health().realms == ["default"]
