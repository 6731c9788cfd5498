"""The fixtures that most scripts use. Their clocks stand still, and their keys are ours."""

from typing import Any

import yaml

from records.build import demo_text

NOW = "2026-01-01T00:00:00Z"
SECRET = "a-secret-of-thirty-two-bytes-or-more"
LONG_SECRET = "another-secret-of-more-than-sixty-four-bytes-which-does-for-hs512-as-well"
TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
FROZEN = {"now": NOW, "frozen": True}


def usual(**changes: Any) -> dict[str, Any]:
    """A fixture with something of everything; `vendor__member` in `changes` replaces a member."""
    made: dict[str, Any] = {
        "seed": 7,
        "clock": FROZEN,
        "resources": [
            _resource("omniomni", "/offers", ["b"]),
            _resource("omniomni", "/omni-omni/v1/open", []),
            _resource("nbcgate", "/balance/{coin}", []),
            _resource("nbcgate", "/scoped", ["never"]),
            _resource("vault", "/accounts", ["a"]),
            _resource("vault", "/accounts/{id}/of/{token}", ["a", "b"]),
        ],
        "omniomni": {
            "token": {"algorithm": "EdDSA", "private_key_file": "@keys/ed25519.pem"},
            "clients": [
                {"client_id": "good", "scopes": ["b", "a"]},
                {"client_id": "plain"},
                {"client_id": "disabled", "status": "disabled"},
                {"client_id": "locked", "status": "locked"},
                {"client_id": "broken", "status": "server_error"},
            ],
        },
        "nbcgate": {
            "token": {"secret": SECRET},
            "token_response": "object",
            "assumed_endpoints": True,
            "users": [
                {"email": "good@x", "password": "correct-horse"},
                {"email": "otp@x", "password": "correct-horse", "otp": {"code": "123456"}},
                {"email": "mailed@x", "password": "correct-horse", "otp": {"mailed": True}},
                {"email": "totp@x", "password": "correct-horse", "otp": {"totp": TOTP}},
                {"email": "locked@x", "password": "correct-horse", "status": "locked"},
            ],
        },
        "vault": {
            "token": {"algorithm": "RS256", "private_key_file": "@keys/rsa.pem"},
            "clients": [{"client_id": "app"}, {"client_id": "shut", "status": "locked"}],
            "users": [
                {"username": "good@x", "password": "A9#bL8@z", "scopes": ["b", "a"]},
                {"username": "none@x", "password": "A9#bL8@z"},
                {"username": "locked@x", "password": "A9#bL8@z", "status": "locked"},
                {
                    "username": "short@x",
                    "password": "A9#bL8@z",
                    "scopes": ["a"],
                    "lifetime": "10s",
                    "refresh_lifetime": "20s",
                },
            ],
        },
    }
    for path, value in changes.items():
        *above, last = path.split("__")
        at = made
        for name in above:
            at = at.setdefault(name, {})
        at[last] = value
    return made


def small(vendor: str, **changes: Any) -> dict[str, Any]:
    """The same with the section of one vendor alone."""
    whole = usual(**changes)
    others = {"omniomni", "nbcgate", "vault"} - {vendor}
    kept = {name: value for name, value in whole.items() if name not in others}
    kept["resources"] = [one for one in whole["resources"] if one["vendor"] == vendor]
    return kept


def _resource(vendor: str, path: str, scopes: list[str]) -> dict[str, Any]:
    body = {"path": path, "owner": "{{principal}}", "now": "{{now}}"}
    scoped = {"scopes": scopes} if scopes else {}
    return {"vendor": vendor, "path": path, **scoped, "respond": {"body": body}}


def demo() -> dict[str, Any]:
    """The demo, with a seed, a clock that stands, and keys."""
    made: dict[str, Any] = yaml.safe_load(
        demo_text().replace("signing-client.pub", "'@keys/signing-client.pub'")
    )
    made |= {"seed": 7, "clock": FROZEN}
    made["omniomni"]["token"]["private_key_file"] = "@keys/rsa.pem"
    made["vault"]["token"]["private_key_file"] = "@keys/rsa-2.pem"
    made["vault"]["users"][0]["scopes"] = made["vault"]["users"][0]["scopes"][:4]
    return made
