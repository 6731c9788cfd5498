"""Paths without an operation: protected resources, 404 and 405 of the vendor."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from emulator.core.catalog import Vendor
from emulator.core.outcomes import Refused, printable
from emulator.core.realm import Realm
from emulator.core.realms import why_unknown
from emulator.core.redaction import redacted_path, redacted_resource_path, secret_parameters
from emulator.core.resources import ResourceMatch, allowed_methods, match_for
from emulator.core.vendor import RESOURCE
from emulator.http.body import BODY_LIMIT, FORWARDED_LIMIT, BodyTooLarge, read_body
from emulator.http.caller import path_in_app
from emulator.http.context import (
    CallContext,
    ServerState,
    control_context,
    path_in_realm,
    realm_name,
    server_state,
    split_realm,
    target_in_realm,
    vendor_context,
)
from emulator.http.recording import answer_call, finish

CONTROL = "control"
CONTROL_TITLE = "The control API"
CONTROL_BASE = "/_emulator"
CONTROL_DOCS = f"{CONTROL_BASE}/docs"
PAGES = frozenset({"/", "/docs", "/openapi.json", "/favicon.ico", CONTROL_DOCS})
PAGES |= {f"{CONTROL_BASE}/openapi.json"}

FORWARDED = "forwarded"
"""The outcome of a forwarded call."""

_DOTS = frozenset({".", ".."})
_NEAREST = 3
"""The number of similar paths in a message."""


class Unrouted:
    """The ASGI application for all paths and methods without a route, unknown methods too."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            response = await unrouted(Request(scope, receive))
        except ClientDisconnect:
            return  # there is no client to answer
        await response(scope, receive, send)


async def unrouted(request: Request) -> Response:
    """The response to a path or method without a route."""
    path = path_in_app(request)
    if path in PAGES:
        return Response(status_code=405, headers={"allow": "GET, HEAD"})
    name, _ = split_realm(path)
    if name is not None:
        request.path_params["realm"] = name
    return await answer_unrouted(request)


async def answer_unrouted(request: Request) -> Response:
    """The response of a protected resource, or 404 or 405."""
    server, path = server_state(request), path_in_realm(request)
    realm = await server.realms.get(realm_name(request))
    is_control = path == CONTROL_BASE or path.startswith(f"{CONTROL_BASE}/")
    if realm is None:
        return await unknown_realm(request, guarded=is_control)
    if is_control:
        return await _control_unrouted(request, realm, path)
    # A server behind might resolve dots to a path that was not checked.
    is_plain = _DOTS.isdisjoint(path.split("/")) and not path.startswith("/realms/")
    matches = _resources_at(server, realm, path) if is_plain else []
    match = match_for(matches, request.method)
    if match is not None:
        return await _answer_resource(request, realm, match)
    if matches:
        vendor = server.catalog[matches[0].resource.vendor]
        methods = allowed_methods(one.resource.method for one in matches)
        return await _wrong_method(request, realm, vendor, methods)
    for vendor in server.catalog.values():
        if vendor.owns(path):
            return await _vendor_unrouted(request, realm, vendor, path)
    return await _no_such_path(request, realm, path)


def _resources_at(server: ServerState, realm: Realm, path: str) -> list[ResourceMatch]:
    """The resources at a path; a vendor with an optional base path has them with and without."""
    matches = realm.resources.at(path)
    for vendor in server.catalog.values():
        base = vendor.optional_base
        if base is not None:
            other = path.removeprefix(base) if path.startswith(f"{base}/") else f"{base}{path}"
            found = realm.resources.at(other)
            matches += [match for match in found if match.resource.vendor == vendor.name]
    return matches


async def unknown_realm(request: Request, *, guarded: bool = False) -> Response:
    """The response to a call below an unknown realm."""
    server = server_state(request)
    context = control_context(request, await server.realms.default())
    refused = Refused("realm_not_found", why_unknown(realm_name(request)))
    try:
        if guarded:
            server.guard.check(request.scope)
    except Refused as by_guard:
        refused = by_guard
    context.path = _shown(request, context.realm)
    return await finish(context, context.refuse(refused))


async def _answer_resource(request: Request, realm: Realm, match: ResourceMatch) -> Response:
    server = server_state(request)
    vendor = server.catalog[match.resource.vendor]
    shown = redacted_resource_path(path_in_realm(request), match.parameters)
    context = vendor_context(request, realm, vendor, RESOURCE, shown)
    context.secrets = secret_parameters(match.parameters)
    limit = BODY_LIMIT if match.resource.forward_to is None else FORWARDED_LIMIT
    try:
        body = await read_body(request, limit)
    except BodyTooLarge:
        refused = Refused("body_too_large", "the body is larger than the limit")
        return await finish(context, context.refuse(refused))
    context.body_bytes = len(body)
    if match.resource.bearer == "required":
        context.principal = server.bearers[vendor.name].claimed_principal(realm, request)

    async def work(realm: Realm) -> Response:
        return await _checked(context, realm, match, body)

    return await answer_call(context, work, dict(match.parameters))


async def _checked(
    context: CallContext, realm: Realm, match: ResourceMatch, body: bytes
) -> Response:
    """The resource's response to a valid token. Raises Refused."""
    request, resource, server = context.request, match.resource, context.server
    principal = ""
    if resource.bearer == "required":
        verified = await server.bearers[resource.vendor].check(realm, request, resource.scopes)
        principal = verified.subject.name
    if resource.forward_to is not None:
        target = target_in_realm(request)
        response = await server.forwarder.forward(resource.forward_to, request, target, body)
        context.outcome = FORWARDED
        return response
    assert resource.response is not None  # noqa: S101 - it has one or the other
    context.outcome = resource.response.outcome.name
    values = context.values(**match.parameters) | {"principal": principal}
    return context.render(resource.response, values)


async def _vendor_unrouted(request: Request, realm: Realm, vendor: Vendor, path: str) -> Response:
    routers = server_state(request).routers[vendor.name]
    methods = _methods_at(routers, realm, path)
    if methods:
        return await _wrong_method(request, realm, vendor, methods)
    known = sorted({route.path for route in _shown_routes(routers, realm)})
    shown = _shown(request, realm, vendor)
    context = vendor_context(request, realm, vendor, "", shown)
    sentence = f"{vendor.title} has {', '.join(known)} here, not {shown}"
    one_slash = f"/{path.lstrip('/')}"
    for begin, remedy in vendor.absent.items():
        if one_slash == begin or one_slash.startswith(f"{begin}/"):
            sentence = f"{shown} is not in this fixture: {remedy}"
            break
    return await finish(context, context.refuse(Refused("path_unknown", sentence)))


async def _wrong_method(
    request: Request, realm: Realm, vendor: Vendor, methods: list[str]
) -> Response:
    shown = _shown(request, realm, vendor)
    context = vendor_context(request, realm, vendor, "", shown)
    sentence = f"{shown} accepts {' or '.join(methods)}, not {request.method}"
    response = context.refuse(Refused("method_not_allowed", sentence))
    response.headers.setdefault("allow", ", ".join(methods))
    return await finish(context, response)


async def _control_unrouted(request: Request, realm: Realm, path: str) -> Response:
    server = server_state(request)
    routers = server.routers[CONTROL]
    context = control_context(request, realm)
    context.path = _shown(request, realm)
    methods = _methods_at(routers, realm, path)
    try:
        if not _is_open(routers, path):
            server.guard.check(request.scope)
    except Refused as refused:
        return await finish(context, context.refuse(refused))
    if methods:
        sentence = f"{context.path} accepts {' or '.join(methods)}, not {request.method}"
        response = context.refuse(Refused("method_not_allowed", sentence))
        response.headers.setdefault("allow", ", ".join(methods))
        return await finish(context, response)
    known = sorted({route.path_format for route in _shown_routes(routers, realm)})
    near = get_close_matches(path, known, _NEAREST, 0.0)
    sentence = (
        f"{CONTROL_TITLE} has no {context.path}; the nearest are {', '.join(near)}, and "
        f"{CONTROL_DOCS} lists all"
    )
    return await finish(context, context.refuse(Refused("path_unknown", sentence)))


async def _no_such_path(request: Request, realm: Realm, path: str) -> Response:
    """A plain 404 that names the vendors' paths."""
    server = server_state(request)
    context = control_context(request, realm)
    context.path = _shown(request, realm)
    places = "".join(
        f"  {vendor.title}: POST {route.path}\n"
        for vendor in server.catalog.values()
        for route in _shown_routes(server.routers[vendor.name], realm)
        if "POST" in (route.methods or ())
    )
    where = "at the server's root" if "realm" in request.path_params else "here"
    text = (
        f"There is nothing at this path. The emulator has:\n{places}"
        f"Documentation {where}: GET /docs, and of the control API: GET {CONTROL_DOCS}\n"
    )
    context.outcome, context.is_recorded = "path_unknown", True
    sentence = f"no vendor has the path {context.path}"
    titles = {name: vendor.title for name, vendor in server.catalog.items()}
    # A client that reads //auth/sign-in as a host and a path sends /sign-in.
    similar = [
        f"; {titles.get(name, CONTROL_TITLE)} has {route.path}"
        for name, routers in server.routers.items()
        for route in _routes(routers)
        if path != "/" and route.path.endswith(path)
    ]
    sentence += "".join(similar[:1])
    context.reason = printable(f"{context.outcome}; {sentence}")
    return await finish(context, PlainTextResponse(text, 404))


def _routes(routers: Sequence[APIRouter]) -> Iterator[APIRoute]:
    """The routes of routers, as an app's included routers are private to FastAPI."""
    return (r for router in routers for r in router.routes if isinstance(r, APIRoute))


def _shown_routes(routers: Sequence[APIRouter], realm: Realm) -> Iterator[APIRoute]:
    """The routes that are in the docs and enabled in a realm."""
    return (
        route for route in _routes(routers) if route.include_in_schema and _exists(route, realm)
    )


def _exists(route: APIRoute, realm: Realm) -> bool:
    vendor: Vendor | None = getattr(route, "vendor", None)
    is_enabled = getattr(route, "is_enabled", None)
    return vendor is None or is_enabled is None or is_enabled(realm.vendors[vendor.name].fixture)


def _methods_at(routers: Sequence[APIRouter], realm: Realm, path: str) -> list[str]:
    """The methods that a router accepts at a path, for `Allow`."""
    return allowed_methods(
        method
        for route in _routes(routers)
        if route.path_regex.fullmatch(path) and _exists(route, realm)
        for method in route.methods or ()
    )


def _is_open(routers: Sequence[APIRouter], path: str) -> bool:
    """Whether a control call at a path is open to every caller."""
    return any(
        getattr(route, "is_open", False) and route.path_regex.fullmatch(path)
        for route in _routes(routers)
    )


def _shown(request: Request, realm: Realm, vendor: Vendor | None = None) -> str:
    """The redacted form of an unknown path."""
    server = server_state(request)
    names = server.routers if vendor is None else (vendor.name,)
    known = [route.path for name in names for route in _routes(server.routers[name])]
    return redacted_path(
        path_in_realm(request), [*known, *(resource.path for resource in realm.resources)]
    )
