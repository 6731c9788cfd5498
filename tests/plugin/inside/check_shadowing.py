"""A project may have a module of its own that is called `emulator`."""

import pytest

OWN = "def mine(): return 7"
UNUSED = "import emulator\n\ndef test_mine(): assert emulator.mine() == 7"
USED = "def test_it(auth_emulator): pass"


@pytest.mark.parametrize("file", ["emulator.py", "emulator/__init__.py"])
def test_tests_that_do_not_use_the_emulator_run(pytester: pytest.Pytester, file: str) -> None:
    own = pytester.path / file
    own.parent.mkdir(exist_ok=True)
    own.write_text(OWN)
    pytester.makepyfile(UNUSED)
    pytester.syspathinsert()
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize("file", ["emulator.py", "emulator/__init__.py"])
def test_a_test_that_uses_it_names_the_file_and_the_remedy(
    pytester: pytest.Pytester, file: str
) -> None:
    own = pytester.path / file
    own.parent.mkdir(exist_ok=True)
    own.write_text(OWN)
    pytester.makepyfile(USED)
    pytester.makeconftest("import emulator")
    pytester.syspathinsert()
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(f"{own} hides the package emulator, *rename it, *")
