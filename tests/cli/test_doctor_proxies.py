"""`auth-emulator doctor`: proxies that the environment names."""

import json

import pytest
from commands import ran_here
from doctoring import found
from fronts import HOST, Front, fronting
from serving import Served

pytestmark = pytest.mark.usefixtures("offline")


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_in_the_way(
    demo: Served, dead: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"http://me:a-password@{dead}")
    finding = found(demo.url)["proxy_used"]
    assert finding["level"] == "wrong"
    assert variable in finding["seen"]
    assert "a-password" not in json.dumps(finding)
    assert f"NO_PROXY={HOST}" in finding["remedy"]
    monkeypatch.setenv("NO_PROXY", f"localhost,{HOST}")
    assert found(demo.url).keys() == {"issuer_not_found"}


def test_a_proxy_of_socks_is_in_the_way(
    demo: Served, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"socks5://{dead}")
    assert found(demo.url)["proxy_used"]["level"] == "wrong"


def test_a_proxy_for_other_schemes_is_in_no_ones_way(
    demo: Served, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{dead}")
    assert "proxy_used" not in found(demo.url)


def test_a_proxy_that_leads_to_the_emulator_is_a_warning(
    demo: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fronting(Front(demo.url)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        finding = found(demo.url)["proxy_used"]
        assert proxy.asked == [f"{demo.url}/_emulator/health"]
    assert finding["level"] == "warning"
    assert finding["seen"].endswith("; it does reach the emulator")


@pytest.mark.parametrize("proxy", ["http://[::1", "[::1", "http://h:port"])
def test_a_proxy_that_is_no_url_is_in_the_way(
    demo: Served, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    assert found(demo.url)["proxy_used"]["level"] == "wrong"


def test_an_exception_for_another_port_is_none(
    demo: Served, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{dead}")
    monkeypatch.setenv("NO_PROXY", f"{HOST}:1, 10.0.0.0/8, {HOST}/99")
    assert found(demo.url)["proxy_used"]["level"] == "wrong"


def test_a_terminal_obeys_nothing_of_a_proxys_name(
    demo: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://\x1b]0;title\x07@\x1b[31m:1")
    told = ran_here("doctor", demo.url)
    assert "proxy: calls to" in told.stdout
    assert "\x1b" not in told.stdout
