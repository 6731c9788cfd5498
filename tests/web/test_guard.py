"""Who may use the control API: what an attacker would try, through a real server."""

import logging
import re
import socket
from collections.abc import Iterator

import httpx
import pytest
from serving import Served, bound_to, client, serving

from emulator.settings import Settings

GUARDED = [
    ("GET", "/_emulator/realms"),
    ("PUT", "/_emulator/realms/t"),
    ("POST", "/_emulator/reset"),
    ("PUT", "/_emulator/clock"),
    ("GET", "/_emulator/faults"),
    ("GET", "/_emulator/outbox"),
    ("GET", "/_emulator/keys"),
    ("POST", "/_emulator/keys/rotate"),
    ("GET", "/_emulator/nothing"),
    ("GET", "/_emulator"),
    ("PATCH", "/_emulator/realms"),
    ("OPTIONS", "/_emulator/clock"),
    ("HEAD", "/_emulator/clock"),
    ("GET", "/realms/default/_emulator/clock"),
    ("GET", "/realms/nobody/_emulator/clock"),
    ("GET", "/realms/default/_emulator/nothing"),
    ("GET", "/%5femulator/realms"),
    ("GET", "/_emulator/%72ealms"),
    ("GET", "/realms/%64efault/_emulator/clock"),
]
OPEN = [
    ("GET", "/_emulator/health", 200),
    ("GET", "/_emulator/vault/.well-known/jwks.json", 200),
    ("HEAD", "/_emulator/vault/.well-known/jwks.json", 200),
    ("GET", "/_emulator/vault/.well-known/openid-configuration", 200),
    ("GET", "/realms/default/_emulator/vault/.well-known/oauth-authorization-server", 200),
    ("POST", "/_emulator/vault/introspect", 200),
    ("POST", "/_emulator/vault/revoke", 200),
    ("DELETE", "/_emulator/vault/revoke", 405),
]
CLOCK = "/_emulator/clock"
TOKEN = "a-token-of-mine"
EVERYWHERE = "0.0.0.0"


def raw(port: int, *lines: str) -> int:
    """The status that answers a request of just these lines."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return int(answer.split()[1])


def outcome(answer: httpx.Response) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    if answer.request.method != "HEAD":
        assert answer.json()["status"] == answer.status_code
    return str(answer.headers["X-Emulator-Reason"].partition(";")[0])


@pytest.fixture(scope="module")
def guarded() -> Iterator[httpx.Client]:
    """A client of a server that the network can reach."""
    with bound_to(EVERYWHERE, admin_token=TOKEN) as http:
        yield http


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_a_name_made_to_lead_here_controls_nothing(
    http: httpx.Client, demo: Served, method: str, path: str
) -> None:
    # DNS rebinding: to the browser, the attacker's page and the emulator are one site.
    site = f"http://evil.example:{demo.port}"
    for headers in (
        {"Host": f"evil.example:{demo.port}", "Sec-Fetch-Site": "same-origin"},
        {"Host": f"evil.example:{demo.port}", "Origin": site, "Sec-Fetch-Site": "same-origin"},
    ):
        answer = http.request(method, path, headers=headers)
        assert (answer.status_code, outcome(answer)) == (421, "unknown_host")
        assert "--allowed-host" in answer.headers["X-Emulator-Reason"]


@pytest.mark.parametrize(("method", "path"), GUARDED)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin, cross-site"},
        {"Sec-Fetch-Site": "none", "Origin": "https://evil.example"},
    ],
    ids=str,
)
def test_a_page_of_another_site_controls_nothing(
    http: httpx.Client, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = http.request(method, path, headers=headers)
    assert (answer.status_code, outcome(answer)) == (403, "cross_site_request")
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_a_cross_site_form_changes_nothing(kind: str) -> None:
    with serving() as served, client(served) as http:
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            for path in ("/_emulator/reset", "/_emulator/keys/rotate", "/_emulator/faults"):
                before = http.get("/_emulator/keys").text
                body = b'{"vendor": "vault", "outcome": "server_error"}'
                answer = http.post(path, content=body, headers={**headers, "Content-Type": kind})
                assert outcome(answer) == "cross_site_request"
                assert http.get("/_emulator/keys").text == before
        assert http.get("/_emulator/faults").json()["faults"] == []


def test_a_large_body_is_not_read_of_who_is_refused(demo: Served) -> None:
    with socket.create_connection(("127.0.0.1", demo.port), timeout=10) as connection:
        head = f"PUT {CLOCK} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 60000\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "{url}"},
        {"Origin": "http://LOCALHOST:{port}", "Host": "localhost:{port}"},
        {"Origin": "http://[::1]", "Host": "[0:0::1]:80"},
    ],
    ids=str,
)
def test_the_emulators_own_pages_may_call_it(demo: Served, headers: dict[str, str]) -> None:
    sent = {k: v.format(url=demo.url, port=demo.port) for k, v in headers.items()}
    with client(demo) as http:
        assert http.get(CLOCK, headers=sent).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:8080", "t42.localhost:1", "localhost.", "127.0.0.1:65535"),
        *("127.8.9.1", "[::1]:8080", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]"),
    ],
)
def test_every_name_of_this_machine_is_known(demo: Served, host: str) -> None:
    assert raw(demo.port, f"GET {CLOCK} HTTP/1.1", f"Host: {host}") == 200


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example",
            "evil.example:80",
            "localhost.evil.example",
            "notlocalhost",
            ".localhost.",
        ),
        *("localhost@evil.example", "evil.example@localhost", "localhost:x", "localhost:", "a b"),
        *("localhost..", "xn--lcalhost-b1a", "l\xf6calhost", "localhost,evil.example", ""),
        *("2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.1", "0.0.0.0", "192.0.2.2", "10.0.0.1"),
        *("[::1%25lo]", "[::1%lo]", "[fe80::1]", "[::]", "::1", "[::1", "[127.0.0.1]"),
        *("[::ffff:10.0.0.1]", "[::127.0.0.1]", "http://localhost", "localhost/x", "localhost#"),
        *("127.0.0.1.evil.example", "127.0.0.1:8080:80", "127.0.0.1:655360"),
    ],
)
def test_every_other_host_is_unknown(demo: Served, host: str) -> None:
    assert raw(demo.port, f"GET {CLOCK} HTTP/1.1", f"Host: {host}") == 421


def test_a_password_before_a_host_is_not_repeated(http: httpx.Client) -> None:
    answer = http.get(CLOCK, headers={"Host": "alice:correct-horse@localhost"})
    assert outcome(answer) == "unknown_host"
    assert "correct-horse" not in answer.text + str(answer.headers)


@pytest.mark.parametrize(
    "lines",
    [
        [f"GET {CLOCK} HTTP/1.0"],
        [f"GET {CLOCK} HTTP/1.1"],
        [f"GET {CLOCK} HTTP/1.1", "Host: localhost", "Host: evil.example"],
        [f"GET {CLOCK} HTTP/1.1", "Host: localhost", "Host: localhost"],
        [f"GET http://localhost{CLOCK} HTTP/1.1", "Host: evil.example"],
        [f"GET {CLOCK} HTTP/1.1", "Host: evil.example", "X-Forwarded-Host: localhost"],
        [f"GET {CLOCK} HTTP/1.1", "Host: evil.example", "Forwarded: host=localhost"],
        [f"GET {CLOCK} HTTP/1.1", "Host: evil.example", "X-Forwarded-For: 127.0.0.1"],
        [f"GET {CLOCK} HTTP/1.1", "Host: evil.example", "X-Original-URL: /_emulator/health"],
    ],
    ids=str,
)
def test_one_host_header_counts_and_nothing_beside_it(demo: Served, lines: list[str]) -> None:
    assert raw(demo.port, *lines) == 421


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("//_emulator/realms", 404),
        ("/./_emulator/realms", 404),
        ("/x/../_emulator/realms", 404),
        ("/_emulator/../_emulator/realms", 421),
        ("/_emulator/health/../realms", 421),
        ("/_emulator//realms", 421),
        ("/_emulator/realms/", 421),
        ("/_EMULATOR/realms", 404),
        ("/_emulator%2frealms", 421),
        ("/realms/x/../_emulator/realms", 404),
        ("/realms/default/../../_emulator/realms", 404),
        ("/realms//_emulator/realms", 421),
        ("/realms/default//_emulator/realms", 404),
        ("/realms/default/realms/default/_emulator/clock", 404),
        ("/docs/../_emulator/realms", 404),
        ("/docs/assets/../../_emulator/realms", 404),
        ("/docs/assets/_emulator/realms", 404),
        ("/_emulator/realms?/_emulator/health", 421),
        ("/_emulator/realms;/_emulator/health", 421),
    ],
)
def test_no_spelling_of_a_path_leads_round_the_guard(demo: Served, path: str, status: int) -> None:
    assert raw(demo.port, f"GET {path} HTTP/1.1", "Host: evil.example") == status


@pytest.mark.parametrize(("method", "path", "status"), OPEN)
def test_what_services_need_is_open_to_everyone(
    guarded: httpx.Client, method: str, path: str, status: int
) -> None:
    headers = {"Host": "auth-emulator:8080", "Origin": "http://evil.example"}
    data = {"token": "x"} if method == "POST" else None
    answer = guarded.request(method, path, headers=headers, data=data)
    assert answer.status_code == status


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_where_the_network_can_reach_it_control_calls_need_the_token(
    guarded: httpx.Client, method: str, path: str
) -> None:
    answer = guarded.request(method, path)
    assert (answer.status_code, outcome(answer)) == (401, "admin_token_missing")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert "AUTH_EMULATOR_ADMIN_TOKEN" in answer.headers["X-Emulator-Reason"]
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.request(method, path, headers=bearer).status_code not in (401, 403, 421)


def test_who_brings_the_token_needs_no_known_host_and_still_no_foreign_page_does(
    guarded: httpx.Client,
) -> None:
    headers = {"Authorization": f"bearer  {TOKEN}", "Host": "auth-emulator"}
    assert guarded.get(CLOCK, headers=headers).status_code == 200
    own = {**headers, "Origin": "http://auth-emulator"}
    assert guarded.get(CLOCK, headers=own).status_code == 200
    for origin, host in (("http://evil.example", "auth-emulator"), ("null", "[127.0.0.1]")):
        foreign = {**headers, "Origin": origin, "Host": host}
        assert outcome(guarded.get(CLOCK, headers=foreign)) == "cross_site_request"


@pytest.mark.parametrize(
    "authorization",
    [
        *(
            "",
            "Bearer",
            f"Basic {TOKEN}",
            TOKEN,
            f"Bearer {TOKEN}x",
            f"Bearer {TOKEN[:-1]}",
        ),
        *(
            f"Bearer {TOKEN.upper()}",
            f"Bearer {TOKEN} {TOKEN}",
            "Bearer \xff\xfe",
            f"Bearer,{TOKEN}",
        ),
    ],
)
def test_a_wrong_token_is_refused_and_never_repeated(
    guarded: httpx.Client, authorization: str
) -> None:
    headers = [(b"Authorization", authorization.encode("latin-1"))]
    answer = guarded.get(CLOCK, headers=headers)
    assert (answer.status_code, outcome(answer)) == (401, "admin_token_wrong")
    assert TOKEN not in answer.text + str(answer.headers)
    port = guarded.base_url.port
    assert port is not None
    bearer = f"Authorization: Bearer {TOKEN}"
    assert raw(port, f"GET {CLOCK} HTTP/1.1", "Host: x", bearer, bearer) == 401


def test_neither_the_peer_nor_a_header_opens_a_server_that_the_network_can_reach() -> None:
    with bound_to(EVERYWHERE, admin_token=TOKEN, trusted_proxy=["127.0.0.1"]) as http:
        for name in ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "Forwarded", "Host"):
            answer = http.get(CLOCK, headers={name: "127.0.0.1"})
            assert outcome(answer) == "admin_token_missing", name


def test_the_token_is_made_and_logged_once_where_none_is_given(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        caplog.at_level(logging.INFO, "emulator"),
        bound_to(EVERYWHERE, admin_token="  ") as http,
    ):
        (made,) = re.findall(r"Authorization: Bearer (\S{43}) ", caplog.text)
        assert outcome(http.get(CLOCK)) == "admin_token_missing"
        assert http.get(CLOCK, headers={"Authorization": f"Bearer {made}"}).status_code == 200
        assert outcome(http.get(CLOCK, headers={"Authorization": "Bearer x"})).endswith("wrong")
        assert caplog.text.count(made) == 1


def test_on_loopback_no_token_is_made_or_wanted(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.INFO, "emulator"),
        bound_to("127.0.0.1", allowed_host=["emulator.test", "fd00::2"]) as http,
    ):
        for host in ("emulator.test:99", "EMULATOR.TEST.", "[fd00:0::2]:80"):
            assert http.get(CLOCK, headers={"Host": host}).status_code == 200
        assert outcome(http.get(CLOCK, headers={"Host": "x.emulator.test"})) == "unknown_host"
        wrong = {"Authorization": "Bearer x"}
        assert http.get(CLOCK, headers=wrong).status_code == 200
        assert outcome(http.get(CLOCK, headers={**wrong, "Host": "x"})) == "unknown_host"
        assert "Bearer" not in caplog.text


def test_what_a_trusted_proxy_says_may_refuse_a_call_and_its_scheme_counts() -> None:
    with bound_to("127.0.0.1", trusted_proxy=["127.0.0.1"], allowed_host=["auth.test"]) as http:
        said = {"X-Forwarded-Host": "auth.test", "X-Forwarded-Proto": "https"}
        own = {**said, "Origin": "https://auth.test"}
        assert http.get(CLOCK, headers=own).status_code == 200
        rebound = {"X-Forwarded-Host": "evil.example", "Origin": "http://evil.example"}
        assert outcome(http.get(CLOCK, headers=rebound)) == "unknown_host"
    with bound_to("127.0.0.1", allowed_host=["auth.test"]) as http:
        answer = http.get(CLOCK, headers={**own, "Host": "auth.test"})
        assert "--trusted-proxy" in answer.headers["X-Emulator-Reason"]


@pytest.mark.parametrize("host", ["", "http://x", "x:80", "a b", "x/y", "[::1]x", "\xfc.test"])
def test_what_is_no_host_cannot_be_allowed(host: str) -> None:
    with pytest.raises(ValueError, match="is not a host"):
        Settings(allowed_host=[host])
