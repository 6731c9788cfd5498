"""The start page."""

from collections.abc import Sequence
from html import escape
from itertools import islice
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from emulator import __version__
from emulator.core.principals import ACTIVE, Principals
from emulator.core.vendor import VendorState
from emulator.http.context import server_state
from emulator.http.pages import CONTENT_SECURITY_POLICY, GET
from emulator.http.route import VendorRoute

_MAX_SHOWN = 50
"""How many principals of a kind are listed; a fixture may have very many."""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Auth Emulator</title>
<link rel="icon" href="docs/assets/favicon-32x32.png">
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 48rem; }}
body {{ margin: 2rem auto; padding: 0 1rem; }}
code {{ font-size: .9em; overflow-wrap: anywhere; }}
h2 {{ margin: 2rem 0 .25rem; }}
ul {{ margin: .25rem 0; padding-left: 1.25rem; }}
</style>
</head>
<body>
<h1>Auth Emulator</h1>
<p>Version {version}. It emulates three sign-in APIs: point a client's base URL at this server.
Try them in <a href="docs">Swagger UI</a> (<a href="openapi.json">OpenAPI</a>): its examples
are the principals below. The control API (realms, clock, faults, journal, tokens) has
<a href="_emulator/docs">its own page</a>.</p>
{vendors}
</body>
</html>
"""


def add_console(app: FastAPI) -> None:
    """Add the page."""
    app.add_api_route("/", start_page, methods=GET, include_in_schema=False)


async def start_page(request: Request) -> Response:
    """The vendors, where each is, who can sign in to the default realm."""
    server = server_state(request)
    realm = await server.realms.default()
    vendors = (
        _vendor(vendor.title, server.routers[vendor.name], realm.vendors[vendor.name])
        for vendor in server.catalog.values()
    )
    page = _PAGE.format(version=__version__, vendors="\n".join(vendors))
    return HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})


def _vendor(title: str, routers: Sequence[APIRouter], state: VendorState[Any]) -> str:
    paths = "".join(
        f"<li><code>{' '.join(route.methods or ())} {escape(route.path)}</code></li>"
        for router in routers
        for route in router.routes
        if isinstance(route, VendorRoute) and route.is_enabled(state.fixture)
    )
    principals = "".join(map(_principals, state.principals.values()))
    return (
        f"<h2>{escape(title)}</h2>\n<ul>{paths}</ul>\n<p>Tokens: {_keys(state)}</p>\n{principals}"
    )


def _keys(state: VendorState[Any]) -> str:
    algorithm = state.issuer.keyring.algorithm
    if algorithm.symmetric:
        return f"{algorithm.name}, signed with the fixture's secret"
    path = f"_emulator/{state.vendor}/.well-known/jwks.json"
    return f'{algorithm.name}, public keys at <a href="{path}"><code>/{path}</code></a>'


def _principals(principals: Principals[Any]) -> str:
    shown = "".join(
        f"<li><code>{escape(one.name)}</code>"
        f"{'' if one.status == ACTIVE else ': ' + escape(one.status)}</li>"
        for one in islice(principals, _MAX_SHOWN)
    )
    more = len(principals) - _MAX_SHOWN
    rest = f"<li>and {more:,} more</li>" if more > 0 else ""
    kind = principals.table.kind.capitalize()
    return f"<p>{kind}:</p>\n<ul>{shown or '<li>none</li>'}{rest}</ul>\n"
