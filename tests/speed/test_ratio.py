"""A sign-in or a start that has come to cost twice as much fails here.

What counts is CPU time of the server beside that of the hand-made mock in the same run, each the
least of some rounds: other tests on the same cores change it little. `scripts/bench` measures
rates.
"""

from pathlib import Path

import pytest

from benchmarks import subjects
from benchmarks.server import Server
from benchmarks.subjects import SIGN_IN, VENDORS

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(),
    reason="reads the CPU time of other processes, in the way of Linux",
)

MOST_FOR_A_SIGN_IN = 2.0
"""Times the mock's CPU time. It takes 1.25 to 1.4 (December 2026), up to 1.6 where other processes
compete for the cores and their caches; twice what it takes is at least 2.5."""

MOST_FOR_A_START = 2.6
"""Times the mock's CPU time. It takes 1.4 to 1.8; twice that is at least 2.8."""

ROUNDS = 12
ANSWERS = 50
"""In one round, which takes 20 ms: some rounds meet no other process."""

STARTS = 3


def cost(server: Server, vendor: str) -> float:
    """The CPU seconds of a server for one sign-in, on the average of some."""
    with server.connect() as connection:
        SIGN_IN[vendor].send(connection)  # what is made at first use is made now
        before = server.cpu_seconds()
        for _ in range(ANSWERS):
            SIGN_IN[vendor].send(connection)
        return (server.cpu_seconds() - before) / ANSWERS


def test_a_sign_in_costs_about_as_much_as_a_hand_made_mock_s(tmp_path: Path) -> None:
    fixture = subjects.fixture("ES256")
    with subjects.emulator(tmp_path, fixture) as emulator, subjects.mock("ES256") as mock:
        ratios = {}
        for vendor in VENDORS:
            rounds = [(cost(emulator, vendor), cost(mock, vendor)) for _ in range(ROUNDS)]
            ratios[vendor] = min(ours for ours, _ in rounds) / min(mocks for _, mocks in rounds)
    shown = ", ".join(f"{vendor} {ratio:.2f}" for vendor, ratio in ratios.items())
    print(f"CPU time of a sign-in, times the mock's: {shown}")  # noqa: T201 - pytest -rP shows it
    assert max(ratios.values()) <= MOST_FOR_A_SIGN_IN, shown


def test_a_start_costs_at_most_a_few_times_a_hand_made_mock_s(tmp_path: Path) -> None:
    fixture = subjects.fixture("ES256")
    costs: dict[str, list[float]] = {"emulator": [], "mock": []}
    with subjects.emulator(tmp_path, fixture):
        pass  # its key is in the cache from now on
    for _ in range(STARTS):
        with subjects.emulator(tmp_path, fixture) as server:
            costs["emulator"].append(server.cpu_seconds())
        with subjects.mock("ES256") as server:
            costs["mock"].append(server.cpu_seconds())
    ratio = min(costs["emulator"]) / min(costs["mock"])
    print(f"CPU time of a start, times the mock's: {ratio:.2f}")  # noqa: T201 - as above
    assert ratio <= MOST_FOR_A_START
