"""`auth-emulator doctor`: who answers at an address, if it is not an emulator; and proxies."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import on_a_terminal, ran, ran_here
from commands import serving as serving_process
from doctoring import examined, found, named, wrongs
from fronts import HOST, Front, fronting, listening, not_accepting, tls
from serving import Served, client

pytestmark = pytest.mark.usefixtures("offline")


def test_the_demo_is_good_and_the_status_is_0(demo: Served) -> None:
    done = ran("doctor", demo.url)
    assert done.status == 0
    levels = [line.partition(": ")[0] for line in done.stdout.splitlines()]
    assert levels == ["ok", "ok", "ok", "ok", "ok", "warning", "ok"]
    assert "ok: server: auth-emulator " in done.stdout
    assert done.stderr == "6 ok, 1 warning\n"


def test_the_address_comes_from_the_environment_too(
    demo: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_URL", demo.url)
    told = json.loads(ran_here("doctor", "--json").stdout)
    assert (told["url"], told["verdict"]) == (demo.url, "good")


def test_it_changes_nothing_and_leaves_no_call_of_a_sign_in(demo: Served) -> None:
    with client(demo) as http:
        http.delete("/_emulator/journal").raise_for_status()
        before = http.get("/_emulator/realms").json()["realms"]
        examined(demo.url)
        assert [r["realm"] for r in http.get("/_emulator/realms").json()["realms"]] == [
            r["realm"] for r in before
        ]
        calls = {e["operation"] for e in http.get("/_emulator/journal").json()["entries"]}
    assert calls == {"metadata", "jwks"}


def test_a_terminal_shows_it_in_colours_and_in_columns(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"  # its issuers need no DNS to be unknown
    own = 'token: {issuer: "urn:mine", algorithm: ES256}'
    secret = 'token: {issuer: "urn:mine", secret: "a-secret-of-thirty-two-bytes-or-more"}'
    fixture.write_text(f"omniomni: {{{own}}}\nnbcgate: {{{secret}}}\nvault: {{{own}}}\n")
    with serving_process(fixture) as (_, url, _lines):
        done = on_a_terminal("doctor", url)
        plain = on_a_terminal("doctor", url, NO_COLOR="1")
    assert (done.status, plain.status) == (0, 0)
    assert "\x1b[32mok" in done.stdout
    assert "\x1b[33mwarning" in done.stdout
    assert "\x1b[32m" not in plain.stdout
    first, second = plain.stdout.splitlines()[:2]
    assert first.index("no proxy variable") == second.index("auth-emulator ")


@pytest.mark.parametrize(
    "url", ["localhost:x", "ftp://x", "http://", "http://h/a b", "http://h/ä", "[::1"]
)
def test_what_is_no_base_url_is_wrong_usage(url: str) -> None:
    done = ran_here("doctor", url)
    assert (done.status, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "is not a base URL; expected one such as http://127.0.0.1:8080" in done.stderr


def test_a_name_that_no_one_knows() -> None:
    finding = found("http://nobody.invalid:8080")["host_not_found"]
    assert finding["seen"] == "nobody.invalid does not resolve here"
    assert "the name of the emulator's service" in finding["remedy"]


def test_a_port_at_which_no_one_listens(dead: str) -> None:
    finding = found(f"http://{dead}")["connection_refused"]
    assert f"auth-emulator serve --port {dead.partition(':')[2]}" in finding["remedy"]
    assert "in a container this is the container itself" in finding["remedy"]


def test_a_port_that_takes_no_connection() -> None:
    with not_accepting() as port:
        finding = found(f"http://{HOST}:{port}", "--timeout", "0.3")["unreachable"]
    assert finding["seen"] == f"{HOST}:{port} does not take a connection within 0.3 s"
    assert "firewall" in finding["remedy"]


def test_another_program_that_speaks_http() -> None:
    kept = {"/_emulator/health": (200, b'{"status": "ok"}')}
    with fronting(Front()) as other, fronting(Front(kept=kept)) as healthy:
        for url in (other.url, healthy.url):
            finding = found(url)["not_an_emulator"]
            assert "another program uses this port" in finding["remedy"]


def test_another_program_that_does_not_speak_http() -> None:
    def greet(connection: socket.socket) -> None:
        connection.sendall(b"SSH-2.0-Other\x1b]0;x\x07\r\n")
        connection.settimeout(1)
        connection.recv(1024)

    with listening(greet) as port:
        finding = found(f"http://{HOST}:{port}")["not_an_emulator"]
        assert "is not an emulator (it does not speak HTTP: " in finding["seen"]
        assert "\x1b" not in finding["seen"]
        assert wrongs(f"https://{HOST}:{port}") == ["http_expected"]


def test_another_program_that_says_nothing() -> None:
    def wait(connection: socket.socket) -> None:
        connection.settimeout(2)
        while connection.recv(1024):
            pass

    with listening(wait) as port:
        finding = found(f"http://{HOST}:{port}", "--timeout", "0.3")["timeout"]
    assert finding["seen"] == f"what listens at {HOST}:{port} did not respond within 0.3 s"


def test_an_emulator_that_falls_silent_while_it_is_looked_at(demo: Served) -> None:
    with client(demo) as http:
        health = http.get("/_emulator/health").content

    def once(connection: socket.socket) -> None:
        connection.settimeout(1)
        if b"/_emulator/health" in connection.recv(65536):
            head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(head % len(health) + health)

    with listening(once) as port:
        assert wrongs(f"http://{HOST}:{port}") == ["timeout"]


def test_plain_http_where_tls_is_spoken(demo: Served, certificate: Any) -> None:
    with fronting(Front(demo.url), tls(certificate)) as front:
        finding = found(front.url)["https_expected"]
        assert finding["remedy"] == f"use {front.https}"
    with fronting(Front(), tls(certificate)) as other:
        assert "another program" in found(other.url)["https_expected"]["remedy"]


def test_plain_http_where_a_server_says_that_it_speaks_tls(certificate: Any) -> None:
    def answer(connection: socket.socket) -> None:
        connection.settimeout(1)
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            with tls(certificate).wrap_socket(connection, server_side=True) as secure:
                secure.recv(1024)
            return
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with listening(answer) as port:
        assert wrongs(f"http://{HOST}:{port}") == ["https_expected"]


def test_tls_where_plain_http_is_spoken(demo: Served) -> None:
    finding = found(demo.url.replace("http:", "https:"))["http_expected"]
    assert f"use {demo.url}; or serve HTTPS: auth-emulator serve --tls" in finding["remedy"]


@pytest.fixture(scope="module")
def certificate() -> Any:
    import trustme

    return trustme.CA().issue_cert(HOST)


def test_an_address_without_a_scheme_is_one_of_http(demo: Served) -> None:
    assert wrongs(demo.url.removeprefix("http://")) == []


def test_the_base_url_of_a_vendors_client_is_good(demo: Served) -> None:
    told = json.loads(ran_here("doctor", f"{demo.url}/ecrop-command", "--json").stdout)
    assert (told["url"], told["verdict"]) == (demo.url, "good")
    assert wrongs(f"{demo.url}/realms/default/ecrop-command/") == []
    assert wrongs(f"{demo.url}/realms/none/ecrop-command") == ["realm_not_found"]


@pytest.mark.parametrize(
    ("path", "good"),
    [("/reg", ""), ("/realms/default/foo", "/realms/default"), ("/a/realms/default", "")],
)
def test_a_path_behind_a_base_url_is_none(demo: Served, path: str, good: str) -> None:
    finding = found(demo.url + path)["wrong_path"]
    assert finding["remedy"].partition(",")[0] == f"use {demo.url}{good}"


def test_a_realms_base_url_is_good_until_the_realm_is_gone(demo: Served) -> None:
    with client(demo) as http:
        http.put("/_emulator/realms/looked-at").raise_for_status()
        assert wrongs(f"{demo.url}/realms/looked-at/") == []
        http.delete("/_emulator/realms/looked-at").raise_for_status()
    finding = found(f"{demo.url}/realms/looked-at")["realm_not_found"]
    assert f"PUT {demo.url}/_emulator/realms/looked-at" in finding["remedy"]


@pytest.fixture(scope="module")
def on_the_network() -> Iterator[str]:
    with serving_process("--host", "0.0.0.0", AUTH_EMULATOR_ADMIN_TOKEN="only-for-tests") as (
        _,
        url,
        _lines,
    ):
        yield url


def test_where_the_control_api_is_closed_the_rest_is_looked_at(
    on_the_network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = examined(on_the_network)
    (closed,) = (f for f in findings if f["finding"] == "control_api_refused")
    assert (closed["level"], "AUTH_EMULATOR_ADMIN_TOKEN" in closed["remedy"]) == ("warning", True)
    assert {"machine", "issuer"} <= {f["about"] for f in findings}
    assert {"clock", "jwks"}.isdisjoint(f["about"] for f in findings)
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "only-for-tests")
    findings = examined(on_the_network)
    assert {"jwks", "control"} <= {f["about"] for f in findings if f["level"] == "ok"}
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "another-one")
    assert "control_api_refused" in found(on_the_network)


def test_an_unknown_realm_is_found_where_the_control_api_is_closed(on_the_network: str) -> None:
    assert wrongs(f"{on_the_network}/realms/none") == ["realm_not_found"]


def test_a_host_by_which_the_control_api_is_not_known(
    demo: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, "emulator.internal", HOST)
    findings = examined(f"http://emulator.internal:{demo.port}")
    assert findings[1]["seen"] == f"emulator.internal is {HOST}"
    (closed,) = (f for f in findings if f["finding"] == "control_api_refused")
    assert "HTTP 421" in closed["seen"]
    assert "--allowed-host" in closed["remedy"]
