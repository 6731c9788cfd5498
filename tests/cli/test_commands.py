"""The commands as a user runs them: in a process of their own."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from commands import ran, serving

from emulator import __version__
from emulator.app import demo_fixture, fixture_schema

PATH = "/omni-omni/v1/auth/client-token"


def test_check_says_good_and_exits_0() -> None:
    done = ran("check", demo_fixture())
    assert (done.status, done.stdout, done.stderr) == (0, f"{demo_fixture()}: good\n", "")


def test_check_lists_all_mistakes_on_stderr_and_exits_1(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text("valt: 1\nseed: x\n")
    done = ran("check", fixture)
    assert done.status == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f'{fixture}:1: valt: unknown key; did you mean "vault"?',
        f"{fixture}:2: seed: expected a whole number",
        "2 mistakes",
    ]


def test_warnings_are_said_and_do_not_stop_anything(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text("vault: {clients: [{client_id: c}], users: [{username: a, password: b}]}")
    done = ran("check", fixture)
    assert done.status == 0
    assert "warning: vault.users[0].password: the vendor would refuse" in done.stderr
    with serving(fixture) as (_, url, lines):
        assert httpx.get(f"{url}/_emulator/health", trust_env=False).status_code == 200
        assert "warning: " in lines[0]
        assert lines[0].endswith("an upper case letter, a digit, a symbol\n")


@pytest.mark.parametrize("name", ["bomb", "deep"])
def test_a_hostile_fixture_gets_a_line_and_no_traceback(name: str, tmp_path: Path) -> None:
    bomb = "a: &a [x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(20)
    )
    fixture = tmp_path / "f.yaml"
    fixture.write_text({"bomb": bomb, "deep": "[" * 1_000_000}[name])
    began = time.monotonic()
    done = ran("check", fixture)
    assert done.status == 1
    assert done.stderr.startswith(f"{fixture}:")
    assert "Traceback" not in done.stderr
    assert time.monotonic() - began < 10


def test_schema_prints_the_json_schema() -> None:
    done = ran("schema")
    assert json.loads(done.stdout) == json.loads(json.dumps(fixture_schema()))


def test_version_is_printed() -> None:
    assert ran("--version").stdout == f"{__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["serv"], ["serve", "--port", "80000"], ["check"], ["serve", "--hots", "x"]]
)
def test_wrong_usage_is_one_line_with_the_remedy_and_status_2(arguments: list[str]) -> None:
    done = ran(*arguments)
    assert done.status == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("auth-emulator")
    assert line.endswith("--help")


def test_a_port_that_is_taken_is_one_line_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = ran("serve", "--port", str(taken.getsockname()[1]))
    assert done.status == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith("another program listens there; choose another with --port")


def test_a_host_that_is_not_here_is_one_line_with_the_remedy() -> None:
    done = ran("serve", "--host", "host.invalid", "--port", "0")
    assert done.status == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith("give an address of this machine with --host")


def test_a_fixture_with_mistakes_is_not_served(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text("valt: 1")
    done = ran("serve", fixture, "--port", "0")
    assert done.status == 1
    assert done.stderr.splitlines()[-1] == "not started: the fixture has mistakes"


def test_serve_takes_its_settings_from_the_environment(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text("valt: 1")
    assert "did you mean" in ran("serve", "--port", "0", AUTH_EMULATOR_FIXTURE=str(fixture)).stderr
    assert "80000" not in ran("serve", AUTH_EMULATOR_PORT="80000").stdout
    assert ran("serve", AUTH_EMULATOR_PORT="80000").status == 2


def test_log_lines_are_json_when_asked_for() -> None:
    with serving("--log-format", "json") as (process, url, lines):
        httpx.post(url + PATH, json={"clientId": "x"}, trust_env=False)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    entries = [json.loads(line) for line in lines]
    assert entries[0]["message"].startswith("serving the demo fixture at ")
    refusal = entries[1]
    assert refusal["message"].startswith("default omniomni sign_in x 404 client_not_found ")
    assert refusal.pop("duration_ms") > 0
    assert {name: refusal[name] for name in list(refusal)[3:]} == {
        "realm": "default",
        "vendor": "omniomni",
        "operation": "sign_in",
        "principal": "x",
        "status": 404,
        "outcome": "client_not_found",
        "reason": "there is no client 'x'",
    }


@pytest.mark.parametrize(
    ("log", "logged"),
    [
        ("calls", ["signed_in", "client_not_found"]),
        ("refusals", ["client_not_found"]),
        ("none", []),
    ],
)
def test_each_call_has_a_log_line_unless_less_is_asked_for(log: str, logged: list[str]) -> None:
    with serving(AUTH_EMULATOR_LOG=log) as (process, url, lines):
        for client in ("demo-client", "x"):
            httpx.post(url + PATH, json={"clientId": client}, trust_env=False)
        httpx.get(f"{url}/_emulator/health", trust_env=False)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    found = [
        re.search(r"default omniomni sign_in \S+ \d{3} (\w+) \d+\.\d ms", x) for x in lines[1:]
    ]
    assert [line[1] for line in found if line] == logged
    assert len(found) == len(logged)


def test_no_reasons_sends_no_reason() -> None:
    with serving("--no-reasons") as (_, url, _):
        answer = httpx.post(url + PATH, json={"clientId": "x"}, trust_env=False)
    assert answer.status_code == 404
    assert "X-Emulator-Reason" not in answer.headers


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_server_stops_without_waiting_with_status_0(number: signal.Signals) -> None:
    with serving() as (process, url, lines), httpx.Client(trust_env=False) as http:
        http.get(f"{url}/_emulator/health")  # and the connection stays open
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 0
        assert time.monotonic() - began < 3  # it waits for 5 where something is in hand
    assert "Traceback" not in "".join(lines)


def test_a_busy_server_answers_every_request_that_was_begun_and_exits_0() -> None:
    failures: list[str] = []
    answered = 0
    stopping = threading.Event()

    def caller(url: str) -> None:
        nonlocal answered
        while not stopping.is_set():
            try:
                connection = socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), 5)
            except ConnectionError:
                return  # it does not listen any more
            with connection:
                body = b'{"clientId": "demo-client"}'
                try:
                    connection.sendall(
                        b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                        % (PATH.encode(), len(body))
                    )
                    time.sleep(0.05)  # the stop falls between head and body of many
                    connection.sendall(body)
                    if connection.recv(4096).startswith(b"HTTP/1.1 200 "):
                        answered += 1
                    else:
                        failures.append("an empty or wrong answer")
                except OSError as error:
                    failures.append(repr(error))

    with serving() as (process, url, _):
        threads = [threading.Thread(target=caller, args=(url,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        status = process.wait(10)
        stopping.set()
        for thread in threads:
            thread.join(10)
    assert status == 0
    assert answered > 5
    # A connection that was still in the listening queue when the server stopped was never begun.
    assert [f for f in failures if "ConnectionReset" not in f] == []
    assert len(failures) <= len(threads)


def test_a_trusted_proxy_is_believed() -> None:
    forwarded = {"X-Forwarded-Host": "auth.test", "X-Forwarded-Proto": "https"}
    path = "/_emulator/vault/.well-known/openid-configuration"
    with serving("--trusted-proxy", "127.0.0.0/8") as (_, url, _):
        told = httpx.get(url + path, headers=forwarded, trust_env=False).json()
    assert told["jwks_uri"] == "https://auth.test/_emulator/vault/.well-known/jwks.json"


@pytest.mark.parametrize("options", [[], ["--show-codes"]])
def test_mailed_codes_are_logged_only_with_show_codes(tmp_path: Path, options: list[str]) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(
        "nbcgate: {token: {secret: 01234567890123456789012345678901x}, assumed_endpoints: true, "
        "users: [{email: me@x, password: correct-horse, otp: {mailed: true}}]}"
    )
    with serving(fixture, *options) as (process, url, lines):
        with httpx.Client(base_url=url, trust_env=False) as http:
            http.post("/auth/tfa/otp/email", json={"email": "me@x"}).raise_for_status()
            code = http.get("/_emulator/outbox").json()["mails"][0]["code"]
        process.terminate()
        process.wait(10)
    shown = [line.partition(" ")[2] for line in lines if code in line]
    assert shown == ([f"code for me@x: {code}\n"] if options else [])


def test_python_m_emulator_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "emulator", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{__version__}\n"
