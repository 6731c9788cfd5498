"""The stage: the one ASGI layer that every request goes through.

It finds the realm, then the operation by its exact path in a table made at the start, runs it,
writes the journal, and sends the answer. The way of a sign-in needs neither FastAPI nor Starlette;
the site (docs, start page) is a FastAPI application that is made at its first use, in a thread.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable

from emulator.core.outcomes import Refusal, printable
from emulator.core.realm import Realm
from emulator.core.realms import Realms, unknown_realm
from emulator.core.resources import Match, methods_of, taking
from emulator.web.caller import TrustedProxies, base_url
from emulator.web.forwarding import Forwarder
from emulator.web.messages import Answer
from emulator.web.operation import Api, Endpoint
from emulator.web.receiving import (
    BODY_LIMIT,
    FORWARDED_LIMIT,
    BodyTooLarge,
    CallerGone,
    whole_body,
)
from emulator.web.recording import recorded
from emulator.web.resource import OPERATION, answer_resource
from emulator.web.sending import ConnectionFaultStruck, dating, send_answer
from emulator.web.visit import (
    AsgiApp,
    Message,
    Receive,
    Send,
    Visit,
    at_the_root,
    named_realm,
    path_of,
    within,
)

SITE_PATHS = frozenset({"/", "/docs", "/openapi.json", "/favicon.ico"})
_SITE_FOLDER = "/docs/"
_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]
_DOTS = frozenset({".", ".."})
_OURS = ("/_emulator/", "/realms/")

_log = logging.getLogger("emulator")


class Stage:
    """An ASGI application around the operations of several APIs.

    `reasons` sends `X-Emulator-Reason` with each refusal; `dated` sends `Date` by the realm's
    clock, for a server that sends none of its own; `make_site` makes the FastAPI application;
    `proxies` are believed when they say by which address a caller reached us.
    """

    def __init__(
        self,
        realms: Realms,
        apis: tuple[Api, ...],
        *,
        make_site: Callable[["Stage"], AsgiApp],
        reasons: bool = True,
        dated: bool = False,
        proxies: TrustedProxies | None = None,
    ) -> None:
        self._proxies = proxies or TrustedProxies()
        self.realms = realms
        self.apis = apis
        self._control = next(api for api in apis if api.guarded)
        self._reasons = reasons
        self._dated = dated
        self._make_site = make_site
        self._site: AsgiApp | None = None
        self._site_lock = threading.Lock()
        self.closing = False
        """Set while the server stops: each answer then also ends its connection."""
        self._forwarder = Forwarder()
        self._vendors = {api.name: api for api in apis if api.bearer is not None}
        self._table: dict[str, dict[str, tuple[Api, Endpoint]]] = {}
        self._with_parameters: list[tuple[Api, Endpoint]] = []
        for api in apis:
            for endpoint in api.endpoints:
                if any("{" in path for path in endpoint.paths):
                    self._with_parameters.append((api, endpoint))
                for path in endpoint.paths:
                    self._table.setdefault(path, {})[endpoint.method] = (api, endpoint)

    @property
    def realm(self) -> Realm:
        """The realm that answers at the root."""
        return self.realms.default

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (or the server's lifespan)."""
        if scope["type"] != "http":
            await self._not_http(scope, receive, send)
            return
        try:
            await self._http(scope, receive, send)
        except (CallerGone, asyncio.CancelledError) as error:
            if isinstance(error, CallerGone):
                return
            if not self.closing:
                raise
            # The grace of a stopping server is over.
            answer = Answer(503, _TEXT.copy(), b"The emulator is stopping.")
            answer.reason = "stopping; the emulator is being stopped, and this took too long"
        except ConnectionFaultStruck:
            raise
        except Exception as error:  # noqa: BLE001 - the last resort, and the log has it all
            _log.exception("this is a bug of the emulator")
            answer = Answer(500, _TEXT.copy(), b"This is a bug of the emulator; its log says more.")
            answer.reason = (
                f"emulator_bug; {type(error).__name__}; the log of the emulator says more"
            )
        else:
            return
        visit = at_the_root(scope, receive, self.realm)
        with contextlib.suppress(RuntimeError):  # the answer had begun
            await self.send(await self._told(visit, answer, "-", visit.path), visit, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        path = path_of(scope)
        if path in SITE_PATHS or path.startswith(_SITE_FOLDER):
            sending = dating(send, self.realm) if self._dated else send
            await (await self.site())(scope, receive, sending)
            return
        name = named_realm(path)
        if name is None:
            visit = at_the_root(scope, receive, self.realm)
            answer = await self._answer(visit)
        else:
            realm = await self.realms.find(name)
            visit = within(scope, receive, realm or self.realm)
            answer = await (self._answer(visit) if realm else self._no_realm(visit, name))
        await self.send(answer, visit, send)

    async def _no_realm(self, visit: Visit, name: str) -> Answer:
        answer = self._control.refuse(self.realm, Refusal("realm_unknown", unknown_realm(name)))
        return await self._told(visit, answer, "-", f"{visit.method} {visit.path}")

    async def unrouted(self, visit: Visit) -> Answer:
        """The answer to a path or method that no endpoint has, in the dialect of its API."""
        request, what = visit.request(), f"{visit.method} {visit.path}"
        for api in self.apis:
            if api.owns(visit.path):
                answer = api.unrouted(visit.realm, request)
                return await self._told(visit, answer, api.name, what)
        places = "".join(
            f"  {api.title}: {endpoint.method} {endpoint.paths[0]}\n"
            for api in self._vendors.values()
            for endpoint in api.endpoints
            if endpoint.method == "POST" and endpoint.enabled(visit.realm)
        )
        text = f"Nothing answers at this path. Here are:\n{places}  docs: GET /docs\n"
        answer = Answer(404, _TEXT.copy(), text.encode())
        answer.reason = printable(f"path_unknown; {self._why_nowhere(visit.path)}")
        return await self._told(visit, answer, "-", what)

    def _why_nowhere(self, path: str) -> str:
        sentence = f"no vendor has the path {path}"
        for api in self.apis:
            for known in (known for endpoint in api.endpoints for known in endpoint.paths):
                # A client that reads //auth/sign-in as a host and a path sends /sign-in.
                if path != "/" and known.endswith(path):
                    return f"{sentence}; {api.title} has {known}"
        return sentence

    async def site(self) -> AsgiApp:
        """The FastAPI application, made in a thread at its first use."""
        return await asyncio.to_thread(self.site_now) if self._site is None else self._site

    def site_now(self) -> AsgiApp:
        """The same, made in this thread; importing FastAPI takes 300 to 450 ms."""
        with self._site_lock:
            if self._site is None:
                self._site = self._make_site(self)
            return self._site

    async def too_large(self, visit: Visit, api: Api, operation: str) -> Answer:
        """The answer to a body over the limit."""
        answer = api.refuse(visit.realm, Refusal("body_too_large", "the body is over the limit"))
        answer.headers.append((b"connection", b"close"))
        answer.operation = operation
        return await self._told(visit, answer, api.name, operation)

    async def at_endpoint(self, api: Api, endpoint: Endpoint, visit: Visit) -> Answer:
        """The answer of an endpoint, through the table or one of FastAPI's routers."""
        if not endpoint.enabled(visit.realm):
            return await self.elsewhere(visit)
        try:
            body = await whole_body(visit.scope["headers"], visit.receive)
        except BodyTooLarge:
            return await self.too_large(visit, api, endpoint.operations[0].name)
        realm = visit.realm
        if endpoint.seen_from or realm.issuer_follows_caller:
            realm = realm.seen_from(base_url(visit.scope, self._proxies) + visit.prefix)
        sent = (visit.raw_path or visit.path.encode()).decode("latin-1")
        answer = await api.run(endpoint, realm, visit.request(body, endpoint.parameters(sent)))
        return await self._told(visit, answer, endpoint.about or api.name, answer.operation)

    async def elsewhere(self, visit: Visit) -> Answer:
        """The answer to a path that is no endpoint's: a protected resource, or nothing."""
        path = visit.path
        # A server behind us might resolve dots, and so answer at a path that nobody looked at.
        plain = _DOTS.isdisjoint(path.split("/")) and not path.startswith(_OURS)
        matches = visit.realm.resources.at(path) if plain else []
        match = taking(matches, visit.method)
        if match is not None:
            return await self._at_resource(match, visit)
        if matches:
            api = self._vendors[matches[0].resource.vendor]
            answer = api.wrong_method(visit.realm, visit.request(), methods_of(matches))
            return await self._told(visit, answer, api.name, f"{visit.method} {path}")
        return await self.unrouted(visit)

    async def _at_resource(self, match: Match, visit: Visit) -> Answer:
        api = self._vendors[match.resource.vendor]
        limit = BODY_LIMIT if match.resource.forward_to is None else FORWARDED_LIMIT
        try:
            body = await whole_body(visit.scope["headers"], visit.receive, limit)
        except BodyTooLarge:
            return await self.too_large(visit, api, OPERATION)
        request = visit.request(body)
        answer = await answer_resource(api, visit.realm, match, request, self._forwarder)
        return await self._told(visit, answer, api.name, OPERATION)

    async def _answer(self, visit: Visit) -> Answer:
        method = "GET" if visit.method == "HEAD" else visit.method
        methods = self._table.get(visit.path)
        found = methods and methods.get(method)
        if found is None and visit.path.startswith(_OURS):
            found = self._with_names(visit, method)
        if not found:
            return await self.elsewhere(visit)
        return await self.at_endpoint(*found, visit)

    def _with_names(self, visit: Visit, method: str) -> tuple[Api, Endpoint] | None:
        """The endpoint whose path has `{names}` that fit; a name may hold an escaped slash."""
        sent = (visit.raw_path or visit.path.encode()).decode("latin-1")
        for api, endpoint in self._with_parameters:
            if endpoint.method == method and endpoint.serves(sent):
                return api, endpoint
        return None

    async def _told(self, visit: Visit, answer: Answer, vendor: str, what: str) -> Answer:
        """The answer with its reason in header and log, and in the journal of its realm."""
        if answer.reason is not None:
            _log.info("%s %s %d %s", vendor, printable(what), answer.status, answer.reason)
            if self._reasons:
                answer.headers.append((b"x-emulator-reason", answer.reason.encode("ascii")))
        if vendor in self._vendors:
            await visit.realm.journal.write(recorded(visit, vendor, answer))
        return answer

    async def send(self, answer: Answer, visit: Visit, send: Send) -> None:
        """Send an answer."""
        await send_answer(answer, visit, send, dated=self._dated, closing=self.closing)

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
