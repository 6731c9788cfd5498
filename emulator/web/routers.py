"""FastAPI routers whose endpoints call the operations that the stage calls.

FastAPI parses and decides nothing; what it knows of an endpoint is for OpenAPI alone.
"""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulator.core.resources import ANY_METHOD
from emulator.web.documentation import HIDDEN, Page, shown_operation, shown_resource
from emulator.web.messages import Answer
from emulator.web.operation import Api, Endpoint
from emulator.web.stage import SITE_PATHS, Stage
from emulator.web.visit import Visit, at_the_root, path_of

Handler = Callable[[HttpRequest], Awaitable[Response]]


class _Told(Response):
    """An answer of the stage's, sent by the stage."""

    def __init__(self, stage: Stage, answer: Answer, visit: Visit) -> None:
        super().__init__(status_code=answer.status)
        self._visit = visit
        self._stage = stage
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        await self._stage.send(self._answer, self._visit, send)


def router_of(stage: Stage, api: Api, pages: Sequence[Page] = ()) -> APIRouter:
    """All endpoints of an API; the first path of those that have a page is shown."""
    router = APIRouter()
    for endpoint in api.endpoints:
        page = next((page for page in pages if page.endpoint is endpoint), None)
        methods = [endpoint.method, *(["HEAD"] if endpoint.method == "GET" else [])]
        for path in endpoint.paths:
            shown = shown_operation(page) if page and path == endpoint.paths[0] else HIDDEN
            handler = _handler(stage, api, endpoint)
            router.add_api_route(path, handler, methods=methods, response_model=None, **shown)
    return router


def shown_alone(stage: Stage, api: Api, pages: Sequence[Page]) -> APIRouter:
    """The endpoints that have a page, each with its one method."""
    router = APIRouter()
    for page in pages:
        endpoint = page.endpoint
        router.add_api_route(
            endpoint.paths[0],
            _handler(stage, api, endpoint),
            methods=[endpoint.method],
            response_model=None,
            **shown_operation(page),
        )
    return router


def router_of_resources(stage: Stage, by_vendor: dict[str, Page]) -> APIRouter:
    """The fixture's protected resources. A path with `/**` cannot be shown, and is not."""
    router = APIRouter()
    for number, resource in enumerate(stage.realm.resources):
        if "*" not in resource.path:
            method = "GET" if resource.method == ANY_METHOD else resource.method
            shown = shown_resource(by_vendor[resource.vendor], resource, number)
            handler = _elsewhere(stage)
            router.add_api_route(
                resource.path, handler, methods=[method], response_model=None, **shown
            )
    return router


def elsewhere_on_error(stage: Stage) -> Callable[[HttpRequest, Exception], Awaitable[Response]]:
    """What answers where FastAPI knows no route, or another method."""
    elsewhere = _elsewhere(stage)

    async def answer(request: HttpRequest, error: Exception) -> Response:
        if path_of(request.scope) in SITE_PATHS and isinstance(error, HTTPException):
            return Response(status_code=error.status_code, headers=error.headers)
        return await elsewhere(request)

    return answer


def _handler(stage: Stage, api: Api, endpoint: Endpoint) -> Handler:
    async def handle(request: HttpRequest) -> Response:
        visit = at_the_root(request.scope, request.receive, stage.realm)
        return _Told(stage, await stage.at_endpoint(api, endpoint, visit), visit)

    return handle


def _elsewhere(stage: Stage) -> Handler:
    async def handle(request: HttpRequest) -> Response:
        visit = at_the_root(request.scope, request.receive, stage.realm)
        return _Told(stage, await stage.elsewhere(visit), visit)

    return handle
