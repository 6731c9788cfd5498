"""What is wrong, on stderr, for commands that start without Typer."""

import sys


def complain(about: object) -> None:
    """Say a line."""
    sys.stderr.write(f"{about}\n")
