"""The FastAPI application: the vendors' routers, their OpenAPI, Swagger UI and the start page.

Its endpoints call the operations that the stage calls; FastAPI parses and decides nothing.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from emulator import __version__
from emulator.core.resources import ANY_METHOD
from emulator.web.documentation import (
    HIDDEN,
    Page,
    schemas,
    shown_operation,
    shown_resource,
    tags,
)
from emulator.web.messages import Answer
from emulator.web.operation import Api, Endpoint
from emulator.web.stage import SITE_PATHS, Stage
from emulator.web.visit import Visit, at_the_root, path_of

ASSETS = Path(__file__).parent / "swagger_ui"
"""Swagger UI as its project publishes it, with its licence."""

_DESCRIPTION = """\
The sign-in APIs of three vendors, emulated. Each outcome says how we know it: **documented** by the
vendor's sign-in page, **documented elsewhere** by the vendor, **assumed**, or corrected by this
server's **fixture**. *Execute* sends an example as it stands; each names its principal's status.
A refusal tells its reason in the header `X-Emulator-Reason`. The [start page](.) lists who can
sign in.
"""

_PAGE = ["GET", "HEAD"]

_OPENAPI = "3.0.3"
"""OmniOmni's own version (3.0.1, but for corrections). Later ones forbid the space in the name of
its security scheme, `Bearer Authentication`."""

_NOTHING_LEAVES = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)

_SWAGGER = {
    "tryItOutEnabled": True,
    "displayRequestDuration": True,
    "docExpansion": "list",
    "defaultModelsExpandDepth": 0,
    "validatorUrl": None,  # by default it sends the document to a validator on the Internet
}


class _Told(Response):
    """An answer of the stage's, sent by the stage."""

    def __init__(self, stage: Stage, answer: Answer, visit: Visit) -> None:
        super().__init__(status_code=answer.status)
        self._visit = visit
        self._stage = stage
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        await self._stage.send(self._answer, self._visit, send)


def build_site(
    stage: Stage, pages: Iterable[tuple[Api, Sequence[Page]]], start_page: Callable[[Stage], str]
) -> FastAPI:
    """The application for a stage: a router for each API, with the pages that document it."""
    documented = [(api, page) for api, of_api in pages for page in of_api]
    app = FastAPI(
        title="Auth Emulator",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_tags=tags(page for _, page in documented),
        redirect_slashes=False,
    )
    for api in stage.apis:
        app.include_router(_router(stage, api, [page for of, page in documented if of is api]))
    app.mount("/docs/assets", StaticFiles(directory=ASSETS), name="assets")
    app.add_api_route("/docs", _swagger_page, methods=_PAGE, include_in_schema=False)
    app.add_api_route("/docs/", _to_docs, methods=_PAGE, include_in_schema=False)
    app.add_api_route("/favicon.ico", _icon, methods=_PAGE, include_in_schema=False)
    app.add_api_route("/", _start(stage, start_page), methods=_PAGE, include_in_schema=False)
    app.include_router(_resources(stage, documented))  # last: a resource hides no page
    app.add_exception_handler(HTTPException, _elsewhere_on_error(stage))
    app.openapi = lambda: _openapi(app, documented)  # type: ignore[method-assign]
    return app


def _router(stage: Stage, api: Api, pages: list[Page]) -> APIRouter:
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


def _resources(stage: Stage, documented: list[tuple[Api, Page]]) -> APIRouter:
    """The fixture's protected resources. A path with `/**` cannot be shown, and is not."""
    router = APIRouter()
    by_vendor = {api.name: page for api, page in documented}
    for number, resource in enumerate(stage.realm.resources):
        if "*" not in resource.path:
            method = "GET" if resource.method == ANY_METHOD else resource.method
            shown = shown_resource(by_vendor[resource.vendor], resource, number)
            handler = _elsewhere(stage)
            router.add_api_route(
                resource.path, handler, methods=[method], response_model=None, **shown
            )
    return router


def _handler(
    stage: Stage, api: Api, endpoint: Endpoint
) -> Callable[[HttpRequest], Awaitable[Response]]:
    async def handle(request: HttpRequest) -> Response:
        visit = at_the_root(request.scope, request.receive, stage.realm)
        return _Told(stage, await stage.at_endpoint(api, endpoint, visit), visit)

    return handle


def _elsewhere(stage: Stage) -> Callable[[HttpRequest], Awaitable[Response]]:
    async def handle(request: HttpRequest) -> Response:
        visit = at_the_root(request.scope, request.receive, stage.realm)
        return _Told(stage, await stage.elsewhere(visit), visit)

    return handle


def _elsewhere_on_error(stage: Stage) -> Callable[[HttpRequest, Exception], Awaitable[Response]]:
    elsewhere = _elsewhere(stage)

    async def answer(request: HttpRequest, error: Exception) -> Response:
        if path_of(request.scope) in SITE_PATHS and isinstance(error, HTTPException):
            return Response(status_code=error.status_code, headers=error.headers)
        return await elsewhere(request)

    return answer


def _swagger_page() -> HTMLResponse:
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title="Auth Emulator",
        swagger_js_url="docs/assets/swagger-ui-bundle.js",
        swagger_css_url="docs/assets/swagger-ui.css",
        swagger_favicon_url="docs/assets/favicon-32x32.png",
        swagger_ui_parameters=_SWAGGER,
    )
    page.headers["Content-Security-Policy"] = _NOTHING_LEAVES
    return page


def _to_docs() -> RedirectResponse:
    return RedirectResponse("../docs")


def _icon() -> FileResponse:
    return FileResponse(ASSETS / "favicon-32x32.png")


def _start(stage: Stage, start_page: Callable[[Stage], str]) -> Callable[[], HTMLResponse]:
    def start() -> HTMLResponse:
        return HTMLResponse(start_page(stage), headers={"Content-Security-Policy": _NOTHING_LEAVES})

    return start


def _openapi(app: FastAPI, documented: list[tuple[Api, Page]]) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            openapi_version=_OPENAPI,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        components = schema.setdefault("components", {})
        for _, page in documented:
            components.setdefault("schemas", {}).update(schemas(page))
            components.setdefault("securitySchemes", {}).update(page.security_schemes)
        app.openapi_schema = schema
    return app.openapi_schema
