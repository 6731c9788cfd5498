"""The page about tokens lists what the code has."""

import re
from pathlib import Path

from minting import BY_PYJWT

from emulator.core.defects import Defect
from emulator.core.signatures import TokenProblem

PAGE = (Path(__file__).parents[2] / "docs" / "tokens.md").read_text()


def test_the_docs_list_every_defect_with_what_pyjwt_says() -> None:
    table = PAGE.partition("## Defects")[2].partition("## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| .+ \| `(\w+)`[^|]* \|$", table, re.MULTILINE)
    assert rows == [(defect, error.__name__) for defect, error in BY_PYJWT.items()]
    assert list(BY_PYJWT) == list(Defect)


def test_the_docs_list_every_code_of_a_problem() -> None:
    listed = set(re.findall(r"`(\w+)`", PAGE.partition("The codes: ")[2].partition("\n\n")[0]))
    elsewhere = {TokenProblem.MISSING, TokenProblem.OTHER_VENDOR, TokenProblem.OTHER_USE}
    assert listed == set(TokenProblem) - elsewhere
