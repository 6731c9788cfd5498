"""What two hundred tests pay for an emulator, beside as many that pytest-httpserver answers."""

import json
from dataclasses import dataclass
from statistics import median

import pytest
from two_hundred import CONSTANT, EMULATED, TESTS

ROUNDS = 2
COST_AT_MOST = 8e-3
"""Of a test, in seconds: its realm made and removed, its clock moved, its journal checked."""

REALM_AT_MOST = 5e-3

MEASURES = """
    import json, pathlib, time

    BEGAN, TOLD = time.perf_counter(), {}

    def pytest_runtest_logreport(report):
        told = TOLD.setdefault(report.nodeid, {})
        told[report.when] = report.duration
        told.update(report.user_properties)

    def pytest_unconfigure(config):
        if not hasattr(config, "workerinput"):
            whole = time.perf_counter() - BEGAN
            told = {"whole": whole, "tests": list(TOLD.values())}
            pathlib.Path("measured.json").write_text(json.dumps(told))
"""


@dataclass
class Measured:
    """Medians of a suite's tests, and what the suite took in all, in seconds."""

    setup: float
    teardown: float
    control: float
    test: float
    whole: float

    @property
    def cost(self) -> float:
        """What a test pays for having an emulator, its own requests left aside."""
        return self.setup + self.teardown + self.control


def measured(pytester: pytest.Pytester, suite: str) -> Measured:
    pytester.makepyfile(test_each=suite)
    result = pytester.runpytest_subprocess("-q", "-p", "no:randomly", "test_each.py")
    result.assert_outcomes(passed=TESTS)
    told = json.loads((pytester.path / "measured.json").read_text())
    tests = told["tests"][1:]  # the first starts the server
    return Measured(
        setup=median(test["setup"] for test in tests),
        teardown=median(test["teardown"] for test in tests),
        control=median(test.get("control", 0) for test in tests),
        test=median(test["setup"] + test["call"] + test["teardown"] for test in tests),
        whole=told["whole"],
    )


def test_two_hundred_tests_at_random_see_nothing_of_one_another(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(EMULATED)
    result = pytester.runpytest_subprocess("-q")
    result.assert_outcomes(passed=TESTS)


def test_a_realm_takes_less_than_five_milliseconds_and_a_test_pays_less_than_eight(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(MEASURES)
    emulated, constant = list[Measured](), list[Measured]()
    for _ in range(ROUNDS):
        emulated.append(measured(pytester, EMULATED))
        constant.append(measured(pytester, CONSTANT))
    ours = min(emulated, key=lambda each: each.test)
    theirs = min(constant, key=lambda each: each.test)
    for name, each in (("the emulator", ours), ("pytest-httpserver", theirs)):
        print(  # noqa: T201 - for docs/testing.md
            f"{name}: {each.test * 1e3:.2f} ms a test (setup {each.setup * 1e3:.2f}, control "
            f"{each.control * 1e3:.2f}, teardown {each.teardown * 1e3:.2f}), "
            f"{TESTS} tests in {each.whole:.2f} s"
        )
    ratio, whole = ours.test / theirs.test, ours.whole / theirs.whole
    print(f"ratio: {ratio:.2f} a test, {whole:.2f} in all; cost {ours.cost * 1e3:.2f} ms a test")  # noqa: T201 - the same
    assert ours.setup < REALM_AT_MOST
    assert ours.cost < COST_AT_MOST
    assert ours.test - theirs.test < COST_AT_MOST
