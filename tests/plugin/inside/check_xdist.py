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
    import threading

    def pytest_unconfigure(config):
        names = {thread.name for thread in threading.enumerate()}
        if not hasattr(config, "workerinput") and "auth-emulator" in names:
            print("\\nserver in the controller")

    def pytest_runtest_logreport(report):
        for name, value in report.user_properties:
            if report.when == "call" and name == "server":
                print("\\nserver", value)
"""


@pytest.mark.parametrize(
    ("options", "different"),
    [
        (("-p", "no:randomly"), 4),
        (("--auth-emulator-xdist=shared",), 1),
    ],
    ids=["own, in order", "shared, at random"],
)
def test_two_hundred_tests_see_nothing_of_one_another(
    pytester: pytest.Pytester, two_hundred: int, options: tuple[str, ...], different: int
) -> None:
    pytester.makeconftest(SAYS_WHERE)
    result = pytester.runpytest_subprocess("-s", "-n4", "-k", "test_emulated", *options)
    result.assert_outcomes(passed=two_hundred)
    servers = {line.split()[1] for line in result.outlines if line.startswith("server")}
    assert len(servers) == different
    for url in servers:  # none outlives the run
        assert not answers(url)


def test_without_workers_nothing_is_shared(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(auth_emulator_server): assert auth_emulator_server.app")
    pytester.runpytest_inprocess("-n0", "--auth-emulator-xdist=shared").assert_outcomes(passed=1)


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
    result = pytester.runpytest_subprocess("-n1", "--auth-emulator-fixture=eve.yaml")
    result.assert_outcomes(passed=2)


def test_a_shared_server_that_cannot_start_is_reported_by_the_tests_that_need_it(
    pytester: pytest.Pytester,
) -> None:
    (pytester.path / "mistaken.yaml").write_text("\nvaullt: {}\n")
    pytester.makepyfile("def test_it(auth_emulator): pass\ndef test_without(): pass")
    options = ("--auth-emulator-fixture=mistaken.yaml", "--auth-emulator-xdist=shared", "-n1")
    result = pytester.runpytest_subprocess(*options)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines('*mistaken.yaml:2: *did you mean "vault"?')
    result.stdout.no_fnmatch_line("*Error: *")


def test_the_shared_server_ends_with_a_run_that_is_killed(pytester: pytest.Pytester) -> None:
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
        assert until(told.exists, 60)
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
