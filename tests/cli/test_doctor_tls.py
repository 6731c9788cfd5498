"""`auth-emulator doctor`: certificates that are not trusted here, and by whom else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from doctoring import examined, found, named
from fronts import HOST, Front, fronting, nobody_listening, tls
from https import VAULT, Https, serving_https
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


def test_a_certificate_that_nobody_trusts_here(secured: Front) -> None:
    finding = found(secured.https)["certificate_untrusted"]
    assert finding["level"] == "wrong"
    for variable in VARIABLES:
        assert f"{variable} is not set" in finding["seen"]
        assert variable in finding["remedy"]
    assert finding["remedy"].startswith("auth-emulator ca URL > ca.pem (URL: its plain HTTP port;")


def test_the_plain_port_is_named_where_it_is_known(
    secured: Front, demo: Served, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at in (f"{HOST}:{demo.port}", dead):
        monkeypatch.setenv("AUTH_EMULATOR_PORT", at.partition(":")[2])
        remedy = found(secured.https)["certificate_untrusted"]["remedy"]
        assert remedy.startswith(f"auth-emulator ca http://{at} > ca.pem (its plain HTTP port;")


def test_an_admin_token_that_is_withheld_is_not_asked_for(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {"/_emulator/clock": (401, b'{"detail": "none was sent"}')}
    health = b'{"status": "ok", "version": "1", "realms": []}'
    front = Front(kept={"/_emulator/health": (200, health), **closed})
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "only-for-tests")
    with fronting(front, tls(authority.issue_cert(HOST))):
        remedy = found(front.https)["control_closed"]["remedy"]
    assert remedy == "AUTH_EMULATOR_ADMIN_TOKEN is withheld until the certificate is trusted"


def test_the_rest_is_looked_at_and_no_admin_token_goes_that_way(
    secured: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "only-for-tests")
    findings = examined(secured.https)
    assert {"server", "clock", "jwks"} <= {f["about"] for f in findings if f["level"] == "ok"}
    assert secured.bearers == []


def test_variables_that_name_the_wrong_file_are_told(
    secured: Front, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other))
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(tmp_path / "none.pem"))
    seen = found(secured.https)["certificate_untrusted"]["seen"]
    assert f"REQUESTS_CA_BUNDLE names {other}, which does not hold its CA" in seen
    assert f"NODE_EXTRA_CA_CERTS names {tmp_path / 'none.pem'}, which is no file" in seen


def test_variables_that_name_what_cannot_be_read_are_told(
    secured: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/proc/1/mem/x")
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "x" * 300)
    seen = found(secured.https)["certificate_untrusted"]["seen"]
    assert "REQUESTS_CA_BUNDLE names /proc/1/mem/x, which is no file" in seen
    assert f"{'x' * 300}, which cannot be read here (File name too long)" in seen


def test_a_variable_that_python_does_not_read_is_told_apart(
    secured: Front, ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(ca))
    seen = found(secured.https)["certificate_untrusted"]["seen"]
    assert "NODE_EXTRA_CA_CERTS does hold its CA" in seen


@pytest.mark.usefixtures("trusting")
def test_trusted_by_python_alone_is_a_warning(secured: Front) -> None:
    finding = found(secured.https)["ca_not_everywhere"]
    assert finding["level"] == "warning"
    assert "REQUESTS_CA_BUNDLE is not set; NODE_EXTRA_CA_CERTS is not set" in finding["seen"]


def test_trusted_by_everybody_is_good_and_an_admin_token_is_sent(
    secured: Front, ca: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in VARIABLES:
        monkeypatch.setenv(variable, str(ca))
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "only-for-tests")
    findings = examined(secured.https)
    assert [f["seen"] for f in findings if f["about"] == "certificate"] == [
        f"trusted here, and for {HOST}"
    ]
    assert set(secured.bearers) == {"Bearer only-for-tests"}


@pytest.mark.usefixtures("trusting")
def test_a_certificate_of_another_host(demo: Served, authority: trustme.CA) -> None:
    for names in (["api.vendor.test", "127.0.0.9"], ["*.vendor.test"]):
        with fronting(Front(demo.url), tls(authority.issue_cert(*names))) as front:
            finding = found(front.https)["certificate_of_another"]
        assert finding["seen"] == f"it is for {', '.join(names)}, and not for {HOST}"


@pytest.mark.usefixtures("trusting")
@pytest.mark.parametrize(
    ("days", "name"), [(-1, "certificate_expired"), (1, "certificate_not_yet_valid")]
)
def test_a_certificate_out_of_its_time(
    demo: Served, authority: trustme.CA, days: int, name: str
) -> None:
    day = datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)
    begins, ends = (day - timedelta(days=1), day) if days < 0 else (day, day + timedelta(days=1))
    certificate = authority.issue_cert(HOST, not_before=begins, not_after=ends)
    with fronting(Front(demo.url), tls(certificate)) as front:
        finding = found(front.https)[name]
    assert day.strftime("%Y-%m-%dT%H:%M:%SZ") in finding["seen"]


@pytest.mark.usefixtures("trusting")
def test_a_proxy_for_https_is_tried_too(secured: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    with fronting(Front()) as proxy:  # one that knows no CONNECT
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        finding = found(secured.https)["proxy_in_the_way"]
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
    for variable in VARIABLES:
        monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))
    assert found(url).keys() == {"issuer_unknown"}


def test_a_vendors_own_host_is_good_where_its_name_leads_to_the_emulator(
    with_tls: Https, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named(monkeypatch, VAULT, HOST)
    (tmp_path / "ca.pem").write_text(with_tls.ca)
    for variable in VARIABLES:
        monkeypatch.setenv(variable, str(tmp_path / "ca.pem"))
    told = found(f"https://{VAULT}:{with_tls.port}")
    assert told.keys() == {"control_closed", "issuer_unknown"}
    assert "HTTP 421" in told["control_closed"]["seen"]


def test_plain_http_at_the_port_of_https(with_tls: Https) -> None:
    finding = found(f"http://{HOST}:{with_tls.port}")["speaks_tls"]
    assert finding["remedy"] == f"use https://{HOST}:{with_tls.port}"


def test_the_wrong_port_of_https(with_tls: Https, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_TLS_PORT", str(with_tls.port))
    with nobody_listening() as port:
        finding = found(f"https://{HOST}:{port}")["nobody_listens"]
    assert finding["remedy"] == f"wrong port: an emulator answers at https://{HOST}:{with_tls.port}"
