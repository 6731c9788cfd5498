"""No secret gets into journal, log or reason, wherever a client puts it."""

import base64
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

JOURNAL = "/_emulator/journal"
OMNIOMNI = "/omni-omni/v1/auth/client-token"
NBCGATE = "/auth/sign-in"
VAULT = "/reg/auth/token"

NBCGATE_PASSWORD = "Nbc-pa55word-of-me"
VAULT_PASSWORD = "Vau1t#pa55word-of-me"
WRONG = "Wr0ng-pa55word-of-me"
CODE = "918273"
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SIGNING = "a-signing-secret-of-32-bytes-or-more"
STATIC = "st4tic-token-of-a-fixture"

FIXTURE: dict[str, Any] = {
    "resources": [
        {"vendor": "vault", "path": "/reset/{token}", "respond": {"body": {"of": "{{token}}"}}},
        {"vendor": "vault", "path": "/things/{id}", "respond": {"body": {"secret": STATIC}}},
        {
            "vendor": "vault",
            "method": "*",
            "path": "/on/**",
            "forward_to": "http://127.0.0.1:9",
        },
    ],
    "omniomni": {
        "token": {"algorithm": "ES256"},
        "clients": [{"client_id": "me"}],
        "outcomes": {
            "client_not_found": {"body": {"who": "{{principal}}", "why": "{{reason}}"}},
            "signed_in": {"body": {"data": {"at": "{{answer.accessToken}}"}, "id_token": STATIC}},
        },
    },
    "nbcgate": {
        "token": {"secret": SIGNING},
        "token_response": "object",
        "assumed_endpoints": True,
        "users": [
            {"email": "me@x", "password": NBCGATE_PASSWORD},
            {"email": "otp@x", "password": NBCGATE_PASSWORD, "otp": {"code": CODE}},
            {"email": "totp@x", "password": NBCGATE_PASSWORD, "otp": {"totp": TOTP}},
        ],
        "outcomes": {"refreshed": {"body": {"rt": "{{answer.refreshToken}}"}}},
    },
    "vault": {
        "token": {"algorithm": "ES256"},
        "clients": [{"client_id": "app"}],
        "users": [{"username": "me@x", "password": VAULT_PASSWORD, "scopes": ["read"]}],
    },
}

SECRETS = [NBCGATE_PASSWORD, VAULT_PASSWORD, WRONG, CODE, TOTP, SIGNING, STATIC]


def bodies(vendor: str, secret: str) -> Iterator[dict[str, Any]]:
    """What clients that mistake one member for another send."""
    right = {
        "omniomni": {"clientId": "me"},
        "nbcgate": {"email": "me@x", "password": secret, "otp": secret},
        "vault": {
            "grant_type": "password",
            "client_id": "app",
            "username": "me@x",
            "password": secret,
        },
    }[vendor]
    yield right
    for misspelt in ("pasword", "Password", "pass-phrase", "client_secret", "pin2", secret):
        yield right | {misspelt: secret}
        yield right | {misspelt: {"deeper": [secret]}}
    yield right | {"password": [secret]}
    yield right | {"password": {"value": secret}}
    if vendor != "omniomni":  # a name that names nobody, and nothing else, cannot be known as one
        yield dict.fromkeys(right, secret)
    if vendor == "vault":
        yield right | {"grant_type": secret}
        yield right | {"client_id": secret}
        yield right | {"username": secret}
    if secret == VAULT_PASSWORD:
        yield right | {"scope": secret}
        yield right | {"username": secret, "password": "me@x"}


def sign_ins(http: httpx.Client, path: str, vendor: str, secret: str) -> None:
    for body in bodies(vendor, secret):
        http.post(path, json=body)
        http.post(path, data={name: str(value) for name, value in body.items()})
        http.post(path, content=json.dumps(body)[:-1], headers={"Content-Type": "text/plain"})
    http.post(path, content=secret)
    http.post(path, content=secret, headers={"Content-Type": "application/json"})
    http.post(path, content=secret, headers={"Content-Type": "application/x-www-form-urlencoded"})
    http.post(path, params={"password": secret, secret: "", "x": secret}, json={})


def elsewhere(http: httpx.Client, path: str, secret: str) -> None:
    """In headers, in paths, at resources, at introspection and revocation."""
    encoded = base64.b64encode(f"me@x:{secret}".encode()).decode()
    for value in (secret, f"Bearer {secret}", f"Basic {encoded}", f"Token {secret}", f"{secret} x"):
        for target in ("/things/1", "/on/x", "/auth/token/check", "/auth/log-out"):
            http.get(target, headers={"Authorization": value})
            http.post(target, headers={"Authorization": value}, json={"x": secret})
        http.delete("/reg/user/session/logout/current", headers={"Authorization": value})
    segment = quote(secret, safe="")
    for below in (path, "/reg", "/auth", "/ecrop-command"):
        http.get(f"{below}/{segment}")
        http.post(f"{below}/{segment}/{segment}?token={segment}", json={"x": secret})
    http.get(f"/{segment}")
    http.get(f"/reset/{segment}")
    http.post(f"/reset/{segment}")
    for vendor in ("omniomni", "nbcgate", "vault"):
        for call in ("introspect", "revoke"):
            http.post(f"/_emulator/{vendor}/{call}", data={"token": secret, "x": secret})
            http.post(f"/_emulator/{vendor}/{call}", json={"token": secret})
    http.post("/auth/token/refresh", json={"refreshToken": secret})
    http.post("/auth/token/check", json={"token": secret})
    http.post("/auth/tfa/otp/email", json={"email": secret, "password": secret})
    http.post(VAULT, json={"grant_type": "refresh_token", "refresh_token": secret})


def all_entries(http: httpx.Client) -> str:
    answer = http.get(JOURNAL, params={"limit": 1000}).json()
    assert answer["dropped"] == 0
    assert len(answer["entries"]) == answer["last"] > 20
    return json.dumps(answer, ensure_ascii=False)


class Reasons:
    """The reasons and log lines of all calls."""

    def __init__(self, http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog
        self._sent: list[str] = []
        http.event_hooks = {"response": [self._keep]}

    def _keep(self, answer: httpx.Response) -> None:
        self._sent.append(answer.headers.get("X-Emulator-Reason", ""))

    def __str__(self) -> str:
        logged = [r.getMessage() for r in self._caplog.records if r.name.startswith("emulator")]
        return "\n".join([*self._sent, *logged])


@pytest.mark.parametrize(
    ("vendor", "path"), [("omniomni", OMNIOMNI), ("nbcgate", NBCGATE), ("vault", VAULT)]
)
@pytest.mark.parametrize("secret", [NBCGATE_PASSWORD, VAULT_PASSWORD, WRONG, CODE])
def test_a_password_or_code_is_shown_nowhere(
    http: httpx.Client, vendor: str, path: str, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "emulator")
    reasons = Reasons(http, caplog)
    sign_ins(http, path, vendor, secret)
    elsewhere(http, path, secret)
    for said in (all_entries(http), str(reasons)):
        assert_none_of(SECRETS, said)


def test_tokens_are_shown_nowhere(http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "emulator")
    reasons = Reasons(http, caplog)
    vault = {"grant_type": "password", "client_id": "app", "username": "me@x"}
    signed_in = http.post(VAULT, json=vault | {"password": VAULT_PASSWORD}).json()
    nbcgate = http.post(NBCGATE, json={"email": "me@x", "password": NBCGATE_PASSWORD}).json()
    omniomni = http.post(OMNIOMNI, json={"clientId": "me"}).json()["data"]["at"]
    fresh = http.post("/auth/token/refresh", json={"refreshToken": nbcgate["refreshToken"]}).json()
    tokens = [
        signed_in["access_token"],
        signed_in["refresh_token"],
        nbcgate["token"],
        nbcgate["refreshToken"],
        omniomni,
        fresh["rt"],
    ]
    for token in tokens:
        elsewhere(http, VAULT, token)
        http.post(OMNIOMNI, json={"clientId": token})
        http.post(NBCGATE, json={"email": token, "password": token})
        http.post(VAULT, json=dict.fromkeys(vault, token))
        http.post(VAULT, data=vault | {"username": f"x{token}", "password": token})
        http.get("/things/1", headers={"Authorization": f"Bearer {token}"})
        http.get("/things/1", headers={"User-Agent": token, "Content-Type": token})
        http.get(f"/reset/{token}", headers={"Authorization": f"Bearer {tokens[0]}"})
        http.get(f"/things/{token}", headers={"Authorization": f"Bearer {tokens[0]}"})
    parts = [part for token in tokens for part in (token, token[:40], token[-40:])]
    for said in (all_entries(http), str(reasons)):
        assert_none_of([*parts, *SECRETS], said)


def assert_none_of(secrets: list[str], said: str) -> None:
    for secret in secrets:
        place = said.find(secret)
        assert place < 0, said[max(0, place - 300) : place + 100]


def test_what_another_server_answers_is_reported_by_its_size(http: httpx.Client) -> None:
    elsewhere(http, VAULT, WRONG)
    token = http.post(
        VAULT,
        json={
            "grant_type": "password",
            "client_id": "app",
            "username": "me@x",
            "password": VAULT_PASSWORD,
        },
    ).json()["access_token"]
    sent = {"Authorization": f"Bearer {token}"}
    http.post("/on/x", headers=sent, json={"pin": WRONG})
    entry = http.get(JOURNAL, params={"limit": 1}).json()["entries"][0]
    assert (entry["operation"], entry["request"]["body"]) == ("resource", None)
    assert entry["request"]["body_bytes"] == len(json.dumps({"pin": WRONG}, separators=(",", ":")))
    assert entry["request"]["headers"]["authorization"] == "Bearer ***"


def test_members_that_no_one_knows_are_named_and_masked(http: httpx.Client) -> None:
    members = {"clientId": "me", "client_id": "me", "tenant": 7, "none": None, "x1": "y"}
    http.post(OMNIOMNI, json=members)
    assert last(http)["request"]["body"] == {
        "clientId": "me",
        "client_id": "***",
        "tenant": "***",
        "none": None,
        "***": "***",
    }


def test_of_many_members_so_many_are_reported_as_have_room(http: httpx.Client) -> None:
    unnamed = {str(number): "x" for number in range(200)}
    named = {letter * 3: 1 for letter in "abcdefghijklmnopqrstuvwxyz"}
    http.post(OMNIOMNI, json={**unnamed, "clientId": "me", **named})
    told = last(http)["request"]["body"]
    assert list(told) == ["***", "clientId", *[letter * 3 for letter in "abcdefghijklmnopqr"]]
    assert told["clientId"] == "me"


def last(http: httpx.Client) -> dict[str, Any]:
    entry: dict[str, Any] = http.get(JOURNAL, params={"limit": 1}).json()["entries"][0]
    return entry


def test_a_body_that_cannot_be_read_is_reported_by_size_and_media_type(http: httpx.Client) -> None:
    http.post(OMNIOMNI, content=b"{clientId: me", headers={"Content-Type": "application/json"})
    request = last(http)["request"]
    assert (request["body"], request["body_bytes"]) == (None, 13)
    assert request["headers"]["content-type"] == "application/json"


def test_an_entry_stays_small_whatever_is_sent(http: httpx.Client) -> None:
    many = {"a" * (n + 1): "x" * 500 for n in range(60)}
    long = "n" * 30_000
    http.post(OMNIOMNI, json=many | {"clientId": long}, headers={"User-Agent": long})
    http.post(f"/omni-omni/{'x/' * 3000}?{'y=z&' * 2000}")
    for entry in http.get(JOURNAL).json()["entries"]:
        assert len(json.dumps(entry["request"])) < 2_500
        assert len(json.dumps(entry)) < 5_500


def test_a_mistyped_path_is_reported_as_far_as_it_is_made_of_known_words(
    http: httpx.Client,
) -> None:
    http.post("/auth/sign_in/v2/Zq8-whatever", json={})
    assert last(http)["request"]["path"] == "/auth/sign_in/v2/***"


def test_a_password_that_was_sent_as_a_name_is_not_repeated(http: httpx.Client) -> None:
    body = {"grant_type": "password", "client_id": "app", "username": VAULT_PASSWORD}
    answer = http.post(VAULT, json=body | {"password": "me@x"})
    told = "a password was sent where a name or a scope belongs"
    assert answer.headers["X-Emulator-Reason"] == f"wrong_credentials; {told}"
    assert last(http)["principal"] == "***"


@pytest.mark.parametrize("value", [["me"], {"is": "me"}, 7, True, None, ""])
def test_a_member_of_any_type_is_reported_or_masked(http: httpx.Client, value: Any) -> None:
    for path, member in ((OMNIOMNI, "clientId"), (NBCGATE, "email"), (VAULT, "scope")):
        answer = http.post(path, json={member: value, "grant_type": value, "password": WRONG})
        assert answer.status_code in (200, 400, 401, 404)
        told = last(http)["request"]["body"]
        assert told[member] == ("***" if isinstance(value, list | dict) else value)


def test_why_a_name_is_unknown_is_reported_though_it_was_sent_twice(http: httpx.Client) -> None:
    answer = http.post(OMNIOMNI, json={"clientId": "nobody", "client_id": "nobody"})
    assert answer.headers["X-Emulator-Reason"].startswith("client_not_found; there is no client")
    assert last(http)["principal"] == "nobody"


def test_a_password_of_another_vendors_user_is_not_repeated_either(http: httpx.Client) -> None:
    secret = FIXTURE["vault"]["users"][0]["password"]
    answer = http.post("/omni-omni/v1/auth/client-token", json={"clientId": secret})
    assert answer.status_code == 404
    entries = http.get("/_emulator/journal").json()["entries"]
    assert secret not in str(entries) + str(answer.headers)


def test_a_body_in_the_place_of_a_name_is_not_shown(http: httpx.Client) -> None:
    odd = "me@x;password=whatever-it-is"
    body = {"grant_type": "password", "client_id": "app", "username": odd, "password": "x"}
    answer = http.post("/reg/auth/token", json=body)
    entries = http.get("/_emulator/journal").json()["entries"]
    assert "whatever" not in str(entries) + str(answer.headers)
    assert "more than a name" in answer.headers["X-Emulator-Reason"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (OMNIOMNI, {"clientId": f"me {VAULT_PASSWORD}"}),
        (OMNIOMNI, {"clientId": f"{NBCGATE_PASSWORD} "}),
        (NBCGATE, {"email": TOTP, "password": "x"}),
        (
            VAULT,
            {
                "grant_type": "password",
                "client_id": "app",
                "username": "me@x",
                "password": VAULT_PASSWORD,
                "scope": f"read {VAULT_PASSWORD}",
            },
        ),
    ],
)
def test_a_secret_among_other_words_is_not_repeated(
    http: httpx.Client, caplog: pytest.LogCaptureFixture, path: str, body: dict[str, str]
) -> None:
    with caplog.at_level(logging.INFO, "emulator"):
        refused = http.post(path, json=body)
    entries = http.get(JOURNAL, params={"limit": 1}).text
    seen = f"{refused.headers['x-emulator-reason']} {entries} {caplog.text}"
    for secret in (VAULT_PASSWORD, NBCGATE_PASSWORD, TOTP):
        assert secret not in seen
