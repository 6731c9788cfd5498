"""What the plugin costs a run of pytest that has no use for it: next to nothing."""

import importlib.metadata
import re
import sys
import time

import pytest

TELLS = """
    import sys, threading

    def pytest_unconfigure():
        ours = sorted(name for name in sys.modules if name.partition(".")[0] == "emulator")
        heavy = {"httpx", "fastapi", "pydantic", "uvicorn", "cryptography", "yaml", "rich"}
        threads = [thread.name for thread in threading.enumerate() if "emulator" in thread.name]
        print("imported:", *ours, *sorted(heavy & set(sys.modules)), *threads, file=sys.stderr)
"""
LIGHT = "imported:"


def test_a_run_without_it_imports_nothing_of_the_emulator(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(TELLS)
    pytester.makepyfile("def test_it(): pass\ndef test_fails(): assert False")
    result = pytester.runpytest_subprocess("-p", "no:httpserver")
    result.assert_outcomes(passed=1, failed=1)
    result.stderr.fnmatch_lines(LIGHT)


def test_the_server_starts_at_the_first_use(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys, threading

        def running():
            return "auth-emulator" in {thread.name for thread in threading.enumerate()}

        def test_before():
            assert not running()
            assert "emulator.app" not in sys.modules

        def test_first(auth_emulator):
            assert running()

        def test_after():
            assert running()
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly")
    result.assert_outcomes(passed=3)


def test_a_start_of_pytest_pays_less_than_five_milliseconds(pytester: pytest.Pytester) -> None:
    program = "import pytest, pytest_auth_emulator"
    fastest = listing = 1e9
    for _ in range(10):  # until the machine is quiet enough to tell
        told = pytester.run(sys.executable, "-X", "importtime", "-c", program).stderr.str()
        rows = re.findall(r"^import time: +(\d+) \| +\d+ \| +(\S+)$", told, re.MULTILINE)
        after_pytest = rows[[name for _, name in rows].index("pytest") + 1 :]
        names = {name for _, name in after_pytest if not name.startswith("_")}
        assert names == {"pytest_auth_emulator"}
        fastest = min(fastest, sum(int(microseconds) for microseconds, _ in after_pytest) / 1e6)
        # pytest also reads the names of a plugin's files, for its assertions.
        listing = min(listing, *(_listing() for _ in range(5)))
        if fastest + listing < 5e-3:
            return
    pytest.fail(f"{fastest * 1e3:.1f} ms for imports, {listing * 1e3:.1f} ms for the files' names")


def _listing() -> float:
    began = time.process_time()
    files = importlib.metadata.distribution("auth-emulator").files
    assert files
    assert any(str(file) == "pytest_auth_emulator.py" for file in files)
    return time.process_time() - began
