"""HTTPS beside HTTP, with a client's own verification; and what becomes of the keys."""

import re
import socket
import ssl
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from server.tiny import NAMES, Tiny, answer, head, rest, serving_tiny

from emulator.server import server
from emulator.server.tls import Tls, check_names, own_names

ECHO = head("POST", "/echo", "Connection: close", body=b"x") + b"x"


def shown(tiny: Tiny, host: str) -> dict[str, Any]:
    with tiny.connect_by_tls(host) as connection:
        certificate = connection.getpeercert()
    assert certificate is not None
    return certificate


def test_https_is_served_beside_http_by_the_same_application(tiny: Tiny) -> None:
    for connect, scheme in ((tiny.connect, b'"http"'), (tiny.connect_by_tls, b'"https"')):
        with connect() as connection:
            connection.sendall(ECHO)
            assert scheme in rest(connection)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "my_service", "vault.test"])
def test_one_certificate_has_all_names(tiny: Tiny, host: str) -> None:
    names = {name for _, name in shown(tiny, host)["subjectAltName"]}
    assert names == {"localhost", "127.0.0.1", "my_service", "vault.test"}


def test_a_name_that_it_does_not_have_is_the_clients_to_refuse(tiny: Tiny) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        tiny.connect_by_tls("other.test")


def test_a_client_that_does_not_trust_the_authority_refuses_it(tiny: Tiny) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        tiny.connect_by_tls(context=ssl.create_default_context())


def test_a_certificate_is_valid_for_no_longer_than_apples_825_days(tiny: Tiny) -> None:
    certificate = shown(tiny, "localhost")
    begins, ends = (
        ssl.cert_time_to_seconds(certificate[name]) for name in ("notBefore", "notAfter")
    )
    assert begins < time.time() - 86400
    assert time.time() + 365 * 86400 < ends < begins + 825 * 86400


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(tiny: Tiny, version: ssl.TLSVersion) -> None:
    context = tiny.trusting()
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.minimum_version = context.maximum_version = version
    with tiny.connect_by_tls(context=context) as connection:
        connection.sendall(ECHO)
        assert answer(connection).startswith(b"HTTP/1.1 200 ")
        assert connection.selected_alpn_protocol() != "h2"


def test_tls_1_1_is_not(tiny: Tiny) -> None:
    context = tiny.trusting()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        tiny.connect_by_tls(context=context)


@pytest.mark.parametrize("size", [60_000, 5_000_000])
def test_a_large_body_arrives_and_returns_whole_over_tls(tiny: Tiny, size: int) -> None:
    url = f"https://localhost:{tiny.https_port}/echo"
    with httpx.Client(verify=tiny.trusting(), trust_env=False, timeout=20) as http:
        assert http.post(url, content=b"x" * size).json()["body"] == "x" * size


@pytest.mark.parametrize("sent", [b"", b"\x16\x03\x01\x02\x00\x01"])
def test_a_handshake_that_is_not_finished_is_ended(
    sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_TLS_HANDSHAKE", 0.3)
    with serving_tiny() as tiny:
        address = ("127.0.0.1", tiny.https_port)
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(sent)
            began = time.monotonic()
            with suppress(ConnectionError):
                rest(connection)
            assert time.monotonic() - began < 3


def test_http_at_the_port_of_https_is_not_answered_and_harms_no_one(tiny: Tiny) -> None:
    with socket.create_connection(("127.0.0.1", tiny.https_port), timeout=10) as connection:
        connection.sendall(ECHO)
        assert b"HTTP/1.1" not in rest(connection)
    with tiny.connect_by_tls() as connection:
        connection.sendall(ECHO)
        assert answer(connection).startswith(b"HTTP/1.1 200 ")


def test_the_ca_certificate_is_all_that_is_reported_of_the_authority() -> None:
    text = Tls(NAMES).ca_certificate
    begin, end = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"
    assert re.fullmatch(f"{begin}[A-Za-z0-9+/=\n]+{end}", text)


def test_each_start_has_an_authority_of_its_own() -> None:
    assert Tls(NAMES).ca_certificate != Tls(NAMES).ca_certificate


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux has files in memory")
def test_no_key_reaches_a_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "not there"))
    with Tls(NAMES).certificate_file() as path:
        assert str(Path(path).readlink()).startswith("/memfd:")
        assert "PRIVATE KEY" in Path(path).read_text()
    assert not Path(path).exists()


def test_where_there_is_no_file_in_memory_it_is_one_that_is_removed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr("os.memfd_create", raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Tls(NAMES).certificate_file() as path:
        assert Path(path).parent == tmp_path
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        *("a b", "10.0.0.0/8", "10.0.0.0/8_", "a@b.test", "", ".", "a..", "ä.test"),
        "x" * 64 + ".test",
    ],
)
def test_names_that_are_none_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="nor a host name"):
        check_names([name])


def test_hosts_with_underscores_wildcards_and_addresses_are_names() -> None:
    names = ["my_service", "vault.test.", "*.test.example", "10.0.0.7", "fd00::1"]
    check_names(names)
    Tls([*names, "localhost"])


def test_a_server_is_reached_as_itself_by_its_address_if_it_has_one() -> None:
    own = ["localhost", "127.0.0.1", "::1"]
    assert own_names("0.0.0.0", ["a.test"]) == [*own, "a.test"]
    assert own_names("10.0.0.7", []) == [*own, "10.0.0.7"]
    assert own_names("fe80::1%eth0", []) == [*own, "fe80::1"]
