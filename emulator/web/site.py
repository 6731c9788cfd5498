"""The FastAPI application: the vendors' routers, their OpenAPI, Swagger UI and the start page.

Its endpoints call the operations that the stage calls; FastAPI parses and decides nothing.
"""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from emulator import __version__
from emulator.web.documentation import Page, request_body, responses, schemas
from emulator.web.messages import Answer, Request
from emulator.web.operation import Api, Endpoint
from emulator.web.receiving import BodyTooLarge, whole_body
from emulator.web.stage import SITE_PATHS, Stage

ASSETS = Path(__file__).parent / "swagger_ui"
"""Swagger UI as its project publishes it, with its licence."""

_DESCRIPTION = """\
The sign-in APIs of three vendors, emulated. Each outcome says how we know it: **documented** by the
vendor's sign-in page, **documented elsewhere** by the vendor, **assumed**, or corrected by this
server's **fixture**. *Execute* sends an example as it stands; each names its principal's status.
A refusal tells its reason in the header `X-Emulator-Reason`. The [start page](.) lists who can
sign in.
"""

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

    def __init__(self, stage: Stage, answer: Answer) -> None:
        super().__init__(status_code=answer.status)
        self._stage = stage
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        await self._stage.send(self._answer, send)


def build_site(
    stage: Stage, pages: Iterable[tuple[Api, Page]], start_page: Callable[[Stage], str]
) -> FastAPI:
    """The application for a stage: a router for each API, with the page that documents it."""
    documented = list(pages)
    app = FastAPI(
        title="Auth Emulator",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_tags=[{"name": p.tag, "description": p.tag_description} for _, p in documented],
        redirect_slashes=False,
    )
    for api, page in documented:
        app.include_router(_router(stage, api, page))
    app.include_router(_undocumented(stage, {api.name for api, _ in documented}))
    app.mount("/docs/assets", StaticFiles(directory=ASSETS), name="assets")
    app.add_api_route("/docs", _swagger_page, include_in_schema=False)
    app.add_api_route("/favicon.ico", _icon, include_in_schema=False)
    app.add_api_route("/", _start(stage, start_page), include_in_schema=False)
    app.add_exception_handler(HTTPException, _unrouted(stage))
    app.openapi = lambda: _openapi(app, documented)  # type: ignore[method-assign]
    return app


def _router(stage: Stage, api: Api, page: Page) -> APIRouter:
    router = APIRouter(tags=[page.tag])
    shown: dict[str, Any] = {"requestBody": request_body(page)}
    if page.parameters:
        shown["parameters"] = list(page.parameters)
    if page.security is not None:
        shown["security"] = list(page.security)
    for endpoint in api.endpoints:
        for path in endpoint.paths:
            documented = endpoint is page.endpoint and path == endpoint.paths[0]
            router.add_api_route(
                path,
                _handler(stage, api, endpoint),
                methods=[endpoint.method],
                include_in_schema=documented,
                operation_id=page.operation_id if documented else None,
                summary=page.summary,
                description=page.description,
                responses=responses(page),
                response_model=None,
                openapi_extra=shown,
            )
    return router


def _undocumented(stage: Stage, documented: set[str]) -> APIRouter:
    """The endpoints of the APIs that are not on this page."""
    router = APIRouter(include_in_schema=False)
    for api in stage.apis:
        for endpoint in api.endpoints if api.name not in documented else ():
            methods = [endpoint.method, *(["HEAD"] if endpoint.method == "GET" else [])]
            for path in endpoint.paths:
                router.add_api_route(path, _handler(stage, api, endpoint), methods=methods)
    return router


def _handler(
    stage: Stage, api: Api, endpoint: Endpoint
) -> Callable[[HttpRequest], Awaitable[Response]]:
    async def handle(request: HttpRequest) -> Response:
        headers = request.scope["headers"]
        try:
            body = await whole_body(headers, request.receive)
        except BodyTooLarge:
            return _Told(stage, stage.too_large(api, endpoint))
        asked = Request(request.method, request.scope["path"], headers, body)
        return _Told(stage, await stage.run(api, endpoint, asked))

    return handle


def _unrouted(stage: Stage) -> Callable[[HttpRequest, Exception], Awaitable[Response]]:
    async def answer(request: HttpRequest, error: Exception) -> Response:
        path = request.scope["path"]
        if path in SITE_PATHS and isinstance(error, HTTPException):
            return Response(status_code=error.status_code, headers=error.headers)
        return _Told(stage, stage.unrouted(Request(request.method, path)))

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
