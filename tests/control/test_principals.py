"""Users and clients that come, change and go while the server runs."""

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import driving
import httpx
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from driving import FIXTURE, PASSWORD, active, pair, refresh, use
from jwt.algorithms import ECAlgorithm
from serving import Served, client
from tokens import claims, header

from emulator.core import principals
from emulator.testing.signing import OmniOmniSignature

CLIENTS = "/_emulator/omniomni/clients"
NBC_USERS = "/_emulator/nbcgate/users"
APPS = "/_emulator/vault/clients"
USERS = "/_emulator/vault/users"
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
_numbers = itertools.count()


@contextmanager
def made(served: Served, **source: Any) -> Iterator[httpx.Client]:
    """A client of a new realm."""
    name = f"realm-{next(_numbers)}"
    with client(served) as http:
        http.put(f"/_emulator/realms/{name}", json=source).raise_for_status()
        http.base_url = httpx.URL(f"{served.url}/realms/{name}")
        yield http


@pytest.fixture
def http(served: Served) -> Iterator[httpx.Client]:
    """A client of a realm of its own."""
    with made(served) as http:
        yield http


def new_user(**more: Any) -> dict[str, Any]:
    return {"password": PASSWORD, **more}


def messages(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    return {error["path"]: error["message"] for error in answer.json()["errors"]}


def test_a_new_user_is_201_and_a_changed_one_200_both_in_the_fixtures_shape(
    http: httpx.Client,
) -> None:
    body = new_user(scopes=["read"], lifetime="90s", user_id="usr:1", claims={"tenant": "acme"})
    shown = {
        "username": "new@x",
        "user_id": "usr:1",
        "status": "active",
        "scopes": ["read"],
        "lifetime": "90s",
        "claims": {"tenant": "acme"},
    }
    answer = http.put(f"{USERS}/new@x", json=body)
    assert (answer.status_code, answer.json()) == (201, shown)
    answer = http.put(f"{USERS}/new@x", json={"username": "new@x", **body, "status": "locked"})
    assert (answer.status_code, answer.json()) == (200, shown | {"status": "locked"})
    assert http.get(f"{USERS}/new@x").json() == answer.json()


def test_a_put_replaces_a_principal_whole(http: httpx.Client) -> None:
    http.put(f"{CLIENTS}/new", json={"scopes": ["a"], "lifetime": "90s", "headers": {"x": 1}})
    answer = http.put(f"{CLIENTS}/new", json={})
    assert answer.json() == {"client_id": "new", "status": "active"}


def test_vaults_user_signs_in_at_once_with_all_that_was_put(http: httpx.Client) -> None:
    body = new_user(
        scopes=["a", "b"],
        lifetime="90s",
        refresh_lifetime="2m",
        user_id="usr:1",
        claims={"tenant": "acme", "aud": None},
        headers={"x": 1},
    )
    http.put(f"{USERS}/new@x", json=body).raise_for_status()
    answer = pair(http, username="new@x")
    assert (answer["scope"], answer["expires_in"], answer["user_id"]) == ("a b", 90, "usr:1")
    found = claims(answer["access_token"])
    assert (found["sub"], found["tenant"], found["exp"] - found["iat"]) == ("usr:1", "acme", 90)
    assert "aud" not in found
    assert header(answer["access_token"])["x"] == 1
    again = claims(answer["refresh_token"])
    assert again["exp"] - again["iat"] == 120


def test_a_client_of_vault_is_signed_in_through_at_once(http: httpx.Client) -> None:
    answer = http.put(f"{APPS}/other", json={})
    assert (answer.status_code, answer.json()) == (201, {"client_id": "other", "status": "active"})
    sign_in = {"grant_type": "password", "username": "me@x", "password": PASSWORD}
    answer = http.post(driving.VAULT, json=sign_in | {"client_id": "other"})
    assert claims(answer.json()["access_token"])["client_id"] == "other"


def test_nbc_gates_user_has_the_one_time_code_that_was_put(
    http: httpx.Client, served: Served
) -> None:
    def sign_in(otp: str | None) -> int:
        body = {"email": "otp@x", "password": "correct-horse", "otp": otp}
        return http.post(driving.NBCGATE, json=body).status_code

    def put(**otp: Any) -> dict[str, Any]:
        answer = http.put(f"{NBC_USERS}/otp@x", json={"password": "correct-horse", "otp": otp})
        shown: dict[str, Any] = answer.raise_for_status().json()["otp"]
        return shown

    assert put(code="123456") == {}
    assert (sign_in(None), sign_in("654321"), sign_in("123456")) == (400, 400, 200)
    assert put(totp=TOTP.lower()) == {}
    code = pyotp.TOTP(TOTP).at(int(served.clock.now()))
    assert (sign_in("123456"), sign_in(code), sign_in(code)) == (400, 200, 400)
    other = pyotp.random_base32()
    put(totp=other)
    assert sign_in(pyotp.TOTP(other).at(int(served.clock.now()))) == 200
    assert put(mailed=True) == {"mailed": True}
    http.post("/auth/tfa/otp/email", json={"email": "otp@x"}).raise_for_status()
    mails = http.get("/_emulator/outbox", params={"to": "otp@x"}).json()["mails"]
    assert sign_in(mails[0]["code"]) == 200


def test_mailed_codes_are_as_the_realms_fixture_has_them(served: Served) -> None:
    fixture = {"nbcgate": {**FIXTURE["nbcgate"], "mailed_codes": {"digits": 9}}}
    with made(served, fixture=fixture) as nine:
        body = {"password": "correct-horse", "otp": {"mailed": True}}
        nine.put(f"{NBC_USERS}/nine@x", json=body).raise_for_status()
        nine.post("/auth/tfa/otp/email", json={"email": "nine@x"}).raise_for_status()
        assert len(nine.get("/_emulator/outbox").json()["mails"][0]["code"]) == 9


@pytest.mark.parametrize("given", [PEM, json.loads(ECAlgorithm.to_jwk(KEY.public_key()))])
def test_a_clients_public_key_comes_along_and_its_signatures_are_verified(
    http: httpx.Client, given: object
) -> None:
    body = {"signature": "required", "public_key": given}
    answer = http.put(f"{CLIENTS}/signing", json=body)
    assert answer.json() == {
        "client_id": "signing",
        "status": "active",
        "signature": "required",
        "public_key": PEM,
    }
    sent = {"json": {"clientId": "signing"}}
    assert http.post(driving.OMNIOMNI, **sent).status_code == 401  # type: ignore[arg-type]  # a JSON body
    # What is signed begins with the resource's name, and not with the realm's.
    signed = httpx.Request("POST", f"http://x{driving.OMNIOMNI}", **sent)  # type: ignore[arg-type]  # the same
    next(OmniOmniSignature(KEY).auth_flow(signed))
    assert http.post(driving.OMNIOMNI, headers=signed.headers, content=signed.content).is_success


def test_names_are_matched_as_they_were_sent_and_unescaped(http: httpx.Client) -> None:
    for name in ("a/b@x", "a b", "ä@x", "日本", "a%2Fb", "{name}", "a?b#c", "x" * 500):
        at = f"{CLIENTS}/{quote(name, safe='')}"
        answer = http.put(at, json={"client_id": name})
        assert (answer.status_code, answer.json()["client_id"]) == (201, name)
        assert http.get(at).json()["client_id"] == name
        assert driving.omniomni(http, client_id=name).status_code == 200
        assert http.delete(at).status_code == 204
        assert driving.omniomni(http, client_id=name).status_code == 404
    assert http.put(f"{CLIENTS}/a/b", json={}).status_code == 404
    assert http.put(f"{CLIENTS}/", json={}).status_code == 404
    answer = http.put(f"{CLIENTS}/%ff", json={})
    assert (answer.status_code, "not UTF-8" in answer.json()["detail"]) == (400, True)


def test_mistakes_come_all_at_once_as_a_fixtures_do(http: httpx.Client) -> None:
    body = {"pasword": "x", "status": "lockd", "lifetime": "90", "otp": {"code": "1", "totp": TOTP}}
    assert messages(http.put(f"{NBC_USERS}/new@x", json=body)) == {
        "pasword": 'unknown key; did you mean "password"?',
        "password": "is missing",
        "status": "'lockd' is not a status; did you mean \"locked\"?",
        "lifetime": "expected a duration: a whole number and its unit (90s, 15m, 1h, 30d)",
        "otp": "expected one of code, totp and mailed: true",
    }
    assert http.get(f"{NBC_USERS}/new@x").status_code == 404


@pytest.mark.parametrize(
    ("body", "path", "said"),
    [
        ({"client_id": "other"}, "client_id", "is not 'new', the name in the path"),
        ({"client_id": 5}, "client_id", "expected a string"),
        ({"client_id": None}, "client_id", "expected a string"),
        ({"public_key_file": "/etc/passwd"}, "public_key_file", "cannot name files"),
        ({"claims": {"x": "${HOME}"}}, "claims.x", "cannot use ${NAME}"),
        ({"claims": {"x": "${NO:-y}"}}, "claims.x", "cannot use ${NAME}"),
        ({"claims": {"exp": 1}}, "claims", "exp cannot be set here"),
        ({"signature": "required"}, "public_key", "is missing: signature: required"),
        ({"public_key": 5}, "public_key", "expected a public key as PEM or JWK"),
        ({"public_key": "ssh-rsa AAAA"}, "public_key", "expected a public key as PEM"),
        ({"public_key": {"kty": "oct", "k": "AAAA"}}, "public_key", "another kind of key"),
        ({"public_key": "x" * 65_000}, "public_key", "expected a public key as PEM"),
    ],
)
def test_what_a_body_may_not_say_is_a_problem_with_its_path(
    http: httpx.Client, body: dict[str, Any], path: str, said: str
) -> None:
    for send in (http.put, http.patch):
        if send == http.patch:
            if body.get(path, "") is None:
                continue  # where null takes back to the default, which is the name
            http.put(f"{CLIENTS}/new", json={}).raise_for_status()
        errors = messages(send(f"{CLIENTS}/new", json=body))
        assert [said in message for at, message in errors.items() if at.startswith(path)] == [True]


def test_a_private_key_is_refused_and_not_repeated(http: httpx.Client) -> None:
    jwk = json.loads(ECAlgorithm.to_jwk(KEY))
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for key in (jwk, json.dumps(jwk), pem):
        answer = http.put(f"{CLIENTS}/new", json={"public_key": key})
        assert "private key, which only who signs should have" in messages(answer)["public_key"]
        whole = answer.text + str(answer.headers)
        assert jwk["d"] not in whole
        assert pem.splitlines()[1] not in whole


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'"x"', b"[" * 5000, b'{"a":' * 2000])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_what_is_no_object_is_a_problem(http: httpx.Client, method: str, content: bytes) -> None:
    http.put(f"{CLIENTS}/new", json={})
    assert http.request(method, f"{CLIENTS}/new", content=content).status_code == 400
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"x": deep}
    answer = http.request(method, f"{CLIENTS}/new", json={"claims": deep})
    assert "nested more than 40 levels deep" in answer.json()["detail"]


def test_warnings_come_in_the_answer_and_keep_no_one_out(http: httpx.Client) -> None:
    answer = http.put(f"{USERS}/new@x", json={"password": "short"})
    (warning,) = answer.json()["warnings"]
    assert answer.status_code == 201
    assert warning["path"] == "password"
    assert warning["message"].startswith("the vendor would refuse this password: it lacks")
    body = {"password": "short", "otp": {"totp": "JBSWY3DP"}}
    warned = http.put(f"{NBC_USERS}/new", json=body).json()["warnings"]
    assert [warning["path"] for warning in warned] == ["otp.totp", "password", "email"]
    assert "warnings" not in http.get(f"{NBC_USERS}/new").json()
    assert "warnings" not in http.put(f"{USERS}/new@x", json=new_user()).json()


def test_a_code_out_of_reach_and_users_without_a_client_are_warned_of(served: Served) -> None:
    fixture = {"nbcgate": {"token": {"secret": driving.SECRET}}}
    with made(served, fixture=fixture) as bare:
        body = {"password": "correct-horse", "otp": {"mailed": True}}
        (warning,) = bare.put(f"{NBC_USERS}/new@x", json=body).json()["warnings"]
        assert warning == {
            "path": "otp",
            "message": "nothing mails codes without assumed_endpoints: true",
        }
        (warning,) = bare.put(f"{USERS}/new@x", json=new_user()).json()["warnings"]
        assert "no clients" in warning["message"]


def test_no_answer_shows_a_secret(http: httpx.Client) -> None:
    http.put(f"{USERS}/new@x", json=new_user())
    for otp in ({"code": "135790"}, {"totp": TOTP}):
        body = {"password": "correct-horse", "otp": otp}
        shown = http.put(f"{NBC_USERS}/new@x", json=body)
        told = http.get(f"{NBC_USERS}/new@x")
        changed = http.patch(f"{NBC_USERS}/new@x", json={"scopes": ["a"]})
        for answer in (shown, told, changed):
            assert answer.json()["otp"] == {}
            assert not any(s in answer.text for s in ("correct-horse", "135790", TOTP))
    for answer in (http.get(f"{USERS}/new@x"), http.get(USERS)):
        assert "password" not in answer.text


def test_locking_takes_one_word_and_keeps_the_password(http: httpx.Client) -> None:
    tokens = pair(http)
    answer = http.patch(f"{USERS}/me@x", json={"status": "locked"})
    assert (answer.status_code, answer.json()["status"]) == (200, "locked")
    assert answer.json()["scopes"] == ["read"]
    assert driving.vault(http).status_code == 401
    assert "me@x is locked" in driving.reason(use(http, tokens["access_token"]))
    assert refresh(http, tokens["refresh_token"]).status_code == 401
    http.patch(f"{USERS}/me@x", json={"status": "active"})
    assert driving.vault(http).status_code == 200
    assert use(http, tokens["access_token"]).status_code == 200
    assert refresh(http, tokens["refresh_token"]).status_code == 200


def test_a_patch_is_a_merge_patch(http: httpx.Client) -> None:
    http.put(f"{USERS}/new@x", json=new_user(lifetime="90s", claims={"a": {"b": 1, "c": 2}}))
    patch = {"lifetime": None, "claims": {"a": {"b": None}, "d": 3}, "scopes": ["a"]}
    told = http.patch(f"{USERS}/new@x", json=patch).json()
    assert "lifetime" not in told
    assert told["claims"] == {"a": {"c": 2}, "d": 3}
    assert pair(http, username="new@x")["scope"] == "a"
    assert http.patch(f"{USERS}/new@x", json=told).json() == told
    assert http.patch(f"{USERS}/new@x", json={"claims": None}).json() == {
        name: value for name, value in told.items() if name != "claims"
    }


def test_a_patch_takes_null_for_a_password_as_it_is_a_mistake(http: httpx.Client) -> None:
    assert messages(http.patch(f"{USERS}/me@x", json={"password": None})) == {
        "password": "is missing"
    }
    assert driving.vault(http).status_code == 200


def test_a_patch_gives_a_one_time_code_of_another_kind(http: httpx.Client) -> None:
    def sign_in(**otp: str) -> int:
        body = {"email": "me@x", "password": "correct-horse", **otp}
        return http.post(driving.NBCGATE, json=body).status_code

    at = f"{NBC_USERS}/me@x"
    assert http.patch(at, json={"otp": {"code": "123456"}}).json()["otp"] == {}
    assert (sign_in(), sign_in(otp="123456")) == (400, 200)
    told = http.get(at).json()
    assert http.patch(at, json=told).status_code == 200
    assert sign_in(otp="123456") == 200
    assert http.patch(at, json={"otp": {"mailed": True}}).json()["otp"] == {"mailed": True}
    assert sign_in(otp="123456") == 400
    assert "otp" not in http.patch(at, json={"otp": None}).json()
    assert sign_in() == 200


def test_a_patch_keeps_what_a_fixture_could_not_say_over_http(http: httpx.Client) -> None:
    http.put(f"{CLIENTS}/new", json={"claims": {"x": "$${y}"}, "public_key": PEM})
    told = http.patch(f"{CLIENTS}/new", json={"scopes": ["a"]}).json()
    assert (told["claims"], told["public_key"]) == ({"x": "${y}"}, PEM)


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_who_is_not_there_is_404_with_the_nearest_name(http: httpx.Client, method: str) -> None:
    content = b"{}" if method == "PATCH" else None
    answer = http.request(method, f"{NBC_USERS}/mailed@", content=content)
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no user 'mailed@'; did you mean 'mailed@x'?"


def test_a_status_that_is_an_outcome_is_always_met(http: httpx.Client) -> None:
    http.patch(f"{CLIENTS}/me", json={"status": "server_error"})
    assert driving.omniomni(http).status_code == 500
    known = messages(http.patch(f"{CLIENTS}/me", json={"status": "user_blocked"}))
    assert "is not a status" in known["status"]


def good(http: httpx.Client, vendor: str, token: str, path: str) -> tuple[int, bool]:
    return use(http, token, path=path).status_code, active(http, token, vendor=vendor)


def test_what_a_removed_client_of_omniomni_had_is_refused_also_by_its_successor(
    http: httpx.Client,
) -> None:
    token = driving.omniomni(http).json()["accessToken"]
    assert good(http, "omniomni", token, "/offers") == (200, True)
    answer = http.delete(f"{CLIENTS}/me")
    assert (answer.status_code, answer.content) == (204, b"")
    assert good(http, "omniomni", token, "/offers") == (401, False)
    assert driving.omniomni(http).status_code == 404
    assert http.put(f"{CLIENTS}/me", json={}).status_code == 201
    assert good(http, "omniomni", token, "/offers") == (401, False)
    again = driving.omniomni(http).json()["accessToken"]
    assert good(http, "omniomni", again, "/offers") == (200, True)
    http.delete(f"{CLIENTS}/me")
    http.put(f"{CLIENTS}/me", json={})
    assert good(http, "omniomni", again, "/offers") == (401, False)
    assert good(http, "omniomni", token, "/offers") == (401, False)


def test_what_a_removed_user_of_nbc_gate_had_is_refused_everywhere(http: httpx.Client) -> None:
    tokens = driving.nbcgate(http).json()

    def statuses() -> list[int]:
        return [
            use(http, tokens["token"], path="/cards").status_code,
            http.post("/auth/token/check", json={"token": tokens["token"]}).status_code,
            http.post("/auth/token/refresh", json=refreshing).status_code,
        ]

    refreshing = {"refreshToken": tokens["refreshToken"]}
    assert http.post("/auth/token/check", json={"token": tokens["token"]}).status_code == 200
    http.delete(f"{NBC_USERS}/me@x")
    assert statuses() == [401, 401, 401]
    http.put(f"{NBC_USERS}/me@x", json={"password": "correct-horse"})
    assert statuses() == [401, 401, 401]
    assert not active(http, tokens["token"], vendor="nbcgate")
    assert not active(http, tokens["refreshToken"], vendor="nbcgate")
    assert driving.nbcgate(http).status_code == 200


@pytest.mark.parametrize("gone", [f"{USERS}/me@x", f"{APPS}/app"])
def test_what_was_issued_to_a_removed_user_or_through_a_removed_client_of_vault_is_refused(
    http: httpx.Client, gone: str
) -> None:
    tokens = pair(http)
    assert use(http, tokens["access_token"]).status_code == 200
    http.delete(gone).raise_for_status()
    for put_again in (False, True):
        if put_again:
            http.put(gone, json=new_user(scopes=["read"]) if "users" in gone else {})
        assert use(http, tokens["access_token"]).status_code == 401
        assert refresh(http, tokens["refresh_token"]).status_code == 401
        assert not active(http, tokens["access_token"])
        assert not active(http, tokens["refresh_token"])
    assert use(http, pair(http)["access_token"]).status_code == 200


def test_one_removed_client_of_vault_takes_nothing_from_another(http: httpx.Client) -> None:
    http.put(f"{APPS}/other", json={})
    tokens = pair(http)
    http.delete(f"{APPS}/other")
    assert use(http, tokens["access_token"]).status_code == 200


def test_a_mailed_code_of_a_removed_user_is_not_its_successors(http: httpx.Client) -> None:
    mailed = {"password": "correct-horse", "otp": {"mailed": True}}
    http.post("/auth/tfa/otp/email", json={"email": "mailed@x"}).raise_for_status()
    code = http.get("/_emulator/outbox").json()["mails"][0]["code"]
    http.delete(f"{NBC_USERS}/mailed@x")
    http.put(f"{NBC_USERS}/mailed@x", json=mailed)
    body = {"email": "mailed@x", "password": "correct-horse", "otp": code}
    answer = http.post(driving.NBCGATE, json=body)
    assert "no code was mailed to mailed@x" in driving.reason(answer)
    assert http.post("/auth/tfa/otp/email", json={"email": "mailed@x"}).status_code == 200


def test_a_change_keeps_what_was_issued_before(http: httpx.Client) -> None:
    tokens = pair(http)
    body = {"password": "Another1!", "scopes": ["read", "write"], "lifetime": "1m"}
    assert http.put(f"{USERS}/me@x", json=body).status_code == 200
    assert use(http, tokens["access_token"]).status_code == 200
    assert refresh(http, tokens["refresh_token"]).json()["expires_in"] == 60
    assert driving.vault(http).status_code == 401


def test_a_realm_sees_only_its_own_changes_and_a_reset_takes_them_back(
    http: httpx.Client, served: Served
) -> None:
    with client(served) as default:
        http.put(f"{CLIENTS}/mine", json={})
        http.patch(f"{CLIENTS}/me", json={"status": "locked"})
        http.delete(f"{USERS}/you@x")
        default.put("/_emulator/realms/later").raise_for_status()
        for base in ("", "/realms/later"):
            assert driving.omniomni(default, base, "mine").status_code == 404
            assert driving.omniomni(default, base, "me").status_code == 200
            assert driving.vault(default, base, "you@x").status_code == 200
        default.put("/_emulator/realms/copy", json={"from": http.base_url.path.split("/")[2]})
        assert driving.omniomni(default, "/realms/copy", "mine").status_code == 200
        http.delete(f"{CLIENTS}/mine")
        assert driving.omniomni(default, "/realms/copy", "mine").status_code == 200
    http.post("/_emulator/reset").raise_for_status()
    assert http.get(CLIENTS).json()["clients"] == [{"client_id": "me", "status": "active"}]
    assert driving.vault(http, username="you@x").status_code == 200


def test_the_list_shows_names_and_statuses_page_by_page(http: httpx.Client) -> None:
    names = [f"user-{number:02}@x" for number in range(25)]
    for name in reversed(names):
        http.put(f"{NBC_USERS}/{name}", json={"password": "correct-horse"})
    http.patch(f"{NBC_USERS}/user-03@x", json={"status": "locked"})
    told = http.get(NBC_USERS).json()
    everyone = ["mailed@x", "me@x", *names]
    assert [user["email"] for user in told["users"]] == everyone
    assert told["users"][5] == {"email": "user-03@x", "status": "locked"}
    assert (told["count"], told["next"]) == (27, None)
    seen: list[str] = []
    after = ""
    while after is not None:
        told = http.get(NBC_USERS, params={"limit": 10, "after": after}).json()
        seen += [user["email"] for user in told["users"]]
        after = told["next"]
        if after:
            http.delete(f"{NBC_USERS}/{after}")  # who is gone is no obstacle
    assert seen == everyone


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limit=0", "expected a whole number from 1 to 1,000"),
        ("limit=1001", "expected a whole number"),
        ("limit=x", "expected a whole number"),
        ("limit=-1", "expected a whole number"),
        ("limit=%C2%B2", "expected a whole number"),
        (f"limit={'9' * 5000}", "expected a whole number"),
        ("limt=1", 'did you mean "limit"'),
    ],
)
def test_a_query_that_cannot_be_is_a_problem(http: httpx.Client, query: str, said: str) -> None:
    answer = http.get(f"{USERS}?{query}")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_full_table_says_so(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principals, "_MAX_CHANGED", 2)
    for name in ("a", "b"):
        assert http.put(f"{CLIENTS}/{name}", json={}).status_code == 201
    for send in (http.put, http.patch):
        answer = send(f"{CLIENTS}/me", json={})
        assert answer.status_code == 507
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert http.delete(f"{CLIENTS}/me").status_code == 507
    assert http.put(f"{CLIENTS}/a", json={"scopes": ["x"]}).status_code == 200
    assert driving.omniomni(http).status_code == 200


def test_fifty_at_once_keep_count_and_names_consistent(http: httpx.Client) -> None:
    def change(number: int) -> int:
        at = f"{CLIENTS}/{'same' if number % 2 else f'c-{number}'}"
        if number % 3 == 0:
            return http.delete(at).status_code
        return http.put(at, json={"scopes": [f"s{number}"]}).status_code

    with ThreadPoolExecutor(50) as pool:
        statuses = list(pool.map(change, range(200)))
    assert set(statuses) <= {200, 201, 204, 404}
    told = http.get(CLIENTS, params={"limit": 1000}).json()
    assert told["count"] == len(told["clients"])
    assert told["count"] == 1 + statuses.count(201) - statuses.count(204)
    found = {entry["client_id"] for entry in told["clients"]}
    for number in range(0, 200, 2):
        name = f"c-{number}"
        assert (http.get(f"{CLIENTS}/{name}").status_code == 200) == (name in found)
        assert (name in found) == (number % 3 != 0)


def test_the_pages_are_made_while_principals_come_and_go(served: Served) -> None:
    with client(served) as http:

        def work(number: int) -> int:
            if number % 4 == 0:
                return http.get("/").status_code
            return http.put(f"{CLIENTS}/page-{number}", json={}).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(work, range(200))) <= {200, 201}
        http.post("/_emulator/reset").raise_for_status()
