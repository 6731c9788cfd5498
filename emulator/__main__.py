"""`python -m emulator`: the command line, for environments whose scripts are not on the PATH."""

from emulator.cli import run

run()
