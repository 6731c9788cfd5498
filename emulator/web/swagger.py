"""Swagger UI and OpenAPI, from the pages that document endpoints. Nothing of it needs a network."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from msgspec import Struct
from starlette.responses import HTMLResponse
from starlette.routing import BaseRoute

from emulator import __version__
from emulator.web.documentation import Page, Schema, schemas, tags

ASSETS = Path(__file__).parent / "swagger_ui"
"""Swagger UI as its project publishes it, with its licence."""

OPENAPI = "3.0.3"
"""OmniOmni's own version (3.0.1, but for corrections). Later ones forbid the space in the name of
its security scheme, `Bearer Authentication`."""

NOTHING_LEAVES = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)
"""The Content-Security-Policy of our pages."""

_SETTINGS = {
    "tryItOutEnabled": True,
    "displayRequestDuration": True,
    "docExpansion": "list",
    "defaultModelsExpandDepth": 0,
    "validatorUrl": None,  # by default it sends the document to a validator on the Internet
}


class Book(Struct, frozen=True):
    """A Swagger page of its own, at `folder`/docs: what it is called, and the pages in it.

    `assets` leads from there to Swagger's own files. `servers` are OpenAPI's.
    """

    title: str
    description: str
    pages: Sequence[Page]
    folder: str = ""
    assets: str = "docs/assets"
    servers: Sequence[Schema] = ()
    version: str = OPENAPI

    def html(self) -> HTMLResponse:
        """The page."""
        page = get_swagger_ui_html(
            openapi_url="openapi.json",
            title=self.title,
            swagger_js_url=f"{self.assets}/swagger-ui-bundle.js",
            swagger_css_url=f"{self.assets}/swagger-ui.css",
            swagger_favicon_url=f"{self.assets}/favicon-32x32.png",
            swagger_ui_parameters=_SETTINGS,
        )
        page.headers["Content-Security-Policy"] = NOTHING_LEAVES
        return page

    def openapi(self, routes: Sequence[BaseRoute]) -> dict[str, Any]:
        """The OpenAPI document of those routes that are shown."""
        schema = get_openapi(
            title=self.title,
            version=__version__,
            openapi_version=self.version,
            description=self.description,
            routes=routes,
            tags=tags(self.pages),
            servers=list(self.servers) or None,
        )
        components = schema.setdefault("components", {})
        for page in self.pages:
            components.setdefault("schemas", {}).update(schemas(page))
            components.setdefault("securitySchemes", {}).update(page.security_schemes)
        return schema
