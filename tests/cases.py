"""One request for each outcome of each vendor: for what must hold of all of them."""

from dataclasses import dataclass
from typing import Any

OMNIOMNI = "/omni-omni/v1/auth/client-token"
NBCGATE = "//auth/sign-in"
VAULT = "/reg/auth/token"

FIXTURE: dict[str, Any] = {
    "seed": 7,
    "resources": [
        resource
        for vendor in ("omniomni", "nbcgate", "vault")
        for resource in (
            {"vendor": vendor, "path": f"/{vendor}/none", "respond": {"body": "{{principal}}"}},
            {
                "vendor": vendor,
                "path": f"/{vendor}/scope",
                "scopes": ["c"],
                "respond": {"status": 200},
            },
            {
                "vendor": vendor,
                "method": "*",
                "path": f"/{vendor}/on/**",
                "forward_to": "http://127.0.0.1:9",
            },
        )
    ],
    "clock": "2026-01-01T00:00:00Z",
    "omniomni": {
        "token": {"algorithm": "EdDSA"},
        "clients": [
            {"client_id": "good", "scopes": ["b", "a"]},
            {"client_id": "locked", "status": "locked"},
            {"client_id": "broken", "status": "server_error"},
        ],
    },
    "nbcgate": {
        "token": {"secret": "a-secret-of-thirty-two-bytes-or-more"},
        "token_response": "object",
        "assumed_endpoints": True,
        "mailed_codes": {"attempts": 1},
        "users": [
            {"email": "good@x", "password": "correct-horse"},
            {"email": "otp@x", "password": "correct-horse", "otp": {"code": "123456"}},
            {"email": "mailed@x", "password": "correct-horse", "otp": {"mailed": True}},
            {"email": "stale@x", "password": "correct-horse", "status": "otp_expired"},
            {"email": "late@x", "password": "correct-horse", "status": "refresh_token_expired"},
            {"email": "locked@x", "password": "correct-horse", "status": "locked"},
            {"email": "broken@x", "password": "correct-horse", "status": "server_error"},
        ],
    },
    "vault": {
        "token": {"algorithm": "EdDSA"},
        "clients": [{"client_id": "app"}],
        "users": [
            {"username": "good@x", "password": "A9#bL8@z", "scopes": ["b", "a"]},
            {"username": "locked@x", "password": "A9#bL8@z", "status": "locked"},
            {"username": "broken@x", "password": "A9#bL8@z", "status": "server_error"},
            {"username": "late@x", "password": "A9#bL8@z", "status": "refresh_token_expired"},
        ],
    },
}


@dataclass(frozen=True)
class Case:
    vendor: str
    outcome: str
    status: int
    path: str
    json: Any = None
    method: str = "POST"
    content: bytes | None = None
    refreshes: bool = False
    authorized: bool = False

    def request(self, tokens: dict[str, str]) -> dict[str, Any]:
        """What httpx needs to send it; `tokens` are those of the sign-ins before it."""
        body: Any = self.json
        if self.refreshes:
            refresh_token = tokens.get(f"{self.vendor} refresh", "")
            body = {
                "nbcgate": {"refreshToken": refresh_token},
                "vault": {"grant_type": "refresh_token", "refresh_token": refresh_token},
            }[self.vendor]
        sent = {"content": self.content} if self.content is not None else {"json": body}
        headers = {"Authorization": f"Bearer {tokens[self.vendor]}"} if self.authorized else {}
        url = f"http://emulator{self.path}"
        return {"method": self.method, "url": url, "headers": headers, **sent}


def _nbcgate(email: str = "good@x", **more: Any) -> dict[str, Any]:
    return {"email": email, "password": "correct-horse", **more}


def _vault(username: str = "good@x", **more: Any) -> dict[str, Any]:
    return {
        "grant_type": "password",
        "username": username,
        "password": "A9#bL8@z",
        "client_id": "app",
        **more,
    }


LARGE = b"x" * 70_000


def _resources(vendor: str) -> list[Case]:
    return [
        Case(vendor, "invalid_token", 401, f"/{vendor}/none", method="GET"),
        Case(vendor, "insufficient_scope", 403, f"/{vendor}/scope", method="GET", authorized=True),
        Case(vendor, "forward_failed", 502, f"/{vendor}/on/x?y=1", {}, authorized=True),
        Case(vendor, "answered", 200, f"/{vendor}/none", method="GET", authorized=True),
    ]


LOGOUT = "/reg/user/session/logout/current"
NBCGATE_CODE = "/auth/tfa/otp/email"
NBCGATE_REFRESH = "//auth/token/refresh"
NBCGATE_CHECK = "/auth/token/check"
NBCGATE_LOGOUT = "//auth/log-out"

CASES = [
    Case("omniomni", "signed_in", 200, OMNIOMNI, {"clientId": "good"}),
    Case("omniomni", "client_not_found", 404, OMNIOMNI, {"clientId": "nobody"}),
    Case("omniomni", "invalid_credentials", 401, OMNIOMNI, {"clientId": "locked"}),
    Case("omniomni", "missing_client_id", 401, OMNIOMNI, {}),
    Case("omniomni", "malformed_request", 400, OMNIOMNI, content=b"{"),
    Case("omniomni", "server_error", 500, OMNIOMNI, {"clientId": "broken"}),
    Case("omniomni", "path_unknown", 404, "/ecrop-command/x", {}),
    Case("omniomni", "method_not_allowed", 405, OMNIOMNI, method="GET"),
    Case("omniomni", "body_too_large", 413, OMNIOMNI, content=LARGE),
    Case("nbcgate", "signed_in", 200, NBCGATE, _nbcgate()),
    Case("nbcgate", "invalid_request", 400, NBCGATE, {}),
    Case("nbcgate", "user_not_found", 404, NBCGATE, _nbcgate("nobody@x")),
    Case("nbcgate", "wrong_password", 400, NBCGATE, _nbcgate(password="wrong-horse")),
    Case("nbcgate", "otp_required", 400, NBCGATE, _nbcgate("otp@x")),
    Case("nbcgate", "otp_wrong", 400, NBCGATE, _nbcgate("otp@x", otp="000000")),
    Case("nbcgate", "otp_expired", 400, NBCGATE, _nbcgate("stale@x")),
    Case("nbcgate", "otp_mailed", 200, NBCGATE_CODE, {"email": "mailed@x"}),
    Case("nbcgate", "otp_too_early", 400, NBCGATE_CODE, {"email": "mailed@x"}),
    Case("nbcgate", "otp_not_mailed", 400, NBCGATE_CODE, {"email": "otp@x"}),
    Case("nbcgate", "otp_wrong", 400, NBCGATE, _nbcgate("mailed@x", otp="none")),
    Case("nbcgate", "otp_locked", 400, NBCGATE, _nbcgate("mailed@x", otp="none")),
    Case("nbcgate", "refreshed", 200, NBCGATE_REFRESH, refreshes=True),
    Case("nbcgate", "refresh_token_reused", 401, NBCGATE_REFRESH, refreshes=True),
    Case("nbcgate", "refresh_token_invalid", 401, NBCGATE_REFRESH, {"refreshToken": "x"}),
    Case("nbcgate", "refresh_token_expired", 401, NBCGATE, _nbcgate("late@x")),
    Case("nbcgate", "token_valid", 200, NBCGATE_CHECK, {}, authorized=True),
    Case("nbcgate", "invalid_token", 401, NBCGATE_CHECK, {"token": "x"}),
    Case("nbcgate", "user_blocked", 400, NBCGATE, _nbcgate("locked@x")),
    Case("nbcgate", "server_error", 500, NBCGATE, _nbcgate("broken@x")),
    Case("nbcgate", "path_unknown", 404, "/auth/x", {}),
    Case("nbcgate", "method_not_allowed", 405, NBCGATE, method="DELETE"),
    Case("nbcgate", "body_too_large", 413, NBCGATE, content=LARGE),
    Case("vault", "signed_in", 200, VAULT, _vault()),
    Case("vault", "refreshed", 200, VAULT, refreshes=True),
    Case("vault", "refresh_token_reused", 401, VAULT, refreshes=True),
    Case(
        "vault",
        "refresh_token_invalid",
        401,
        VAULT,
        {"grant_type": "refresh_token", "client_id": "app", "refresh_token": "x"},
    ),
    Case("vault", "wrong_credentials", 401, VAULT, _vault("nobody@x")),
    Case("vault", "refresh_token_expired", 401, VAULT, _vault("late@x")),
    Case("vault", "unknown_client", 401, VAULT, _vault(client_id="other")),
    Case("vault", "invalid_request", 400, VAULT, {}),
    Case("vault", "unsupported_grant_type", 400, VAULT, {"grant_type": "implicit"}),
    Case("vault", "invalid_scope", 400, VAULT, _vault(scope="c")),
    Case("vault", "user_blocked", 401, VAULT, _vault("locked@x")),
    Case("vault", "server_error", 500, VAULT, _vault("broken@x")),
    Case("vault", "path_unknown", 404, "/reg/x", {}),
    Case("vault", "method_not_allowed", 405, VAULT, method="PUT"),
    Case("vault", "body_too_large", 413, VAULT, content=LARGE),
    *_resources("omniomni"),
    *_resources("nbcgate"),
    *_resources("vault"),
    Case("nbcgate", "logged_out", 204, NBCGATE_LOGOUT, authorized=True),
    Case("vault", "logged_out", 204, LOGOUT, method="DELETE", authorized=True),
]
