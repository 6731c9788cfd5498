"""HTTPS at the vendors' own hosts, as a client finds it that cannot be changed."""

import re
import socket
from collections.abc import Iterator

import httpx
import pytest
from server.https import HOSTS, VAULT, Https, serving_https
from server.tiny import head, rest

FIXTURE = {
    "omniomni": {
        "token": {"algorithm": "ES256", "issuer": "caller"},
        "clients": [{"client_id": "me"}],
    }
}
BODY = b'{"clientId": "me"}'
SIGN_IN = head("POST", "/omni-omni/v1/auth/client-token", body=BODY) + BODY


@pytest.fixture(scope="module")
def https() -> Iterator[Https]:
    with serving_https(FIXTURE) as https:
        yield https


def ask(https: Https, host: str, path: str = "/_emulator/health") -> httpx.Response:
    with httpx.Client(verify=https.trusting(), trust_env=False, timeout=10) as http:
        return http.get(
            f"https://127.0.0.1:{https.port}{path}",
            headers={"Host": host},
            extensions={"sni_hostname": host},
        )


@pytest.mark.parametrize("host", [*HOSTS, "localhost", "127.0.0.1", VAULT.upper()])
def test_a_client_that_trusts_the_ca_and_nothing_else_is_satisfied(https: Https, host: str) -> None:
    assert ask(https, host).json()["status"] == "ok"


def test_links_and_issuers_are_https_of_the_host_that_was_asked(https: Https) -> None:
    metadata = ask(
        https, "backend.ecrop.de", "/_emulator/omniomni/.well-known/openid-configuration"
    )
    assert metadata.json()["issuer"] == "https://backend.ecrop.de/_emulator/omniomni"
    assert metadata.json()["jwks_uri"].startswith("https://backend.ecrop.de/_emulator/")


def test_the_control_api_does_not_answer_at_a_vendors_host(https: Https) -> None:
    assert ask(https, VAULT, "/_emulator/clock").status_code == 421
    assert ask(https, "localhost", "/_emulator/clock").status_code == 200


def test_the_ca_certificate_is_given_at_both_ports_and_no_key(https: Https) -> None:
    plain = httpx.get(f"http://127.0.0.1:{https.http_port}/_emulator/ca.pem", trust_env=False)
    for answer in (plain, ask(https, VAULT, "/_emulator/ca.pem")):
        assert answer.text == https.ca
        assert answer.headers["Content-Type"] == "application/x-pem-file"
    assert https.ca.count("-----BEGIN ") == https.ca.count("-----BEGIN CERTIFICATE-----") == 1


def test_a_server_without_https_says_how_to_get_it(http: httpx.Client) -> None:
    answer = http.get("/_emulator/ca.pem")
    assert answer.status_code == 404
    assert answer.json()["detail"].endswith("start it with auth-emulator serve --tls")


def test_a_reset_is_a_real_one() -> None:
    with serving_https({**FIXTURE, "faults": [{"connection": "reset"}]}) as https:
        connection = https.connected()
        connection.sendall(SIGN_IN)
        # Python's own TLS shows a reset as an end.
        with socket.socket(fileno=connection.detach()) as raw:
            raw.settimeout(10)
            with pytest.raises(ConnectionResetError):
                rest(raw)


@pytest.mark.parametrize("how", ["close", "truncate", "garbage"])
def test_what_a_fault_makes_of_the_connection_comes_through_tls(how: str) -> None:
    faulty = {**FIXTURE, "faults": [{"connection": how}]}
    with serving_https(faulty) as https, https.connected() as connection:
        connection.sendall(SIGN_IN)
        got = rest(connection)
    if how == "close":
        assert got == b""
    elif how == "truncate":
        answered, _, body = got.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answered)
        assert length is not None
        assert len(body) == int(length[1]) // 2
    else:
        assert got
        assert not got.startswith(b"HTTP/")
