"""The stage: the one ASGI layer that every request goes through.

It finds the realm, then the operation by its exact path in a table made at the start, runs it,
writes the journal, and sends the answer. The way of a sign-in needs neither FastAPI nor Starlette;
what nobody may ask for is made at its first use, in a thread: the control API, and the site (docs,
start page), which is a FastAPI application.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from emulator.core.outcomes import Refusal, printable
from emulator.core.realm import Blueprint, Realm
from emulator.core.realms import Realms, unknown_realm
from emulator.core.resources import Match, methods_of, taking
from emulator.web.caller import base_url
from emulator.web.cors import Cors
from emulator.web.door import Door
from emulator.web.first_use import AtFirstUse
from emulator.web.forwarding import Forwarder
from emulator.web.last_resort import failed, stopped
from emulator.web.messages import Answer
from emulator.web.nowhere import PATH_UNKNOWN, nowhere
from emulator.web.operation import Api, Asked, Endpoint
from emulator.web.receiving import (
    BODY_LIMIT,
    FORWARDED_LIMIT,
    BodyTooLarge,
    CallerGone,
    body_at_hand,
    whole_body,
)
from emulator.web.recording import called, make_discreet, recorded, secret_values
from emulator.web.resource import OPERATION, answer_resource
from emulator.web.sending import ConnectionFaultStruck, dating, or_cut_off, send_answer
from emulator.web.table import Table, is_ours
from emulator.web.visit import (
    AsgiApp,
    Message,
    Receive,
    Send,
    Visit,
    at_the_root,
    named_realm,
    next_turn,
)

DRIVING = "/_emulator"
"""Where the pages are of the API that drives the emulator."""

SITE_PATHS = frozenset(
    {
        *("/", "/docs", "/openapi.json", "/favicon.ico"),
        *(f"{DRIVING}/docs", f"{DRIVING}/openapi.json"),
    }
)
_SITE_FOLDER = "/docs/"
_DOTS = frozenset({".", ".."})
_NOBODY = "-"
"""Stands for the vendor of a call that is no vendor's."""

_log = logging.getLogger("emulator")


class Stage:
    """An ASGI application around the operations of several APIs.

    `reasons` sends `X-Emulator-Reason` with each refusal; `dated` sends `Date` by the realm's
    clock, for a server that sends none of its own; `make_site` makes the FastAPI application;
    `door` guards the control API, and knows which proxies are believed; `cors` answers browsers.
    """

    def __init__(
        self,
        realms: Realms,
        table: Table,
        *,
        make_site: Callable[["Stage"], AsgiApp],
        reasons: bool = True,
        dated: bool = False,
        door: Door | None = None,
        cors: Cors | None = None,
    ) -> None:
        self._door = door or Door()
        self._cors = cors
        self.realms = realms
        self._reasons = reasons
        self._dated = dated
        self._site = AtFirstUse(partial(make_site, self))
        self.closing = False
        """Set while the server stops: each answer then also ends its connection."""
        self._is_closing = lambda: self.closing
        self._forwarder = Forwarder()
        self._table = table
        self._vendors = {api.name: api for api in table.known if api.bearer is not None}

    @property
    def realm(self) -> Realm:
        """The realm that answers at the root."""
        return self.realms.default

    @property
    def apis(self) -> tuple[Api, ...]:
        """Every API; the control API is made now if nobody has asked it before."""
        return self._table.everything()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (or the server's lifespan)."""
        if scope["type"] != "http":
            await self._not_http(scope, receive, send)
            return
        try:
            visit = at_the_root(scope, receive, self.realms.default)
            found = self._table.at_hand(visit)
            if found is None:
                await self._not_at_hand(visit, send)
            else:
                await self.send(await self.at_endpoint(*found, visit), visit, send)
        except (CallerGone, asyncio.CancelledError) as error:
            if isinstance(error, CallerGone):
                return
            if not self.closing:
                raise
            answer = stopped()
        except ConnectionFaultStruck:
            raise
        except Exception as error:  # noqa: BLE001 - the last resort, and the log has it all
            answer = failed(error)
        else:
            return
        visit = at_the_root(scope, receive, self.realm)
        with contextlib.suppress(RuntimeError):  # the answer had begun
            sending = self.send(await self._told(visit, answer, _NOBODY), visit, send)
            await (or_cut_off(sending, visit) if self.closing else sending)

    async def _not_at_hand(self, visit: Visit, send: Send) -> None:
        path, scope, receive = visit.path, visit.scope, visit.receive
        if path in SITE_PATHS or path.startswith(_SITE_FOLDER):
            sending = dating(send, self.realm) if self._dated else send
            await (await self.site())(scope, receive, sending)
            return
        if (name := named_realm(path)) is None:
            answer = await self._answer(visit)
        else:
            realm = await self.realms.find(name)
            visit = visit.within(realm or self.realm, name)
            # Where a realm is to be made, Swagger may have chosen it already.
            known = realm is not None or visit.path.startswith(f"{DRIVING}/realms")
            answer = await (self._answer(visit) if known else self._no_realm(visit, name))
        await self.send(answer, visit, send)

    async def _no_realm(self, visit: Visit, name: str) -> Answer:
        unknown = Refusal("realm_unknown", unknown_realm(name))
        control = await self._table.control()
        refused = self._door.refusal(visit, control) or unknown
        answer = control.refuse(self.realm, refused)
        return await self._told(visit, answer, _NOBODY)

    async def unrouted(self, visit: Visit) -> Answer:
        """The answer to a path or method that no endpoint has, in the dialect of its API."""
        await self._table.control()  # it may own the path, and knows the words in it
        for api in self._table.known:
            if api.owns(visit.path):
                refused = self._door.refusal(visit, api)
                if refused is not None:
                    return await self._told(visit, api.refuse(visit.realm, refused), api.name)
                answer = api.unrouted(visit.realm, visit.request())
                return await self._told(visit, answer, api.name)
        return await self._told(visit, nowhere(visit, self._table.known), _NOBODY)

    async def site(self) -> AsgiApp:
        """The FastAPI application, made in a thread at its first use."""
        return await self._site.get()

    def take_up(self, blueprint: Blueprint, make_site: Callable[["Stage"], AsgiApp]) -> None:
        """Go on with another fixture; `make_site` makes the FastAPI application that shows it."""
        self.realms.take_up(blueprint)
        self._site = AtFirstUse(partial(make_site, self))

    async def too_large(
        self, visit: Visit, api: Api, operation: str, about: str | None = None
    ) -> Answer:
        """The answer to a body over the limit."""
        answer = api.refuse(visit.realm, Refusal("body_too_large", "the body is over the limit"))
        answer.headers.append((b"connection", b"close"))
        answer.operation = operation
        return await self._told(visit, answer, about or api.name)

    async def at_endpoint(self, api: Api, endpoint: Endpoint, visit: Visit) -> Answer:
        """The answer of an endpoint, through the table or one of FastAPI's routers."""
        if not endpoint.enabled(visit.realm):
            return await self.elsewhere(visit)
        refused = self._door.refusal(visit, api, endpoint) if api.guarded else None
        if refused is not None:
            return await self._told(visit, api.refuse(visit.realm, refused), api.name)
        try:
            body = body_at_hand(visit.connection)
            if body is None:
                body = await whole_body(visit.scope["headers"], visit.receive)
        except BodyTooLarge:
            return await self.too_large(visit, api, endpoint.operations[0].name, endpoint.about)
        visit.body_bytes = len(body)
        asked = self._asked(api, endpoint, visit, body)
        if visit.in_company:
            await visit.let_others_catch_up()
        while visit.realm.life.over:  # it was reset or removed meanwhile, and nothing is done yet
            realm = await self.realms.find(visit.realm.name)
            name, visit.realm = visit.realm.name, realm or self.realm
            if realm is None:
                return await self._no_realm(visit, name)
            asked = self._asked(api, endpoint, visit, body)
        answer = await api.run(asked)
        return await self._told(visit, answer, endpoint.about or api.name)

    def _asked(self, api: Api, endpoint: Endpoint, visit: Visit, body: bytes) -> Asked:
        realm = visit.realm
        if endpoint.seen_from or realm.issuer_follows_caller:
            realm = realm.seen_from(base_url(visit.scope, self._door.proxies) + visit.prefix)
        parameters = endpoint.parameters(visit.sent) if endpoint.has_names else None
        return api.read(endpoint, realm, visit.request(body, parameters))

    async def elsewhere(self, visit: Visit) -> Answer:
        """The answer to a path that is no endpoint's: a protected resource, or nothing."""
        preflight = None if self._cors is None else self._cors.preflight(visit, self._table.known)
        if preflight is not None:
            return preflight
        path = visit.path
        # A server behind us might resolve dots, and so answer at a path that nobody looked at.
        plain = _DOTS.isdisjoint(path.split("/")) and not is_ours(path)
        matches = visit.realm.resources.at(path) if plain else []
        match = taking(matches, visit.method)
        if match is not None:
            return await self._at_resource(match, visit)
        if matches:
            api = self._vendors[matches[0].resource.vendor]
            answer = api.wrong_method(visit.realm, visit.request(), methods_of(matches))
            return await self._told(visit, answer, api.name)
        return await self.unrouted(visit)

    async def _at_resource(self, match: Match, visit: Visit) -> Answer:
        api = self._vendors[match.resource.vendor]
        limit = BODY_LIMIT if match.resource.forward_to is None else FORWARDED_LIMIT
        try:
            body = body_at_hand(visit.connection, limit)
            if body is None:
                body = await whole_body(visit.scope["headers"], visit.receive, limit)
        except BodyTooLarge:
            return await self.too_large(visit, api, OPERATION)
        visit.body_bytes, visit.parameters = len(body), match.parameters
        request = visit.request(body)
        answer = await answer_resource(api, visit.realm, match, request, self._forwarder)
        answer.secrets = secret_values(match.parameters)
        return await self._told(visit, answer, api.name)

    async def _answer(self, visit: Visit) -> Answer:
        found = self._table.at_hand(visit) or await self._table.find(visit)
        if found is None:
            return await self.elsewhere(visit)
        return await self.at_endpoint(*found, visit)

    async def _told(self, visit: Visit, answer: Answer, vendor: str) -> Answer:
        """The answer with its reason in header and log, and in the journal of its realm."""
        if visit.in_company:
            await next_turn()
        about = self._vendors.get(vendor)
        if answer.reason is not None:
            make_discreet(answer, visit, about)
            what = answer.operation or f"{visit.method} {called(visit, self._table.known)}"
            status = answer.status or "-"  # the connection broke
            _log.info("%s %s %s %s", vendor, printable(what), status, answer.reason)
            if self._reasons:
                answer.headers.append((b"x-emulator-reason", answer.reason.encode("ascii")))
        of_nobody = vendor == _NOBODY and answer.outcome == PATH_UNKNOWN
        if (about is not None or of_nobody) and not visit.realm.life.over:
            entry = recorded(visit, about, answer, self._vendors.values())
            await visit.realm.journal.write(entry)
        return answer

    def send(self, answer: Answer, visit: Visit, send: Send) -> Awaitable[None]:
        """Send an answer."""
        if self._cors is not None:
            self._cors.show(answer, visit, self._table.known)
        return send_answer(answer, visit, send, dated=self._dated, closing=self._is_closing)

    async def _not_http(self, scope: Message, receive: Receive, send: Send) -> None:
        """Lifespan's end closes what was opened; websockets are refused."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
            return
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await self._forwarder.close()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
