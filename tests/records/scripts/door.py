"""Who may drive it: hosts, origins, the admin token."""

from collections.abc import Iterator
from typing import Any

from records.scripts.fixtures import usual
from records.scripts.writing import FORM, JSON, Writing

_HOSTS = (
    "localhost",
    "localhost:8080",
    "a.localhost",
    ".localhost",
    "127.0.0.1",
    "127.9.9.9:80",
    "[::1]",
    "[::1]:8080",
    "evil.example",
    "LOCALHOST",
    "localhost.",
    "emulator.test",
    "EMULATOR.test:9",
    "10.0.0.7",
    "[::2]",
    "user@localhost",
    "localhost/x",
    "",
    "a b",
    "localhost:x",
    "[::ffff:127.0.0.1]",
    "0.0.0.0",
)
_ORIGINS = (
    "http://127.0.0.1:8080",
    "http://127.0.0.1",
    "https://127.0.0.1:8080",
    "null",
    "",
    "http://evil.example",
    "http://localhost:8080",
    "HTTP://127.0.0.1:8080",
    "http://127.0.0.1:8080/",
    "x",
)
_LOOPBACK = ["127.0.0.1", 8080]
_OUTSIDE = ["172.17.0.2", 8080]


def scripts() -> Iterator[Writing]:
    """All of them."""
    yield _hosts()
    yield _origins()
    for name, config, server in (
        ("bound", {"bound_to": "0.0.0.0", "admin_token": "the-token"}, _LOOPBACK),
        ("arrived", {"admin_token": "the-token"}, _OUTSIDE),
        ("loopback", {"bound_to": "127.0.0.1", "admin_token": "the-token"}, _LOOPBACK),
    ):
        yield _token(name, config, server)
    yield _made_token()
    yield _proxies()


def _paths(written: Writing, *headers: tuple[str, str], **more: Any) -> None:
    for path in ("clock", "health", "nothing", "vault/.well-known/jwks.json"):
        written.get(f"/_emulator/{path}", *headers, **more)
    written.call("POST", "/_emulator/vault/introspect", FORM, *headers, body="token=x", **more)
    written.call("PUT", "/_emulator/clock", JSON, *headers, body="{", **more)


def _hosts() -> Writing:
    config = {"allowed_hosts": ["emulator.test", "10.0.0.7"]}
    written = Writing("door.hosts", usual(), config)
    for host in _HOSTS:
        written.get("/_emulator/clock", ("Host", host), server=_LOOPBACK)
    _paths(written, ("Host", "evil.example"), server=_LOOPBACK)
    written.get("/_emulator/clock", ("Host", "localhost"), ("Host", "localhost"), server=_LOOPBACK)
    written.put("/_emulator/realms/r1", {})
    for path in ("clock", "nothing", "health", "realms/r1"):
        for realm in ("r1", "none"):
            written.get(
                f"/realms/{realm}/_emulator/{path}", ("Host", "evil.example"), server=_LOOPBACK
            )
    written.get("/accounts", ("Host", "evil.example"), server=_LOOPBACK)
    return written


def _origins() -> Writing:
    written = Writing("door.origins", usual())
    host = ("Host", "127.0.0.1:8080")
    for origin in _ORIGINS:
        written.get("/_emulator/clock", host, ("Origin", origin), server=_LOOPBACK)
    for site in ("same-origin", "none", "cross-site", "same-site", "", "SAME-ORIGIN"):
        written.get("/_emulator/clock", host, ("Sec-Fetch-Site", site), server=_LOOPBACK)
        written.get("/_emulator/health", host, ("Sec-Fetch-Site", site), server=_LOOPBACK)
    _paths(written, host, ("Origin", "http://evil.example"), server=_LOOPBACK)
    written.get("/_emulator/clock", ("Origin", "http://evil.example"))
    written.call("POST", "/auth/sign-in", ("Origin", "http://evil.example"), body="{}")
    return written


def _token(name: str, config: dict[str, Any], server: list[Any]) -> Writing:
    written = Writing(f"door.token_{name}", usual(), config)
    for value in (
        "",
        "Bearer the-token",
        "bearer the-token",
        "Bearer  the-token ",
        "Bearer wrong",
        "the-token",
        "Basic the-token",
        "Bearer",
        "Bearer the-token x",
    ):
        headers = [("Authorization", value)] if value else []
        written.get("/_emulator/clock", ("Host", "127.0.0.1"), *headers, server=server)
    token = ("Authorization", "Bearer the-token")
    _paths(written, ("Host", "evil.example"), token, server=server)
    _paths(written, ("Host", "evil.example"), server=server)
    written.get("/_emulator/clock", token, ("Origin", "http://evil.example"), server=server)
    written.get("/_emulator/clock", token, token, server=server)
    written.get("/realms/none/_emulator/clock", server=server)
    written.get("/realms/none/_emulator/clock", token, server=server)
    written.get("/realms/none/accounts", server=server)
    written.get("/accounts", server=server)
    return written


def _made_token() -> Writing:
    written = Writing("door.token_made", usual())
    for server in (_OUTSIDE, ["::ffff:172.17.0.2", 1], ["::1", 1], ["name", 1]):
        written.get("/_emulator/clock", ("Host", "localhost"), server=server)
        written.get(
            "/_emulator/clock", ("Host", "localhost"), ("Authorization", "Bearer x"), server=server
        )
    return written


def _proxies() -> Writing:
    config = {"trusted_proxies": ["10.0.0.0/8", "::1"], "allowed_hosts": ["out.test"]}
    written = Writing("door.proxies", usual(), config)
    for client in ("10.0.0.1", "127.0.0.1"):
        for forwarded in ("out.test", "evil.test", "out.test, evil.test"):
            for host in ("127.0.0.1:8080", "out.test"):
                headers = (
                    ("Host", host),
                    ("X-Forwarded-Host", forwarded),
                    ("X-Forwarded-Proto", "https"),
                )
                more = {"server": _LOOPBACK, "client": client}
                written.get("/_emulator/clock", *headers, **more)
                written.get("/_emulator/clock", *headers, ("Origin", "https://out.test"), **more)
    return written
