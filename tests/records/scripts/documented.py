"""The calls that the README and the pages of `docs` show, against the demo."""

from collections.abc import Iterator

from records.scripts.fixtures import demo
from records.scripts.minting import _FOREIGN
from records.scripts.writing import FORM, JSON, NBCGATE, OMNIOMNI, VAULT, Writing

CLIENT = "haequi3Aah8lie2r"


def scripts() -> Iterator[Writing]:
    """A script for a page or two."""
    yield _readme()
    yield _driving()
    yield _people()
    yield _journal()
    yield _tokens()
    yield _rest()
    yield _demo_principals()


def _grant(user: str, password: str = "A9#bL8@z", **more: str) -> dict[str, str]:
    return {
        "grant_type": "password",
        "client_id": CLIENT,
        "username": user,
        "password": password,
        **more,
    }


def _alice(more: str = "") -> dict[str, str]:
    return {"email": "alice@example.com", "password": f"correct-horse{more}"}


def _readme() -> Writing:
    written = Writing("documented.readme", demo())
    written.post(OMNIOMNI, {"clientId": "demo-client"})
    written.post(f"/ecrop-command{OMNIOMNI}", {"clientId": "demo-client"})
    written.post(f"/{NBCGATE}", _alice())
    written.post(VAULT, _grant("alice@example.com", scope="accounts:read"))
    written.post(NBCGATE, _alice(" "))
    written.post(NBCGATE, {"email": "alice@example.com", "password": "Correct-Horse"})
    written.post(VAULT, _grant("narrow@example.com"))
    written.form(
        VAULT,
        f"grant_type=password&client_id={CLIENT}&scope=accounts:read"
        "&username=alice%40example.com&password=A9%23bL8%40z",
    )
    written.post(OMNIOMNI, {"clientId": "demo-clint"})
    number = written.post(NBCGATE, _alice())
    written.bearer("/balance/BTC", f"<<{number}>>", scheme="")
    written.bearer("/accounts", "nonsense")
    written.form("/_emulator/vault/introspect", "token=nonsense")
    written.get("/_emulator/outbox?to=alice@example.com")
    written.get("/_emulator/health")
    written.call("POST", OMNIOMNI, FORM, body=[["a", 70_000]])
    return written


def _driving() -> Writing:
    written = Writing("documented.driving", demo())
    realm = "/realms/docs-driving"
    written.put("/_emulator/realms/docs-driving", {"ttl": "10m"}, mask=["ttl"])
    eve = {"password": "E5#fG6$h", "scopes": ["accounts:read"]}
    written.put(f"{realm}/_emulator/vault/users/eve@example.com", eve)
    written.clock({"now": "2031-01-01T00:00:00Z", "frozen": True}, realm)
    pair = written.post(f"{realm}{VAULT}", _grant("eve@example.com", "E5#fG6$h"))
    token = f"<<{pair}.access_token>>"
    written.bearer(f"{realm}/accounts", token)
    written.clock({"advance": "25h"}, realm)
    written.bearer(f"{realm}/accounts", token)
    lost = {
        "vendor": "vault",
        "operation": "refresh",
        "phase": "after",
        "connection": "reset",
        "times": 1,
    }
    written.post(f"{realm}/_emulator/faults", lost)
    written.refresh(f"<<{pair}.refresh_token>>", realm)
    written.refresh(f"<<{pair}.refresh_token>>", realm)
    where = {"vendor": "vault", "operation": "refresh"}
    written.post(f"{realm}/_emulator/journal/verify", {"where": where, "count": 2, "within": "2s"})
    written.get(f"{realm}/_emulator/journal?operation=refresh")
    written.post(f"{realm}/_emulator/journal/verify", {"where": {**where, "outcome": "refreshed"}})
    order = {"vendor": "vault", "subject": "eve@example.com", "defect": "wrong_key"}
    bad = written.post(f"{realm}/_emulator/tokens", order)
    written.bearer(f"{realm}/accounts", f"<<{bad}.token>>")
    written.post(f"{realm}/_emulator/tokens/inspect", {"token": f"<<{bad}.token>>"})
    written.send("PATCH", f"{realm}/_emulator/vault/users/eve@example.com", {"status": "locked"})
    written.post(f"{realm}/_emulator/keys/rotate", {"vendor": "vault", "mode": "no_overlap"})
    written.call("POST", f"{realm}/_emulator/reset", mask=["ttl"])
    written.call("DELETE", "/_emulator/realms/docs-driving")
    return written


def _people() -> Writing:
    written = Writing("documented.principals", demo())
    realm = "/realms/docs-people"
    written.call("PUT", "/_emulator/realms/docs-people")
    eve = {
        "password": "E5#fG6$hI",
        "user_id": "usr:7",
        "scopes": ["accounts:read"],
        "lifetime": "10s",
    }
    written.put(f"{realm}/_emulator/vault/users/eve@example.com", eve)
    written.send(
        "PATCH", f"{realm}/_emulator/nbcgate/users/alice@example.com", {"status": "locked"}
    )
    written.post(f"{realm}{NBCGATE}", _alice())
    token = written.omniomni("demo-client", realm)
    written.call("DELETE", f"{realm}/_emulator/omniomni/clients/demo-client")
    written.put(f"{realm}/_emulator/omniomni/clients/demo-client", {})
    written.form(f"{realm}/_emulator/omniomni/introspect", f"token={token}")
    written.put(f"{realm}/_emulator/nbcgate/users/eve@example.com", {"pasword": "correct-horse"})
    written.get(f"{realm}/_emulator/vault/users?limit=2")
    written.post(
        f"{realm}/_emulator/faults", {"vendor": "omniomni", "times": 1, "outcome": "server_error"}
    )
    written.omniomni("demo-client", realm)
    written.get(f"{realm}/_emulator/faults")
    return written


def _journal() -> Writing:
    written = Writing("documented.journal", demo())
    written.post(
        NBCGATE,
        {"email": "alice@example.com", "password": "correct-hors"},
        ("User-Agent", "curl/8"),
    )
    written.get("/_emulator/journal?limit=1")
    written.omniomni("demo-client")
    where = {"vendor": "omniomni", "operation": "sign_in", "status": 200}
    written.post("/_emulator/journal/verify", {"where": where, "count": 1})
    written.omniomni("demo-cleint")
    where = {"vendor": "omniomni", "principal": "demo-client", "status": 404}
    written.post("/_emulator/journal/verify", {"where": where, "within": "100ms"})
    return written


def _tokens() -> Writing:
    written = Writing("documented.tokens", demo())
    realm = "/realms/docs-tokens"
    written.call("PUT", "/_emulator/realms/docs-tokens")
    written.clock({"now": "2026-01-01T12:00:00Z", "frozen": True}, realm)
    order = {
        "vendor": "vault",
        "subject": "narrow@example.com",
        "lifetime": "10m",
        "claims": {"tenant": "acme"},
    }
    written.post(f"{realm}/_emulator/tokens", order)
    order = {"vendor": "omniomni", "subject": "tenant-client", "defect": "expired"}
    token = written.post(f"{realm}/_emulator/tokens", order)
    written.post(f"{realm}/_emulator/tokens/inspect", {"token": f"Bearer <<{token}.token>>"})
    written.post("/_emulator/tokens/inspect", {"token": _FOREIGN})
    return written


def _rest() -> Writing:
    written = Writing("documented.rest", demo())
    written.put("/_emulator/clock", {"advnce": "25h"})
    written.get("/_emulator/clock", ("Host", "evil.example"), server=["127.0.0.1", 8080])
    change = {"now": "2031-01-01T00:00:00Z", "advance": "25h", "frozen": True}
    written.put("/_emulator/clock", change)
    written.put("/_emulator/realms/docs-realm", {"ttl": "10m"}, mask=["ttl"])
    written.get("/_emulator/omniomni/.well-known/jwks.json")
    written.get("/_emulator/vault/.well-known/openid-configuration")
    written.post("/_emulator/keys/rotate", {"vendor": "nbcgate", "mode": "overlap"})
    token = written.omniomni("demo-client")
    written.bearer("/ecrop-command/omni-omni/v1/offers", token)
    written.bearer("/omni-omni/v1/offers", token)
    written.get("/_emulator/keys")
    return written


def _demo_principals() -> Writing:
    written = Writing("documented.demo_principals", demo())
    for name in ("demo", "short-lived", "tenant", "signing", "disabled", "locked", "server-error"):
        written.omniomni(f"{name}-client")
    for name in (
        "alice",
        "otp",
        "totp",
        "disabled",
        "locked",
        "server-error",
        "narrow",
        "expiring",
    ):
        written.call(
            "POST",
            NBCGATE,
            JSON,
            body=f'{{"email":"{name}@example.com","password":"correct-horse"}}',
        )
        written.post(VAULT, _grant(f"{name}@example.com"))
    return written
