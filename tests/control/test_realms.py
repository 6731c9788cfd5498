"""Realms side by side in one server."""

import asyncio
import gc
import statistics
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection

import httpx
import jwt
import pytest
from driving import (
    FIXTURE,
    OMNIOMNI,
    active,
    nbcgate,
    omniomni,
    pair,
    reason,
    refresh,
    use,
    vault,
)
from serving import Served, client, serving
from tokens import claims, header

from emulator.app import create_app
from emulator.core.store import MemoryStore
from emulator.settings import Settings


@pytest.fixture
def realm(http: httpx.Client, request: pytest.FixtureRequest) -> str:
    """The base path of a realm of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:64]
    made = http.put(f"/_emulator/realms/{name}")
    assert made.status_code == 201
    base: str = made.json()["base_path"]
    return base


def test_a_realm_is_a_base_url_for_all_three_vendors(http: httpx.Client, realm: str) -> None:
    assert omniomni(http, realm).status_code == 200
    assert nbcgate(http, realm).status_code == 200
    tokens = pair(http, realm)
    assert use(http, tokens["access_token"], realm).status_code == 200
    assert refresh(http, tokens["refresh_token"], realm).status_code == 200
    assert http.post(f"{realm}//auth/sign-in", json={}).status_code == 400


def test_a_realms_tokens_verify_with_its_own_jwks_and_metadata_lead_back_into_it(
    http: httpx.Client, served: Served, realm: str
) -> None:
    told = http.get(f"{realm}/_emulator/vault/.well-known/openid-configuration").json()
    base = f"{served.url}{realm}"
    assert told["token_endpoint"] == f"{base}/reg/auth/token"
    assert told["introspection_endpoint"] == f"{base}/_emulator/vault/introspect"
    keys = jwt.PyJWKClient(told["jwks_uri"])
    token = pair(http, realm)["access_token"]
    key = keys.get_signing_key_from_jwt(token)
    assert jwt.decode(token, key, algorithms=["ES256"], audience="vault-api")["client_id"] == "app"


def test_an_issuer_that_is_the_callers_view_lies_within_the_realm(http: httpx.Client) -> None:
    fixture = {"vault": {**FIXTURE["vault"], "token": {"issuer": "caller", "algorithm": "ES256"}}}
    http.put("/_emulator/realms/mirror", json={"fixture": fixture}).raise_for_status()
    issuer = claims(pair(http, "/realms/mirror")["access_token"])["iss"]
    assert issuer == f"{http.base_url}/realms/mirror/_emulator/vault".replace("//realms", "/realms")
    metadata = http.get(f"{issuer}/.well-known/oauth-authorization-server").json()
    assert metadata["issuer"] == issuer


def test_a_token_of_one_realm_is_refused_by_every_other(http: httpx.Client, realm: str) -> None:
    here, there = pair(http)["access_token"], pair(http, realm)["access_token"]
    for token, base in ((here, realm), (there, "")):
        answer = use(http, token, base)
        assert answer.status_code == 401
        assert "another realm" in reason(answer)
        assert not active(http, token, base)


def test_what_is_reused_or_revoked_in_one_realm_is_not_in_another(http: httpx.Client) -> None:
    for name in ("spent-1", "spent-2"):
        http.put(f"/_emulator/realms/{name}").raise_for_status()
    one, two = pair(http, "/realms/spent-1"), pair(http, "/realms/spent-2")
    assert refresh(http, one["refresh_token"], "/realms/spent-1").status_code == 200
    assert refresh(http, one["refresh_token"], "/realms/spent-1").status_code == 401
    assert refresh(http, two["refresh_token"], "/realms/spent-2").status_code == 200


def test_clock_keys_faults_outbox_and_journal_are_a_realms_own(
    http: httpx.Client, realm: str
) -> None:
    http.put(f"{realm}/_emulator/clock", json={"now": "2030-01-01T00:00:00Z", "frozen": True})
    kid = http.get("/_emulator/keys").json()["vault"]["signs_with"]
    http.post(f"{realm}/_emulator/keys/rotate", json={"vendor": "vault"}).raise_for_status()
    http.post(f"{realm}/_emulator/faults", json={"outcome": "server_error", "operation": "sign_in"})
    http.post(f"{realm}/auth/tfa/otp/email", json={"email": "mailed@x"}).raise_for_status()
    assert http.get("/_emulator/clock").json()["frozen"] is False
    assert http.get("/_emulator/keys").json()["vault"]["signs_with"] == kid
    assert http.get(f"{realm}/_emulator/keys").json()["vault"]["signs_with"] != kid
    assert http.get("/_emulator/faults").json() == {"faults": []}
    assert (vault(http).status_code, vault(http, realm).status_code) == (200, 500)
    assert http.get("/_emulator/outbox").json() == {"mails": []}
    assert len(http.get(f"{realm}/_emulator/outbox").json()["mails"]) == 1


def test_a_realm_can_be_made_from_a_fixture_in_the_body(http: httpx.Client) -> None:
    fixture = {
        "clock": {"now": "2031-05-01T00:00:00Z", "frozen": True},
        "omniomni": {"clients": [{"client_id": "only-here"}], "token": {"algorithm": "ES256"}},
    }
    made = http.put("/_emulator/realms/own", json={"fixture": fixture})
    assert (made.status_code, made.json()["now"]) == (201, "2031-05-01T00:00:00.000Z")
    assert omniomni(http, "/realms/own", "only-here").status_code == 200
    assert omniomni(http, "/realms/own", "me").status_code == 404
    assert omniomni(http, "", "only-here").status_code == 404


def test_a_realm_made_from_another_begins_as_that_one_is_now(
    http: httpx.Client, realm: str
) -> None:
    http.put(f"{realm}/_emulator/clock", json={"now": "2030-01-01T00:00:00Z", "frozen": True})
    http.post(f"{realm}/_emulator/keys/rotate", json={"vendor": "vault"}).raise_for_status()
    fault = {"vendor": "omniomni", "outcome": "server_error"}
    http.post(f"{realm}/_emulator/faults", json=fault).raise_for_status()
    omniomni(http, realm)
    http.put("/_emulator/realms/child", json={"from": realm.rpartition("/")[2]}).raise_for_status()
    child = "/realms/child"
    clock = http.get(f"{child}/_emulator/clock").json()
    assert clock == {"now": "2030-01-01T00:00:00.000Z", "frozen": True}
    (inherited,) = http.get(f"{child}/_emulator/faults").json()["faults"]
    assert (inherited["outcome"], inherited["triggered"]) == ("server_error", 0)
    keys = [http.get(f"{base}/_emulator/keys").json()["vault"] for base in (realm, child)]
    assert keys[0] == keys[1]
    # From here on each goes its own way, the parent too.
    http.post(f"{realm}/_emulator/keys/rotate", json={"vendor": "vault"}).raise_for_status()
    assert http.get(f"{child}/_emulator/keys").json()["vault"] == keys[1]
    http.put(f"{child}/_emulator/clock", json={"advance": "1h"}).raise_for_status()
    http.post(f"{child}/_emulator/reset").raise_for_status()
    assert http.get(f"{child}/_emulator/clock").json() == clock


@pytest.mark.parametrize("how", ["reset", "made anew", "removed and made anew"])
def test_what_was_issued_before_is_refused_after(http: httpx.Client, how: str) -> None:
    http.put("/_emulator/realms/again").raise_for_status()
    base = "/realms/again"
    tokens, mailed = pair(http, base), omniomni(http, base).json()["accessToken"]
    assert active(http, tokens["access_token"], base)
    if how == "reset":
        http.post(f"{base}/_emulator/reset").raise_for_status()
    elif how == "made anew":
        assert http.put("/_emulator/realms/again").status_code == 200
    else:
        http.delete("/_emulator/realms/again").raise_for_status()
        assert use(http, tokens["access_token"], base).status_code == 404
        http.put("/_emulator/realms/again").raise_for_status()
    answer = use(http, tokens["access_token"], base)
    assert answer.status_code == 401
    assert "or before a reset" in reason(answer)
    assert refresh(http, tokens["refresh_token"], base).status_code == 401
    assert not active(http, mailed, base, "omniomni")
    assert use(http, pair(http, base)["access_token"], base).status_code == 200


def test_a_reset_takes_everything_back(http: httpx.Client, realm: str) -> None:
    before = http.get(f"{realm}/_emulator/keys").json()
    http.put(f"{realm}/_emulator/clock", json={"advance": "30d", "frozen": True})
    http.post(f"{realm}/_emulator/faults", json={"delay": "1ms"})
    http.post(f"{realm}/_emulator/keys/rotate", json={"vendor": "vault"}).raise_for_status()
    http.post(f"{realm}/auth/tfa/otp/email", json={"email": "mailed@x"}).raise_for_status()
    assert http.post(f"{realm}/_emulator/reset").status_code == 200
    assert http.get(f"{realm}/_emulator/faults").json() == {"faults": []}
    assert http.get(f"{realm}/_emulator/outbox").json() == {"mails": []}
    assert http.get(f"{realm}/_emulator/keys").json() == before
    clock = http.get(f"{realm}/_emulator/clock").json()
    assert clock["frozen"] is False
    assert clock["now"][:10] == time.strftime("%Y-%m-%d", time.gmtime())


def test_the_default_realm_is_reset_and_neither_made_nor_removed() -> None:
    with serving(FIXTURE) as served, client(served) as http:
        token = pair(http)["access_token"]
        http.put("/_emulator/clock", json={"advance": "1h"}).raise_for_status()
        assert http.post("/_emulator/reset").json()["realm"] == "default"
        assert use(http, token).status_code == 401
        assert use(http, pair(http)["access_token"]).status_code == 200
        for answer in (
            http.put("/_emulator/realms/default"),
            http.delete("/_emulator/realms/default"),
        ):
            assert answer.status_code == 409
            assert "reset" in answer.json()["detail"]


def test_the_default_realm_answers_below_its_name_too(http: httpx.Client) -> None:
    token = pair(http, "/realms/default")["access_token"]
    assert use(http, token).status_code == 200


def test_a_realm_goes_by_itself_when_its_time_is_over(http: httpx.Client) -> None:
    made = http.put("/_emulator/realms/brief", json={"ttl": "300ms"}).json()
    assert made["ttl"] == "1s"
    http.put("/realms/brief/_emulator/clock", json={"frozen": True}).raise_for_status()
    assert vault(http, "/realms/brief").status_code == 200
    time.sleep(0.35)
    assert vault(http, "/realms/brief").status_code == 404
    names = [realm["realm"] for realm in http.get("/_emulator/realms").json()["realms"]]
    assert "brief" not in names


def test_a_reset_gives_a_realm_no_more_time(http: httpx.Client) -> None:
    http.put("/_emulator/realms/brief-2", json={"ttl": "300ms"}).raise_for_status()
    http.post("/realms/brief-2/_emulator/reset").raise_for_status()
    time.sleep(0.35)
    assert vault(http, "/realms/brief-2").status_code == 404


def test_a_realm_made_again_without_a_ttl_stays(http: httpx.Client) -> None:
    http.put("/_emulator/realms/stays", json={"ttl": "100ms"}).raise_for_status()
    http.put("/_emulator/realms/stays").raise_for_status()
    time.sleep(0.15)
    assert vault(http, "/realms/stays").status_code == 200


@pytest.mark.parametrize("path", [OMNIOMNI, "/_emulator/clock", "", "/"])
def test_a_realm_that_does_not_exist_says_how_to_make_it(http: httpx.Client, path: str) -> None:
    answer = http.post(f"/realms/nowhere{path}", json={})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "PUT /_emulator/realms/nowhere creates it" in answer.json()["detail"]
    assert http.get("/_emulator/realms/nowhere").json() == answer.json()


def a_client(**members: object) -> dict[str, object]:
    return {"omniomni": {"clients": [{"client_id": "c", **members}]}}


NO_FILE, NO_NAME = "cannot name files", "cannot use ${NAME}"


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        ({"vault": {"token": {"private_key_file": "/etc/passwd"}}}, "vault.token", NO_FILE),
        (a_client(public_key_file="k.pub"), "omniomni.clients[0].public_key_file", NO_FILE),
        ({"nbcgate": {"token": {"secret": "${PATH}"}}}, "nbcgate.token.secret", NO_NAME),
        ({"nbcgate": {"token": {"secret": "${NO:-default}"}}}, "nbcgate.token.secret", NO_NAME),
        (a_client(claims={"a": ["${HOME}"]}), "omniomni.clients[0].claims.a[0]", NO_NAME),
        ({"valt": {}}, "valt", 'did you mean "vault"?'),
        ({"vault": {"users": [{"usrname": "x"}]}}, "vault.users[0].usrname", "unknown key"),
        ({"clock": {"advance": "8000000d"}}, "clock", "at most"),
    ],
)
def test_a_fixture_over_http_is_refused_with_every_mistake(
    http: httpx.Client, body: dict[str, object], path: str, said: str
) -> None:
    answer = http.put("/_emulator/realms/bad", json={"fixture": body})
    assert answer.status_code == 400
    found = [error for error in answer.json()["errors"] if error["path"].startswith(path)]
    assert found, answer.json()
    assert said in found[0]["message"]
    assert "passwd" not in answer.text
    assert "/usr" not in answer.text
    assert http.get("/_emulator/realms/bad").status_code == 404


def test_an_escaped_name_in_a_fixture_over_http_is_a_text(http: httpx.Client) -> None:
    fixture = {"omniomni": {"clients": [{"client_id": "$${x}"}], "token": {"algorithm": "ES256"}}}
    http.put("/_emulator/realms/escaped", json={"fixture": fixture}).raise_for_status()
    assert omniomni(http, "/realms/escaped", "${x}").status_code == 200


def test_a_fixture_nested_beyond_any_use_is_a_mistake(http: httpx.Client) -> None:
    body = '{"fixture": {"vault": ' + '{"a": ' * 500 + "1" + "}" * 502
    answer = http.put(
        "/_emulator/realms/deep", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert "nested" in answer.text


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"from": "nobody"}, "there is no realm 'nobody'"),
        ({"from": "default", "fixture": {}}, "one of from and fixture"),
        ({"ttl": "soon"}, "expected a duration"),
        ({"fixtur": {}}, 'did you mean "fixture"?'),
    ],
)
def test_a_realm_is_not_made_from_nonsense(
    http: httpx.Client, body: dict[str, object], said: str
) -> None:
    answer = http.put("/_emulator/realms/nonsense", json=body)
    assert answer.status_code in (400, 404)
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("name", ["a.b", "a b", "a%2Fb", "x" * 65, "%E2%82%AC", "a%0Db"])
def test_a_name_that_cannot_stand_in_paths_and_tokens_is_refused(
    http: httpx.Client, name: str
) -> None:
    answer = http.put(f"/_emulator/realms/{name}")
    assert answer.status_code == 400
    assert "1 to 64 letters" in answer.json()["detail"]
    if "%2F" not in name:  # which ends the name where a path is decoded
        assert "creates it" not in http.get(f"/realms/{name}/auth").text


def test_realms_are_listed_with_where_they_are(http: httpx.Client, realm: str) -> None:
    listed = http.get("/_emulator/realms").json()["realms"]
    assert (listed[0]["realm"], listed[0]["base_path"]) == ("default", "")
    assert realm in [each["base_path"] for each in listed]
    assert realm.rpartition("/")[2] in http.get("/_emulator/health").json()["realms"]


def test_a_removed_realm_is_gone(http: httpx.Client, realm: str) -> None:
    path = f"/_emulator{realm}"
    assert http.delete(path).status_code == 204
    assert http.delete(path).status_code == 404


def test_a_thousand_realms_do_not_see_one_another() -> None:
    with serving(FIXTURE) as served, client(served) as http:

        def live(number: int) -> tuple[int, str, int]:
            base = f"/realms/r{number}"
            http.put(f"/_emulator{base}").raise_for_status()
            http.put(f"{base}/_emulator/clock", json={"advance": f"{number}s", "frozen": True})
            if number % 2:
                http.post(f"{base}/_emulator/faults", json={"outcome": "server_error"})
            return number, base, omniomni(http, base).status_code

        with ThreadPoolExecutor(8) as pool:
            lives = list(pool.map(live, range(1000)))
        assert all(status == (500 if number % 2 else 200) for number, _, status in lives)
        for number, base, _ in lives[::97]:
            faults = http.get(f"{base}/_emulator/faults").json()["faults"]
            assert [fault["triggered"] for fault in faults] == [1] * (number % 2)


def test_a_realm_is_made_in_less_than_five_milliseconds(served: Served) -> None:
    took = []
    with closing(HTTPConnection("127.0.0.1", served.port, timeout=10)) as connection:
        for number in range(100):
            began = time.perf_counter()
            connection.request("PUT", f"/_emulator/realms/quick-{number}")
            answer = connection.getresponse()
            answer.read()
            took.append(time.perf_counter() - began)
            assert answer.status == 201
    assert statistics.median(took) < 0.005


def test_a_realm_takes_less_than_sixteen_kilobytes() -> None:
    async def bytes_of_a_realm() -> float:
        realms = create_app(Settings(fixture={"seed": 7, **FIXTURE})).state.emulator.realms
        await realms.make("first")
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(1000):
            realm = await realms.make(f"r{number}")
            realm.clock.advance(60)
            realm.grant(realm.vendors["omniomni"], realm.vendors["omniomni"].subjects.find("me"))
            await realm.consume_once("something", realm.clock.now() + 60)
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return (after - before) / 1000

    assert asyncio.run(bytes_of_a_realm()) < 16 * 1024


def test_a_rotation_under_way_stays_within_the_realm_that_asked_for_it() -> None:
    rsa = {"omniomni": {"clients": [{"client_id": "me"}]}}
    with serving(rsa) as served, client(served) as http, ThreadPoolExecutor(1) as pool:
        for number in range(5):
            parent, child = f"/realms/p{number}", f"/realms/c{number}"
            http.put(f"/_emulator{parent}").raise_for_status()
            omniomni(http, parent)
            turn = {"vendor": "omniomni", "mode": "no_overlap"}
            rotation = pool.submit(http.post, f"{parent}/_emulator/keys/rotate", json=turn)
            http.put(f"/_emulator{child}", json={"from": parent.rpartition("/")[2]})
            token = omniomni(http, child).json()["accessToken"]
            http.put(f"{parent}/_emulator/omniomni/clients/other", json={}).raise_for_status()
            turned = rotation.result().raise_for_status().json()["signs_with"]
            assert active(http, token, child, "omniomni") or turned == header(token)["kid"]
            told = http.get(f"{parent}/_emulator/keys").json()["omniomni"]
            assert told["signs_with"] == turned


def test_a_delay_ends_with_its_realm_and_nothing_is_stored_for_it_any_more() -> None:
    with serving(FIXTURE) as served, client(served) as http, ThreadPoolExecutor(4) as pool:
        http.put("/_emulator/realms/gone").raise_for_status()
        http.post("/realms/gone/_emulator/faults", json={"delay": "30s"}).raise_for_status()
        calls = [pool.submit(omniomni, http, "/realms/gone") for _ in range(3)]
        time.sleep(0.3)
        began = time.monotonic()
        http.delete("/_emulator/realms/gone").raise_for_status()
        assert all(call.result().status_code == 200 for call in calls)
        assert time.monotonic() - began < 3
        store = served.app.state.emulator.realms.store
        assert isinstance(store, MemoryStore)
        assert "dropped" not in repr(vars(store))


def test_a_realm_of_many_faults_shares_them_until_one_strikes() -> None:
    faults = [{"vendor": "vault", "principal": f"u{n}", "delay": "1s"} for n in range(300)]
    realms = create_app(Settings(fixture={**FIXTURE, "faults": faults})).state.emulator.realms

    async def size_of_one() -> float:
        await realms.make("first")
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for number in range(100):
            await realms.make(f"r{number}")
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return (after - before) / 100

    assert asyncio.run(size_of_one()) < 8 * 1024
    (again,) = [realm for realm in asyncio.run(realms.all()) if realm.name == "r7"]
    assert [active.id for active in again.faults][:2] == ["f1", "f2"]


def test_the_way_to_make_a_realm_leads_through_it_too(http: httpx.Client) -> None:
    assert http.put("/realms/chosen/_emulator/realms/chosen").status_code == 201
    assert vault(http, "/realms/chosen").status_code == 200
