"""With pytest-xdist: a server of each worker's own, or one that all share."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import httpx
import pytest

SAYS_WHERE = """
    import pytest

    def pytest_runtest_logreport(report):
        for name, value in report.user_properties:
            if report.when == "call":
                print("\\n" + name, value)

    @pytest.fixture
    def tell(record_property):
        return lambda where: record_property("SERVER", where)
"""
MANY = """
    import os, time, pytest
    from mine import sign_in

    @pytest.mark.parametrize("number", range(16))
    def test_each(auth_emulator, auth_emulator_server, tell, number):
        tell(auth_emulator_server.url)
        auth_emulator.clock.advance(hours=number)
        assert sign_in(auth_emulator).status_code == 200
        auth_emulator.journal.verify(count=1)
        time.sleep(0.05)  # so that every worker has some
"""


def servers(result: pytest.RunResult) -> list[str]:
    return [line.split()[1] for line in result.outlines if line.startswith("SERVER")]


@pytest.mark.parametrize(
    ("options", "different"),
    [
        (("-n4",), 4),
        (("-n4", "--auth-emulator-xdist=shared"), 1),
        (("-n0", "--auth-emulator-xdist=shared"), 1),
    ],
    ids=["own", "shared", "no workers"],
)
def test_workers_have_a_server_each_or_share_one(
    pytester: pytest.Pytester, options: tuple[str, ...], different: int
) -> None:
    pytester.makeconftest(SAYS_WHERE)
    pytester.makepyfile(MANY)
    result = pytester.runpytest_subprocess("-s", *options)
    result.assert_outcomes(passed=16)
    found = set(servers(result))
    assert len(found) == different
    for url in found:  # none outlives the run
        with pytest.raises(httpx.ConnectError):
            httpx.get(url, trust_env=False)


def test_the_shared_server_has_the_fixture_and_tests_may_have_their_own(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pytester.path / "below").mkdir()
    for name, user in (("eve", "eve"), ("bob", "bob")):
        text = f"vault: {{users: [{{username: {user}, password: a-password}}]}}"
        (pytester.path / "below" / f"{name}.yaml").write_text(text)
    pytester.makeini("[pytest]\nauth_emulator_xdist = shared")
    pytester.makepyfile(
        **{
            "below/test_it": """
            import pytest

            def test_it(auth_emulator):
                assert list(auth_emulator.vault.users.statuses()) == ["eve"]

            @pytest.mark.auth_emulator(fixture="bob.yaml", scope="module")
            def test_marked(auth_emulator):
                assert list(auth_emulator.vault.users.statuses()) == ["bob"]
            """
        }
    )
    monkeypatch.chdir("below")
    result = pytester.runpytest_subprocess("-n2", "--auth-emulator-fixture=eve.yaml")
    result.assert_outcomes(passed=2)


def test_a_shared_server_that_cannot_start_is_told_by_the_tests_that_need_it(
    pytester: pytest.Pytester,
) -> None:
    (pytester.path / "mistaken.yaml").write_text("\nvaullt: {}\n")
    pytester.makepyfile("def test_it(auth_emulator): pass\ndef test_without(): pass")
    options = ("--auth-emulator-fixture=mistaken.yaml", "--auth-emulator-xdist=shared", "-n2")
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines('*mistaken.yaml:2: *did you mean "vault"?')
    result.stdout.no_fnmatch_line("*Error: *")


def test_the_shared_server_ends_with_a_run_that_is_killed(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SAYS_WHERE)
    pytester.makepyfile(
        """
        import pathlib, time

        def test_it(auth_emulator_server):
            pathlib.Path("where.part").write_text(auth_emulator_server.url)
            pathlib.Path("where.part").rename("where")
            time.sleep(60)
        """
    )
    options = ("-n1", "--auth-emulator-xdist=shared")
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        told = pytester.path / "where"
        assert until(told.exists, 20)
        url = told.read_text()
        assert answers(url)
        run.send_signal(signal.SIGKILL)
        run.wait(10)
        assert until(lambda: not answers(url), 20)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)  # the workers
        run.wait(10)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_emulator/health", trust_env=False).is_success
    except httpx.TransportError:
        return False


def until(holds: Callable[[], bool], seconds: float) -> bool:
    ends = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > ends:
            return False
        time.sleep(0.05)
    return True
