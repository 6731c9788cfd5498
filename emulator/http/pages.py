"""Swagger UI and the OpenAPI documents, of the vendors and of the control API.

They need no network.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from emulator.http.openapi import (
    CONTROL_TITLE,
    TITLE,
    Schema,
    VendorDocs,
    control_document,
    vendors_document,
)
from emulator.http.unrouted import CONTROL_BASE, answer_unrouted

ASSETS = Path(__file__).parent / "swagger_ui"
"""Swagger UI as its project publishes it, with its licence."""

GET = ["GET", "HEAD"]
"""The methods of a page."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)
"""The `Content-Security-Policy` of our pages: they load nothing from other hosts."""

_SETTINGS = {
    "tryItOutEnabled": True,
    "displayRequestDuration": True,
    "docExpansion": "list",
    "defaultModelsExpandDepth": 0,
    "validatorUrl": None,  # by default it sends the document to a validator on the Internet
}


def add_pages(
    app: FastAPI,
    vendors: Sequence[VendorDocs],
    control: Sequence[APIRouter],
    tags: Mapping[str, str],
    security_schemes: Mapping[str, Schema],
) -> None:
    """Add the pages; `tags` and `security_schemes` are those of the control API."""

    def of_vendors(app: FastAPI) -> Schema:
        # A reload discards the document.
        if app.openapi_schema is None:
            app.openapi_schema = vendors_document(vendors, app.state.fixture)
        return app.openapi_schema

    def of_control(app: FastAPI) -> Schema:
        if not hasattr(app.state, "control_schema"):
            app.state.control_schema = control_document(control, tags, security_schemes)
        schema: Schema = app.state.control_schema
        return schema

    app.openapi = partial(of_vendors, app)  # type: ignore[method-assign]  # as FastAPI's documentation does
    _add_swagger(app, "", of_vendors, TITLE, "docs/assets")
    _add_swagger(app, CONTROL_BASE, of_control, CONTROL_TITLE, "../docs/assets")
    for path, page in (
        ("/docs/", _to_docs),
        ("/docs/assets/{path:path}", _asset),
        ("/favicon.ico", _icon),
    ):
        app.add_api_route(path, page, methods=GET, include_in_schema=False)


def _add_swagger(
    app: FastAPI, folder: str, document: Callable[[FastAPI], Schema], title: str, assets: str
) -> None:
    """Add `folder`/docs and the document that it shows; `assets` leads from there to `ASSETS`.

    The endpoints do not reference the application, as FastAPI caches endpoints for good.
    """

    async def openapi(request: Request) -> Response:
        return JSONResponse(document(request.app))

    async def docs() -> Response:
        page = get_swagger_ui_html(
            openapi_url="openapi.json",
            title=title,
            swagger_js_url=f"{assets}/swagger-ui-bundle.js",
            swagger_css_url=f"{assets}/swagger-ui.css",
            swagger_favicon_url=f"{assets}/favicon-32x32.png",
            swagger_ui_parameters=_SETTINGS,
        )
        page.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return page

    app.add_api_route(f"{folder}/openapi.json", openapi, methods=GET, include_in_schema=False)
    app.add_api_route(f"{folder}/docs", docs, methods=GET, include_in_schema=False)


async def _to_docs() -> Response:
    return RedirectResponse("../docs")


_files = StaticFiles(directory=ASSETS)


async def _asset(path: str, request: Request) -> Response:
    try:
        return await _files.get_response(path, request.scope)
    except HTTPException:
        return await answer_unrouted(request)


async def _icon() -> Response:
    return FileResponse(ASSETS / "favicon-32x32.png")
