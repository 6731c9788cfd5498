"""A server that runs elsewhere, as in compose: reached by the network's address, guarded."""

from collections.abc import Iterator

import httpx
import pytest
from commands import serving

TOKEN = "the-admin-token-of-this-server"
TEST = """
    from mine import sign_in

    def test_it(auth_emulator):
        assert auth_emulator.url.startswith(URL)
        assert sign_in(auth_emulator).status_code == 200
        auth_emulator.clock.advance(hours=2)
        auth_emulator.journal.verify(outcome="signed_in", count=1)
        assert auth_emulator.state().ttl.total_seconds() > 3000
"""
EVES = "vault: {users: [{username: eve, password: eves}]}"


def told_in_one_line(result: pytest.RunResult) -> None:
    for sign in ("*Error: *", "*exception*", "*Traceback*"):
        result.stdout.no_fnmatch_line(sign)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """`auth-emulator serve`, bound to the network."""
    environment = {"AUTH_EMULATOR_ADMIN_TOKEN": TOKEN}
    with serving("--host", "0.0.0.0", **environment) as (_, url, _):
        yield url


@pytest.fixture(autouse=True)
def admin(monkeypatch: pytest.MonkeyPatch, as_users_have_it: None) -> None:  # noqa: ARG001 - after it
    """The admin token, as users give it."""
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", TOKEN)


@pytest.fixture(autouse=True)
def nothing_stays(url: str) -> Iterator[None]:
    """A server that lasts is left as it was found."""
    yield
    assert httpx.get(f"{url}/_emulator/health", trust_env=False).json()["realms"] == ["default"]


@pytest.mark.parametrize("how", ["option", "ini", "environment", "marker"])
def test_its_url_is_an_option_a_setting_a_variable_or_a_marker(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, url: str, how: str
) -> None:
    test, options = TEST.replace("URL", repr(url)), list[str]()
    if how == "option":
        options = [f"--auth-emulator-url={url}"]
    elif how == "ini":
        pytester.makeini(f"[pytest]\nauth_emulator_url = {url}")
    elif how == "environment":
        monkeypatch.setenv("AUTH_EMULATOR_URL", url)
    else:
        mark = f"pytestmark = pytest.mark.auth_emulator(url={url!r})"
        test += f"\n    import pytest\n    {mark}\n"
    pytester.makepyfile(test)
    pytester.runpytest_inprocess(*options).assert_outcomes(passed=1)


def test_the_closest_url_counts(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_URL", "http://127.0.0.1:9")
    pytester.makeini("[pytest]\nauth_emulator_url = http://127.0.0.1:9")
    pytester.makepyfile(TEST.replace("URL", repr(url)))
    pytester.runpytest_inprocess(f"--auth-emulator-url={url}").assert_outcomes(passed=1)


def test_the_suites_fixture_is_sent_there(pytester: pytest.Pytester, url: str) -> None:
    (pytester.path / "eve.yaml").write_text(EVES)
    pytester.makeini("[pytest]\nauth_emulator_fixture = eve.yaml")
    pytester.makepyfile(
        """
        import pytest

        def test_one(auth_emulator):
            assert list(auth_emulator.vault.users.statuses()) == ["eve"]
            auth_emulator.vault.users.remove("eve")

        def test_other(auth_emulator):
            assert list(auth_emulator.vault.users.statuses()) == ["eve"]

        @pytest.mark.auth_emulator(fixture={"vault": {}})
        def test_marked(auth_emulator):
            assert not auth_emulator.vault.users.statuses()
        """
    )
    pytester.runpytest_inprocess(f"--auth-emulator-url={url}").assert_outcomes(passed=3)


def test_workers_share_it(pytester: pytest.Pytester, url: str) -> None:
    pytester.makepyfile(TEST.replace("URL", repr(url)))
    options = (f"--auth-emulator-url={url}", "-n1", "--auth-emulator-xdist=shared")
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=1)


def test_without_its_admin_token_one_line_says_so(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.delenv("AUTH_EMULATOR_ADMIN_TOKEN")
    pytester.makepyfile(TEST)
    (pytester.path / "eve.yaml").write_text(EVES)
    for more in ([], ["--auth-emulator-fixture=eve.yaml"]):
        result = pytester.runpytest_inprocess(f"--auth-emulator-url={url}", *more)
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines("*set AUTH_EMULATOR_ADMIN_TOKEN to the server's")
        told_in_one_line(result)


def test_one_that_is_not_there_is_named_in_one_line(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    from emulator.testing import Emulator

    connect = Emulator.connect
    monkeypatch.setattr(Emulator, "connect", lambda url: connect(url, wait="100ms"))
    pytester.makepyfile("def test_one(auth_emulator): pass\ndef test_two(auth_emulator): pass\n")
    result = pytester.runpytest_inprocess("--auth-emulator-url=http://127.0.0.1:9")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["no healthy emulator at http://127.0.0.1:9 within 0.1 s: *"] * 2)
    told_in_one_line(result)


def test_one_that_goes_away_meanwhile_is_named_in_one_line(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os, signal

        def test_one(auth_emulator):
            os.kill(PROCESS, signal.SIGTERM)
            import time, httpx, pytest
            with pytest.raises(httpx.TransportError):
                for _ in range(500):
                    httpx.get(auth_emulator.url, trust_env=False)
                    time.sleep(0.01)

        def test_other(auth_emulator): pass
        """
    )
    with serving("--host", "0.0.0.0", AUTH_EMULATOR_ADMIN_TOKEN=TOKEN) as (process, gone, _):
        test = pytester.path / "test_one_that_goes_away_meanwhile_is_named_in_one_line.py"
        test.write_text(test.read_text().replace("PROCESS", str(process.pid)))
        result = pytester.runpytest_inprocess(f"--auth-emulator-url={gone}", "-p", "no:randomly")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(
        f"no emulator responds at {gone} (*); start it, or give another URL"
    )
    told_in_one_line(result)
