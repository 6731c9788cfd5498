"""What two hundred tests pay for an emulator, beside as many that pytest-httpserver answers."""

import json
from dataclasses import dataclass
from statistics import median

import pytest

ROUNDS = 5
"""At most: until the machine is quiet enough to tell."""

COST_AT_MOST = 10e-3
"""Of a test, in seconds: its realm made and removed, its clock moved, its journal checked."""

REALM_AT_MOST = 5e-3

MEASURES = """
    import json, pathlib, pytest, time

    TOLD = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(item):
        began = time.perf_counter()
        try:
            return (yield)
        finally:
            TOLD[item.nodeid]["whole"] = time.perf_counter() - began

    def pytest_runtest_logreport(report):
        told = TOLD.setdefault(report.nodeid, {})
        told[report.when] = report.duration
        told.update(report.user_properties)

    def pytest_unconfigure():
        pathlib.Path("measured.json").write_text(json.dumps(list(TOLD.values())))
"""


@dataclass
class Measured:
    """Medians of a suite's tests, in seconds; `test` is all of one, reports included."""

    setup: float
    control: float
    call: float
    test: float

    @property
    def cost(self) -> float:
        """What a test pays for having an emulator (and pytest), its own requests left aside."""
        return self.test - self.call + self.control


def measured(pytester: pytest.Pytester, name: str, count: int) -> Measured:
    result = pytester.runpytest_subprocess("-q", "-p", "no:randomly", "-k", name)
    assert result.ret == 0
    told = json.loads((pytester.path / "measured.json").read_text())
    assert len(told) == count
    tests = told[1:]  # the first starts the server
    return Measured(
        setup=median(test["setup"] for test in tests),
        control=median(test.get("control", 0) for test in tests),
        call=median(test["call"] for test in tests),
        test=median(test["whole"] for test in tests),
    )


def test_a_realm_takes_less_than_five_milliseconds_and_a_test_pays_less_than_ten(
    pytester: pytest.Pytester, two_hundred: int
) -> None:
    pytester.makeconftest(MEASURES)
    for _ in range(ROUNDS):
        ours = measured(pytester, "test_emulated", two_hundred)
        theirs = measured(pytester, "test_constant", two_hundred)
        for name, each in (("the emulator", ours), ("pytest-httpserver", theirs)):
            print(  # noqa: T201 - for docs/testing.md
                f"{name}: {each.test * 1e3:.2f} ms a test, of which its realm "
                f"{each.setup * 1e3:.2f}, control {each.control * 1e3:.2f}, "
                f"cost {each.cost * 1e3:.2f}"
            )
        print(f"ratio: {ours.test / theirs.test:.2f}")  # noqa: T201 - the same
        if ours.setup < REALM_AT_MOST and ours.cost < COST_AT_MOST:
            return
    pytest.fail(f"a realm takes {ours.setup * 1e3:.1f} ms, a test pays {ours.cost * 1e3:.1f} ms")
