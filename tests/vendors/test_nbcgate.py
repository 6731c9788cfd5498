import json
import socket
from typing import Any

import httpx
import jwt
import pytest
from serving import Served, client, serving
from tokens import claims

SECRET = "demo-secret-of-nbc-gate-32-bytes-or-more"
ALICE = {"email": "alice@example.com", "password": "correct-horse"}


def sign_in(http: httpx.Client, **members: object) -> httpx.Response:
    return http.post("/auth/sign-in", json={**ALICE, **members})


def outcome(answer: httpx.Response) -> str:
    return answer.headers["X-Emulator-Reason"].partition(";")[0]


def fixture(**settings: Any) -> dict[str, Any]:
    users = [
        {**ALICE, "scopes": ["pay:read"]},
        {"email": "otp@example.com", "password": "correct-horse", "otp": {"code": "123456"}},
    ]
    return {"nbcgate": {"token": {"secret": SECRET}, "users": users, **settings}}


def raw(port: int, target: str) -> bytes:
    """Send a sign-in with exactly this request target, and read the whole answer."""
    body = json.dumps(ALICE).encode()
    head = (
        f"POST {target} HTTP/1.1\r\nHost: api.client.nbcgate.tech\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(head.encode() + body)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.documented
def test_two_slashes_in_the_request_line_are_answered_without_a_redirect(demo: Served) -> None:
    answer = raw(demo.port, "//auth/sign-in")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.rpartition(b"\r\n\r\n")[2].startswith(b'"eyJ')


@pytest.mark.documented
def test_httpx_sends_two_slashes_when_the_url_is_written_whole(
    demo: Served, http: httpx.Client
) -> None:
    assert http.post(f"{demo.url}//auth/sign-in", json=ALICE).status_code == 200


@pytest.mark.documented_elsewhere
def test_one_slash_is_answered_too(demo: Served) -> None:
    assert raw(demo.port, "/auth/sign-in").startswith(b"HTTP/1.1 200 ")


@pytest.mark.documented
def test_the_answer_is_a_bare_json_string(http: httpx.Client) -> None:
    answer = sign_in(http)
    assert answer.headers["Content-Type"] == "application/json"
    assert isinstance(answer.json(), str)
    assert answer.text == f'"{answer.json()}"'


@pytest.mark.documented_elsewhere
def test_the_header_of_the_token_is_exactly_alg_and_typ(http: httpx.Client) -> None:
    assert sign_in(http).json().startswith("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.")


@pytest.mark.assumed
def test_the_token_verifies_with_the_secret_and_lasts_an_hour(http: httpx.Client) -> None:
    found = jwt.decode(sign_in(http).json(), SECRET, algorithms=["HS256"])
    assert list(found) == ["iss", "sub", "email", "iat", "exp", "jti", "scope"]
    assert found["email"] == "alice@example.com"
    assert found["exp"] - found["iat"] == 3600


@pytest.mark.assumed
def test_the_jwks_holds_no_secret(http: httpx.Client) -> None:
    assert http.get("/_emulator/nbcgate/.well-known/jwks.json").json() == {"keys": []}


@pytest.mark.documented_elsewhere
def test_token_response_object_answers_token_and_an_opaque_refresh_token() -> None:
    with serving(fixture(token_response="object")) as served, client(served) as http:
        answer = sign_in(http).json()
    assert list(answer) == ["token", "refreshToken"]
    assert claims(answer["token"])["scope"] == "pay:read"
    assert "." not in answer["refreshToken"]


@pytest.mark.documented
def test_every_bad_field_has_its_entry(http: httpx.Client) -> None:
    answer = http.post("/auth/sign-in", json={"email": "al", "otp": 3, "password": "short"})
    assert answer.status_code == 400
    body = answer.json()
    assert list(body) == ["statusCode", "message", "errors"]
    assert body["statusCode"] == 400
    assert [entry["field"] for entry in body["errors"]] == ["email", "otp", "password"]
    assert all(isinstance(entry["code"], int) for entry in body["errors"])


@pytest.mark.documented
@pytest.mark.parametrize(
    ("members", "fields"),
    [
        ({}, ["email", "password"]),
        ({"email": None, "password": None}, ["email", "password"]),
        ({"email": "alice@example.com"}, ["password"]),
        ({"email": "alice@example.com", "otp": "123456"}, ["password"]),
        ({"email": 7, "password": "correct-horse"}, ["email"]),
        ({"email": "", "password": "correct-horse"}, ["email"]),
        ({**ALICE, "password": ["correct-horse"]}, ["password"]),
        ({**ALICE, "password": "1234567"}, ["password"]),
    ],
)
def test_an_absent_wrong_or_short_field_is_400(
    http: httpx.Client, members: dict[str, Any], fields: list[str]
) -> None:
    answer = http.post("/auth/sign-in", json=members)
    assert answer.status_code == 400
    assert [entry["field"] for entry in answer.json()["errors"]] == fields
    assert outcome(answer) == "invalid_request"


@pytest.mark.assumed
@pytest.mark.parametrize("email", ["alice", "@example.com", "alice@", "@"])
def test_text_at_text_is_wanted_of_an_email(http: httpx.Client, email: str) -> None:
    answer = sign_in(http, email=email)
    assert (answer.status_code, outcome(answer)) == (400, "invalid_request")


@pytest.mark.assumed
@pytest.mark.parametrize("email", ["a@b", "a@host.test", "a@host.local", "a b@c d"])
def test_nothing_stricter_is_wanted_of_an_email(http: httpx.Client, email: str) -> None:
    assert outcome(sign_in(http, email=email)) == "user_not_found"


@pytest.mark.documented
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"7"])
def test_what_is_no_json_object_is_400_without_entries(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/auth/sign-in", content=body)
    assert (answer.status_code, answer.json()["errors"]) == (400, [])


@pytest.mark.documented
def test_an_unknown_email_is_404(http: httpx.Client) -> None:
    answer = sign_in(http, email="alise@example.com")
    assert answer.status_code == 404
    assert answer.json() == {"statusCode": 404, "message": "User not found", "errors": []}
    assert "did you mean 'alice@example.com'" in answer.headers["X-Emulator-Reason"]


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("wrong-horse", "is wrong"),
        ("Correct-Horse", "differs only in case"),
        ("correct-horse ", "was sent with a space at its end"),
        (" correct-horse", "was sent with a space at its beginning"),
        ("\tcorrect-horse\n", "was sent with a space at its beginning and end"),
    ],
)
def test_a_wrong_password_is_400_and_the_reason_says_how_it_is_wrong(
    http: httpx.Client, password: str, why: str
) -> None:
    answer = sign_in(http, password=password)
    assert answer.status_code == 400
    assert [entry["field"] for entry in answer.json()["errors"]] == ["password"]
    assert answer.headers["X-Emulator-Reason"] == (
        f"wrong_password; the password of alice@example.com {why}"
    )


@pytest.mark.assumed
@pytest.mark.parametrize("status", ["disabled", "locked"])
def test_a_blocked_user_is_400(http: httpx.Client, status: str) -> None:
    answer = sign_in(http, email=f"{status}@example.com")
    assert (answer.status_code, outcome(answer)) == (400, "user_blocked")


@pytest.mark.assumed
def test_who_does_not_know_the_password_is_not_shown_of_the_block(http: httpx.Client) -> None:
    answer = sign_in(http, email="locked@example.com", password="wrong-horse")
    assert outcome(answer) == "wrong_password"


@pytest.mark.documented
def test_a_user_whose_status_is_server_error_gets_500(http: httpx.Client) -> None:
    answer = sign_in(http, email="server-error@example.com")
    assert answer.status_code == 500
    assert answer.json()["statusCode"] == 500


@pytest.mark.assumed
@pytest.mark.parametrize(
    ("otp", "expected"),
    [(None, "otp_required"), ("", "otp_required"), ("000000", "otp_wrong"), ("123456", "")],
)
def test_a_user_with_a_one_time_code_needs_it(
    http: httpx.Client, otp: str | None, expected: str
) -> None:
    answer = sign_in(http, email="otp@example.com", otp=otp)
    assert answer.headers.get("X-Emulator-Reason", "").partition(";")[0] == expected
    assert answer.status_code == (400 if expected else 200)


@pytest.mark.documented
def test_a_code_is_optional_for_who_has_none(http: httpx.Client) -> None:
    assert sign_in(http, otp="text").status_code == 200


@pytest.mark.documented_elsewhere
@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"otp": "123456"}, 200),
        ({"password": "correct-horse"}, 200),
        ({"otp": "123456", "password": "correct-horse"}, 200),
        ({"otp": "000000"}, 400),
        ({"otp": "123456", "password": "wrong-horse"}, 400),
        ({}, 400),
    ],
)
def test_with_password_or_otp_either_will_do(members: dict[str, str], expected: int) -> None:
    with serving(fixture(sign_in_with="password_or_otp")) as served, client(served) as http:
        answer = http.post("/auth/sign-in", json={"email": "otp@example.com", **members})
    assert answer.status_code == expected


@pytest.mark.assumed
def test_a_code_alone_is_refused_for_who_has_none() -> None:
    with serving(fixture(sign_in_with="password_or_otp")) as served, client(served) as http:
        answer = http.post("/auth/sign-in", json={"email": ALICE["email"], "otp": "123456"})
    assert (answer.status_code, outcome(answer)) == (400, "otp_wrong")


@pytest.mark.assumed
@pytest.mark.parametrize("path", ["/auth", "/auth/sign-in/", "/auth/token/refresh"])
def test_a_path_that_the_vendor_does_not_have_is_404_in_its_words(
    http: httpx.Client, path: str
) -> None:
    answer = http.post(path, json=ALICE)
    assert answer.status_code == 404
    assert answer.json() == {"statusCode": 404, "message": "Not Found", "errors": []}


@pytest.mark.assumed
@pytest.mark.parametrize("path", ["/auth/sign-in", "//auth/sign-in"])
def test_another_method_is_405_and_allow_names_post(demo: Served, path: str) -> None:
    answer = httpx.get(demo.url + path, trust_env=False)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["statusCode"] == 405


@pytest.mark.assumed
def test_a_body_over_64_kib_is_413(http: httpx.Client) -> None:
    answer = http.post("/auth/sign-in", content=b"x" * 70_000)
    assert (answer.status_code, answer.json()["statusCode"]) == (413, 413)
