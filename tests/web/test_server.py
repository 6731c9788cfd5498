"""The server's own habits, on a raw socket where a client library would hide them."""

import contextlib
import json
import logging
import re
import socket
import threading
from datetime import UTC, datetime

import httpx
import pytest
from serving import Served, client, serving

from emulator import __version__

PATH = "/omni-omni/v1/auth/client-token"
BODY = json.dumps({"clientId": "demo-client"}).encode()


def exchange(port: int, sent: bytes) -> bytes:
    """Send bytes and read until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        with contextlib.suppress(ConnectionError):  # refused before all of it was sent
            connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def request(*headers: str, path: str = PATH, body: bytes = BODY) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body


def test_the_date_header_is_the_realms_time_and_stands_there_once() -> None:
    with serving({"clock": "2030-01-01T00:00:00Z"}) as served, client(served) as http:
        for path in ("/_emulator/health", "/", "/docs", "/nothing", "/reg/auth/token"):
            dates = http.get(path).headers.get_list("Date")
            assert len(dates) == 1, path
            assert dates[0].startswith("Tue, 01 Jan 2030 00:00:")


def test_no_server_header_shows_what_serves(http: httpx.Client) -> None:
    assert "Server" not in http.get("/_emulator/health").headers


def test_forwarded_headers_change_nothing(http: httpx.Client) -> None:
    path = "/_emulator/vault/.well-known/openid-configuration"
    forged = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    assert http.get(path, headers=forged).json() == http.get(path).json()


def test_a_caller_that_sends_a_large_body_before_it_reads_gets_its_answer(demo: Served) -> None:
    answer = exchange(demo.port, request(body=b"x" * 5_000_000))
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue"])
def test_a_caller_that_waits_for_permission_is_refused_before_it_sends(
    demo: Served, expectation: str
) -> None:
    head = request(f"Expect: {expectation}", body=b"x" * 1_000_000).partition(b"\r\n\r\n")[0]
    assert exchange(demo.port, head + b"\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_pipelined_requests_are_answered_in_order(demo: Served) -> None:
    first = request().replace(b"Connection: close\r\n", b"")
    answer = exchange(demo.port, first + first + request(path="/nothing"))
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"200", b"404"]


@pytest.mark.parametrize(
    "sent", [b"\r\n\r\n", b"nonsense\r\n\r\n", b"GET\r\n\r\n", b"POST * HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http_is_refused_and_never_500(demo: Served, sent: bytes) -> None:
    answer = exchange(demo.port, sent + b"GET / HTTP/9.9\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 404 "))


@pytest.mark.parametrize(
    "path", [PATH, "/auth/sign-in", "/reg/auth/token", "/_emulator/faults", "/_emulator/tokens"]
)
def test_json_that_is_nested_too_deep_is_400(http: httpx.Client, path: str) -> None:
    for depth in (300, 30_000):
        body = '{"a": ' + "[" * depth + "]" * depth + "}"
        answer = http.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400


def test_a_name_with_line_breaks_cannot_add_a_header_or_a_log_line(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "emulator")
    name = "x\r\nX-Injected: yes\r\n\r\n\x1b[31mé€" + "y" * 500
    answer = http.post(PATH, json={"clientId": name})
    assert answer.status_code == 404
    assert "X-Injected" not in answer.headers
    reason = answer.headers["X-Emulator-Reason"]
    assert reason.isascii()
    assert reason.isprintable()
    assert len(reason) <= 200
    (line,) = caplog.messages
    assert line.startswith("default omniomni sign_in *** 404 client_not_found ")
    assert line.endswith(f" ms: {reason.removeprefix('client_not_found; ')}")
    assert line.isprintable()


def test_no_reasons_takes_the_header_away_and_leaves_the_log_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "emulator")
    with serving(reasons=False) as served, client(served) as http:
        answer = http.post(PATH, json={"clientId": "nobody"})
    assert "X-Emulator-Reason" not in answer.headers
    assert any("client_not_found" in line for line in caplog.messages)


def test_a_secret_never_stands_in_a_reason_or_a_log_line(
    http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = ["sEcret-Horse-1", "CORRECT-HORSE", "a9#BL8@Z", "987654"]
    alice = {"email": "alice@example.com", "password": secrets[0]}
    grant = {"grant_type": "password", "username": "alice@example.com", "client_id": "x"}
    answers = [
        http.post("/auth/sign-in", json=alice),
        http.post("/auth/sign-in", json={**alice, "password": secrets[1]}),
        http.post(
            "/auth/sign-in",
            json={"email": "otp@example.com", "password": "correct-horse", "otp": secrets[3]},
        ),
        http.post("/auth/sign-in", content=f'{{"password": "{secrets[0]}", "email": tru'),
        http.post("/reg/auth/token", json={**grant, "password": secrets[2]}),
        http.post(
            "/reg/auth/token",
            json={**grant, "client_id": "haequi3Aah8lie2r", "password": secrets[2]},
        ),
    ]
    seen = "".join(str(answer.headers) + answer.text for answer in answers) + caplog.text
    assert all(answer.is_client_error for answer in answers)
    assert not [secret for secret in secrets if secret in seen]


def test_a_caller_that_hangs_up_within_its_body_harms_no_other(
    demo: Served, http: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", demo.port), timeout=5) as connection:
        connection.sendall(request(body=b"x" * 1000)[:-500])
    assert http.post(PATH, json={"clientId": "demo-client"}).status_code == 200
    assert "Exception" not in caplog.text


def test_fifty_callers_at_once_use_a_refresh_token_once(http: httpx.Client, demo: Served) -> None:
    grant = {
        "grant_type": "password",
        "username": "alice@example.com",
        "password": "A9#bL8@z",
        "client_id": "haequi3Aah8lie2r",
    }
    token = http.post("/reg/auth/token", json=grant).json()["refresh_token"]
    statuses: list[int] = []

    def refresh() -> None:
        with client(demo) as own:
            body = {"grant_type": "refresh_token", "refresh_token": token}
            statuses.append(own.post("/reg/auth/token", json=body).status_code)

    threads = [threading.Thread(target=refresh) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [401] * 49


def test_anything_else_at_the_root_is_a_plain_404_that_names_the_three_paths(
    http: httpx.Client,
) -> None:
    for path in ("/login", "/authx/sign-in", "/oauth/token", "/x//"):
        answer = http.post(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/plain")
        for known in ("/ecrop-command" + PATH, "/auth/sign-in", "/reg/auth/token"):
            assert f"POST {known}" in answer.text


def test_health_shows_version_realms_and_the_machines_time(http: httpx.Client) -> None:
    answer = http.get("/_emulator/health")
    assert answer.json()["status"] == "ok"
    assert answer.json()["version"] == __version__
    assert answer.json()["realms"][0] == "default"
    shown = datetime.fromisoformat(answer.json()["real_time"])
    assert abs((datetime.now(UTC) - shown).total_seconds()) < 10
    assert http.head("/_emulator/health").content == b""


def test_the_control_apis_refusals_are_problem_details(http: httpx.Client) -> None:
    for method, path, status in (("GET", "/_emulator/x", 404), ("POST", "/_emulator/health", 405)):
        answer = http.request(method, path)
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status
        assert path in answer.json()["detail"]


def test_dates_follow_the_clock_when_it_moves() -> None:
    with serving({"clock": "2030-01-01T00:00:00Z"}) as served, client(served) as http:
        served.clock.advance(86400)
        date = http.get("/_emulator/health").headers["Date"]
        assert datetime.strptime(date, "%a, %d %b %Y %H:%M:%S %Z").day == 2  # noqa: DTZ007 - GMT


@pytest.mark.parametrize("path", ["/omni-omni/v1/x%0Ay", "/_emulator/x%0Ay", "/x%0Ay"])
def test_a_path_with_a_line_feed_is_refused_with_a_reason(http: httpx.Client, path: str) -> None:
    refused = http.get(path)
    assert refused.status_code == 404
    assert refused.headers["x-emulator-reason"].startswith("path_unknown")
