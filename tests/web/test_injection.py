"""Names that try to become headers, log lines or a second answer."""

import json
import logging
import socket
from typing import Any

import httpx
import pytest
from serving import Served, client, serving

OMNIOMNI = "/omni-omni/v1/auth/client-token"
EVIL = "x\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
NAMES = [
    EVIL,
    "x\nSet-Cookie: a=b",
    "x\0y",
    "\x1b[31mred",
    "\u2028\u0085",
    "\u202ename",
    "\U0001f511",
]


def lines_of(port: int, path: str, headers: str = "") -> list[bytes]:
    """The head that answers a GET, line by line."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n"
        connection.sendall(head.encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 ") == 1 or b"detail" in answer
    return answer.partition(b"\r\n\r\n")[0].split(b"\r\n")


def harmless(answer: httpx.Response) -> None:
    assert "Set-Cookie" not in answer.headers
    reason = answer.headers["X-Emulator-Reason"]
    assert reason.isascii()
    assert reason.isprintable()
    assert len(reason) <= 200


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_in_a_body_stays_within_its_reason(
    http: httpx.Client, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    with caplog.at_level(logging.INFO, "emulator"):
        for path, body in (
            (OMNIOMNI, {"clientId": name}),
            ("//auth/sign-in", {"email": name, "password": "p"}),
            ("/reg/auth/token", {"grant_type": name}),
            ("/_emulator/keys/rotate", {"vendor": name, name: 1}),
            ("/_emulator/faults", {name: 1, "outcome": name}),
            ("/_emulator/realms/t", {"from": name}),
            ("/_emulator/clock", {"now": name}),
        ):
            method = "PUT" if path.endswith(("/t", "/clock")) else "POST"
            answer = http.request(method, path, json=body)
            assert 400 <= answer.status_code < 500, (path, answer.text)
            harmless(answer)
    for record in caplog.records:
        line = record.getMessage()
        assert line.isascii()
        assert line.isprintable()


@pytest.mark.parametrize("sent", ["%0d%0aSet-Cookie:%20a=b", "%00", "%0a", "%e2%80%a8", "%ff", "%"])
def test_a_name_in_a_path_stays_within_its_reason(demo: Served, sent: str) -> None:
    for path in (
        f"/realms/{sent}/_emulator/clock",
        f"/realms/{sent}{OMNIOMNI}",
        f"/_emulator/realms/{sent}",
        f"/_emulator/{sent}",
        f"/_emulator/vault/users/{sent}",
        f"/reg/{sent}",
        f"/{sent}",
        f"/_emulator/outbox?to={sent}&{sent}=1",
    ):
        for line in lines_of(demo.port, path)[1:]:
            assert not line.lower().startswith(b"set-cookie"), path
            assert line.isascii()


@pytest.mark.parametrize("header", ["Host", "Origin", "Sec-Fetch-Site", "Authorization"])
@pytest.mark.parametrize(
    "value", ["x\tSet-Cookie: a=b", "\xe9\x85", "<script>", "a" * 30_000, "%0d%0a"]
)
def test_a_header_that_the_guard_speaks_of_stays_within_its_reason(
    demo: Served, header: str, value: str
) -> None:
    for line in lines_of(demo.port, "/_emulator/clock", f"{header}: {value}\r\n"):
        assert line.isascii()
        assert b"\t" not in line
        assert len(line) < 300


@pytest.mark.parametrize("how", ["\r\nSet-Cookie: a=b", "\nx", "\0", "\r"])
def test_a_bare_line_break_in_a_header_is_no_request(demo: Served, how: str) -> None:
    head = lines_of(demo.port, "/_emulator/clock", f"X: a{how}:\r\nOrigin: null\r\n")
    assert head[0].split()[1] in (b"400", b"403")


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_fixtures_placesubjects_cannot_begin_another_header(name: str) -> None:
    fixture: dict[str, Any] = {
        "omniomni": {
            "clients": [],
            "outcomes": {
                "client_not_found": {
                    "headers": {"X-Who": "{{principal}}", "X-Why": "{{reason}}"},
                    "body": {"who": "{{principal}}"},
                }
            },
        },
        "faults": [
            {
                "vendor": "vault",
                "respond": {"status": 200, "headers": {"X-Now": "{{now}} {{reason}}"}},
            }
        ],
    }
    with serving(fixture) as served, client(served) as http:
        answer = http.post(OMNIOMNI, json={"clientId": name})
        assert answer.status_code == 404
        harmless(answer)
        for header in ("X-Why", "X-Who"):
            assert answer.headers.get(header, "").isprintable()
        assert http.post("/reg/auth/token", content=json.dumps(name)).status_code == 200


@pytest.mark.parametrize("path", [OMNIOMNI, "/auth/sign-in", "/reg/auth/token"])
def test_a_path_with_a_line_feed_at_its_end_is_another_path(http: httpx.Client, path: str) -> None:
    answer = http.post(f"{path}%0A", json={})
    assert answer.status_code == 404
    assert answer.headers["X-Emulator-Reason"].startswith("path_unknown; ")
