"""The stage: the one ASGI layer that every request goes through.

It finds the operation by the exact path in a table made at the start, runs it, and sends the
answer. The way of a sign-in needs neither FastAPI nor Starlette; the site (docs, start page) is a
FastAPI application that is made at its first use, in a thread.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from emulator.core.clock import http_date
from emulator.core.outcomes import Refusal, printable
from emulator.core.realm import Realm
from emulator.core.resources import Match, methods_of, taking
from emulator.web.caller import TrustedProxies, base_url
from emulator.web.forwarding import Forwarder
from emulator.web.messages import Answer, Request
from emulator.web.operation import Api, Endpoint
from emulator.web.receiving import (
    BODY_LIMIT,
    FORWARDED_LIMIT,
    BodyTooLarge,
    CallerGone,
    whole_body,
)
from emulator.web.resource import OPERATION, answer_resource

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

SITE_PATHS = frozenset({"/", "/docs", "/openapi.json", "/favicon.ico"})
_SITE_FOLDER = "/docs/"
_TEXT = [(b"content-type", b"text/plain; charset=utf-8")]
_DOTS = frozenset({".", ".."})
_OURS = ("/_emulator/", "/realms/")
_BODILESS = frozenset({204, 304})

_log = logging.getLogger("emulator")


class Stage:
    """An ASGI application around the operations of several APIs.

    `reasons` sends `X-Emulator-Reason` with each refusal; `dated` sends `Date` by the realm's
    clock, for a server that sends none of its own; `make_site` makes the FastAPI application;
    `proxies` are believed when they say by which address a caller reached us.
    """

    def __init__(
        self,
        realm: Realm,
        apis: tuple[Api, ...],
        *,
        make_site: Callable[["Stage"], AsgiApp],
        reasons: bool = True,
        dated: bool = False,
        proxies: TrustedProxies | None = None,
    ) -> None:
        self._proxies = proxies or TrustedProxies()
        self.realm = realm
        self.apis = apis
        self._reasons = reasons
        self._dated = dated
        self._date: tuple[int, bytes] = (0, b"")
        self._make_site = make_site
        self._site: AsgiApp | None = None
        self._site_lock = threading.Lock()
        self.closing = False
        """Set while the server stops: each answer then also ends its connection."""
        self._forwarder = Forwarder()
        self._vendors = {api.name: api for api in apis if api.bearer is not None}
        self._table: dict[str, dict[str, tuple[Api, Endpoint]]] = {}
        for api in apis:
            for endpoint in api.endpoints:
                for path in endpoint.paths:
                    self._table.setdefault(path, {})[endpoint.method] = (api, endpoint)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (or the server's lifespan)."""
        if scope["type"] != "http":
            await self._not_http(scope, receive, send)
            return
        try:
            await self._http(scope, receive, send)
        except CallerGone:
            return
        except asyncio.CancelledError:
            if not self.closing:
                raise
            # The grace of a stopping server is over.
            answer = Answer(503, _TEXT.copy(), b"The emulator is stopping.")
            answer.reason = "stopping; the emulator is being stopped, and this took too long"
        except Exception as error:  # noqa: BLE001 - the last resort, and the log has it all
            _log.exception("this is a bug of the emulator")
            answer = Answer(500, _TEXT.copy(), b"This is a bug of the emulator; its log says more.")
            answer.reason = (
                f"emulator_bug; {type(error).__name__}; the log of the emulator says more"
            )
        else:
            return
        with contextlib.suppress(RuntimeError):  # the answer had begun
            await self.send(self._told(answer, "-", scope["path"]), send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        path = path_of(scope)
        if path in SITE_PATHS or path.startswith(_SITE_FOLDER):
            await (await self.site())(scope, receive, self._dating(send))
            return
        await self.send(await self._answer(scope, path, receive), send)

    def unrouted(self, request: Request) -> Answer:
        """The answer to a path or method that no endpoint has, in the dialect of its API."""
        for api in self.apis:
            if api.owns(request.path):
                answer = api.unrouted(self.realm, request)
                return self._told(answer, api.name, f"{request.method} {request.path}")
        places = "".join(
            f"  {api.title}: {endpoint.method} {endpoint.paths[0]}\n"
            for api in self.apis
            for endpoint in api.endpoints
            if endpoint.method == "POST" and endpoint.enabled(self.realm)
        )
        text = f"Nothing answers at this path. Here are:\n{places}  docs: GET /docs\n"
        answer = Answer(404, _TEXT.copy(), text.encode())
        answer.reason = printable(f"path_unknown; {self._why_nowhere(request.path)}")
        return self._told(answer, "-", f"{request.method} {request.path}")

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

    def too_large(self, api: Api, operation: str) -> Answer:
        """The answer to a body over the limit."""
        answer = api.refuse(self.realm, Refusal("body_too_large", "the body is over the limit"))
        answer.headers.append((b"connection", b"close"))
        return self._told(answer, api.name, operation)

    async def at_endpoint(
        self, api: Api, endpoint: Endpoint, scope: Message, path: str, receive: Receive
    ) -> Answer:
        """The answer of an endpoint, through the table or one of FastAPI's routers."""
        if not endpoint.enabled(self.realm):
            return await self.elsewhere(scope, path, receive)
        try:
            body = await whole_body(scope["headers"], receive)
        except BodyTooLarge:
            return self.too_large(api, endpoint.operations[0].name)
        realm = self.realm
        if endpoint.seen_from or realm.issuer_follows_caller:
            realm = realm.seen_from(base_url(scope, self._proxies))
        operation, answer = await api.run(endpoint, realm, _request(scope, path, body))
        return self._told(answer, api.name, operation)

    async def elsewhere(self, scope: Message, path: str, receive: Receive) -> Answer:
        """The answer to a path that is no endpoint's: a protected resource, or nothing."""
        request = _request(scope, path)
        # A server behind us might resolve dots, and so answer at a path that nobody looked at.
        plain = _DOTS.isdisjoint(path.split("/")) and not path.startswith(_OURS)
        matches = self.realm.resources.at(path) if plain else []
        match = taking(matches, request.method)
        if match is not None:
            return await self._at_resource(match, scope, path, receive)
        if matches:
            api = self._vendors[matches[0].resource.vendor]
            answer = api.wrong_method(self.realm, request, methods_of(matches))
            return self._told(answer, api.name, f"{request.method} {path}")
        return self.unrouted(request)

    async def _at_resource(
        self, match: Match, scope: Message, path: str, receive: Receive
    ) -> Answer:
        api = self._vendors[match.resource.vendor]
        limit = BODY_LIMIT if match.resource.forward_to is None else FORWARDED_LIMIT
        try:
            body = await whole_body(scope["headers"], receive, limit)
        except BodyTooLarge:
            return self.too_large(api, OPERATION)
        request = _request(scope, path, body)
        answer = await answer_resource(api, self.realm, match, request, self._forwarder)
        return self._told(answer, api.name, OPERATION)

    async def _answer(self, scope: Message, path: str, receive: Receive) -> Answer:
        method: str = scope["method"]
        methods = self._table.get(path)
        found = methods and methods.get("GET" if method == "HEAD" else method)
        if not found:
            return await self.elsewhere(scope, path, receive)
        return await self.at_endpoint(*found, scope, path, receive)

    def _told(self, answer: Answer, api: str, what: str) -> Answer:
        """The answer with its reason in header and log."""
        if answer.reason is not None:
            _log.info("%s %s %d %s", api, printable(what), answer.status, answer.reason)
            if self._reasons:
                answer.headers.append((b"x-emulator-reason", answer.reason.encode("ascii")))
        return answer

    async def send(self, answer: Answer, send: Send) -> None:
        """Send an answer as ASGI messages."""
        headers = answer.headers
        body = answer.body
        if answer.status in _BODILESS:
            body = b""
        else:
            length = len(body) if answer.length is None else answer.length
            headers.append((b"content-length", b"%d" % length))
        if self._dated:
            headers.append((b"date", self._http_date()))
        if self.closing:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _dating(self, send: Send) -> Send:
        if not self._dated:
            return send

        async def send_dated(message: Message) -> None:
            headers = message.get("headers", ())
            if message["type"] == "http.response.start" and b"date" not in dict(headers):
                message["headers"] = [*headers, (b"date", self._http_date())]
            await send(message)

        return send_dated

    def _http_date(self) -> bytes:
        second = int(self.realm.clock.now())
        if self._date[0] != second:
            self._date = (second, http_date(second).encode("ascii"))
        return self._date[1]

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


def path_of(scope: Message) -> str:
    """The decoded path of a request, without the prefix that we may be mounted below."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root else path


def _request(scope: Message, path: str, body: bytes = b"") -> Request:
    return Request(
        scope["method"],
        path,
        scope["headers"],
        body,
        scope.get("query_string", b""),
        scope.get("raw_path") or b"",
    )
