"""What the other themes pass by: keys as JWK, a file of users, odd answers in the journal."""

from collections.abc import Iterator
from typing import Any

from records.scripts.fixtures import usual
from records.scripts.writing import Writing


def scripts() -> Iterator[Writing]:
    """All of them."""
    yield _files()
    yield _blocked_refreshes()
    yield _answers()
    yield _odd_refresh_tokens()


def _files() -> Writing:
    fixture = usual(
        omniomni__token={"algorithm": "EdDSA", "private_key_file": "@keys/ed25519.jwk"},
        nbcgate__token={"algorithm": "ES256", "private_key_file": "@keys/p256.jwk"},
        vault__token={"algorithm": "PS256", "private_key_file": "@keys/rsa-2.jwk"},
        vault__users_file="@keys/users.jsonl",
    )
    fixture["omniomni"]["clients"].append(
        {"client_id": "jwk", "signature": "required", "public_key_file": "@keys/p256.pub.jwk"}
    )
    written = Writing("more.files", fixture)
    written.omniomni()
    written.omniomni("jwk")
    written.nbcgate()
    for name in ("good@x", "filed@x", "shut@x", "filed"):
        written.vault(name)
    written.get("/_emulator/keys")
    written.get("/_emulator/vault/users")
    written.get("/_emulator/omniomni/clients/jwk")
    return written


def _blocked_refreshes() -> Writing:
    written = Writing("more.blocked_refreshes", usual())
    vault, nbcgate = written.vault(), written.nbcgate()
    refreshes = (f"<<{vault}.refresh_token>>", f"<<{nbcgate}.refreshToken>>")
    for status in ("locked", "disabled", "server_error", "wrong_credentials"):
        for vendor, refresh in zip(("vault", "nbcgate"), refreshes, strict=True):
            one = f"/_emulator/{vendor}/users/good@x"
            written.send("PATCH", one, {"status": status})
            if vendor == "vault":
                written.refresh(refresh)
            else:
                written.post("/auth/token/refresh", {"refreshToken": refresh})
    written.send("PATCH", "/_emulator/vault/users/good@x", {"status": "active"})
    written.send("PATCH", "/_emulator/vault/clients/app", {"status": "locked"})
    written.refresh(refreshes[0])
    written.bearer("/accounts", f"<<{vault}.access_token>>")
    written.call("DELETE", "/_emulator/vault/clients/app")
    written.refresh(refreshes[0])
    written.bearer("/accounts", f"<<{vault}.access_token>>")
    written.send("PATCH", "/_emulator/nbcgate/users/good@x", {"status": "active"})
    written.post("/auth/token/refresh", {"refreshToken": refreshes[1]})
    return written


def _answers() -> Writing:
    responds: tuple[dict[str, Any], ...] = (
        {"status": 302, "headers": {"Location": "https://a.test/x?code=7#y"}},
        {"body": {"password": "secret", "token": "t", "api_key": "k", "n": {"otp": "1", "pin": 2}}},
        {"body": {"a": "\u0001eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJub25lIn0.e30.": 1}},
        {"body": {"a": "\u0001", "b": ["\u0002", {"token": "x"}], "password": ""}},
        {"body": {"long": "x" * 3000}},
        {
            "body": "text with eyJhbGciOiJub25lIn0.e30. in it",
            "headers": {"Content-Type": "text/plain"},
        },
        {"body": {"{{id}}": "{{id}}"}, "headers": {"Retry-After": "5", "Allow": "GET"}},
        {"status": 401, "headers": {"WWW-Authenticate": 'Basic realm="x"'}},
        {"body": None},
        {"body": 7},
        {"body": "ü", "headers": {"Content-Type": "text/plain; charset=utf-8"}},
    )
    fixture = usual()
    fixture["resources"] = [
        {"vendor": "vault", "path": f"/r{number}/{{id}}", "respond": respond}
        for number, respond in enumerate(responds)
    ] + [{"vendor": "vault", "path": "/secret/{token}/{id}", "respond": {"body": "{{token}}"}}]
    written = Writing("more.answers", fixture)
    token = f"<<{written.vault()}.access_token>>"
    for number in range(len(responds)):
        written.bearer(f"/r{number}/7", token)
    for target in ("/secret/abc/7", "/secret/7/7", "/r9/" + "x" * 150, "/r9/%00", "/r1/%E2%80%AE"):
        written.bearer(target, token)
    for query in ("%ff", "a=%C3%BC&password=x", "=", "&&", "a", "x" * 150, "123456=1"):
        written.bearer(f"/r9/7?{query}", token)
    return written


def _odd_refresh_tokens() -> Writing:
    written = Writing("more.odd_refresh_tokens", usual())
    claims: tuple[dict[str, Any], ...] = (
        {"client_id": None},
        {"client_id": 7},
        {"client_id": "other"},
        {"scope": None},
        {"scope": 7},
        {"scope": "c"},
        {"scope": ""},
        {"token_use": None},
        {"token_use": "access"},
        {"sub": "other"},
        {"jti": None},
        {"jti": "x"},
        {"exp": None},
        {"exp": 99999999999},
        {"iss": "x"},
        {"aud": None},
    )
    for vendor in ("vault", "nbcgate"):
        for more in claims:
            order = {"vendor": vendor, "subject": "good@x", "use": "refresh", "claims": more}
            token = f"<<{written.post('/_emulator/tokens', order)}.token>>"
            if vendor == "vault":
                written.refresh(token)
            else:
                written.post("/auth/token/refresh", {"refreshToken": token})
    return written
