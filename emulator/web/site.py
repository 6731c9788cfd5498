"""The FastAPI application: the routers, their OpenAPI, Swagger UI and the start page."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute
from starlette.staticfiles import StaticFiles

from emulator import __version__
from emulator.web.documentation import Page
from emulator.web.operation import Api
from emulator.web.routers import (
    elsewhere_on_error,
    router_of,
    router_of_resources,
    shown_alone,
)
from emulator.web.stage import DRIVING, Stage
from emulator.web.swagger import ASSETS, NOTHING_LEAVES, Book

_TITLE = "Auth Emulator"

_DESCRIPTION = """\
The sign-in APIs of three vendors, emulated. Each outcome says how we know it: **documented** by the
vendor's sign-in page, **documented elsewhere** by the vendor, **assumed**, or corrected by this
server's **fixture**. *Execute* sends an example as it stands; each names its principal's status.
A refusal tells its reason in the header `X-Emulator-Reason`. The [start page](.) lists who can
sign in, and [another page](_emulator/docs) has the API that drives the emulator.
"""

_DRIVING = """\
The API that drives the emulator: realms, clock, principals, faults, journal, tokens, keys, outbox.
*Execute* sends an example as it stands. Choose a realm with *Servers*: `PUT /_emulator/realms/t42`
makes the one that stands there. Bound to anything but loopback, it wants the admin token: see
*Authorize*. The vendors' own APIs are on [another page](../docs).
"""

_SERVERS = (
    {"url": "/", "description": "the realm default"},
    {
        "url": "/realms/{realm}",
        "description": "another realm",
        "variables": {"realm": {"default": "t42"}},
    },
)

_METHODS = ["GET", "HEAD"]


def build_site(
    stage: Stage,
    vendors: Iterable[tuple[Api, Sequence[Page]]],
    driving: Sequence[Page],
    start_page: Callable[[Stage], str],
) -> FastAPI:
    """The application for a stage: a router for each API, with the pages that document it.

    `driving` are the pages of the API that drives the emulator.
    """
    documented = [(api, page) for api, of_api in vendors for page in of_api]
    app = FastAPI(
        title=_TITLE,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    for api in stage.apis:
        app.include_router(router_of(stage, api, [page for of, page in documented if of is api]))
    app.mount("/docs/assets", StaticFiles(directory=ASSETS), name="assets")
    resources = router_of_resources(stage, {api.name: page for api, page in documented})
    book = Book(_TITLE, _DESCRIPTION, [page for _, page in documented])
    _add_book(app, book, [*app.routes, *resources.routes])
    _add_driving(app, stage, driving)
    for path, page in (("/docs/", _to_docs), ("/favicon.ico", _icon)):
        app.add_api_route(path, page, methods=_METHODS, include_in_schema=False)
    app.add_api_route("/", _start(stage, start_page), methods=_METHODS, include_in_schema=False)
    app.include_router(resources)  # last: a resource hides no page
    app.add_exception_handler(HTTPException, elsewhere_on_error(stage))
    return app


def _add_driving(app: FastAPI, stage: Stage, pages: Sequence[Page]) -> None:
    (control,) = (api for api in stage.apis if api.guarded)
    book = Book(
        f"{_TITLE}: driving it",
        _DRIVING,
        pages,
        folder=DRIVING,
        assets="../docs/assets",
        servers=_SERVERS,
        version="3.1.0",
    )
    _add_book(app, book, shown_alone(stage, control, pages).routes)


def _add_book(app: FastAPI, book: Book, routes: Sequence[BaseRoute]) -> None:
    @cache
    def document() -> dict[str, Any]:
        return book.openapi(routes)

    def openapi() -> JSONResponse:
        return JSONResponse(document())

    app.add_api_route(f"{book.folder}/docs", book.html, methods=_METHODS, include_in_schema=False)
    app.add_api_route(
        f"{book.folder}/openapi.json", openapi, methods=_METHODS, include_in_schema=False
    )


def _to_docs() -> RedirectResponse:
    return RedirectResponse("../docs")


def _icon() -> FileResponse:
    return FileResponse(ASSETS / "favicon-32x32.png")


def _start(stage: Stage, start_page: Callable[[Stage], str]) -> Callable[[], Response]:
    def start() -> Response:
        return HTMLResponse(start_page(stage), headers={"Content-Security-Policy": NOTHING_LEAVES})

    return start
