"""Reading what a control call was sent, with every mistake at once."""

import re
from collections.abc import Collection
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from emulator.core.fixture.document import from_mapping
from emulator.core.fixture.mistakes import FixtureError, dotted
from emulator.core.fixture.validation import validated
from emulator.core.outcomes import Json, Refusal
from emulator.core.shapes.shape import Shape
from emulator.core.suggestion import did_you_mean
from emulator.web.body import BodyUnreadable, json_object
from emulator.web.messages import Members, Request

S = TypeVar("S", bound=Shape)

_MOST_PARAMETERS = 20

_MOST_ERRORS = 100
"""So many mistakes are told, each by itself; of the others, how many there are."""

_YAML = re.compile(
    r" \((?:lines that begin with -|key: value)\)|; put it in quotes to make it a text"
)


def read_body(request: Request) -> Members:
    """The path's parameters, and as `body` the members of the JSON body."""
    try:
        body = json_object(request)
    except BodyUnreadable as error:
        raise invalid(str(error)) from error
    if request.query:
        raise invalid("this call takes no parameters in its query, only members in its body")
    return {**request.parameters, "body": body}


def read_optional_body(request: Request) -> Members:
    """The same where a body need not be sent."""
    return read_body(request) if request.body else {**request.parameters, "body": {}}


def read_path(request: Request) -> Members:
    """The path's parameters; what is sent beside them is a mistake."""
    if request.query:
        raise invalid("this call takes no parameters in its query")
    if request.body.strip() not in (b"", b"{}"):
        raise invalid("this call takes no body")
    return dict(request.parameters)


def read_query(request: Request) -> Members:
    """The parameters of path and query."""
    try:
        pairs = parse_qsl(
            request.query.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_PARAMETERS
        )
    except ValueError as error:
        raise invalid("the query cannot be read") from error
    return {**dict(pairs), **request.parameters}


def only(members: Collection[str], known: Collection[str]) -> None:
    """Refuse members that a call does not know."""
    for name in members:
        if name not in known:
            raise invalid(f"{name!r} is not known{did_you_mean(name, known)}")


def parsed(shape: type[S], body: dict[str, Any], name: str = "the body") -> S:
    """A body as its shape; refused with every mistake."""
    try:
        return validated(from_mapping(body, name), shape)[0]
    except FixtureError as error:
        raise mistaken(error) from error


def invalid(sentence: str, errors: Json = None) -> Refusal:
    """A call whose body or query is not what it reads."""
    return Refusal("invalid_request", sentence, errors=errors or [])


def mistaken(error: FixtureError) -> Refusal:
    """The same, with every mistake of a fixture or a body."""
    first, *more = error.mistakes
    sentence = _in_json(str(first)) + (f" (and {len(more)} more)" if more else "")
    errors: Json = [
        {"path": dotted(m.path), "message": _in_json(m.text)} for m in error.mistakes[:_MOST_ERRORS]
    ]
    return invalid(sentence, errors)


def _in_json(text: str) -> str:
    """What is said of YAML, said to who sent JSON."""
    return _YAML.sub("", text)
