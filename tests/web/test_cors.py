"""Browser apps under test: what their pages may read, and what they never may."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from serving import Served, client, serving

from emulator.app import Config, create_app
from emulator.web.cors import Cors

ORIGIN = "http://localhost:3000"
OMNIOMNI = "/omni-omni/v1/auth/client-token"
FIXTURE: dict[str, Any] = {
    "omniomni": {"token": {"algorithm": "ES256"}, "clients": [{"client_id": "me"}]},
    "resources": [
        {"vendor": "omniomni", "path": "/offers", "respond": {"body": []}},
        {"vendor": "omniomni", "method": "*", "path": "/any/**", "respond": {"body": []}},
        {
            "vendor": "omniomni",
            "path": "/own",
            "respond": {"body": [], "headers": {"Access-Control-Allow-Origin": "http://its.own"}},
        },
    ],
    "faults": [
        {
            "vendor": "omniomni",
            "operation": "sign_in",
            "match": {"clientId": "busy"},
            "respond": {"status": 503, "headers": {"Retry-After": "2"}},
        }
    ],
}


async def _all(app: Any, *asked: tuple[str, str, dict[str, str]]) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://emulator") as http:
        return [await http.request(m, path, headers=headers) for m, path, headers in asked]


def test_both_ways_to_an_operation_answer_a_browser_alike() -> None:
    stage = create_app(Config(fixture=FIXTURE, cors_origins=[ORIGIN]))
    asked = [
        ("OPTIONS", OMNIOMNI, {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}),
        ("POST", OMNIOMNI, {"Origin": ORIGIN}),
        ("OPTIONS", "/offers", {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}),
        ("GET", "/offers", {"Origin": ORIGIN}),
        ("GET", "/_emulator/clock", {"Origin": "http://emulator"}),
    ]

    async def both() -> list[list[tuple[int, list[tuple[str, str]]]]]:
        ways = [await _all(stage, *asked), await _all(await stage.site(), *asked)]
        return [[(a.status_code, a.headers.multi_items()) for a in answers] for answers in ways]

    through_the_table, through_fastapi = asyncio.run(both())
    assert through_the_table == through_fastapi
    assert [status for status, _ in through_the_table] == [204, 400, 204, 401, 200]


@contextmanager
def answering(*origins: str) -> Iterator[httpx.Client]:
    with serving(FIXTURE) as served, client(served) as http:
        served.stage._cors = Cors(origins)  # noqa: SLF001 - `serve --cors-origin` is in tests/cli
        http.put("/_emulator/realms/t").raise_for_status()
        yield http


@pytest.fixture(scope="module")
def named() -> Iterator[httpx.Client]:
    with answering(ORIGIN, "capacitor://localhost") as http:
        yield http


def preflight(
    http: httpx.Client, path: str, method: str = "POST", origin: str = ORIGIN, **more: str
) -> httpx.Response:
    sent = {"Origin": origin, "Access-Control-Request-Method": method, **more}
    headers = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
    return http.options(path, headers=headers)


def of_cors(answer: httpx.Response) -> list[str]:
    return [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("realm", ["", "/realms/t"])
@pytest.mark.parametrize(
    ("path", "methods"),
    [
        (OMNIOMNI, "POST"),
        ("/offers", "GET, HEAD"),
        ("/any/thing", "DELETE"),
        ("/reg/user/session/logout/current", "DELETE"),
        ("/_emulator/vault/.well-known/jwks.json", "GET, HEAD"),
        ("/_emulator/vault/introspect", "POST"),
        ("/_emulator/vault/revoke", "POST"),
    ],
)
def test_a_preflight_is_told_what_the_path_takes(
    named: httpx.Client, realm: str, path: str, methods: str
) -> None:
    asked = {"Access-Control-Request-Headers": "authorization,content-type"}
    answer = preflight(named, realm + path, "DELETE", **asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == methods
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert answer.headers["Vary"].replace(" ", "").split(",") == [
        "Access-Control-Request-Method",
        "Access-Control-Request-Headers",
        "Origin",
    ]


@pytest.mark.parametrize("realm", ["", "/realms/t"])
@pytest.mark.parametrize(
    ("method", "path", "json", "status"),
    [
        ("POST", OMNIOMNI, {"clientId": "me"}, 200),
        ("POST", OMNIOMNI, {"clientId": "nobody"}, 404),
        ("POST", OMNIOMNI, {"clientId": "busy"}, 503),
        ("PUT", OMNIOMNI, None, 405),
        ("GET", "/offers", None, 401),
        ("GET", "/ecrop-command/nothing", None, 404),
        ("GET", "/nothing", None, 404),
        ("GET", "/_emulator/vault/.well-known/openid-configuration", None, 200),
        ("POST", "/_emulator/vault/introspect", None, 400),
        ("POST", OMNIOMNI, {"clientId": "x" * 70_000}, 413),
    ],
)
def test_a_page_reads_answers_and_refusals(
    named: httpx.Client, realm: str, method: str, path: str, json: Any, status: int
) -> None:
    answer = named.request(method, realm + path, json=json, headers={"Origin": ORIGIN})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert exposed == ["X-Emulator-Reason", "WWW-Authenticate", "Retry-After"]
    assert "Origin" in answer.headers["Vary"]


def test_a_realm_that_is_not_there_is_told_to_the_page(named: httpx.Client) -> None:
    answer = named.post(f"/realms/nobody{OMNIOMNI}", headers={"Origin": ORIGIN})
    assert answer.status_code == 404
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin", ["http://localhost:3001", "https://localhost:3000", "null", f"{ORIGIN}.evil.example"]
)
def test_no_other_origin_reads_anything(named: httpx.Client, origin: str) -> None:
    answer = named.post(OMNIOMNI, json={"clientId": "me"}, headers={"Origin": origin})
    assert (answer.status_code, of_cors(answer), answer.headers["Vary"]) == (200, [], "Origin")
    refused = preflight(named, OMNIOMNI, origin=origin)
    assert (refused.status_code, of_cors(refused)) == (405, [])


def test_an_answer_without_an_origin_varies_all_the_same(named: httpx.Client) -> None:
    answer = named.post(OMNIOMNI, json={"clientId": "me"})
    assert (of_cors(answer), answer.headers["Vary"]) == ([], "Origin")


@pytest.mark.parametrize("origins", [(ORIGIN,), ("*",)])
@pytest.mark.parametrize(
    "path",
    [
        *("/_emulator/realms", "/_emulator/clock", "/_emulator/health", "/_emulator/nothing"),
        *("/realms/t/_emulator/clock", "/realms/nobody/_emulator/clock", "/_emulator/vault/x"),
        *("/", "/docs", "/openapi.json", "/_emulator/docs"),
    ],
)
def test_control_calls_and_pages_answer_no_origin(origins: tuple[str, ...], path: str) -> None:
    with answering(*origins) as http:
        for answer in (
            http.get(path, headers={"Origin": ORIGIN}),
            http.get(path),
            preflight(http, path, "GET"),
        ):
            assert of_cors(answer) == []


def test_nothing_is_answered_where_nothing_is_configured(demo: Served) -> None:
    with client(demo) as http:
        answer = http.post(OMNIOMNI, json={}, headers={"Origin": ORIGIN})
        assert of_cors(answer) == []
        assert "Vary" not in answer.headers
        refused = preflight(http, OMNIOMNI)
        assert (refused.status_code, of_cors(refused)) == (405, [])


def test_a_star_lets_every_origin_read_and_a_page_without_one_too() -> None:
    with answering("*", ORIGIN) as http:
        for origin in (ORIGIN, "null", "https://anything.example"):
            assert preflight(http, OMNIOMNI, origin=origin).status_code == 204
            answer = http.post(OMNIOMNI, json={"clientId": "me"}, headers={"Origin": origin})
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert "Vary" not in answer.headers


def test_what_a_fixture_says_of_cors_stands_alone(named: httpx.Client) -> None:
    token = named.post(OMNIOMNI, json={"clientId": "me"}).json()["accessToken"]
    headers = {"Origin": ORIGIN, "Authorization": f"Bearer {token}"}
    answer = named.get("/own", headers=headers)
    assert answer.headers.get_list("Access-Control-Allow-Origin") == ["http://its.own"]


def test_an_options_call_that_asks_nothing_is_no_preflight(named: httpx.Client) -> None:
    assert named.options(OMNIOMNI, headers={"Origin": ORIGIN}).status_code == 405
    assert named.options(OMNIOMNI).status_code == 405
    assert preflight(named, "/nothing").status_code == 404


def test_what_a_preflight_asks_for_cannot_begin_another_header(named: httpx.Client) -> None:
    for asked in ("x\xffy", "x\ty", "a" * 3000, '"'):
        answer = preflight(named, OMNIOMNI, **{"Access-Control-Request-Headers": asked})
        assert answer.status_code == 204
        assert "Access-Control-Allow-Headers" not in answer.headers
    answer = preflight(named, "/any/thing", "G\xc9T, X")
    assert answer.headers["Access-Control-Allow-Methods"] == "GET"


@pytest.mark.parametrize("origin", ["localhost:3000", f"{ORIGIN}/", "null", "", "http://a b", "**"])
def test_what_is_no_origin_cannot_be_named(origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        Cors([origin])


@pytest.mark.parametrize("path", ["/_emulator", "/realms/default/_emulator"])
def test_the_foot_of_the_control_api_is_no_vendors_before_its_first_call_either(path: str) -> None:
    everything = {"vendor": "omniomni", "method": "*", "path": "/**", "respond": {"body": []}}
    app = create_app(Config(fixture={**FIXTURE, "resources": [everything]}, cors_origins=[ORIGIN]))
    preflight = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    asked = [("OPTIONS", path, preflight), ("GET", path, {"Origin": ORIGIN})]
    first, again = asyncio.run(_twice(app, asked))
    assert [r.status_code for r in first] == [r.status_code for r in again]
    for answer in (*first, *again):
        assert "access-control-allow-origin" not in answer.headers


async def _twice(
    app: Any, asked: list[tuple[str, str, dict[str, str]]]
) -> tuple[list[httpx.Response], list[httpx.Response]]:
    first = await _all(app, *asked)
    await _all(app, ("GET", "/_emulator/health", {}))
    return first, await _all(app, *asked)
