"""The control API in OpenAPI: each call with an example that works."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from emulator.control.examples import NEW, Call, calls
from emulator.control.paths import BASE
from emulator.core.fixture.faults import FaultModel
from emulator.core.fixture.sections import SectionModel
from emulator.core.realm import Realm
from emulator.core.resources import parameters_of
from emulator.core.shapes.kinds import Definitions
from emulator.core.shapes.shape import schema_of
from emulator.web.documentation import REFERENCE, Example, Page, Schema
from emulator.web.operation import Api, Endpoint

_TAGS = {
    "realms": "Realms: emulators of their own inside the server",
    "clock": "The clock that everything in a realm reads",
    "principals": "Users and clients, in the fixture's shape",
    "faults": "Calls that go wrong because a test wants it",
    "journal": "Every call to a vendor, and what was expected of them",
    "tokens": "Tokens to order, and tokens explained",
    "keys": "The keys, and rotating them",
    "outbox": "The codes that the vendors would have mailed",
    "verifying": "For services that verify the tokens; open to every caller",
    "server": "The server itself",
}
_TAG_OF = {
    "reset": "realms",
    "health": "server",
    "ca.pem": "server",
    "users": "principals",
    "clients": "principals",
}
_PRINCIPALS = "principals"
_VERIFYING = "verifying"
_ADMIN = {"adminToken": {"type": "http", "scheme": "bearer"}}


def control_pages(
    api: Api, realm: Realm, sections: Iterable[type[SectionModel]], fault: type[FaultModel]
) -> list[Page]:
    """An entry for each call; the examples are of the principals of `realm`.

    `sections` are the vendors' sections of a fixture, `fault` is its fault.
    """
    known = calls(realm, list(sections), fault)

    def call_of(endpoint: Endpoint) -> Call:
        path = endpoint.paths[0].removeprefix(BASE)
        by_path = known.get(f"{endpoint.method} {path}")
        return by_path or known.get(endpoint.operations[0].name, Call())

    return [_page(api, endpoint, realm, call_of(endpoint)) for endpoint in api.endpoints]


def _page(api: Api, endpoint: Endpoint, realm: Realm, call: Call) -> Page:
    operation = endpoint.operations[0]
    path = endpoint.paths[0]
    schema, definitions = _schema_of(call)
    said = " ".join((operation.rule.__doc__ or "").split())
    summary, _, more = said.partition(". ")
    tag = _tag_of(path)
    every = {outcome.name: outcome for outcome in api.outcomes}
    return Page(
        endpoint=endpoint,
        tag=tag,
        tag_description=_TAGS[tag],
        operation_id=f"{endpoint.method.lower()}_{_words(path)}",
        summary=_of_its_kind(path, summary.rstrip(".")),
        description=" ".join(filter(None, (more, _first(endpoint)))),
        bodies={} if schema is None else {call.media_type: [schema]},
        answer=None,
        every_outcome=every,
        only=frozenset({operation.success, *call.outcomes}),
        examples=[Example(name, name, value) for name, value in call.examples.items()],
        parameters=[*_path_parameters(endpoint, realm), *_query_parameters(call.query)],
        security=None if endpoint.is_open else [{name: []} for name in _ADMIN],
        security_schemes=_ADMIN,
        body_required=not call.optional,
        definitions=definitions,
    )


def _schema_of(call: Call) -> tuple[Schema | None, Mapping[str, Schema]]:
    """The schema of a call's body, and those that it refers to."""
    if call.body is None or not isinstance(call.body, type):
        return call.body, {}
    definitions = Definitions(REFERENCE)
    schema = schema_of(call.body, definitions)
    required = [name for name in schema.pop("required", ()) if name != call.in_the_path]
    return {**schema, **({"required": required} if required else {})}, definitions


def _of_its_kind(path: str, summary: str) -> str:
    """The summary, and of which vendor: many calls are one for each."""
    vendor, _, rest = path.removeprefix(f"{BASE}/").partition("/")
    if _tag_of(path) not in (_PRINCIPALS, _VERIFYING) or not rest:
        return summary
    kind = rest.partition("/")[0]
    return f"{summary} ({vendor}{f' {kind}' if kind in _TAG_OF else ''})"


def _first(endpoint: Endpoint) -> str:
    """What has to be there for the example to work."""
    path = endpoint.paths[0]
    if endpoint.method not in ("GET", "PATCH", "DELETE") or "{" not in path:
        return ""
    if path.endswith("{name}"):
        return "" if endpoint.method == "GET" else f"The example is there once PUT made {NEW}."
    return f"The example is there once {'POST' if 'faults' in path else 'PUT'} made it."


def _tag_of(path: str) -> str:
    first, *rest = path.removeprefix(f"{BASE}/").split("/")
    named = next((_TAG_OF[part] for part in (first, *rest) if part in _TAG_OF), first)
    return named if named in _TAGS else _VERIFYING


def _words(path: str) -> str:
    return "_".join(re.findall(r"[A-Za-z0-9]+", path.removeprefix(BASE)))


def _path_parameters(endpoint: Endpoint, realm: Realm) -> list[Schema]:
    path = endpoint.paths[0]
    return [
        {
            "in": "path",
            "name": name,
            "required": True,
            "schema": {"type": "string"},
            "example": _example_of(name, endpoint, realm),
        }
        for name in parameters_of(path)
    ]


def _example_of(name: str, endpoint: Endpoint, realm: Realm) -> str:
    if name != "name":
        return {"realm": "t42", "id": "f1"}[name]
    if endpoint.method != "GET":
        return NEW
    vendor, kind = endpoint.paths[0].removeprefix(f"{BASE}/").split("/")[:2]
    return next((principal.name for principal in realm.sections[vendor].principals[kind]), NEW)


def _query_parameters(query: Mapping[str, Any]) -> list[Schema]:
    return [
        {
            "in": "query",
            "name": name,
            "schema": {"type": "string"},
            **({} if example is None else {"example": example}),
        }
        for name, example in query.items()
    ]
