"""`auth-emulator schema`: the JSON Schema of fixtures."""

import sys

from emulator.cli.terminal import print_json


def schema() -> None:
    """Print the JSON Schema (draft 2020-12) of fixtures, for editors and other programs.

    Example: auth-emulator schema > fixture.schema.json
    """
    from emulator.app import fixture_schema

    print_json(fixture_schema(), sys.stdout)
