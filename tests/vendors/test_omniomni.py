import httpx
import pytest
from serving import client, serving
from tokens import claims, header, verified

PATH = "/ecrop-command/omni-omni/v1/auth/client-token"


def sign_in(http: httpx.Client, client_id: str, path: str = PATH) -> httpx.Response:
    return http.post(path, json={"clientId": client_id})


def outcome(answer: httpx.Response) -> str:
    return answer.headers["X-Emulator-Reason"].partition(";")[0]


@pytest.mark.documented
@pytest.mark.parametrize("path", [PATH, "/omni-omni/v1/auth/client-token"])
def test_a_known_client_gets_a_token_and_nothing_else_at_both_paths(
    http: httpx.Client, path: str
) -> None:
    answer = sign_in(http, "demo-client", path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert list(answer.json()) == ["accessToken"]
    assert "X-Emulator-Reason" not in answer.headers


@pytest.mark.documented
def test_an_unknown_client_is_404_with_an_empty_body(http: httpx.Client) -> None:
    answer = sign_in(http, "demo-clint")
    assert (answer.status_code, answer.content) == (404, b"")
    assert "Content-Type" not in answer.headers
    assert answer.headers["X-Emulator-Reason"] == (
        "client_not_found; there is no client 'demo-clint'; did you mean 'demo-client'?"
    )


@pytest.mark.documented
@pytest.mark.parametrize("status", ["disabled", "locked"])
def test_a_blocked_client_is_401_with_an_empty_body(http: httpx.Client, status: str) -> None:
    answer = sign_in(http, f"{status}-client")
    assert (answer.status_code, answer.content) == (401, b"")
    assert outcome(answer) == "invalid_credentials"


@pytest.mark.documented
def test_the_signature_headers_are_optional_and_may_be_sent(http: httpx.Client) -> None:
    headers = {"X-Signature-DateTime": "2026-01-01T00:00:00Z", "X-Signature": "AA=="}
    answer = http.post(PATH, json={"clientId": "demo-client"}, headers=headers)
    assert answer.status_code == 200


@pytest.mark.assumed
@pytest.mark.parametrize("body", [{}, {"clientId": None}, {"clientId": ""}, {"other": 1}])
def test_no_client_id_is_401_with_an_empty_body(http: httpx.Client, body: object) -> None:
    answer = http.post(PATH, json=body)
    assert (answer.status_code, answer.content) == (401, b"")
    assert outcome(answer) == "missing_client_id"


@pytest.mark.assumed
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"demo-client"', b'{"clientId": 7}', b"\xff\xfe"]
)
def test_what_is_no_json_object_is_400_with_an_error(http: httpx.Client, body: bytes) -> None:
    answer = http.post(PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert outcome(answer) == "malformed_request"


@pytest.mark.assumed
def test_json_that_is_called_something_else_is_400_and_the_reason_says_so(
    http: httpx.Client,
) -> None:
    answer = http.post(PATH, data={"clientId": "demo-client"})
    assert answer.status_code == 400
    assert (
        "application/x-www-form-urlencoded, not application/json"
        in (answer.headers["X-Emulator-Reason"])
    )


@pytest.mark.assumed
def test_a_client_whose_status_is_server_error_gets_500(http: httpx.Client) -> None:
    answer = sign_in(http, "server-error-client")
    assert (answer.status_code, answer.json()) == (500, {"error": "Internal Server Error"})
    assert outcome(answer) == "server_error"


@pytest.mark.documented
def test_the_token_is_a_jwt_that_verifies_by_the_jwks(http: httpx.Client) -> None:
    token = sign_in(http, "demo-client").json()["accessToken"]
    assert verified(token, http, "omniomni", "ecrop-command")["sub"] == "demo-client"


@pytest.mark.assumed
def test_the_token_is_rs256_for_an_hour_with_the_client_and_its_scopes(http: httpx.Client) -> None:
    token = sign_in(http, "demo-client").json()["accessToken"]
    assert list(header(token)) == ["alg", "typ", "kid"]
    assert header(token)["alg"] == "RS256"
    found = claims(token)
    assert list(found) == ["iss", "sub", "aud", "iat", "exp", "jti", "client_id", "scope"]
    assert found["iss"] == "https://omniomni.emulator.test"
    assert found["exp"] - found["iat"] == 3600
    assert (found["client_id"], found["scope"]) == ("demo-client", "offers:read assets:read")


@pytest.mark.assumed
def test_two_sign_ins_give_two_tokens(http: httpx.Client) -> None:
    tokens = [sign_in(http, "demo-client").json()["accessToken"] for _ in range(2)]
    assert claims(tokens[0])["jti"] != claims(tokens[1])["jti"]


@pytest.mark.assumed
@pytest.mark.parametrize(
    "path", ["/omni-omni", "/omni-omni/v1/other", "/ecrop-command/x", PATH + "/"]
)
def test_a_path_that_the_vendor_does_not_have_is_404_in_its_words(
    http: httpx.Client, path: str
) -> None:
    answer = http.post(path, json={"clientId": "demo-client"})
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})
    assert outcome(answer) == "path_unknown"


@pytest.mark.assumed
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_another_method_is_405_and_allow_names_post(http: httpx.Client, method: str) -> None:
    answer = http.request(method, PATH)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    if method != "HEAD":
        assert answer.json() == {"error": "Method Not Allowed"}


@pytest.mark.assumed
@pytest.mark.parametrize("size", [64 * 1024 + 1, 1024 * 1024, 5 * 1024 * 1024])
def test_a_body_over_64_kib_is_413_and_the_caller_can_read_it(
    http: httpx.Client, size: int
) -> None:
    answer = http.post(PATH, content=b"x" * size)
    assert (answer.status_code, answer.json()) == (413, {"error": "Payload Too Large"})


@pytest.mark.assumed
def test_a_client_can_have_a_lifetime_and_claims_of_its_own() -> None:
    fixture = {
        "omniomni": {
            "token": {"claims": {"tenant": "all", "region": "eu", "aud": None}},
            "clients": [{"client_id": "c", "lifetime": "10m", "claims": {"tenant": "acme"}}],
        }
    }
    with serving(fixture) as served, client(served) as http:
        found = claims(sign_in(http, "c").json()["accessToken"])
    assert found["exp"] - found["iat"] == 600
    assert (found["tenant"], found["region"]) == ("acme", "eu")
    assert "aud" not in found
