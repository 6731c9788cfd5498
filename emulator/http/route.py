"""The route classes, which wrap FastAPI's handler with what every operation needs.

`VendorRoute` is for the operations of vendors; each vendor's subclass reads bodies and words
refusals. `ControlRoute` is for the control API. Both find the realm, apply faults, render refusals,
and write log and journal.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, ClassVar

from fastapi import APIRouter, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Scope

from emulator.core.catalog import Vendor
from emulator.core.outcomes import Refused
from emulator.core.realm import Realm
from emulator.http.bearer import BearerScheme
from emulator.http.body import BodyTooLarge, BodyUnreadable, ParsedRequest, json_members, read_body
from emulator.http.context import (
    CallContext,
    control_context,
    path_in_realm,
    realm_name,
    server_state,
    vendor_context,
)
from emulator.http.recording import answer_call, finish
from emulator.http.unrouted import answer_unrouted, unknown_realm

Handler = Callable[[Request], Awaitable[Response]]

TOO_LARGE = Refused("body_too_large", "the body is larger than the limit")


class Router(APIRouter):
    """A router whose GET routes also accept HEAD (RFC 9110 §9.3.2)."""

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """See `APIRouter.add_api_route`."""
        super().add_api_route(path, endpoint, **options)
        if "GET" in (options.get("methods") or ()):
            head = options | {"methods": ["HEAD"], "include_in_schema": False}
            super().add_api_route(path, endpoint, **head)


class EmulatorRoute(APIRoute, ABC):
    """What both share."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """See `APIRoute.matches`: its pattern would also match a line feed at the end."""
        if scope["path"].endswith("\n"):
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, wrapped."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await self.answer(request, handle)
            except ClientDisconnect:
                return Response(status_code=400)  # there is no client to read it

        return handler

    @abstractmethod
    async def answer(self, request: Request, handle: Handler) -> Response:
        """The response to a request; `handle` is FastAPI's handler of the operation."""

    @abstractmethod
    def invalid(self, errors: Sequence[Any], context: CallContext) -> Refused:
        """The refusal of a request that FastAPI's validation rejects."""

    async def run(
        self,
        context: CallContext,
        parse: Callable[[], Request],
        handle: Handler,
        members: Mapping[str, object],
    ) -> Response:
        """The response of FastAPI's handler to the request from `parse`, or of a fault.

        `members` are those that a fault may match.
        """

        async def work(realm: Realm) -> Response:
            context.realm = realm
            request = parse()
            request.state.context = context
            try:
                return await handle(request)
            except RequestValidationError as error:
                raise self.invalid(error.errors(), context) from error

        return await answer_call(context, work, members)


class VendorRoute(EmulatorRoute):
    """An operation of a vendor. The name of the route is that of the operation."""

    vendor: ClassVar[Vendor]
    bearer: ClassVar[BearerScheme]

    async def answer(self, request: Request, handle: Handler) -> Response:
        """See `EmulatorRoute.answer`."""
        realms, name = server_state(request).realms, realm_name(request)
        realm = await realms.get(name)
        if realm is None:
            return await unknown_realm(request)
        if not self.is_enabled(realm.vendors[self.vendor.name].fixture):
            return await answer_unrouted(request)
        try:
            body = await read_body(request)
        except BodyTooLarge:
            context = vendor_context(request, realm, self.vendor, self.name)
            return await finish(context, context.refuse(TOO_LARGE))
        if realm.closed:  # it was reset or removed while the body came
            realm = await realms.get(name)
            if realm is None:
                return await unknown_realm(request)
        context = vendor_context(request, realm, self.vendor, self.name)
        context.body_bytes = len(body)
        unreadable = self._read(request, body, context)

        def parse() -> Request:
            if unreadable is not None:
                raise unreadable
            return ParsedRequest(request, body, context.members)

        return await self.run(context, parse, handle, context.members or {})

    def _read(self, request: Request, body: bytes, context: CallContext) -> Refused | None:
        """Read the body into the context; returns a refusal if it cannot be read."""
        unreadable = None
        try:
            context.members = self.members(request, body)
            context.operation = self.operation(context.members)
        except BodyUnreadable as error:
            unreadable = self.unreadable(str(error))
        except Refused as refused:
            unreadable = refused
        context.principal = self.principal(request, context)
        return unreadable

    def is_enabled(self, fixture: Any) -> bool:
        """Whether the operation exists; `fixture`, the vendor's section, may switch some on."""
        del fixture
        return True

    def members(self, request: Request, body: bytes) -> dict[str, Any]:
        """The members of the body, none if the operation reads none.

        Raises BodyUnreadable, or Refused.
        """
        return json_members(request, body) if self.body_field is not None else {}

    def operation(self, members: Mapping[str, Any]) -> str:
        """The operation that the body selects, if a path has several. Raises Refused."""
        del members
        return self.name

    def principal(self, request: Request, context: CallContext) -> str:
        """The principal that the request names, unverified; empty if none."""
        return self.bearer.claimed_principal(context.realm, request)

    @abstractmethod
    def unreadable(self, reason: str) -> Refused:
        """The vendor's refusal of a body that cannot be read."""


class ControlRoute(EmulatorRoute):
    """A call of the control API.

    `vendor` is the vendor that the call concerns, if any: then journal and faults know of it. A
    call that `is_open` is open to every caller, others are guarded.
    """

    vendor: ClassVar[Vendor | None] = None
    is_open: ClassVar[bool] = False

    async def answer(self, request: Request, handle: Handler) -> Response:
        """See `EmulatorRoute.answer`."""
        server = server_state(request)
        realm = await server.realms.get(realm_name(request))
        if realm is None:
            # Swagger may have selected a realm that is to be created.
            if not path_in_realm(request).startswith("/_emulator/realms"):
                return await unknown_realm(request, guarded=not self.is_open)
            realm = await server.realms.default()
        context = control_context(request, realm, self.name, self.vendor)
        try:
            if not self.is_open:
                server.guard.check(request.scope)
            body = await read_body(request)
        except Refused as refused:
            return await finish(context, context.refuse(refused))
        except BodyTooLarge:
            return await finish(context, context.refuse(TOO_LARGE))
        context.body_bytes = len(body)
        members = self.fault_members(request, body, context)
        return await self.run(context, lambda: self.parse(request, body, context), handle, members)

    def fault_members(
        self, request: Request, body: bytes, context: CallContext
    ) -> Mapping[str, object]:
        """The members of the request that a fault may match."""
        del request, body, context
        return {}

    @abstractmethod
    def parse(self, request: Request, body: bytes, context: CallContext) -> Request:
        """The request as FastAPI gets it. Raises Refused if the body cannot be read."""
