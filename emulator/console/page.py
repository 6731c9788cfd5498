"""The start page: what is here, in one look."""

from html import escape
from itertools import islice

from emulator import __version__
from emulator.core.principals import ACTIVE, Principal, Principals
from emulator.core.section import Section
from emulator.web.operation import Api
from emulator.web.stage import Stage

_MOST_SHOWN = 50
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
<p>Version {version}. It answers as three sign-in APIs do: point a client's base URL at this server.
Try them by hand in <a href="docs">Swagger UI</a> (<a href="openapi.json">OpenAPI</a>): its examples
are the principals below. What drives the emulator (realms, clock, faults, journal, tokens) is on
<a href="_emulator/docs">a page of its own</a>.</p>
{vendors}
</body>
</html>
"""


def start_page(stage: Stage) -> str:
    """The page as HTML: the vendors, where each is, who can sign in."""
    vendors = [api for api in stage.apis if api.name in stage.realm.sections]
    return _PAGE.format(version=__version__, vendors="\n".join(_vendor(stage, a) for a in vendors))


def _vendor(stage: Stage, api: Api) -> str:
    section = stage.realm.sections[api.name]
    paths = "".join(
        f"<li><code>{endpoint.method} {escape(path)}</code></li>"
        for endpoint in api.endpoints
        if endpoint.enabled(stage.realm)
        for path in endpoint.paths
    )
    listed = "".join(_principals(principals) for principals in section.principals.values())
    return (
        f"<h2>{escape(api.title)}</h2>\n<ul>{paths}</ul>\n"
        f"<p>Tokens: {_keys(api, section)}</p>\n{listed}"
    )


def _keys(api: Api, section: Section) -> str:
    algorithm = section.issuer.keyring.algorithm
    if algorithm.symmetric:
        return f"{algorithm.name}, signed with the fixture's secret"
    path = f"_emulator/{api.name}/.well-known/jwks.json"
    return f'{algorithm.name}, public keys at <a href="{path}"><code>/{path}</code></a>'


def _principals(principals: Principals[Principal]) -> str:
    shown = "".join(
        f"<li><code>{escape(p.name)}</code>"
        f"{'' if p.status == ACTIVE else ': ' + escape(p.status)}</li>"
        for p in islice(principals, _MOST_SHOWN)
    )
    more = len(principals) - _MOST_SHOWN
    rest = f"<li>and {more:,} more</li>" if more > 0 else ""
    return f"<p>{principals.kind.capitalize()}s:</p>\n<ul>{shown or '<li>none</li>'}{rest}</ul>\n"
