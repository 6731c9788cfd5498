"""Minting and explaining under whatever bodies and texts there can be."""

import json
from collections.abc import Iterator
from typing import Any

import driving
import httpx
import pytest
from driving import active
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.utils import base64url_encode
from minting import ANYTHING, inspect
from serving import client, serving

from emulator.core.defects import Defect

VENDORS = ["omniomni", "nbcgate", "vault"]


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with serving({**driving.FIXTURE, "clock": {"frozen": True}}) as served, client(served) as http:
        yield http


@pytest.mark.parametrize("depth", [39, 40, 41, 250, 254, 255, 300, 1000, 5000])
def test_claims_that_are_nested_deep_are_a_mistake_and_no_bug(
    http: httpx.Client, depth: int
) -> None:
    nested = "[" * depth + "]" * depth
    body = f'{{"vendor": "vault", "subject": "me@x", "claims": {{"deep": {nested}}}}}'
    answer = http.post("/_emulator/tokens", content=body)
    assert answer.status_code == (201 if depth < 40 else 400), answer.text


NAMES = st.sampled_from(["exp", "iat", "nbf", "iss", "aud", "jti", "sub", "kid", "crit", "b64"])
BODIES = st.fixed_dictionaries(
    {"vendor": st.sampled_from(VENDORS) | ANYTHING, "subject": st.just("me@x") | ANYTHING},
    optional={
        "use": st.sampled_from(["access", "refresh"]) | ANYTHING,
        "lifetime": st.just("1h") | ANYTHING,
        "scopes": ANYTHING,
        "claims": st.dictionaries(NAMES | st.text(), ANYTHING, max_size=4) | ANYTHING,
        "headers": st.dictionaries(NAMES | st.text(), ANYTHING, max_size=4) | ANYTHING,
        "defect": st.sampled_from([*Defect]) | ANYTHING,
    },
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=BODIES)
def test_no_body_is_a_bug_and_the_note_shows_what_introspection_tells(
    http: httpx.Client, body: dict[str, Any]
) -> None:
    answer = http.post("/_emulator/tokens", json=body)
    assert answer.status_code in (201, 400), answer.text
    if answer.status_code == 201:
        told = answer.json()
        refused = told.get("note", "").startswith("the emulator itself refuses this token:")
        assert active(http, told["token"], vendor=body["vendor"]) is not refused


HEADS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "enc", "crit"]), ANYTHING)
PAYLOADS = st.dictionaries(
    st.sampled_from(["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "token_use"]),
    ANYTHING | st.sampled_from(["default.0.x.y.z", "there.1.x.y.z", "refresh", 10**30, -1]),
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Texts that are more and more like tokens."""
    heads = HEADS | st.sampled_from([{"alg": a} for a in ("ES256", "HS256", "none", "RS256")])
    parts = [json.dumps(draw(heads)).encode(), json.dumps(draw(PAYLOADS)).encode()]
    parts += [draw(st.binary(max_size=64)) for _ in range(draw(st.integers(0, 4)))]
    made = ".".join(base64url_encode(part).decode() for part in parts)
    wrapped = base64url_encode(made.encode()).decode()
    around = draw(st.sampled_from(["{}", "Bearer {}", '"{}"', " {} ", "{}\n{}"]))
    return around.replace("{}", draw(st.sampled_from([made, wrapped]) | st.text()))


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=texts() | st.text())
def test_no_text_is_a_bug(http: httpx.Client, text: str) -> None:
    assert inspect(http, text)["verdict"] == "refused"


CHANGES = st.dictionaries(
    st.sampled_from(["exp", "iat", "nbf", "iss", "aud", "jti", "sub", "token_use", "x"]),
    ANYTHING
    | st.sampled_from(
        [0, 1, 1_700_000_000, 9_000_000_000, "vault-api", "refresh", "https://vault.emulator.test"]
    ),
    max_size=3,
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    vendor=st.sampled_from(VENDORS),
    subject=st.sampled_from(["me", "me@x", "stranger"]),
    use=st.sampled_from(["access", "refresh"]),
    defect=st.none() | st.sampled_from([*Defect]),
    changes=CHANGES,
)
def test_the_verdict_is_that_of_introspection_and_its_reason_is_among_the_problems(
    http: httpx.Client, vendor: str, subject: str, use: str, defect: str | None, changes: Any
) -> None:
    body = {"vendor": vendor, "subject": subject, "use": use, "claims": changes, "defect": defect}
    minted = http.post("/_emulator/tokens", json=body)
    if minted.status_code == 400:  # OmniOmni has no refresh tokens, NBC Gate no key pair
        return
    token = minted.json()["token"]
    told = inspect(http, token)
    if told["vendor"] != vendor:  # whoever takes every hint away is taken for a stranger
        assert told["verdict"] == "refused"
        return
    answer = http.post(f"/_emulator/{vendor}/introspect", data={"token": token})
    assert answer.json()["active"] is (told["verdict"] == "good")
    assert active(http, token, vendor=vendor) is answer.json()["active"]
    if not answer.json()["active"]:
        said = answer.headers["X-Emulator-Reason"].partition("; ")[2]
        reasons = [problem["reason"] for problem in told["problems"]]
        general = "it was issued by another realm, or before a reset"  # the explanation knows which
        assert said in (*reasons, general, "it is not a JWT")
