"""Runs the checks of `inside`, a file a test, in a clean environment with the built wheel."""

from pathlib import Path

import pytest

from plugin.conftest import Away

HERE = Path(__file__).parent
TIMED = "check_cost"
"""What is measured is not slowed by looking for what was left open."""

CHECKS = sorted(path.stem for path in (HERE / "inside").glob("check_*.py"))


def test_the_emulator_there_is_the_installed_one(away: Away) -> None:
    told = away.run("-c", "import emulator, sys; print(emulator.__file__, *sys.path, sep='\\n')")
    where, *searched = told.stdout.splitlines()
    packages = next(away.python.parents[1].glob("lib/python*/site-packages"))
    assert Path(where) == packages / "emulator" / "__init__.py"
    assert not any(path and HERE.parents[1] in Path(path).parents for path in searched)


@pytest.mark.parametrize("name", CHECKS)
def test_it_holds_where_users_have_it(away: Away, name: str) -> None:
    shown = "-rP" if name == TIMED else "-ra"
    pytest_there = ("-m", "pytest", "-p", "pytester", "-W", "error", shown, f"{name}.py")
    done = away.run(*pytest_there, strict=name != TIMED)
    if done.returncode:
        pytest.fail(done.stdout, pytrace=False)
    print(done.stdout)  # noqa: T201 - the numbers; -rP shows them
