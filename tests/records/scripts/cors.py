"""Pages of browsers: preflights and origins."""

from collections.abc import Iterator

from records.scripts.fixtures import usual
from records.scripts.writing import JSON, OMNIOMNI, Writing

_PATHS = (
    OMNIOMNI,
    "/auth/sign-in",
    "//auth/sign-in",
    "/reg/auth/token",
    "/accounts",
    "/auth/token/check",
    "/_emulator/vault/.well-known/jwks.json",
    "/_emulator/vault/introspect",
    "/_emulator/clock",
    "/nothing",
    "/auth/nothing",
    "/realms/r1/reg/auth/token",
    "/realms/none/reg/auth/token",
)
_ORIGINS = ("http://localhost:3000", "http://evil.example", "null", "HTTP://LOCALHOST:3000")


def scripts() -> Iterator[Writing]:
    """Without, with one, with any origin; and what a fixture says of it."""
    for name, origins in (("none", []), ("one", ["http://localhost:3000"]), ("any", ["*"])):
        written = Writing(f"cors.{name}", usual(), {"cors_origins": origins})
        written.put("/_emulator/realms/r1", {})
        for path in _PATHS:
            for origin in _ORIGINS[:2]:
                written.call(
                    "OPTIONS",
                    path,
                    ("Origin", origin),
                    ("Access-Control-Request-Method", "POST"),
                    ("Access-Control-Request-Headers", "content-type, authorization"),
                )
                written.call("GET", path, ("Origin", origin))
        for origin in _ORIGINS:
            written.call("POST", OMNIOMNI, JSON, ("Origin", origin), body='{"clientId":"good"}')
            written.call(
                "OPTIONS", OMNIOMNI, ("Origin", origin), ("Access-Control-Request-Method", "GET")
            )
        written.call("OPTIONS", OMNIOMNI)
        written.call("OPTIONS", OMNIOMNI, ("Access-Control-Request-Method", "POST"))
        written.call("OPTIONS", OMNIOMNI, ("Origin", _ORIGINS[0]))
        written.call(
            "OPTIONS", OMNIOMNI, ("Origin", _ORIGINS[0]), ("Access-Control-Request-Method", "@")
        )
        written.call("POST", OMNIOMNI, JSON, body='{"clientId":"nobody"}')
        yield written
    fixture = usual()
    fixture["resources"].append(
        {
            "vendor": "vault",
            "method": "*",
            "path": "/all/**",
            "respond": {"headers": {"Access-Control-Allow-Origin": "https://mine.test"}},
        }
    )
    written = Writing("cors.of_a_fixture", fixture, {"cors_origins": ["http://localhost:3000"]})
    pair = written.vault()
    token = ("Authorization", f"Bearer <<{pair}.access_token>>")
    for method in ("GET", "PATCH"):
        written.call(method, "/all/x", ("Origin", _ORIGINS[0]), token)
        written.call(
            "OPTIONS", "/all/x", ("Origin", _ORIGINS[0]), ("Access-Control-Request-Method", method)
        )
    yield written
