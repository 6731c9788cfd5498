"""CORS: which browser apps may call the vendors (Fetch §3.2).

Starlette's middleware, on the vendors' paths, the fixture's resources, and what services need to
verify tokens. The rest of the control API, and the pages, allow no origin.
"""

import re
from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.http.context import split_realm
from emulator.http.unrouted import PAGES

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_EXPOSED = ("X-Emulator-Reason", "WWW-Authenticate", "Retry-After")
_CONTROL = re.compile(r"/_emulator(/.*)?")
_VERIFYING = re.compile(r"/_emulator/[a-z]+/(\.well-known/.+|introspect|revoke)")


class VendorCors:
    """Starlette's CORS middleware, on some paths only."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._with_cors = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=["*"],
            expose_headers=_EXPOSED,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        allowed = scope["type"] == "http" and _is_for_pages(scope)
        await (self._with_cors if allowed else self._app)(scope, receive, send)


def _is_for_pages(scope: Scope) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    path = split_realm(path)[1]
    if _CONTROL.fullmatch(path):
        return _VERIFYING.fullmatch(path) is not None
    return path not in PAGES and not path.startswith("/docs/")


def add_cors(app: FastAPI, origins: Sequence[str]) -> None:
    """Let pages of these origins call the vendors; none if there are no origins."""
    if origins:
        app.add_middleware(VendorCors, origins=origins)
