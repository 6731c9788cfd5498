"""Browser apps under test: what their pages may read, and what they never may."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from serving import Served, bound_to, client

from emulator.settings import Settings

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


def answering(*origins: str) -> AbstractContextManager[httpx.Client]:
    return bound_to("127.0.0.1", fixture=FIXTURE, cors_origin=origins)


@pytest.fixture(scope="module")
def named() -> Iterator[httpx.Client]:
    with answering(ORIGIN, "capacitor://localhost") as http:
        http.put("/_emulator/realms/t").raise_for_status()
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
    "path",
    [
        *(OMNIOMNI, "/offers", "/any/thing", "/reg/user/session/logout/current"),
        *("/_emulator/vault/.well-known/jwks.json", "/_emulator/vault/introspect"),
        "/_emulator/vault/revoke",
    ],
)
def test_a_preflight_is_allowed_what_it_asks_for(
    named: httpx.Client, realm: str, path: str
) -> None:
    asked = {"Access-Control-Request-Headers": "authorization,content-type"}
    answer = preflight(named, realm + path, "DELETE", **asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, PUT, PATCH, DELETE"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


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


def test_a_page_reads_that_a_realm_is_not_there(named: httpx.Client) -> None:
    answer = named.post(f"/realms/nobody{OMNIOMNI}", headers={"Origin": ORIGIN})
    assert answer.status_code == 404
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "origin", ["http://localhost:3001", "https://localhost:3000", "null", f"{ORIGIN}.evil.example"]
)
def test_no_other_origin_reads_anything(named: httpx.Client, origin: str) -> None:
    answer = named.post(OMNIOMNI, json={"clientId": "me"}, headers={"Origin": origin})
    refused = preflight(named, OMNIOMNI, origin=origin)
    assert (answer.status_code, refused.status_code) == (200, 400)
    for each in (answer, refused):
        assert "Access-Control-Allow-Origin" not in each.headers
        assert "Origin" in each.headers["Vary"]


@pytest.mark.parametrize("origin", [ORIGIN, "*"])
def test_control_calls_and_pages_answer_no_origin(origin: str) -> None:
    with answering(origin) as http:
        for path in (
            *("/_emulator/realms", "/_emulator/clock", "/_emulator/health", "/_emulator/nothing"),
            *("/_emulator", "/realms/default/_emulator", "/realms/default/_emulator/clock"),
            *("/realms/nobody/_emulator/clock", "/_emulator/vault/x", "/_emulator/docs"),
            *("/", "/docs", "/openapi.json"),
        ):
            for answer in (
                http.get(path, headers={"Origin": ORIGIN}),
                http.get(path),
                preflight(http, path, "GET"),
            ):
                assert of_cors(answer) == [], path


def test_nothing_is_answered_where_nothing_is_configured(demo: Served) -> None:
    with client(demo) as http:
        answer = http.post(OMNIOMNI, json={}, headers={"Origin": ORIGIN})
        assert of_cors(answer) == []
        assert "Vary" not in answer.headers
        refused = preflight(http, OMNIOMNI)
        assert (refused.status_code, of_cors(refused)) == (405, [])


def test_a_star_lets_every_origin_read() -> None:
    with answering("*", ORIGIN) as http:
        for origin in (ORIGIN, "null", "https://anything.example"):
            asked = preflight(http, OMNIOMNI, origin=origin)
            answer = http.post(OMNIOMNI, json={"clientId": "me"}, headers={"Origin": origin})
            assert (asked.status_code, answer.status_code) == (200, 200)
            for each in (asked, answer):
                assert each.headers["Access-Control-Allow-Origin"] == "*"


def test_it_takes_the_place_of_what_a_fixture_says_of_cors(named: httpx.Client) -> None:
    token = named.post(OMNIOMNI, json={"clientId": "me"}).json()["accessToken"]
    headers = {"Origin": ORIGIN, "Authorization": f"Bearer {token}"}
    answer = named.get("/own", headers=headers)
    assert answer.headers.get_list("Access-Control-Allow-Origin") == [ORIGIN]


def test_an_options_call_that_asks_nothing_is_no_preflight(named: httpx.Client) -> None:
    assert named.options(OMNIOMNI, headers={"Origin": ORIGIN}).status_code == 405
    assert named.options(OMNIOMNI).status_code == 405


def test_a_preflight_for_another_method_is_refused(named: httpx.Client) -> None:
    for method in ("TRACE", "post", "G\xc9T"):
        assert preflight(named, OMNIOMNI, method).status_code == 400


@pytest.mark.parametrize("origin", ["localhost:3000", f"{ORIGIN}/", "null", "", "http://a b", "**"])
def test_what_is_no_origin_cannot_be_named(origin: str) -> None:
    with pytest.raises(ValueError, match="is not an origin"):
        Settings(cors_origin=[origin])
