"""`auth-emulator doctor`: certificates that are not trusted here."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from doctoring import examined, found, named
from fronts import HOST, Front, fronting, tls
from server.https import VAULT, Https, serving_https
from serving import Served

VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


pytestmark = pytest.mark.usefixtures("offline")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


@pytest.fixture
def trusting(
    offline: None,  # noqa: ARG001 - in this order
    ca: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python trusts it here."""
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))


@pytest.fixture(scope="module")
def secured(demo: Served, authority: trustme.CA) -> Iterator[Front]:
    """The demo, over HTTPS."""
    with fronting(Front(demo.url), tls(authority.issue_cert(HOST))) as front:
        yield front


def test_a_certificate_that_no_one_trusts_here(secured: Front) -> None:
    finding = found(secured.https)["certificate_untrusted"]
    assert finding["level"] == "wrong"
    for variable in VARIABLES:
        assert f"{variable} is not set" in finding["seen"]
        assert variable in finding["remedy"]
    assert finding["remedy"].startswith("auth-emulator ca URL > ca.pem (URL: its plain HTTP port;")


def test_an_admin_token_that_is_withheld_is_not_asked_for(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {"/_emulator/clock": (401, b'{"detail": "none was sent"}')}
    health = b'{"status": "ok", "version": "1", "realms": []}'
    front = Front(kept={"/_emulator/health": (200, health), **closed})
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "only-for-tests")
    with fronting(front, tls(authority.issue_cert(HOST))):
        remedy = found(front.https)["control_api_refused"]["remedy"]
    assert remedy == "AUTH_EMULATOR_ADMIN_TOKEN is withheld until the certificate is trusted"


def test_the_rest_is_looked_at_and_no_admin_token_goes_that_way(
    secured: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "only-for-tests")
    findings = examined(secured.https)
    assert {"server", "clock", "jwks"} <= {f["about"] for f in findings if f["level"] == "ok"}
    assert secured.bearers == []


@pytest.mark.usefixtures("trusting")
def test_a_trusted_one_is_good_and_an_admin_token_is_sent(
    secured: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "only-for-tests")
    findings = examined(secured.https)
    assert [f["seen"] for f in findings if f["about"] == "certificate"] == [
        f"trusted here, and for {HOST}"
    ]
    assert set(secured.bearers) == {"Bearer only-for-tests"}


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize("names", [["api.vendor.test", "127.0.0.9"], ["*.vendor.test"]])
def test_a_certificate_of_another_host(
    demo: Served, authority: trustme.CA, names: list[str]
) -> None:
    with fronting(Front(demo.url), tls(authority.issue_cert(*names))) as front:
        finding = found(front.https)["hostname_mismatch"]
    assert f"not valid for '{HOST}'" in finding["seen"]
    assert f"--tls-host {HOST}" in finding["remedy"]


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(("days", "said"), [(-1, "has expired"), (1, "is not yet valid")])
def test_a_certificate_out_of_its_time(
    demo: Served, authority: trustme.CA, days: int, said: str
) -> None:
    day = datetime.now(UTC) + timedelta(days=days)
    begins, ends = (day - timedelta(days=1), day) if days < 0 else (day, day + timedelta(days=1))
    certificate = authority.issue_cert(HOST, not_before=begins, not_after=ends)
    with fronting(Front(demo.url), tls(certificate)) as front:
        finding = found(front.https)["certificate_untrusted"]
    assert f"certificate {said}; SSL_CERT_FILE is " in finding["seen"]


@pytest.mark.usefixtures("trusting")
def test_a_proxy_for_https_is_tried_too(secured: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    with fronting(Front()) as proxy:  # one that knows no CONNECT
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        finding = found(secured.https)["proxy_used"]
    assert finding["level"] == "wrong"


@pytest.fixture(scope="module")
def with_tls() -> Iterator[Https]:
    with serving_https() as https:
        yield https


def test_what_serve_tls_serves_is_good_once_its_ca_is_trusted(
    with_tls: Https, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://{HOST}:{with_tls.port}"
    assert "certificate_untrusted" in found(url)
    (tmp_path / "ca.pem").write_text(with_tls.ca)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert found(url).keys() == {"issuer_not_found"}


def test_a_vendors_own_host_is_good_where_its_name_leads_to_the_emulator(
    with_tls: Https, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, VAULT, HOST)
    (tmp_path / "ca.pem").write_text(with_tls.ca)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    told = found(f"https://{VAULT}:{with_tls.port}")
    assert told.keys() == {"control_api_refused", "issuer_not_found"}
    assert "HTTP 421" in told["control_api_refused"]["seen"]


def test_plain_http_at_the_port_of_https(with_tls: Https) -> None:
    finding = found(f"http://{HOST}:{with_tls.port}")["https_expected"]
    assert finding["remedy"] == f"use https://{HOST}:{with_tls.port}"
