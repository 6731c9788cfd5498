"""OpenAPI: FastAPI's document of the routes, with examples and corrections of the fixture.

Routes declare their models and outcomes (`responses`). `vendors_document` and `control_document`
are FastAPI's documents; the vendors' also has the fixture's examples, corrections, settings and
protected resources.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, SecretStr

from emulator import __version__
from emulator.core.catalog import Vendor
from emulator.core.outcomes import (
    BODILESS,
    Json,
    Outcome,
    sample_body,
    status_phrase,
    templates,
)
from emulator.core.resources import ANY_METHOD, Resource, parameters_of
from emulator.core.vendor import VendorFixture
from emulator.http.problems import PROBLEM_JSON
from emulator.http.route import VendorRoute

Schema = dict[str, Any]

AT_RESOURCES = ("invalid_token", "insufficient_scope", "forward_failed")
"""The outcomes that a protected resource adds."""

OUTSIDE_OPERATIONS = frozenset({"path_unknown", "method_not_allowed", *AT_RESOURCES})
"""The outcomes that belong to no operation."""

MAX_EXAMPLES = 12
"""The number of principals of a kind that become examples."""

TITLE = "Auth Emulator"
CONTROL_TITLE = f"{TITLE}: control API"

VENDORS_VERSION = "3.0.3"
"""OmniOmni's own version (3.0.1, but for corrections). Later ones forbid the space in the name of
its security scheme, `Bearer Authentication`."""

CONTROL_VERSION = "3.1.0"

_VENDORS_DESCRIPTION = """\
The sign-in APIs of three vendors, emulated. Each outcome says how we know it: **documented** by the
vendor's sign-in page, **documented elsewhere** by the vendor, **assumed**, or corrected by this
server's **fixture**. Choose an example and press *Execute*: each example is named by its
principal and status. A refusal gives its reason in the header `X-Emulator-Reason`. The
[start page](.) lists who can sign in. The control API has [its own page](_emulator/docs).
"""

_CONTROL_DESCRIPTION = """\
The API with which tests control the emulator: realms, clock, principals, faults, journal, tokens,
keys, outbox. Choose an example and press *Execute*. *Servers* selects a realm:
`PUT /_emulator/realms/t42` creates the one in the list. If the server is bound to anything but
loopback, calls need the admin token: see *Authorize*. The vendors' APIs have
[their own page](../docs).
"""

_CONTROL_SERVERS: list[Schema] = [
    {"url": "/", "description": "the realm default"},
    {
        "url": "/realms/{realm}",
        "description": "another realm",
        "variables": {"realm": {"default": "t42"}},
    },
]

_JSON = "application/json"
_EVENTS = "text/event-stream"
_OUTCOMES = "x-outcomes"
"""The extension with a response's outcomes, removed before the document is sent."""

_JSON_TYPES = {dict: "object", str: "string", bool: "boolean", int: "integer"}


@dataclass(frozen=True)
class Overlay:
    """A fixture's changes to a vendor's part of the document.

    `examples` are request bodies by operation id; `outcomes` replace those of the same name;
    `answers` are response schemas by operation id; `required` are required members of models, by
    name.
    """

    examples: Mapping[str, Mapping[str, Schema]] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    answers: Mapping[str, Schema] = field(default_factory=dict)
    required: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class VendorDocs:
    """A vendor's part of the document.

    `error` is the shape of its refusals. `overlay` gets the vendor's section of the fixture, and
    whether passwords are shown.
    """

    vendor: Vendor
    router: APIRouter
    tags: Mapping[str, str]
    security_schemes: Mapping[str, Schema]
    error: type[BaseModel]
    overlay: Callable[[Any, bool], Overlay]


class ServedFixture(Protocol):
    """The parts of the fixture that the document needs."""

    @property
    def show_passwords(self) -> bool:
        """Whether examples show passwords."""

    @property
    def resources(self) -> Sequence[Resource]:
        """The protected resources."""

    def section(self, vendor: str) -> VendorFixture:
        """The section of a vendor."""


def shown_secret(secret: SecretStr, *, show: bool) -> str:
    """A password for an example, or a placeholder for it."""
    return secret.get_secret_value() if show else "(the password in the fixture)"


def responses(
    outcomes: Iterable[Outcome],
    *,
    error: type[BaseModel],
    only: Collection[str] | None = None,
    words: Mapping[int, str] | None = None,
) -> dict[int | str, Schema]:
    """For each status, every outcome that ends in it, for a route's `responses`.

    `only` names the outcomes of the operation, by default all that belong to one. `error` is the
    shape of a refusal; `words` are the vendor's descriptions of statuses.
    """
    known = [
        outcome
        for outcome in outcomes
        if (outcome.name not in OUTSIDE_OPERATIONS if only is None else outcome.name in only)
    ]
    result = _by_status(known, words or {}, lambda _: None)
    for response in result.values():
        ends_well = any(o.succeeds for o in known if o.name in response[_OUTCOMES])
        if "content" in response and not ends_well:
            response["model"] = error
    return {status: response for status, response in result.items()}  # noqa: C416 - another type


def _by_status(
    outcomes: Iterable[Outcome],
    words: Mapping[int, str],
    schema_of: Callable[[Outcome], Schema | None],
) -> dict[int, Schema]:
    """The responses that outcomes end in; `schema_of` gives the schema of an outcome's body."""
    grouped: defaultdict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        grouped[outcome.status].append(outcome)
    return {
        status: _response(words.get(status, status_phrase(status)), grouped[status], schema_of)
        for status in sorted(grouped)
    }


def _response(
    words: str, outcomes: list[Outcome], schema_of: Callable[[Outcome], Schema | None]
) -> Schema:
    """One response that several outcomes end in."""
    lines = [
        f"- **{o.name}** ({o.provenance}): {o.when}{'' if o.body is not None else ' (empty body)'}"
        for o in outcomes
    ]
    result: Schema = {"description": "\n".join([words, "", *lines])}
    result[_OUTCOMES] = [outcome.name for outcome in outcomes]
    content: dict[str, Schema] = {}
    for outcome in outcomes:
        if outcome.body is None or outcome.status in BODILESS:
            continue
        shown = content.setdefault(_media_type(outcome), {"examples": {}})
        summary = f"{outcome.name} ({outcome.provenance})"
        shown["examples"][outcome.name] = {"summary": summary, "value": sample_body(outcome)}
        schema = schema_of(outcome)
        if schema is not None:
            shown["schema"] = _either(shown.get("schema"), schema)
    if content:
        result["content"] = content
    return result


def _either(known: Schema | None, schema: Schema) -> Schema:
    if known is None or known == schema:
        return schema
    alternatives = known.get("anyOf", [known])
    return {"anyOf": alternatives if schema in alternatives else [*alternatives, schema]}


def _media_type(outcome: Outcome) -> str:
    named = (value for name, value in outcome.headers.items() if name.lower() == "content-type")
    return next(named, _JSON)


def _type_of(value: Json) -> Schema:
    """The schema of a body of the fixture, derived from its value."""
    if isinstance(value, list):
        return {"type": "array", "items": {}}
    return {"type": _JSON_TYPES.get(type(value), "number")}


def vendors_document(vendors: Sequence[VendorDocs], fixture: ServedFixture) -> Schema:
    """The OpenAPI document of the vendors' operations and of the fixture's resources."""
    apis = {docs.vendor.name: _DocumentedApi(docs, fixture) for docs in vendors}
    document = get_openapi(
        title=TITLE,
        version=__version__,
        openapi_version=VENDORS_VERSION,
        description=_VENDORS_DESCRIPTION,
        routes=[route for api in apis.values() for route in api.routes],
        tags=_tags(tag for docs in vendors for tag in docs.tags.items()),
    )
    _remove_validation_errors(document)
    schemas: dict[str, Schema] = document["components"]["schemas"]
    document["components"] = {
        "schemas": {name: _as_3_0(schema) for name, schema in schemas.items()},
        "securitySchemes": {n: s for docs in vendors for n, s in docs.security_schemes.items()},
    }
    for api in apis.values():
        api.lay_over(document)
    for number, resource in enumerate(fixture.resources, 1):
        if "*" not in resource.path:  # a path with /** cannot be shown
            method = "GET" if resource.method == ANY_METHOD else resource.method
            methods = document["paths"].setdefault(resource.path, {})
            shown = apis[resource.vendor].resource(resource, number)
            methods.setdefault(method.lower(), shown)  # the first that matches answers
    return document


class _DocumentedApi:
    """The operations of one vendor, as a fixture has them."""

    def __init__(self, docs: VendorDocs, fixture: ServedFixture) -> None:
        section = fixture.section(docs.vendor.name)
        self._docs = docs
        self._overlay = docs.overlay(section, fixture.show_passwords)
        self.routes = [
            route
            for route in docs.router.routes
            if isinstance(route, VendorRoute)
            and route.include_in_schema
            and route.is_enabled(section)
        ]
        documented = (self._overlay.outcomes.get(o.name, o) for o in docs.vendor.outcomes)
        corrected = templates(tuple(documented), section.outcomes)
        self._outcomes = {name: template.outcome for name, template in corrected.items()}
        self._succeeding = {o.name for o in docs.vendor.outcomes if o.succeeds}
        self._with_other_bodies = {
            name for name, change in section.outcomes.items() if "body" in change.model_fields_set
        }

    def lay_over(self, document: Schema) -> None:
        """Apply the fixture's corrections and examples to FastAPI's document."""
        for name, required in self._overlay.required.items():
            document["components"]["schemas"][name]["required"] = list(required)
        operations = _operations(document)
        for route in self.routes:
            operation = operations[str(route.operation_id)]
            for shown in operation.get("requestBody", {}).get("content", {}).values():
                shown["schema"] = _as_3_0(shown["schema"])
                shown["examples"] = self._overlay.examples.get(operation["operationId"], {})
            operation["responses"] = self._corrected(operation)

    def _corrected(self, operation: Schema) -> Schema:
        """The responses of an operation, each outcome below the status that the fixture gives."""
        declared: Schema = operation["responses"]
        names = {name: r for r in declared.values() for name in r.get(_OUTCOMES, ())}
        answers = (
            response["content"][_JSON]["schema"]
            for name, response in names.items()
            if name in self._succeeding and "content" in response
        )
        answer = self._overlay.answers.get(operation["operationId"], next(answers, None))
        words = {
            int(status): response["description"].partition("\n")[0]
            for status, response in declared.items()
            if _OUTCOMES in response
        }
        others = {status: r for status, r in declared.items() if _OUTCOMES not in r}
        outcomes = [outcome for name, outcome in self._outcomes.items() if name in names]
        return self._responses(outcomes, answer, words) | others

    def resource(self, resource: Resource, number: int) -> Schema:
        """The operation of a protected resource, the fixture's `number`th."""
        is_open = resource.bearer == "none"
        names = AT_RESOURCES[-1:] if is_open else AT_RESOURCES
        outcomes = [self._outcomes[n] for n in names if n in self._outcomes]
        answer = None
        if resource.response is not None:
            outcomes = [outcome for outcome in outcomes if outcome.name != "forward_failed"]
            outcomes.append(resource.response.outcome)
            answer = _type_of(sample_body(resource.response.outcome))
        wanted = f"It needs the scope `{' '.join(resource.scopes)}`." if resource.scopes else ""
        onwards = f"The call is forwarded to {resource.forward_to}." if resource.forward_to else ""
        return {
            "tags": list(self._docs.tags),
            "summary": "Protected resource",
            "description": f"A resource of this server's fixture. {wanted} {onwards}".strip(),
            "operationId": f"resource_{number}",
            "parameters": [
                {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                for name in parameters_of(resource.path)
            ],
            "responses": self._responses(outcomes, answer, {}),
            "security": [] if is_open else [{name: []} for name in self._docs.security_schemes],
        }

    def _responses(
        self, outcomes: Iterable[Outcome], answer: Schema | None, words: Mapping[int, str]
    ) -> Schema:
        error = {"$ref": f"#/components/schemas/{self._docs.error.__name__}"}

        def schema_of(outcome: Outcome) -> Schema | None:
            if outcome.name in self._with_other_bodies:
                return _type_of(sample_body(outcome))
            is_refusal = outcome.name in self._outcomes and outcome.name not in self._succeeding
            return error if is_refusal else answer

        result = _by_status(outcomes, words, schema_of)
        for response in result.values():
            del response[_OUTCOMES]
        return {str(status): response for status, response in result.items()}


def control_document(
    routers: Sequence[APIRouter], tags: Mapping[str, str], security_schemes: Mapping[str, Schema]
) -> Schema:
    """The OpenAPI document of the control API."""
    document = get_openapi(
        title=CONTROL_TITLE,
        version=__version__,
        openapi_version=CONTROL_VERSION,
        description=_CONTROL_DESCRIPTION,
        routes=[route for router in routers for route in router.routes],
        tags=_tags(tags.items()),
        servers=_CONTROL_SERVERS,
    )
    _remove_validation_errors(document)
    document.setdefault("components", {})["securitySchemes"] = dict(security_schemes)
    for operation in _operations(document).values():
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            if "example" in schema:
                parameter["example"] = schema.pop("example")
            if "pattern" in schema:
                schema.pop("default", None)  # pydantic writes that of a duration as ISO 8601
        for response in operation["responses"].values():
            response.pop(_OUTCOMES, None)
            content = response.get("content", {})
            if PROBLEM_JSON in content:  # FastAPI shows the model in the route's media type too
                response["content"] = {PROBLEM_JSON: content[PROBLEM_JSON]}
            elif _EVENTS in content:  # FastAPI's words for events are OpenAPI 3.2
                content[_EVENTS] = {"schema": {"type": "string"}}
            elif content.get(_JSON) == {"schema": {}}:
                del response["content"]
    return document


def _tags(tags: Iterable[tuple[str, str]]) -> list[Schema]:
    return [{"name": name, "description": description} for name, description in tags]


def _operations(document: Schema) -> dict[str, Schema]:
    """The operations of a document by their ids."""
    return {
        operation["operationId"]: operation
        for methods in document["paths"].values()
        for operation in methods.values()
    }


def _remove_validation_errors(document: Schema) -> None:
    """Remove the 422 that FastAPI adds: vendors respond with their own 400."""
    for operation in _operations(document).values():
        if _OUTCOMES not in operation["responses"].get("422", {_OUTCOMES: ()}):
            del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document.get("components", {}).get("schemas", {}).pop(name, None)


def _as_3_0(schema: Any) -> Any:
    """A schema of pydantic's (JSON Schema 2020-12) in the words of OpenAPI 3.0.

    What may be null may be absent too, and is written as the vendors write theirs.
    """
    if isinstance(schema, list):
        return [_as_3_0(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    result: Schema = {}
    for name, value in schema.items():
        if name == "properties":
            result[name] = {member: _as_3_0(its) for member, its in value.items()}
        elif name == "const":
            result["enum"] = [value]
        elif name not in ("title", "default"):
            result[name] = _as_3_0(value)
    alternatives = [kind for kind in result.get("anyOf", ()) if kind.get("type") != "null"]
    if len(alternatives) == 1:
        del result["anyOf"]
        result = alternatives[0] | result
    return result
