"""Minting tokens and having them explained, as tests do."""

from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import strategies as st

from emulator.core.defects import Defect

BY_PYJWT: dict[Defect, type[Exception]] = {
    Defect.EXPIRED: jwt.ExpiredSignatureError,
    Defect.NOT_YET_VALID: jwt.ImmatureSignatureError,
    Defect.WRONG_ISSUER: jwt.InvalidIssuerError,
    Defect.WRONG_AUDIENCE: jwt.InvalidAudienceError,
    Defect.MISSING_EXP: jwt.MissingRequiredClaimError,
    Defect.UNKNOWN_KID: jwt.PyJWKClientError,
    Defect.WRONG_KEY: jwt.InvalidSignatureError,
    Defect.CORRUPT_SIGNATURE: jwt.InvalidSignatureError,
    Defect.ALG_NONE: jwt.InvalidAlgorithmError,
    Defect.HS256_WITH_PUBLIC_KEY: jwt.InvalidAlgorithmError,
    Defect.MALFORMED: jwt.DecodeError,
}
"""What PyJWT raises at each defect, verifying as careful services do."""

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
"""Whatever JSON can hold."""


def minting(http: httpx.Client, base: str = "", /, **wanted: Any) -> httpx.Response:
    return http.post(f"{base}/_emulator/tokens", json=wanted)


def mint(http: httpx.Client, base: str = "", /, **wanted: Any) -> dict[str, Any]:
    answer = minting(http, base, **wanted)
    assert answer.status_code == 201, answer.text
    members: dict[str, Any] = answer.json()
    return members


def inspecting(http: httpx.Client, token: object, base: str = "") -> httpx.Response:
    return http.post(f"{base}/_emulator/tokens/inspect", json={"token": token})


def inspect(http: httpx.Client, token: str, base: str = "") -> dict[str, Any]:
    answer = inspecting(http, token, base)
    assert answer.status_code == 200, answer.text
    members: dict[str, Any] = answer.json()
    assert (members["verdict"] == "good") is (members["problems"] == [])
    return members


def faults(members: dict[str, Any]) -> list[str]:
    return [problem["code"] for problem in members["problems"]]


def vaults(http: httpx.Client, base: str = "", /, **wanted: Any) -> str:
    """A token of Vault's for me@x, unless wanted otherwise."""
    token: str = mint(http, base, **{"vendor": "vault", "subject": "me@x", **wanted})["token"]
    return token


def foreign(**said: Any) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    return jwt.encode(said, key, algorithm="ES256", headers={"kid": "theirs"})
