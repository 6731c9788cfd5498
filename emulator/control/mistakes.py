"""Mistakes of a call's body or query as one refusal."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from emulator.core.outcomes import Json, Refused
from emulator.fixture import FixtureError, Mistake, Place, dotted
from emulator.fixture.locations import ModelSchema
from emulator.fixture.paths import Path
from emulator.fixture.sentences import sentence

BODY = "the body"
QUERY = "the query"

_MAX_ERRORS = 100
"""The maximum number of listed mistakes; the message has the number of the others."""

_YAML = re.compile(
    r" \((?:lines that begin with -|key: value)\)|; put it in quotes to make it a string"
)
"""Parts of a message that concern YAML only."""


def invalid(text: str, errors: Json = None) -> Refused:
    """The refusal of a call with an invalid body or query."""
    return Refused("invalid_request", text, errors=errors or [])


def refuse_mistakes(error: FixtureError) -> Refused:
    """The refusal of a body or a fixture with these mistakes."""
    first, *more = error.mistakes
    text = _for_json(str(first)) + (f" (and {len(more)} more)" if more else "")
    errors: Json = [
        {"path": dotted(mistake.path), "message": _for_json(mistake.text)}
        for mistake in error.mistakes[:_MAX_ERRORS]
    ]
    return invalid(text, errors)


def refuse_findings(findings: Iterable[tuple[Path, str]], where: str = BODY) -> Refused:
    """The same for mistakes at these paths; `where` is BODY or QUERY."""
    return refuse_mistakes(
        FixtureError(Mistake(Place(where), path, text) for path, text in findings)
    )


def findings_of(errors: Sequence[Mapping[str, Any]], model: type) -> list[tuple[Path, str]]:
    """The path and the sentence of each of FastAPI's validation errors about a `model`."""
    schema = ModelSchema(model if issubclass(model, BaseModel) else None)
    findings: list[tuple[Path, str]] = []
    for error in errors:
        details: Any = {**error, "loc": error["loc"][1:]}  # without "body" or "query"
        location = schema.locate(details)
        inner = getattr(error.get("ctx", {}).get("error"), "path", ())
        findings.append(((*location.path, *inner), sentence(details, location)))
    return findings


def _for_json(text: str) -> str:
    return _YAML.sub("", text)
