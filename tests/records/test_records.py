"""Every recorded call is answered as it was at c312772, but for what `allowed.py` allows."""

import pytest

from records.compare import compared
from records.running import RECORDS

THEMES = sorted(file.stem for file in RECORDS.glob("*.jsonl"))
_SHOWN = 20


@pytest.mark.parametrize("theme", THEMES)
def test_answers_are_what_they_were(theme: str) -> None:
    count, left, _ = compared([f"{theme}."])
    more = f"\nand {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
    assert not left, f"{len(left)} differences\n" + "\n".join(map(str, left[:_SHOWN])) + more
    assert count
