"""`auth-emulator doctor`: clocks that are apart, and tokens that services cannot verify."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from doctoring import examined, found, wrongs
from driving import FIXTURE
from fronts import Front, fronting
from serving import Served, client, serving

from emulator.cli.doctor import reaching
from emulator.cli.doctor.finding import Kind
from emulator.core.clock import machine_time

pytestmark = pytest.mark.usefixtures("offline")

VAULT = "/_emulator/vault/.well-known"


@pytest.fixture(scope="module")
def own() -> Iterator[Served]:
    with serving(FIXTURE) as served:
        yield served


@pytest.fixture
def driven(own: Served) -> Iterator[httpx.Client]:
    """An emulator that goes back to its fixture afterwards."""
    with client(own) as http:
        yield http
        http.post("/_emulator/reset").raise_for_status()


def moved(http: httpx.Client, **how: Any) -> dict[str, Any]:
    """What is found of a clock that was moved."""
    http.put("/_emulator/clock", json=how).raise_for_status()
    return found(str(http.base_url))


@pytest.mark.parametrize(
    ("ahead", "said", "why"),
    [
        (3600, "1:00:00 ahead of this one's", "their iat is in the future"),
        (-90000, "1 day, 1:00:00 behind this one's", "expired as soon as they come"),
    ],
)
def test_a_machine_whose_clock_is_apart(
    demo: Served, monkeypatch: pytest.MonkeyPatch, ahead: int, said: str, why: str
) -> None:
    monkeypatch.setattr(reaching, "machine_time", lambda: machine_time() - ahead)
    finding = found(demo.url)["clock_skew"]
    assert finding["level"] == "wrong"
    assert finding["seen"] == f"the clock of the emulator's machine is {said}"
    assert why in finding["remedy"]


def test_a_clock_that_a_test_moved_ahead(driven: httpx.Client) -> None:
    finding = moved(driven, advance="25h")["clock_moved"]
    assert finding["level"] == "warning"
    assert finding["seen"] == "the emulator's clock is 1 day, 1:00:00 ahead of the real time"
    assert "their iat is in the future" in finding["remedy"]
    assert "/_emulator/reset" in finding["remedy"]


def test_a_clock_that_a_test_moved_back(driven: httpx.Client) -> None:
    finding = moved(driven, advance="-25h")["clock_moved"]
    assert "1 day, 1:00:00 behind the real time" in finding["seen"]
    assert "expired as soon as they come" in finding["remedy"]


def test_a_clock_that_stands_still(driven: httpx.Client) -> None:
    finding = moved(driven, now="2026-01-01T00:00:00Z", frozen=True)["clock_frozen"]
    assert "is frozen at 2026-01-01T00:00:00.000Z" in finding["seen"]
    assert '{"frozen": false}' in finding["remedy"]


def test_metadata_without_members(driven: httpx.Client) -> None:
    fault = {"vendor": "vault", "operation": "metadata", "respond": {"body": {}}}
    driven.post("/_emulator/faults", json=fault).raise_for_status()
    seen = found(str(driven.base_url))["metadata_invalid"]["seen"]
    assert seen == "vault's metadata cannot be read: it is not a JSON object, or has no members"


def test_a_realm_has_a_clock_of_its_own(driven: httpx.Client) -> None:
    driven.put("/_emulator/realms/later").raise_for_status()
    driven.put("/realms/later/_emulator/clock", json={"advance": "25h"}).raise_for_status()
    assert "clock_moved" in found(f"{driven.base_url}/realms/later")
    assert "clock_moved" not in found(str(driven.base_url))


def test_an_issuer_that_cannot_be_looked_up(demo: Served) -> None:
    finding = found(demo.url)["issuer_not_found"]
    assert finding["level"] == "warning"
    for vendor in ("omniomni", "nbcgate", "vault"):
        assert f"https://{vendor}.emulator.test ({vendor})" in finding["seen"]
    assert "issuer: caller" in finding["remedy"]
    assert "the JWKS address" in finding["remedy"]


def test_an_issuer_that_leads_elsewhere_and_one_that_is_no_url() -> None:
    fixture = {
        "omniomni": {"token": {"issuer": "http://localhost/elsewhere"}},
        "vault": {"token": {"issuer": "the-vault"}},
    }
    with serving(fixture) as served:
        told = found(served.url)
    assert "http://localhost/elsewhere (omniomni)" in told["issuer_other_host"]["seen"]
    assert "the-vault (vault)" in told["issuer_not_found"]["seen"]


def test_issuers_that_follow_the_caller_are_good() -> None:
    caller = {"token": {"issuer": "caller", "algorithm": "ES256"}}
    nbcgate = {"token": {"issuer": "caller", "secret": "a-secret-of-thirty-two-bytes-or-more"}}
    with serving({"omniomni": caller, "nbcgate": nbcgate, "vault": caller}) as served:
        findings = examined(served.url)
        assert {f["level"] for f in findings} == {"ok"}
        with client(served) as http:
            http.put("/_emulator/realms/one").raise_for_status()
        assert found(f"{served.url}/realms/one") == {}


def test_metadata_behind_a_proxy_that_no_one_named(demo: Served) -> None:
    with fronting(Front(demo.url)) as front:
        told = found(front.url)["metadata_other_host"]
    assert told["level"] == "warning"
    assert f"{demo.url}/_emulator/" in told["seen"]
    assert "--trusted-proxy" in told["remedy"]


@pytest.mark.parametrize(
    ("operation", "name"), [("metadata", "metadata_invalid"), ("jwks", "jwks_invalid")]
)
def test_documents_that_cannot_be_read(driven: httpx.Client, operation: str, name: str) -> None:
    for answer in (
        {"outcome": "server_error"},
        {"respond": {"status": 200, "body": "<html>"}},
        {"respond": {"status": 200, "body": []}},
        {"connection": "reset"},
    ):
        fault = {"vendor": "vault", "operation": operation, **answer}
        driven.post("/_emulator/faults", json=fault).raise_for_status()
        finding = found(str(driven.base_url))[name]
        assert finding["level"] == "wrong"
        assert finding["seen"].startswith("vault's ")
        driven.delete("/_emulator/faults").raise_for_status()


def test_a_jwks_that_is_none(driven: httpx.Client) -> None:
    fault = {"vendor": "vault", "operation": "jwks", "respond": {"body": {"keys": {}}}}
    driven.post("/_emulator/faults", json=fault).raise_for_status()
    assert "it is not a JWKS (RFC 7517)" in found(str(driven.base_url))["jwks_invalid"]["seen"]


def rotate(http: httpx.Client, mode: str) -> None:
    body = {"vendor": "vault", "mode": mode}
    http.post("/_emulator/keys/rotate", json=body).raise_for_status()


@pytest.mark.parametrize("mode", ["overlap", "no_overlap", "same_kid"])
def test_a_jwks_that_follows_a_rotation_is_good(driven: httpx.Client, mode: str) -> None:
    rotate(driven, mode)
    assert wrongs(str(driven.base_url)) == []


def test_a_jwks_without_the_key_that_signs(driven: httpx.Client) -> None:
    rotate(driven, "unknown_kid")
    finding = found(str(driven.base_url))["jwks_missing_key"]
    assert finding["level"] == "wrong"
    assert "/_emulator/reset" in finding["remedy"]


def test_a_jwks_that_somebody_keeps_after_a_rotation(own: Served, driven: httpx.Client) -> None:
    path = f"{VAULT}/jwks.json"
    kept = {path: (200, driven.get(path).content)}
    with fronting(Front(own.url, kept)) as cache:
        assert "jwks_wrong_key" not in found(cache.url)
        rotate(driven, "same_kid")
        assert found(cache.url)["jwks_wrong_key"]["level"] == "wrong"
        rotate(driven, "no_overlap")
        assert "jwks_missing_key" in found(cache.url)


@pytest.mark.parametrize("key", [{"kty": "EC"}, {"kty": "none"}, {}])
def test_a_key_that_no_one_can_read_is_the_wrong_one(
    own: Served, driven: httpx.Client, key: dict[str, str]
) -> None:
    path = f"{VAULT}/jwks.json"
    kid = driven.get(path).json()["keys"][0]["kid"]
    body = httpx.Response(200, json={"keys": ["odd", {**key, "kid": kid}]}).content
    with fronting(Front(own.url, {path: (200, body)})) as front:
        assert "jwks_wrong_key" in found(front.url)


def test_every_finding_has_a_test() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_doctor*.py"))
    for kind in Kind:
        assert f'"{kind}"' in tests
