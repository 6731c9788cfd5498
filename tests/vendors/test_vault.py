import json
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from serving import Served, client, serving
from tokens import claims, verified

CLIENT = "haequi3Aah8lie2r"
ALICE = {
    "grant_type": "password",
    "password": "A9#bL8@z",
    "username": "alice@example.com",
    "client_id": CLIENT,
}
SCOPE = (
    "accounts:create accounts:read top_up_account:show top_up_bank_card:show top_up_crypto:show "
    "top_up_bank:show top_up_atm_gcp_qr:show withdraw_account:show withdraw_bank:show "
    "withdraw_crypto:show withdraw_atm_gcp_qr:show exchange:show accounts:show "
    "withdraw_other_account:show deposit:read deposit_crypto:create deposit_bank:create "
    "deposit_atm:create transfer:read transfer_own:create transfer_other:create exchange:read "
    "exchange:create withdraw:read withdraw_crypto:create withdraw_bank:create "
    "withdraw_atm:create withdraw_ips:show cardholder_user:read cardholder_user:write "
    "user_phone:write user_email:write user_email:create user_phone:create user_mfa:read "
    "user_mfa:create counterparty:create counterparty:read"
)
MEMBERS = ["access_token", "token_type", "refresh_token", "scope", "expires_in", "user_id"]


def sign_in(http: httpx.Client, **members: object) -> httpx.Response:
    return http.post("/reg/auth/token", json={**ALICE, **members})


def refresh(http: httpx.Client, token: str, **members: str) -> httpx.Response:
    body = {"grant_type": "refresh_token", "refresh_token": token, **members}
    return http.post("/reg/auth/token", json=body)


def refused(answer: httpx.Response, status: int, word: str, message: str) -> dict[str, Any]:
    """Assert the documented envelope, and return its body."""
    assert answer.status_code == status
    body: dict[str, Any] = answer.json()
    assert list(body) == ["status", "message", "traceId", "errors"]
    assert (body["status"], body["message"]) == (word, message)
    assert body["traceId"] == "TraceId unavailable"
    return body


def outcome(answer: httpx.Response) -> str:
    return answer.headers["X-Emulator-Reason"].partition(";")[0]


@pytest.mark.documented
def test_a_sign_in_answers_the_six_members_in_the_documented_order(http: httpx.Client) -> None:
    answer = sign_in(http)
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == MEMBERS
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 86400
    assert body["user_id"] == "usr:74177c2d-11b5-4536-af4e-485dfd078cc1"


@pytest.mark.documented
def test_the_demo_user_has_the_38_scopes_of_the_example_in_its_order(http: httpx.Client) -> None:
    scope = sign_in(http).json()["scope"]
    assert scope == SCOPE
    assert len(scope.split()) == 38


@pytest.mark.documented_elsewhere
def test_both_tokens_are_jwts_whose_header_begins_with_kid(http: httpx.Client) -> None:
    body = sign_in(http).json()
    for token in (body["access_token"], body["refresh_token"]):
        assert token.startswith("eyJraWQiOi")
        assert token.count(".") == 2


@pytest.mark.assumed
def test_the_access_token_is_rs256_and_verifies_by_the_jwks(http: httpx.Client) -> None:
    found = verified(sign_in(http).json()["access_token"], http, "vault", "vault-api")
    assert list(found) == ["iss", "sub", "aud", "iat", "exp", "jti", "client_id", "scope"]
    assert found["sub"] == "usr:74177c2d-11b5-4536-af4e-485dfd078cc1"
    assert (found["client_id"], found["scope"]) == (CLIENT, SCOPE)


@pytest.mark.documented_elsewhere
def test_the_access_token_is_valid_for_24_hours(http: httpx.Client) -> None:
    found = claims(sign_in(http).json()["access_token"])
    assert found["exp"] - found["iat"] == 86400


@pytest.mark.assumed
def test_a_form_is_accepted_as_rfc_6749_clients_send_it(http: httpx.Client) -> None:
    answer = http.post("/reg/auth/token", data=ALICE)
    assert answer.status_code == 200
    again = {"grant_type": "refresh_token", "refresh_token": answer.json()["refresh_token"]}
    assert http.post("/reg/auth/token", data=again).status_code == 200


@pytest.mark.assumed
def test_scope_narrows_what_is_granted(http: httpx.Client) -> None:
    body = sign_in(http, scope="exchange:show accounts:read").json()
    assert body["scope"] == "accounts:read exchange:show"
    assert claims(body["access_token"])["scope"] == "accounts:read exchange:show"


@pytest.mark.assumed
def test_an_empty_scope_is_as_none(http: httpx.Client) -> None:
    assert sign_in(http, scope="").json()["scope"] == SCOPE


@pytest.mark.assumed
def test_a_scope_that_the_user_does_not_have_is_invalid_scope(http: httpx.Client) -> None:
    answer = sign_in(http, scope="accounts:read admin:all")
    refused(answer, 400, "BAD_REQUEST", "The requested scope is invalid")
    assert "admin:all" in answer.headers["X-Emulator-Reason"]


@pytest.mark.documented_elsewhere
def test_a_refresh_answers_a_new_pair_with_the_scopes_in_alphabetical_order(
    http: httpx.Client,
) -> None:
    first = sign_in(http).json()
    answer = refresh(http, first["refresh_token"])
    assert answer.status_code == 200
    second = answer.json()
    assert list(second) == MEMBERS
    assert second["scope"] == " ".join(sorted(SCOPE.split()))
    assert second["expires_in"] == 86400
    assert second["user_id"] == first["user_id"]
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert refresh(http, second["refresh_token"]).status_code == 200


@pytest.mark.assumed
def test_a_used_refresh_token_is_refused(http: httpx.Client) -> None:
    token = sign_in(http).json()["refresh_token"]
    assert refresh(http, token).status_code == 200
    answer = refresh(http, token)
    refused(answer, 401, "UNAUTHORIZED", "The Token is invalid")
    assert answer.headers["X-Emulator-Reason"] == (
        "refresh_token_reused; the refresh token was used before"
    )


@pytest.mark.assumed
def test_a_narrowed_refresh_narrows_the_access_token_and_not_the_next_refresh(
    http: httpx.Client,
) -> None:
    narrow = refresh(http, sign_in(http).json()["refresh_token"], scope="accounts:read").json()
    assert claims(narrow["access_token"])["scope"] == "accounts:read"
    assert len(refresh(http, narrow["refresh_token"]).json()["scope"].split()) == 38


@pytest.mark.assumed
def test_a_refresh_cannot_widen_the_scope(http: httpx.Client) -> None:
    token = sign_in(http, scope="accounts:read").json()["refresh_token"]
    assert outcome(refresh(http, token, scope="exchange:show")) == "invalid_scope"
    assert refresh(http, token).json()["scope"] == "accounts:read"


@pytest.mark.documented_elsewhere
def test_an_expired_refresh_token_is_reported_when_it_expired() -> None:
    with serving() as served, client(served) as http:
        served.clock.freeze()
        token = sign_in(http).json()["refresh_token"]
        served.clock.advance(30 * 86400 - 1)
        assert served.clock.now() < claims(token)["exp"]
        served.clock.advance(1)
        answer = refresh(http, token)
    message = answer.json()["message"]
    refused(answer, 401, "UNAUTHORIZED", message)
    assert answer.json()["errors"] == []
    expiry = claims(token)["exp"]
    stamp = datetime.fromtimestamp(expiry, UTC)
    assert message == f"The Token has expired on {stamp:%Y-%m-%dT%H:%M:%S}.000Z"


@pytest.mark.assumed
@pytest.mark.parametrize("token", ["x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é", "{}"])
def test_what_is_no_refresh_token_of_ours_is_refused(http: httpx.Client, token: str) -> None:
    answer = refresh(http, token)
    refused(answer, 401, "UNAUTHORIZED", "The Token is invalid")


@pytest.mark.assumed
def test_an_access_token_is_no_refresh_token(http: httpx.Client) -> None:
    answer = refresh(http, sign_in(http).json()["access_token"])
    refused(answer, 401, "UNAUTHORIZED", "The Token is invalid")
    assert "an access token was sent" in answer.headers["X-Emulator-Reason"]


@pytest.mark.assumed
def test_a_refresh_token_by_another_key_is_refused(http: httpx.Client) -> None:
    token = sign_in(http).json()["refresh_token"]
    head, _, _ = token.split(".")
    forged = jwt.encode(claims(token), "a-secret-that-is-long-enough-for-hs256", algorithm="HS256")
    for wrong in (forged, head + "." + ".".join(forged.split(".")[1:]), token[:-4] + "AAAA"):
        refused(refresh(http, wrong), 401, "UNAUTHORIZED", "The Token is invalid")


@pytest.mark.assumed
def test_a_refresh_token_is_for_the_client_that_it_was_issued_to() -> None:
    fixture = {
        "vault": {
            "clients": [{"client_id": CLIENT}, {"client_id": "other"}],
            "users": [{"username": ALICE["username"], "password": ALICE["password"]}],
        }
    }
    with serving(fixture) as served, client(served) as http:
        token = sign_in(http).json()["refresh_token"]
        assert outcome(refresh(http, token, client_id="nobody")) == "unknown_client"
        assert outcome(refresh(http, token, client_id="other")) == "refresh_token_invalid"
        assert refresh(http, token, client_id=CLIENT).status_code == 200


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"password": "a9#bl8@Z"}, "differs only in case"),
        ({"password": "A9#bL8@z "}, "a space at its end"),
        ({"password": "something"}, "is wrong"),
        ({"username": "alise@example.com"}, "there is no user 'alise@example.com'"),
    ],
)
def test_an_unknown_user_and_a_wrong_password_have_one_and_the_same_body(
    http: httpx.Client, members: dict[str, str], why: str
) -> None:
    answer = sign_in(http, **members)
    body = refused(
        answer,
        401,
        "UNAUTHORIZED",
        "We couldn’t sign you in. Please double-check your email and password and try again.",  # noqa: RUF001 - the vendor's apostrophe
    )
    assert body["errors"] == []
    assert why in answer.headers["X-Emulator-Reason"]


@pytest.mark.assumed
def test_an_unknown_client_is_401(http: httpx.Client) -> None:
    answer = sign_in(http, client_id="nobody")
    refused(answer, 401, "UNAUTHORIZED", "Unknown client")
    assert outcome(answer) == "unknown_client"


@pytest.mark.assumed
@pytest.mark.parametrize("status", ["disabled", "locked"])
def test_a_blocked_user_is_401(http: httpx.Client, status: str) -> None:
    answer = sign_in(http, username=f"{status}@example.com")
    refused(answer, 401, "UNAUTHORIZED", "The user is blocked")


@pytest.mark.assumed
def test_a_user_whose_status_is_server_error_gets_500(http: httpx.Client) -> None:
    answer = sign_in(http, username="server-error@example.com")
    refused(answer, 500, "INTERNAL_SERVER_ERROR", "Internal Server Error")


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"grant_type": "password"}, ["password", "username", "client_id"]),
        ({**ALICE, "username": 7, "password": None}, ["password", "username"]),
        ({**ALICE, "grant_type": None}, ["grant_type"]),
        ({**ALICE, "scope": ["a"]}, ["scope"]),
        ({}, ["grant_type", "password", "username", "client_id"]),
        ({"grant_type": "refresh_token"}, ["refresh_token"]),
        ({"grant_type": "refresh_token", "refresh_token": 7}, ["refresh_token"]),
    ],
)
def test_each_absent_or_wrong_member_has_its_entry(
    http: httpx.Client, body: dict[str, Any], fields: list[str]
) -> None:
    answer = http.post("/reg/auth/token", json=body)
    errors = refused(answer, 400, "BAD_REQUEST", "The request is invalid")["errors"]
    assert [entry["field"] for entry in errors] == fields
    assert all(list(entry) == ["field", "message"] for entry in errors)


@pytest.mark.assumed
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null"])
def test_what_is_no_json_object_is_400(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/reg/auth/token", content=body)
    refused(answer, 400, "BAD_REQUEST", "The request is invalid")


@pytest.mark.assumed
def test_json_that_is_called_a_form_is_400_and_the_reason_says_so(http: httpx.Client) -> None:
    answer = http.post(
        "/reg/auth/token",
        content=json.dumps(ALICE),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    refused(answer, 400, "BAD_REQUEST", "The request is invalid")
    assert "the body looks like JSON" in answer.headers["X-Emulator-Reason"]


@pytest.mark.assumed
def test_a_form_parameter_that_is_given_twice_is_400(http: httpx.Client) -> None:
    answer = http.post("/reg/auth/token", data={**ALICE, "client_id": [CLIENT, CLIENT]})
    refused(answer, 400, "BAD_REQUEST", "The request is invalid")


@pytest.mark.assumed
@pytest.mark.parametrize("grant", ["client_credentials", "Password", "authorization_code"])
def test_another_grant_is_unsupported(http: httpx.Client, grant: str) -> None:
    answer = sign_in(http, grant_type=grant)
    refused(answer, 400, "BAD_REQUEST", "Unsupported grant type")


@pytest.mark.assumed
@pytest.mark.parametrize("path", ["/reg", "/reg/v1/auth/token", "/reg/auth/token/"])
def test_a_path_that_the_vendor_does_not_have_is_404_in_its_words(
    http: httpx.Client, path: str
) -> None:
    refused(http.post(path, json=ALICE), 404, "NOT_FOUND", "Not Found")


@pytest.mark.assumed
def test_another_method_is_405_and_allow_names_post(http: httpx.Client) -> None:
    answer = http.get("/reg/auth/token")
    refused(answer, 405, "METHOD_NOT_ALLOWED", "Method Not Allowed")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.assumed
def test_a_body_over_64_kib_is_413(http: httpx.Client) -> None:
    answer = http.post("/reg/auth/token", content=b"x" * 70_000)
    refused(answer, 413, "PAYLOAD_TOO_LARGE", "Payload Too Large")


@pytest.mark.assumed
def test_a_user_may_be_blocked_after_its_token_was_issued(demo: Served) -> None:
    fixture = {
        "vault": {
            "clients": [{"client_id": CLIENT}],
            "users": [{"username": ALICE["username"], "password": ALICE["password"]}],
        }
    }
    with client(demo) as http:
        token = sign_in(http).json()["refresh_token"]
    fixture["vault"]["users"][0]["status"] = "locked"
    with serving(fixture) as served, client(served) as http:
        assert outcome(refresh(http, token)) == "user_blocked"


@pytest.mark.assumed
def test_both_tokens_of_a_pair_say_the_same_but_for_how_long_and_for_what() -> None:
    fixture = {
        "vault": {
            "token": {
                "algorithm": "HS256",
                "secret": "a-secret-of-more-than-thirty-two-bytes",
                "audience": ["one", "two"],
                "claims": {"tenant": "acme"},
            },
            "clients": [{"client_id": CLIENT}],
            "users": [
                {
                    "username": ALICE["username"],
                    "password": ALICE["password"],
                    "scopes": ["a:read", "b:read"],
                    "lifetime": "5m",
                    "refresh_lifetime": "2h",
                }
            ],
        }
    }
    with serving(fixture) as served, client(served) as http:
        pair = sign_in(http, scope="b:read").json()
        access, long = claims(pair["access_token"]), claims(pair["refresh_token"])
    assert list(long) == [name for name in access if name != "tenant"] + ["token_use"]
    assert (access["exp"] - access["iat"], long["exp"] - long["iat"]) == (300, 7200)
    assert access.pop("jti") != long.pop("jti")
    assert (access.pop("tenant"), long.pop("token_use")) == ("acme", "refresh")
    assert (access.pop("exp"), long.pop("exp")) == (access["iat"] + 300, access["iat"] + 7200)
    assert access == long
    assert (access["aud"], access["scope"]) == (["one", "two"], "b:read")
