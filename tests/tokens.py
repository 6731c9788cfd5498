"""Reading tokens in tests, without the emulator's own code."""

from typing import Any

import httpx
import jwt


def header(token: str) -> dict[str, Any]:
    return jwt.get_unverified_header(token)


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def verified(token: str, http: httpx.Client, vendor: str, audience: str) -> dict[str, Any]:
    """The claims of a token that verifies by the vendor's JWKS, as a service would do it."""
    keys = jwt.PyJWKSet.from_dict(
        http.get(f"/_emulator/{vendor}/.well-known/jwks.json").raise_for_status().json()
    )
    key = keys[header(token)["kid"]]
    return jwt.decode(token, key, algorithms=[header(token)["alg"]], audience=audience)
