"""What scripts/bench makes of its figures."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from benchmarks import throughput
from benchmarks.figures import Figures, promises_table
from benchmarks.page import PARTS
from benchmarks.plot import plot

DOCS = Path(__file__).parents[2] / "docs"


def figures() -> Figures:
    """Three rounds on a machine whose pace doubles; HS256 reaches half of the mock's rate."""
    found = Figures()
    for pace in (1.0, 2.0, 1.5):
        for algorithm in ("RS256", "ES256", "HS256"):
            for vendor in ("omniomni", "nbcgate", "vault"):
                rate = 1_000 if algorithm == "HS256" else 2_000
                for what in ("rate", "per CPU second"):
                    found.add(f"emulator {vendor} {algorithm} {what}", rate * pace)
                    found.add(f"mock {vendor} {algorithm} {what}", 2_000 * pace)
        for algorithm in ("RS256", "ES256"):
            for what in ("rate", "per CPU second"):
                found.add(f"oidc-provider {algorithm} {what}", 1_000 * pace)
    return found


def test_what_is_compared_is_compared_within_a_round() -> None:
    found = Figures()
    for pace in (1.0, 2.0, 1.5):
        found.add("emulator", 900 * pace)
        found.add("mock", 1_000 * pace)
    assert found.ratio("emulator", "mock") == pytest.approx(0.9)


def test_a_promise_that_is_not_kept_is_marked() -> None:
    rows = promises_table(throughput.promises(figures())).splitlines()
    assert (
        "| Vault, ES256: rate beside the mock's | 1.00 times | at least 0.9 times | met |" in rows
    )
    (missed,) = (row for row in rows if "Vault, HS256" in row)
    assert missed.endswith("| 0.50 times | at least 0.7 times | **not met** |")


def test_the_plot_has_a_bar_for_each_rate() -> None:
    picture = ET.fromstring(plot(figures()))
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"RS256", "OmniOmni", "Vault", "oidc-provider", "3,000", "1,500"} <= set(texts)
    bars = [r for r in picture.iter("{http://www.w3.org/2000/svg}rect") if float(r.get("x", 0)) > 0]
    assert len(bars) == 3 + 3 * 3 * 2 + 2  # the legend's, ours and the mock's, the peer's


def test_the_page_in_the_docs_is_complete() -> None:
    page = (DOCS / "performance.md").read_text()
    for promise in throughput.promises(figures()):
        assert f"| {promise.what} |" in page
    assert not re.search(r"\$[a-z]", page)
    assert page.count("\n## ") == len(PARTS) + 2
    ET.parse(DOCS / "performance.svg")
