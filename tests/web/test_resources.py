"""Where resources are, what they answer, and handing calls on."""

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from serving import client, serving

from emulator.app import load_fixture
from emulator.core.resources import compile_path
from emulator.fixture import FixtureError


@pytest.mark.parametrize(
    ("pattern", "path", "parameters"),
    [
        ("/a", "/a", {}),
        ("/a", "/a/", None),
        ("/a/", "/a/", {}),
        ("/a/{id}", "/a/1", {"id": "1"}),
        ("/a/{id}", "/a/", None),
        ("/a/{id}", "/a/1/2", None),
        ("/a/{id}/b/{other}", "/a/1/b/2", {"id": "1", "other": "2"}),
        ("/a/**", "/a", {}),
        ("/a/**", "/a/b/c", {}),
        ("/a/**", "/ab", None),
        ("/{v}/**", "/a/b", {"v": "a"}),
        ("/**", "/anything/at/all", {}),
        ("/a.b", "/aXb", None),
        ("/", "/", {}),
    ],
)
def test_a_path_leads_to_a_resource(
    pattern: str, path: str, parameters: dict[str, str] | None
) -> None:
    found = compile_path(pattern).fullmatch(path)
    assert (found.groupdict() if found else None) == parameters


@pytest.mark.parametrize("path", ["a", "/a/{", "/a/{x}y", "/**/a", "/{a}/{a}", "/a b", "/a?b"])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"path|parameter|segment"):
        compile_path(path)


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({}, "resources[0].vendor: is missing"),
        ({"vendor": "valt"}, "'valt' is not a vendor; did you mean \"vault\"?"),
        ({"path": "a"}, "a path begins with /"),
        ({"path": "/_emulator/x"}, "paths below /_emulator are the emulator's own"),
        ({"method": "FETCH"}, "resources[0].method: expected one of *, GET, POST"),
        ({"respond": None}, "expected one of respond and forward_to"),
        ({"forward_to": "http://x"}, "expected one of respond and forward_to"),
        ({"respond": None, "forward_to": "ftp://x"}, "expected a base URL such as http://"),
        ({"respond": None, "forward_to": "http://me:pw@h"}, "would replace the token"),
        ({"respond": None, "forward_to": "http://h:99999"}, "expected a base URL such as http://"),
        ({"respond": {"headers": {"X-A": "{{nope}}"}}}, "{{nope}} is not known here"),
        ({"path": "/{principal}"}, "is a built-in placeholder"),
        ({"path": "/a/../b"}, "segments are not allowed"),
        ({"respond": {"body": "{{idd}}"}, "path": "/{id}"}, 'did you mean "id"?'),
    ],
)
def test_a_mistake_in_a_resource_gets_its_line(resource: dict[str, Any], said: str) -> None:
    good = {"vendor": "vault", "path": "/a", "respond": {}}
    with pytest.raises(FixtureError) as raised:
        load_fixture({"resources": [{**good, **resource} if resource else {"path": "/a"}]})
    assert said in str(raised.value)


def test_a_resource_that_an_endpoint_hides_is_a_warning() -> None:
    resource = {"vendor": "vault", "method": "*", "path": "/reg/**", "respond": {}}
    warnings = load_fixture({"resources": [resource]}).warnings
    assert "POST /reg/auth/token is Vault's own path and takes precedence" in str(warnings[0])


OMNIOMNI = {"token": {"algorithm": "ES256"}, "clients": [{"client_id": "me"}]}


def token(http: httpx.Client, base: str = "") -> dict[str, str]:
    answer = http.post(f"{base}/omni-omni/v1/auth/client-token", json={"clientId": "me"})
    return {"Authorization": f"Bearer {answer.json()['accessToken']}"}


def test_status_headers_body_and_placesubjects_are_the_fixtures() -> None:
    respond = {
        "status": 201,
        "headers": {"X-Total": "1"},
        "body": {"id": "{{id}}", "text": "{{id}} of {{principal}}"},
    }
    resources: list[dict[str, object]] = [
        {"vendor": "omniomni", "method": "POST", "path": "/users/{id}", "respond": respond},
        {
            "vendor": "omniomni",
            "method": "DELETE",
            "path": "/users/{id}",
            "respond": {"status": 204},
        },
    ]
    with serving({"resources": resources, "omniomni": OMNIOMNI}) as served, client(served) as http:
        made = http.post("/users/7", json={}, headers=token(http))
        gone = http.delete("/users/7", headers=token(http))
        wrong = http.get("/users/7", headers=token(http))
    assert (made.status_code, made.headers["X-Total"]) == (201, "1")
    assert made.json() == {"id": "7", "text": "7 of me"}
    assert (gone.status_code, gone.content) == (204, b"")
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "DELETE, POST")
    assert wrong.json() == {"error": "Method Not Allowed"}


class Business(BaseHTTPRequestHandler):
    """A team's mock of the business API: it answers what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.do_POST()

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "759")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        seen = {"path": self.path, "body": body.decode(), "headers": dict(self.headers)}
        answer = gzip.compress(json.dumps(seen).encode())
        self.send_response(202)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Connection", "keep-alive, X-Private")
        self.send_header("X-Private", "1")
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        pass


@pytest.fixture
def business() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Business)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def forwarding(url: str) -> dict[str, Any]:
    resource = {"vendor": "omniomni", "method": "*", "path": "/v2/**", "forward_to": url}
    return {"resources": [resource], "omniomni": OMNIOMNI}


def test_a_checked_call_is_handed_on_whole_and_its_answer_back(business: str) -> None:
    with serving(forwarding(business)) as served, client(served) as http:
        headers = {**token(http), "X-Own": "yes", "Accept-Encoding": "gzip"}
        answer = http.post("/v2/a%20b/c?x=1&x=2", content="hello", headers=headers)
    assert answer.status_code == 202
    assert answer.headers.get_list("Set-Cookie") == ["a=1", "b=2"]
    sent = answer.json()
    assert (sent["path"], sent["body"]) == ("/v2/a%20b/c?x=1&x=2", "hello")
    seen = {name.lower(): value for name, value in sent["headers"].items()}
    assert seen["x-own"] == "yes"
    assert seen["host"] == business.removeprefix("http://")
    assert seen["authorization"] == headers["Authorization"]
    assert "user-agent" in seen


def test_one_callers_cookies_are_never_sent_for_another(business: str) -> None:
    with serving(forwarding(business)) as served:
        for _ in range(2):
            with client(served) as http:
                seen = http.post("/v2/x", headers=token(http)).json()
                assert "cookie" not in map(str.lower, seen["headers"])


def test_a_path_with_dots_to_resolve_is_not_handed_on(business: str) -> None:
    with serving(forwarding(business)) as served, client(served) as http:
        bearer = token(http)["Authorization"]
        for path in ("/v2/../admin", "/v2/%2e%2e/admin", "/v2/./x"):
            with socket.create_connection(("127.0.0.1", served.port), timeout=5) as connection:
                connection.sendall(
                    f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\n"
                    "Connection: close\r\n\r\n".encode()
                )
                assert connection.recv(4096).startswith(b"HTTP/1.1 404 ")


def test_what_a_connection_says_for_itself_is_not_handed_on(business: str) -> None:
    with serving(forwarding(business)) as served, client(served) as http:
        hop = {"Connection": "keep-alive, X-Hop", "X-Hop": "1", "Proxy-Connection": "keep-alive"}
        answer = http.post("/v2/x", headers={**token(http), **hop})
        seen = {name.lower() for name in answer.json()["headers"]}
        assert not {"x-hop", "proxy-connection"} & seen
        assert "X-Private" not in answer.headers
        head = http.head("/v2/x", headers=token(http))
        assert (head.headers["Content-Length"], head.content) == ("759", b"")


def test_a_resource_hides_neither_the_pages_nor_the_control_api() -> None:
    resources: list[dict[str, object]] = [
        {"vendor": "omniomni", "method": "*", "path": path, "respond": {}}
        for path in ("/{x}", "/{x}/**", "/**")
    ]
    with serving({"resources": resources, "omniomni": OMNIOMNI}) as served, client(served) as http:
        for path in ("/", "/docs", "/openapi.json", "/favicon.ico", "/_emulator/health"):
            assert http.get(path).status_code == 200, path
        unknown = http.get("/_emulator/helth")
        assert unknown.headers["Content-Type"] == "application/problem+json"


def test_a_body_over_64_kib_is_handed_on(business: str) -> None:
    with serving(forwarding(business)) as served, client(served) as http:
        answer = http.post("/v2/x", content="x" * 300_000, headers=token(http))
    assert len(answer.json()["body"]) == 300_000


def test_an_unchecked_call_is_not_handed_on(business: str) -> None:
    with serving(forwarding(business)) as served, client(served) as http:
        assert http.post("/v2/x").status_code == 401


def test_a_server_that_does_not_answer_is_502_with_the_reason() -> None:
    with serving(forwarding("http://127.0.0.1:9")) as served, client(served) as http:
        answer = http.post("/v2/x", headers=token(http))
    assert (answer.status_code, answer.json()) == (502, {"error": "Bad Gateway"})
    assert answer.headers["X-Emulator-Reason"] == (
        "forward_failed; http://127.0.0.1:9 did not respond: ConnectError"
    )


def test_an_emulator_that_forwards_to_itself_notices() -> None:
    with serving() as served, client(served) as http:
        fixture = forwarding(f"{served.url}/realms/r")
        http.put("/_emulator/realms/r", json={"fixture": fixture}).raise_for_status()
        answer = http.post("/realms/r/v2/x", headers=token(http, "/realms/r"))
    assert answer.status_code == 502
    assert "is this emulator itself" in answer.headers["X-Emulator-Reason"]
