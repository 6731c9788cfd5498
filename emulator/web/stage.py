"""The stage: the one ASGI layer that every request goes through.

It finds the operation by the exact path in a table made at the start, runs it, and sends the
answer. The way of a sign-in needs neither FastAPI nor Starlette; the site (docs, start page) is a
FastAPI application that is made at its first use, in a thread.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from emulator.core.clock import http_date
from emulator.core.outcomes import Refusal, printable
from emulator.core.realm import Realm
from emulator.web.messages import Answer, Request
from emulator.web.operation import Api, Endpoint
from emulator.web.receiving import BODY_LIMIT, BodyTooLarge, CallerGone, whole_body

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

SITE_PATHS = frozenset({"/", "/docs", "/openapi.json", "/favicon.ico"})
_SITE_FOLDER = "/docs/"
_BODILESS = frozenset({204, 304})

_log = logging.getLogger("emulator")


class Stage:
    """An ASGI application around the operations of several APIs.

    `reasons` sends `X-Emulator-Reason` with each refusal; `dated` sends `Date` by the realm's
    clock, for a server that sends none of its own; `make_site` makes the FastAPI application.
    """

    def __init__(
        self,
        realm: Realm,
        apis: tuple[Api, ...],
        *,
        make_site: Callable[["Stage"], AsgiApp],
        reasons: bool = True,
        dated: bool = False,
    ) -> None:
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
        self._table: dict[str, dict[str, tuple[Api, Endpoint]]] = {}
        for api in apis:
            for endpoint in api.endpoints:
                for path in endpoint.paths:
                    self._table.setdefault(path, {})[endpoint.method] = (api, endpoint)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request (or the server's lifespan)."""
        if scope["type"] != "http":
            await _not_http(scope, receive, send)
            return
        path: str = scope["path"]
        root = scope.get("root_path")
        if root:
            path = path.removeprefix(root)
        if path in SITE_PATHS or path.startswith(_SITE_FOLDER):
            await (await self.site())(scope, receive, self._dating(send))
            return
        try:
            answer = await self._answer(scope, path, receive)
        except CallerGone:
            return
        await self.send(answer, send)

    async def run(self, api: Api, endpoint: Endpoint, request: Request) -> Answer:
        """Run an endpoint: what the table and FastAPI's routers both end in."""
        operation, answer = await api.run(endpoint, self.realm, request)
        return self._told(answer, api.name, operation)

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
            if endpoint.method == "POST"
        )
        text = f"Nothing answers at this path. Here are:\n{places}  docs: GET /docs\n"
        answer = Answer(404, [(b"content-type", b"text/plain; charset=utf-8")], text.encode())
        answer.reason = printable(f"path_unknown; no vendor has the path {request.path}")
        return self._told(answer, "-", f"{request.method} {request.path}")

    async def site(self) -> AsgiApp:
        """The FastAPI application, made in a thread at its first use."""
        return await asyncio.to_thread(self.site_now) if self._site is None else self._site

    def site_now(self) -> AsgiApp:
        """The same, made in this thread; importing FastAPI takes 300 to 450 ms."""
        with self._site_lock:
            if self._site is None:
                self._site = self._make_site(self)
            return self._site

    def too_large(self, api: Api, endpoint: Endpoint) -> Answer:
        """The answer to a body over the limit."""
        sentence = f"the body is larger than {BODY_LIMIT} bytes"
        answer = api.refuse(self.realm, Refusal("body_too_large", sentence))
        answer.headers.append((b"connection", b"close"))
        return self._told(answer, api.name, endpoint.operations[0].name)

    async def _answer(self, scope: Message, path: str, receive: Receive) -> Answer:
        method: str = scope["method"]
        methods = self._table.get(path)
        found = methods and methods.get("GET" if method == "HEAD" else method)
        if not found:
            return self.unrouted(Request(method, path))
        api, endpoint = found
        headers = scope["headers"]
        try:
            body = await whole_body(headers, receive)
        except BodyTooLarge:
            return self.too_large(api, endpoint)
        return await self.run(api, endpoint, Request(method, path, headers, body))

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
            headers.append((b"content-length", b"%d" % len(body)))
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
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"date", self._http_date())]
            await send(message)

        return send_dated

    def _http_date(self) -> bytes:
        second = int(self.realm.clock.now())
        if self._date[0] != second:
            self._date = (second, http_date(second).encode("ascii"))
        return self._date[1]


async def _not_http(scope: Message, receive: Receive, send: Send) -> None:
    """Lifespan needs nothing of us; websockets are refused."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1000})
        return
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
