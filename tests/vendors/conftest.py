"""Each vendor test says how far what it asserts is known: exactly one mark."""

from pathlib import Path

import pytest

MARKS = ("documented", "documented_elsewhere", "assumed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    wrong = [
        item.nodeid
        for item in items
        if here in item.path.parents
        and sum(item.get_closest_marker(mark) is not None for mark in MARKS) != 1
    ]
    if wrong:
        raise pytest.UsageError(
            f"each vendor test carries exactly one of {', '.join(MARKS)}; these do not:\n  "
            + "\n  ".join(wrong)
        )
