"""`serve` hands its settings to the control guard, and says on stderr what one has to know."""

import re
import subprocess

import httpx
import pytest
from commands import COMMAND, serving

PATH = "/omni-omni/v1/auth/client-token"
CLOCK = "/_emulator/clock"


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url + CLOCK, headers=headers, trust_env=False)


def ended(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(10)


def test_bound_to_the_network_it_makes_a_token_and_prints_it_once() -> None:
    with serving("--host", "0.0.0.0") as (process, url, lines):
        assert get(url).status_code == 401
        made = re.findall(r"Authorization: Bearer (\S{43}) ", "".join(lines))
        assert get(url, Authorization=f"Bearer {made[0]}").status_code == 200
        assert get(url, Authorization="Bearer x").status_code == 401
        ended(process)
    assert "".join(lines).count(made[0]) == 1
    assert "AUTH_EMULATOR_ADMIN_TOKEN" in lines[0]


def test_a_token_that_is_given_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "given-from-outside")
    with serving("--host", "0.0.0.0") as (process, url, lines):
        assert get(url).status_code == 401
        assert get(url, Authorization="Bearer given-from-outside").status_code == 200
        assert httpx.get(f"{url}/_emulator/health", trust_env=False).status_code == 200
        ended(process)
    assert "given-from-outside" not in "".join(lines)


@pytest.mark.parametrize("by", ["option", "environment"])
def test_hosts_are_allowed_by_option_and_by_environment(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    options = ["--allowed-host", "emulator.test", "--allowed-host", "fd00::2"]
    if by == "environment":
        monkeypatch.setenv("AUTH_EMULATOR_ALLOWED_HOST", "emulator.test fd00::2")
        options = []
    with serving(*options) as (_, url, _):
        assert get(url, Host="emulator.test").status_code == 200
        assert get(url, Host="[fd00::2]:1").status_code == 200
        assert get(url, Host="other.test").status_code == 421


@pytest.mark.parametrize("by", ["option", "environment"])
def test_origins_are_named_by_option_and_by_environment(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    options = ["--cors-origin", "http://a.test", "--cors-origin", "http://b.test:3000"]
    if by == "environment":
        monkeypatch.setenv("AUTH_EMULATOR_CORS_ORIGIN", "http://a.test http://b.test:3000")
        options = []
    with serving(*options) as (_, url, _):
        for origin, shown in (
            ("http://b.test:3000", "http://b.test:3000"),
            ("http://c.test", None),
        ):
            answer = httpx.post(url + PATH, json={}, headers={"Origin": origin}, trust_env=False)
            assert answer.headers.get("Access-Control-Allow-Origin") == shown


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["--allowed-host", "http://x"], "without scheme and port"),
        (["--cors-origin", "http://x/"], "without a path or a trailing slash"),
    ],
)
def test_a_setting_that_cannot_be_is_one_line_with_the_remedy(
    arguments: list[str], remedy: str
) -> None:
    done = subprocess.run(
        [COMMAND, "serve", *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert remedy in line
