"""The principals of a realm: listing, adding, changing and removing clients and users.

They have the form of the fixture. Changes belong to the realm, and end with a reset.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from heapq import nsmallest
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from fastapi import Body, Depends, Path, Query, Request, Response
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    RootModel,
    create_model,
)
from pydantic_core import CoreSchema

from emulator.control.common import (
    EXAMPLE_NAME,
    change_realm,
    example,
    examples,
    guarded_router,
    problems,
)
from emulator.control.filters import number_in_query
from emulator.control.mistakes import BODY, invalid, refuse_mistakes
from emulator.core.catalog import Catalog
from emulator.core.model import Model
from emulator.core.outcomes import Refused
from emulator.core.principals import Principal, Principals, TooManyPrincipals
from emulator.core.realm import Changes, Realm, dump, principal_field
from emulator.fixture import FixtureError, dotted, from_http, validate
from emulator.http.caller import raw_path_in_app
from emulator.http.context import CallContext, CurrentContext, CurrentRealm
from emulator.http.problems import FieldProblem
from emulator.http.route import Router

_EXAMPLE = {
    "password": "E5#fG6$hI7",
    "scopes": ["offers:read"],
    "status": "active",
}
"""An example of a principal; members that a kind does not have are left out."""

_CHANGES = {"lock": {"status": "locked"}, "unlock": {"status": "active"}}


class Page(Model):
    """Which part of a list to show."""

    after: Annotated[str, Field(description="Names after this one.")] = ""
    limit: Annotated[
        int,
        Field(
            ge=1,
            le=1000,
            strict=True,
            description="The maximum number of names.",
            json_schema_extra=example("10"),
        ),
        BeforeValidator(number_in_query),
    ] = 100


class MergePatch(RootModel[dict[str, Any]]):
    """Members to change; null resets one to its default (RFC 7396)."""


class PrincipalInfo(BaseModel):
    """A principal as a fixture writes it, without its secrets and without defaults.

    `warnings` are those of a principal that was just added or changed.
    """

    model_config = ConfigDict(extra="allow")

    status: str
    warnings: list[FieldProblem] | None = None


@dataclass(frozen=True)
class _NameInPath:
    """Marks a member as optional in OpenAPI, as it is in the path."""

    member: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        shown = handler(schema)
        described = handler.resolve_ref_schema(shown)
        required = [name for name in described.pop("required", ()) if name != self.member]
        described.update({"required": required} if required else {})
        return shown


def _described_by(model: type[Principal]) -> PlainValidator:
    """A mapping that is not validated here, shown as a model in OpenAPI."""
    shown: Any = Annotated[model, _NameInPath(model.name_field)]
    return PlainValidator(lambda body: body, json_schema_input_type=shown)


async def named(
    request: Request, name: Annotated[str, Path(json_schema_extra=example(EXAMPLE_NAME))]
) -> str:
    """The name in the path, which may hold an escaped slash.

    The decoded path, by which Starlette finds the route, does not show the escape.
    """
    raw = raw_path_in_app(request)
    segment = unquote_to_bytes(raw.rpartition(b"/")[2]) if raw else name.encode()
    if not name or segment.decode("utf-8", "replace") != name:
        raise Refused("path_unknown", "a name is one segment of the path, with / written as %2F")
    try:
        return segment.decode()
    except UnicodeDecodeError as error:
        raise invalid(
            "the name in the path is not UTF-8, escaped as RFC 3986 section 2.1 has it"
        ) from error


Name = Annotated[str, Depends(named)]


def principals_router(catalog: Catalog) -> Router:
    """The calls about every kind of principal that the vendors have."""
    router = guarded_router("principals")
    for vendor in catalog.values():
        for kind, model in vendor.fixture.kinds.items():
            _add_reading(router, _Kind(vendor.name, kind, model))
            _add_changing(router, _Kind(vendor.name, kind, model))
    return router


@dataclass(frozen=True)
class _Kind:
    """One list of principals in a vendor's section of the fixture."""

    vendor: str
    kind: str
    model: type[Principal]

    @property
    def name_field(self) -> str:
        return self.model.name_field

    def of(self, realm: Realm) -> Principals[Any]:
        return realm.vendors[self.vendor].principals[self.kind]

    def known(self, realm: Realm, name: str) -> Principal:
        principals = self.of(realm)
        found: Principal | None = principals.find(name)
        if found is None:
            raise Refused("not_found", principals.why_unknown(name))
        return found

    def shown(self, principal: Principal) -> dict[str, Any]:
        return {self.name_field: principal.name, **principal.public()}

    def read(self, name: str, body: Mapping[str, Any], before: Mapping[str, Any]) -> Principal:
        """The principal of a body, which replaces the one before. Raises FixtureError."""
        document = from_http(body, BODY)
        sent = document.data.get(self.name_field, name)
        if isinstance(sent, str) and sent != name:
            document.report((self.name_field,), f"is not {name!r}, the name in the path")
        data = merge_patch(before, document.data) if before else document.data
        document.data = {self.name_field: name, **data}
        return validate(document, self.model)

    def patched(self, realm: Realm, name: str, patch: Mapping[str, Any]) -> Principal:
        """A principal with a merge patch applied (RFC 7396). Raises FixtureError."""
        replaced = {field for field in self.model.replaced_whole if patch.get(field)}
        whole = self.known(realm, name).whole()
        kept = {field: value for field, value in whole.items() if field not in replaced}
        return self.read(name, patch, kept)

    @property
    def path(self) -> str:
        return f"/{self.vendor}/{self.kind}"

    @property
    def singular(self) -> str:
        return self.kind.removesuffix("s")

    def field(self, name: str) -> str:
        return principal_field(self.vendor, self.kind, name)

    def summary(self, text: str) -> str:
        return f"{text} ({self.vendor} {self.kind})"


def _add_reading(router: Router, kind: _Kind) -> None:
    @router.get(
        kind.path,
        name=kind.kind,
        summary=kind.summary("List names and statuses, sorted by name"),
        response_model=_page_model(kind),
        responses=problems("invalid_request"),
    )
    async def list_principals(
        page: Annotated[Page, Query()], context: CurrentContext, realm: CurrentRealm
    ) -> Response:
        """A page at a time: `next` is the next page's `after`, or null."""
        principals = kind.of(realm)
        behind = (principal for principal in principals if principal.name > page.after)
        found = nsmallest(page.limit + 1, behind, key=lambda principal: principal.name)
        shown = found[: page.limit]
        answer = {
            kind.kind: [{kind.name_field: p.name, "status": p.status} for p in shown],
            "count": len(principals),
            "next": shown[-1].name if len(found) > len(shown) else None,
        }
        return context.respond("ok", answer)

    @router.get(
        f"{kind.path}/{{name:path}}",
        name=kind.singular,
        summary=kind.summary("Show one, without its secrets"),
        response_model=PrincipalInfo,
        responses=problems("invalid_request", "not_found"),
    )
    async def show_principal(name: Name, context: CurrentContext, realm: CurrentRealm) -> Response:
        """In the form of the fixture, without defaults."""
        return context.respond("ok", kind.shown(kind.known(realm, name)))


def _add_changing(router: Router, kind: _Kind) -> None:
    new = {name: value for name, value in _EXAMPLE.items() if name in kind.model.model_fields}
    one = f"{kind.path}/{{name:path}}"

    @router.put(
        one,
        name=f"put_{kind.singular}",
        summary=kind.summary("Add or replace one"),
        response_model=PrincipalInfo,
        responses={
            201: {"model": PrincipalInfo, "description": "Created"},
            **problems("invalid_request", "too_many"),
        },
    )
    async def put_principal(
        name: Name,
        body: Annotated[
            dict[str, Any],
            _described_by(kind.model),
            Body(openapi_examples=examples({"a new one": new})),
        ],
        context: CurrentContext,
    ) -> Response:
        """Tokens issued to it stay valid."""
        return await _put(context, kind, lambda _: kind.read(name, body, {}))

    @router.patch(
        one,
        name=f"change_{kind.singular}",
        summary=kind.summary("Change some members (RFC 7396)"),
        response_model=PrincipalInfo,
        responses=problems("invalid_request", "not_found", "too_many"),
    )
    async def change_principal(
        name: Name,
        patch: Annotated[MergePatch, Body(openapi_examples=examples(_CHANGES))],
        context: CurrentContext,
    ) -> Response:
        """Null resets a member to its default. The example exists once PUT created it."""
        return await _put(context, kind, lambda realm: kind.patched(realm, name, patch.root))

    @router.delete(
        one,
        name=f"remove_{kind.singular}",
        summary=kind.summary("Remove one"),
        status_code=204,
        response_model=None,
        responses=problems("not_found", "too_many"),
    )
    async def remove_principal(name: Name, context: CurrentContext) -> Response:
        """Tokens issued to it, or through it, are refused.

        The example exists once PUT created it.
        """

        def remove(realm: Realm) -> Changes:
            kind.known(realm, name)
            return {kind.field(name): dump(kind.of(realm).removed(name))}

        await _change(context, remove)
        return context.respond("no_content")


async def _put(context: CallContext, kind: _Kind, make: Callable[[Realm], Principal]) -> Response:
    """Add or replace the principal that `make` returns."""
    principal, is_new = None, False

    def put(realm: Realm) -> Changes:
        nonlocal principal, is_new
        principal, principals = make(realm), kind.of(realm)
        is_new = principals.find(principal.name) is None
        return {kind.field(principal.name): dump(principals.changed(principal))}

    realm = await _change(context, put)
    assert principal is not None  # noqa: S101 - `put` was called
    warnings = [
        {"path": dotted(path), "message": text}
        for path, text in realm.vendors[kind.vendor].warnings_for(principal)
    ]
    shown = kind.shown(principal) | ({"warnings": warnings} if warnings else {})
    return context.respond("created" if is_new else "ok", shown)


async def _change(context: CallContext, changes: Callable[[Realm], Changes]) -> Realm:
    try:
        return await change_realm(context, changes)
    except FixtureError as error:
        raise refuse_mistakes(error) from error
    except TooManyPrincipals as full:
        raise Refused("too_many", str(full)) from full


def merge_patch(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON object after a merge patch (RFC 7396 §2)."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            known = result.get(name)
            result[name] = merge_patch(known if isinstance(known, dict) else {}, value)
        else:
            result[name] = value
    return result


def _page_model(kind: _Kind) -> type[BaseModel]:
    """A page of the list, for OpenAPI: its members are named after the kind."""
    name = kind.model.__name__
    entry_fields: dict[str, Any] = {kind.name_field: (str, ...), "status": (str, ...)}
    entry = create_model(f"{name}Entry", __doc__="A name, and its status.", **entry_fields)
    page_fields: dict[str, Any] = {
        kind.kind: (list[entry], ...),
        "count": (int, ...),
        "next": (str | None, ...),
    }
    doc = "Part of a list, how long it is, and what to give as `after` for the next part."
    return create_model(f"{name}Page", __doc__=doc, **page_fields)
