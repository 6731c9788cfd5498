"""`auth-emulator schema`: the JSON Schema of fixtures."""

import json

import typer


def schema() -> None:
    """Print the JSON Schema (draft 2020-12) of fixtures, for editors and other programs.

    Example: auth-emulator schema > fixture.schema.json
    """
    from emulator.app import fixture_schema

    typer.echo(json.dumps(fixture_schema(), indent=2, ensure_ascii=False))
