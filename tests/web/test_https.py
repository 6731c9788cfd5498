"""HTTPS at the vendors' hosts, with a client's own verification, and every byte on the wire."""

import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from https import HOSTS, VAULT, Caller, Https, serving_https

from emulator.web import crowd, encrypted, outflow, protocol, server, tls
from emulator.web.tls import Tls

FIXTURE = {
    "omniomni": {
        "token": {"algorithm": "ES256", "issuer": "caller"},
        "clients": [{"client_id": "me"}],
    }
}
BODY = b'{"clientId": "me"}'
REQUEST = (
    b"POST /omni-omni/v1/auth/client-token HTTP/1.1\r\nHost: api.sandbox-v2.vault.ist\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)
HEALTH = b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def https() -> Iterator[Https]:
    with serving_https(FIXTURE) as https:
        yield https


@contextlib.contextmanager
def faulty(how: str) -> Iterator[Https]:
    with serving_https({**FIXTURE, "faults": [{"connection": how}]}) as https:
        yield https


def ask(https: Https, host: str, path: str = "/_emulator/health") -> httpx.Response:
    with httpx.Client(verify=https.trusting(), trust_env=False, timeout=10) as http:
        return http.get(
            f"https://127.0.0.1:{https.port}{path}",
            headers={"Host": host},
            extensions={"sni_hostname": host},
        )


def names_shown(https: Https, host: str) -> set[str]:
    with https.connected(host) as connection:
        certificate: Any = connection.getpeercert()
    return {name for _, name in certificate["subjectAltName"]}


def whole(connection: socket.socket) -> bytes:
    """A whole answer in JSON."""
    got = b""
    while not got.endswith(b"}"):
        got += connection.recv(65536) or pytest.fail(f"closed after {got!r}")
    return got


def rest(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("host", [*HOSTS, "localhost", "127.0.0.1", VAULT.upper()])
def test_a_client_that_trusts_the_ca_and_nothing_else_is_satisfied(https: Https, host: str) -> None:
    assert ask(https, host).json()["status"] == "ok"


def test_a_client_that_does_not_trust_the_ca_is_not_and_the_log_says_the_remedy(
    https: Https, caplog: pytest.LogCaptureFixture
) -> None:
    raw = socket.create_connection(("127.0.0.1", https.port), timeout=10)
    with pytest.raises(ssl.SSLCertVerificationError), raw:
        ssl.create_default_context().wrap_socket(raw, server_hostname=VAULT)
    assert until(lambda: "auth-emulator ca" in caplog.text)


def test_a_client_that_hangs_up_when_it_sees_the_certificate_is_told_of_in_the_log(
    https: Https, caplog: pytest.LogCaptureFixture
) -> None:
    # Java's HttpClient and Node do not say that they mistrust. Who only tries the port is no news.
    for begins in (False, True):
        with Caller(https) as caller:
            if begins:
                caller.begin()
                assert caller.socket.recv(65536)
    assert until(lambda: "auth-emulator ca" in caplog.text)
    assert len([line for line in caplog.messages if line.startswith("https: ")]) == 1


def test_a_name_that_nobody_has_fails_and_the_log_says_the_remedy(
    https: Https, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            https.connected("login.vault.example")
    assert caplog.text.count("login.vault.example, and no certificate here has that name") == 1
    assert "--tls-host" in caplog.text


def test_a_name_with_a_dot_at_its_end_is_that_name(
    https: Https, caplog: pytest.LogCaptureFixture
) -> None:
    context = https.trusting()
    context.check_hostname = False
    raw = socket.create_connection(("127.0.0.1", https.port), timeout=10)
    with context.wrap_socket(raw, server_hostname=f"{VAULT}.") as connection:
        certificate: Any = connection.getpeercert()
    assert certificate["subjectAltName"] == (("DNS", VAULT),)
    assert "asks for" not in caplog.text  # another test's caller may be told of late


def test_each_vendor_has_a_certificate_of_its_own(https: Https) -> None:
    shown = {host: names_shown(https, host) for host in HOSTS}
    assert shown["backend.ecrop.de"] == {name for name in HOSTS if name.endswith("ecrop.de")}
    assert shown[VAULT] == {VAULT}
    assert names_shown(https, "localhost") == {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"}


def test_a_certificate_is_good_for_no_longer_than_apples_825_days(https: Https) -> None:
    with https.connected() as connection:
        certificate = connection.getpeercert()
    assert certificate is not None
    begins, ends = (
        ssl.cert_time_to_seconds(str(certificate[name])) for name in ("notBefore", "notAfter")
    )
    assert begins < time.time() - 86400
    assert time.time() + 365 * 86400 < ends < begins + 825 * 86400


def test_http_1_1_is_what_a_client_that_offers_more_is_given(https: Https) -> None:
    raw = socket.create_connection(("127.0.0.1", https.port), timeout=10)
    context = https.trusting()
    context.set_alpn_protocols(["h2", "http/1.1"])
    with context.wrap_socket(raw, server_hostname=VAULT) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_versions_of_tls_are_spoken_and_sessions_are_resumed(
    https: Https, version: ssl.TLSVersion
) -> None:
    context, session, resumed = https.trusting(), None, []
    context.minimum_version = context.maximum_version = version
    for _ in range(2):
        raw = socket.create_connection(("127.0.0.1", https.port), timeout=10)
        with context.wrap_socket(raw, server_hostname=VAULT, session=session) as connection:
            connection.sendall(HEALTH)
            assert whole(connection).startswith(b"HTTP/1.1 200 ")
            session = connection.session
            resumed.append(connection.session_reused)
    assert resumed == [False, True]


def test_links_and_issuers_are_https_of_the_host_that_was_asked(https: Https) -> None:
    told = ask(https, "backend.ecrop.de", "/_emulator/omniomni/.well-known/openid-configuration")
    assert told.json()["issuer"] == "https://backend.ecrop.de/_emulator/omniomni"
    assert told.json()["jwks_uri"].startswith("https://backend.ecrop.de/_emulator/")


def test_the_control_api_does_not_answer_at_a_vendors_host(https: Https) -> None:
    assert ask(https, VAULT, "/_emulator/clock").status_code == 421
    assert ask(https, "localhost", "/_emulator/clock").status_code == 200


def test_the_ca_certificate_is_told_at_both_ports_and_no_key(https: Https) -> None:
    plain = httpx.get(f"http://127.0.0.1:{https.http_port}/_emulator/ca.pem", trust_env=False)
    for told in (plain, ask(https, VAULT, "/_emulator/ca.pem")):
        assert told.text == https.ca
        assert told.headers["Content-Type"] == "application/x-pem-file"
    assert https.ca.count("-----BEGIN ") == https.ca.count("-----BEGIN CERTIFICATE-----") == 1


def test_a_server_without_https_says_how_to_get_it(http: httpx.Client) -> None:
    told = http.get("/_emulator/ca.pem")
    assert told.status_code == 404
    assert told.json()["detail"].endswith("start it with auth-emulator serve --tls")


def test_each_start_has_a_ca_of_its_own_and_writes_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_file(*_: object, **__: object) -> object:
        raise AssertionError("a key would be written")

    monkeypatch.setattr("trustme.NamedTemporaryFile", no_file)
    first, second = (Tls({"Vault": [VAULT]}, ["localhost"]).ca_certificate for _ in range(2))
    assert first != second


def test_what_was_asked_over_http_is_told_that_it_is_https(
    https: Https, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection(("127.0.0.1", https.port), timeout=10) as connection:
        connection.sendall(HEALTH)
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"https://" in answer
    assert "sent http to the port of https" in caplog.text


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01", b"nonsense" * 3000])
def test_who_does_not_finish_its_handshake_is_ended(
    sent: bytes, https: Https, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encrypted, "HANDSHAKE_WITHIN", 0.4)
    connections = https.server.server_state.connections
    with socket.create_connection(("127.0.0.1", https.port), timeout=10) as connection:
        began = time.monotonic()
        connection.sendall(sent)
        with contextlib.suppress(ConnectionError):
            rest(connection)
        assert time.monotonic() - began < 3
        assert until(lambda: not connections)


def test_who_is_still_shaking_hands_counts_and_makes_room_first(
    https: Https, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MOST_CONNECTIONS", 10)
    with contextlib.ExitStack() as stack:
        polite = stack.enter_context(https.connected())
        polite.sendall(HEALTH)
        assert whole(polite).startswith(b"HTTP/1.1 200 ")
        for _ in range(30):
            address = ("127.0.0.1", https.port)
            stack.enter_context(socket.create_connection(address, timeout=10))
        assert until(lambda: 0 < len(https.server.server_state.connections) <= 10)
        polite.sendall(HEALTH)
        assert whole(polite).startswith(b"HTTP/1.1 200 ")


def test_a_request_that_stops_half_way_is_408(
    https: Https, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "REQUEST_WITHIN", 0.3)
    with https.connected() as connection:
        connection.sendall(REQUEST[:-3])
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_says_nothing_after_its_handshake_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "_KEEP_ALIVE", 0.3)
    with serving_https(FIXTURE) as https, https.connected() as connection:
        assert rest(connection) == b""


def test_who_does_not_read_is_hung_up_on_and_holds_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outflow, "READ_WITHIN", 0.3)
    large = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with serving_https(FIXTURE) as https, https.connected() as connection:
        connections = https.server.server_state.connections
        connection.sendall(large * 20)
        assert until(lambda: bool(connections))
        assert until(lambda: not connections, 20)


def test_a_large_answer_arrives_whole_also_where_it_is_the_last(https: Https) -> None:
    head = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n"
    with https.connected() as connection:
        connection.sendall(head + b"Connection: close\r\n\r\n")
        got, _, body = rest(connection).partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in got.lower()


def test_a_large_body_arrives_whole(https: Https) -> None:
    body = b'{"clientId": "%s"}' % (b"x" * 60_000)
    head = REQUEST.partition(b"Content-Length")[0]
    with https.connected() as connection:
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")


def test_a_request_that_comes_with_the_end_of_the_handshake_is_answered(https: Https) -> None:
    with Caller(https) as caller:
        caller.agree()
        caller.write(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        caller.flush()
        assert caller.rest().startswith(b"HTTP/1.1 200 ")


def test_a_handshake_and_a_request_that_come_byte_by_byte_are_understood(https: Https) -> None:
    with Caller(https) as caller:
        caller.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        caller.agree()
        caller.write(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        for byte in caller.taken():
            caller.socket.sendall(bytes([byte]))
        assert caller.rest().startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("goodbye", [True, False], ids=["with a farewell", "without"])
def test_who_closes_its_own_side_still_gets_the_answer(*, goodbye: bool) -> None:
    late = {**FIXTURE, "faults": [{"delay": "300ms"}]}
    with serving_https(late) as https, Caller(https) as caller:
        caller.agree()
        caller.write(REQUEST)
        if goodbye:
            caller.say_goodbye()
        caller.flush()
        caller.socket.shutdown(socket.SHUT_WR)
        assert caller.rest().startswith(b"HTTP/1.1 200 ")


def test_bytes_that_are_no_tls_behind_a_good_handshake_end_it(https: Https) -> None:
    with Caller(https) as caller:
        caller.agree()
        caller.flush()
        caller.socket.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
        with pytest.raises((ssl.SSLError, EOFError)):
            caller.rest()
    assert ask(https, VAULT).status_code == 200


def test_reset_is_a_real_tcp_reset() -> None:
    with faulty("reset") as https, Caller(https) as caller:
        caller.agree()
        caller.write(REQUEST)
        caller.flush()
        with pytest.raises(ConnectionResetError):
            caller.rest()


@pytest.mark.parametrize("how", ["close", "truncate", "garbage"])
def test_what_a_fault_makes_of_the_connection_comes_through_tls(how: str) -> None:
    with faulty(how) as https, Caller(https) as caller:
        caller.agree()
        caller.write(REQUEST)
        caller.flush()
        got = caller.rest()
    if how == "close":
        assert got == b""
    elif how == "truncate":
        head, _, body = got.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        assert length is not None
        assert len(body) == int(length[1]) // 2
    else:
        assert got
        assert not got.startswith(b"HTTP/")


def test_a_stop_waits_for_no_idle_caller_and_answers_who_has_asked() -> None:
    late = {**FIXTURE, "faults": [{"delay": "500ms", "after": 1}]}
    answers: list[bytes] = []
    with contextlib.ExitStack() as stack:
        with serving_https(late) as https:
            idle = stack.enter_context(https.connected())
            idle.sendall(REQUEST)
            assert whole(idle).startswith(b"HTTP/1.1 200 ")
            stack.enter_context(socket.create_connection(("127.0.0.1", https.port)))
            busy = stack.enter_context(https.connected())
            busy.sendall(REQUEST)
            reader = threading.Thread(target=lambda: answers.append(rest(busy)))
            reader.start()
            time.sleep(0.1)
            began = time.monotonic()
        assert time.monotonic() - began < 2
        reader.join(10)
        assert answers[0].startswith(b"HTTP/1.1 200 ")
        assert rest(idle) == b""  # it was told goodbye


def test_names_that_are_none_are_refused() -> None:
    for name in (
        "a b",
        "10.0.0.0/8",
        "10.0.0.0/8_",
        "a@b.test",
        "",
        ".",
        "a..",
        "ä.test",
        "x" * 64 + ".test",
    ):
        with pytest.raises(ValueError, match="is no host name"):
            tls.check_names([name])
    tls.check_names(["my_service", "vault.test.", "*.test.example", "10.0.0.7", "fd00::1"])


def until(holds: Callable[[], bool], within: float = 5) -> bool:
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > within:
            return False
        time.sleep(0.02)
    return True
