"""What OpenAPI says of an endpoint: made from its shapes, its outcomes and their marks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from inspect import getdoc
from itertools import islice
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct, field
from msgspec.json import schema_components

from emulator.core.outcomes import Json, Outcome, sample_body, status_phrase
from emulator.core.principals import Principal, Principals
from emulator.core.resources import Resource, parameters_of
from emulator.web.operation import Endpoint

Schema: TypeAlias = dict[str, Any]
P = TypeVar("P", bound=Principal)

REFERENCE = "#/components/schemas/{model}"
_MOST_EXAMPLES = 12
AT_RESOURCES = ("bearer_refused", "scope_refused", "forward_failed")
"""The outcomes that a protected resource adds."""

ANYWHERE = frozenset({"path_unknown", "method_not_allowed", *AT_RESOURCES})
"""The outcomes that belong to no operation."""

HIDDEN: Schema = {"include_in_schema": False}


class NoAnswer:
    """In place of a wire shape, where the answer has no body."""


class Example(Struct, frozen=True):
    """A request that can be sent as it stands."""

    name: str
    summary: str
    value: Json


class Page(Struct, frozen=True, kw_only=True):
    """What is shown of an endpoint.

    `bodies` and `answer` are wire shapes, or schemas whose `definitions` stand beside them (None:
    JSON that has no name); `words` are the vendor's own for a status; `required` names the members
    that this fixture requires, where a shape leaves it open. `outcomes` are those that the endpoint
    can end in, of the vendor's `every_outcome`.
    """

    endpoint: Endpoint
    tag: str
    tag_description: str
    operation_id: str
    summary: str
    description: str
    bodies: Mapping[str, Sequence[type | Schema]]
    answer: type | None
    every_outcome: Mapping[str, Outcome]
    examples: Sequence[Example] = ()
    only: frozenset[str] | None = None
    words: Mapping[int, str] = field(default_factory=dict)
    required: Mapping[str, Sequence[str]] = field(default_factory=dict)
    parameters: Sequence[Schema] = ()
    other_responses: Mapping[str, Schema] = field(default_factory=dict)
    security: Sequence[Schema] | None = None
    security_schemes: Mapping[str, Schema] = field(default_factory=dict)
    body_required: bool = True
    definitions: Mapping[str, Schema] = field(default_factory=dict)

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """The outcomes that it can end in: `only` these, or all that belong to an operation."""
        return {
            name: outcome
            for name, outcome in self.every_outcome.items()
            if (name in self.only if self.only is not None else name not in ANYWHERE)
        }


def tags(pages: Iterable[Page]) -> list[Schema]:
    """The tags of pages, each once."""
    described = {page.tag: page.tag_description for page in pages}
    return [{"name": name, "description": text} for name, text in described.items()]


def shown_operation(page: Page) -> Schema:
    """What FastAPI is told of an endpoint that is shown."""
    extra: Schema = {}
    if page.bodies:
        extra["requestBody"] = _request_body(page)
    if page.parameters:
        extra["parameters"] = list(page.parameters)
    if page.security is not None:
        extra["security"] = list(page.security)
    return {
        "tags": [page.tag],
        "operation_id": page.operation_id,
        "summary": page.summary,
        "description": page.description,
        "responses": _responses(page, page.outcomes.values()),
        "status_code": min(o.status for o in page.outcomes.values()),
        "openapi_extra": extra,
    }


def shown_resource(page: Page, resource: Resource, number: int) -> Schema:
    """The same of a protected resource of the vendor that `page` is of."""
    outcomes = [page.every_outcome[name] for name in AT_RESOURCES if name in page.every_outcome]
    if resource.forward_to is None:
        outcomes = [outcome for outcome in outcomes if outcome.name != "forward_failed"]
    if resource.answer is not None:
        outcomes.append(resource.answer.outcome)
    wanted = f"It needs the scope `{' '.join(resource.scopes)}`." if resource.scopes else ""
    onwards = f"The call is handed on to {resource.forward_to}." if resource.forward_to else ""
    return {
        "tags": [page.tag],
        "operation_id": f"resource_{number + 1}",
        "summary": "Protected resource",
        "description": f"A resource of this server's fixture. {wanted} {onwards}".strip(),
        "responses": _responses(page, outcomes),
        "status_code": min(outcome.status for outcome in outcomes),
        "openapi_extra": {
            "security": [{name: []} for name in page.security_schemes],
            "parameters": [
                {"in": "path", "name": name, "required": True, "schema": {"type": "string"}}
                for name in parameters_of(resource.path)
            ],
        },
    }


def _request_body(page: Page) -> Schema:
    examples = {e.name: {"summary": e.summary, "value": e.value} for e in page.examples}
    content = {
        media_type: {"schema": _any_of(shapes), "examples": examples}
        for media_type, shapes in page.bodies.items()
    }
    return {"required": page.body_required, "content": content}


def _responses(page: Page, outcomes: Iterable[Outcome]) -> dict[int | str, Schema]:
    """For each status, every outcome that ends in it."""
    by_status: defaultdict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_status[outcome.status].append(outcome)
    described: dict[int | str, Schema] = {
        status: _response(page, status, by_status[status]) for status in sorted(by_status)
    }
    return described | dict(page.other_responses)


def schemas(page: Page) -> Schema:
    """The component schemas that an operation refers to."""
    found: Schema = dict(page.definitions)
    for shape in (*(s for shapes in page.bodies.values() for s in shapes), page.answer):
        if shape is None or shape is str or shape is NoAnswer or not isinstance(shape, type):
            continue
        schema = _without_null(_schema_of(shape))
        if shape.__name__ in page.required:
            schema["required"] = list(page.required[shape.__name__])
        found[shape.__name__] = schema
    return found


def _schema_of(shape: type) -> Schema:
    """The JSON Schema of a wire's shape."""
    _, found = schema_components([shape])
    schema = found[shape.__name__] | {"description": getdoc(shape)}
    return {name: value for name, value in schema.items() if name != "required" or value}


def _response(page: Page, status: int, outcomes: list[Outcome]) -> Schema:
    lines = [
        f"- **{o.name}** ({o.mark}): {o.when}{'' if o.body is not None else ' (empty body)'}"
        for o in outcomes
    ]
    words = page.words.get(status, status_phrase(status))
    response: Schema = {"description": "\n".join([words, "", *lines])}
    examples = {
        o.name: {"summary": f"{o.name} ({o.mark})", "value": sample_body(o)}
        for o in outcomes
        if o.body is not None and status not in (204, 304)
    }
    if examples:
        ours = page.outcomes.values()
        named = page.answer is not None and any(o.succeeds and o in ours for o in outcomes)
        schema = _any_of([page.answer]) if named and page.answer else {}
        response["content"] = {"application/json": {"schema": schema, "examples": examples}}
    return response


def _any_of(shapes: Sequence[type | Schema]) -> Schema:
    references = [_reference_to(shape) for shape in shapes]
    return references[0] if len(references) == 1 else {"oneOf": references}


def _reference_to(shape: type | Schema) -> Schema:
    if shape is str:
        return {"type": "string"}
    if isinstance(shape, type):
        return {"$ref": REFERENCE.format(model=shape.__name__)}
    return shape


def _without_null(schema: Schema) -> Schema:
    """A schema as the vendors write theirs: a member may be absent, and not null."""
    members = schema.get("properties", {})
    for name, member in members.items():
        kinds = [kind for kind in member.get("anyOf", ()) if kind.get("type") != "null"]
        if len(kinds) == 1:
            kept = {key: value for key, value in member.items() if key not in ("anyOf", "default")}
            members[name] = kept | kinds[0]
    return schema


def first_shown(principals: Principals[P]) -> Iterable[P]:
    """The principals that become examples: the first ones, in the fixture's order."""
    return islice(principals, _MOST_EXAMPLES)


def shown_password(secret: str, show: bool) -> str:  # noqa: FBT001 - the fixture's own flag
    """A password in an example, or what stands in its place."""
    return secret if show else "(the password in the fixture)"
