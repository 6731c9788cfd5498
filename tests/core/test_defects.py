"""Tokens with a defect: bad for just the reason that they are named after, by two libraries."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import httpx
import joserfc.errors
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet, OctKey
from jwt.utils import base64url_decode
from minting import BY_PYJWT
from serving import Served, client, serving

from emulator.core.defects import Defect

ISSUER, AUDIENCE = "https://vault.emulator.test", "vault-api"
SECRET = "a-secret-of-thirty-two-bytes-or-more"
FAMILIES = ["RS256", "PS256", "ES256", "EdDSA", "HS256"]
NEEDS_KEY_PAIR = {Defect.UNKNOWN_KID, Defect.HS256_WITH_PUBLIC_KEY}
POSSIBLE = [
    (algorithm, defect)
    for algorithm in FAMILIES
    for defect in Defect
    if algorithm != "HS256" or defect not in NEEDS_KEY_PAIR
]

# joserfc warns that RFC 9864 has another name for EdDSA; it is the one that verifiers know.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")

BY_JOSERFC: dict[Defect, type[Exception]] = {
    Defect.EXPIRED: joserfc.errors.ExpiredTokenError,
    Defect.NOT_YET_VALID: joserfc.errors.InvalidTokenError,
    Defect.WRONG_ISSUER: joserfc.errors.InvalidClaimError,
    Defect.WRONG_AUDIENCE: joserfc.errors.InvalidClaimError,
    Defect.MISSING_EXP: joserfc.errors.MissingClaimError,
    Defect.UNKNOWN_KID: joserfc.errors.InvalidKeyIdError,
    Defect.WRONG_KEY: joserfc.errors.BadSignatureError,
    Defect.CORRUPT_SIGNATURE: joserfc.errors.BadSignatureError,
    Defect.ALG_NONE: joserfc.errors.UnsupportedAlgorithmError,
    Defect.HS256_WITH_PUBLIC_KEY: joserfc.errors.UnsupportedAlgorithmError,
    Defect.MALFORMED: joserfc.errors.DecodeError,
}
LETS_PASS: dict[Defect, dict[str, Any]] = {
    Defect.EXPIRED: {"verify_exp": False},
    Defect.NOT_YET_VALID: {"verify_nbf": False},
    Defect.WRONG_ISSUER: {"verify_iss": False},
    Defect.WRONG_AUDIENCE: {"verify_aud": False},
    Defect.MISSING_EXP: {"require": ["iss", "sub", "aud", "iat", "jti"]},
    Defect.UNKNOWN_KID: {},
    Defect.WRONG_KEY: {"verify_signature": False},
    Defect.CORRUPT_SIGNATURE: {"verify_signature": False},
    Defect.ALG_NONE: {"verify_signature": False},
    Defect.HS256_WITH_PUBLIC_KEY: {"verify_signature": False},
    Defect.MALFORMED: {"verify_signature": False},
}
"""The one check of PyJWT's that has to go for a token to pass; all the others stay."""

ALL_CHECKS = {
    "verify_signature": True,
    "verify_exp": True,
    "verify_nbf": True,
    "verify_iat": True,
    "verify_aud": True,
    "verify_iss": True,
    "require": ["iss", "sub", "aud", "iat", "jti", "exp"],
}
OUR_NAME = {Defect.WRONG_KEY: "bad_signature", Defect.CORRUPT_SIGNATURE: "bad_signature"}
OUR_REASON = {
    Defect.EXPIRED: "it expired at ",
    Defect.NOT_YET_VALID: "its nbf is ",
    Defect.WRONG_ISSUER: f"its iss is not {ISSUER}",
    Defect.WRONG_AUDIENCE: f"its aud is not {AUDIENCE}",
    Defect.MISSING_EXP: "it has no exp",
    Defect.UNKNOWN_KID: "it names a key that is not this vendor's",
    Defect.WRONG_KEY: "its signature does not verify with the key that it names",
    Defect.CORRUPT_SIGNATURE: "its signature does not verify with the key that it names",
    Defect.ALG_NONE: "it is not signed",
    Defect.HS256_WITH_PUBLIC_KEY: "the public key as the secret",
    Defect.MALFORMED: "it is not a JWT",
}


class Signing:
    """A served emulator whose Vault signs with one algorithm, and what verifies its tokens."""

    def __init__(self, served: Served, http: httpx.Client, algorithm: str) -> None:
        self.http = http
        self.algorithm = algorithm
        self.jwks_url = f"{served.url}/_emulator/vault/.well-known/jwks.json"
        self.jwks: dict[str, Any] = http.get(self.jwks_url).json()

    def mint(self, defect: Defect | None) -> str:
        body = {"vendor": "vault", "subject": "me@x"} | ({"defect": defect} if defect else {})
        answer = self.http.post("/_emulator/tokens", json=body)
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["token"]
        return token

    def pyjwt(self, token: str, *, by_kid: bool = True, **options: Any) -> dict[str, Any]:
        key: Any = SECRET
        if self.jwks["keys"] and by_kid:
            key = jwt.PyJWKClient(self.jwks_url).get_signing_key_from_jwt(token)
        elif self.jwks["keys"]:
            key = jwt.PyJWK(self.jwks["keys"][0])
        return jwt.decode(
            token,
            key,
            algorithms=[self.algorithm],
            audience=AUDIENCE,
            issuer=ISSUER,
            options=ALL_CHECKS | options,  # type: ignore[arg-type]  # one of them differs
        )

    def joserfc(self, token: str) -> None:
        key: Any = OctKey.import_key(SECRET)
        if self.jwks["keys"]:
            key = KeySet.import_key_set(self.jwks)  # type: ignore[arg-type]  # JSON is Any
        claims = joserfc_jwt.decode(token, key, algorithms=[self.algorithm]).claims
        joserfc_jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
        ).validate(claims)


@pytest.fixture(scope="module")
def signing() -> Iterator[dict[str, Signing]]:
    """A served emulator for each algorithm."""
    known: dict[str, Signing] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield from _served(known, FAMILIES)


def _served(known: dict[str, Signing], left: list[str]) -> Iterator[dict[str, Signing]]:
    if not left:
        yield known
        return
    algorithm, *more = left
    token = {"algorithm": algorithm} | ({"secret": SECRET} if algorithm == "HS256" else {})
    fixture = {
        "resources": [{"vendor": "vault", "path": "/accounts", "respond": {"body": []}}],
        "vault": {
            "token": token,
            "clients": [{"client_id": "app"}],
            "users": [{"username": "me@x", "password": "A9#bL8@z"}],
        },
    }
    with serving(fixture) as served, client(served) as http:
        known[algorithm] = Signing(served, http, algorithm)
        yield from _served(known, more)


@pytest.mark.parametrize("algorithm", FAMILIES)
def test_a_token_without_a_defect_passes_every_check(
    signing: dict[str, Signing], algorithm: str
) -> None:
    token = signing[algorithm].mint(None)
    assert signing[algorithm].pyjwt(token)["iss"] == ISSUER
    signing[algorithm].joserfc(token)


@pytest.mark.parametrize(("algorithm", "defect"), POSSIBLE)
def test_pyjwt_refuses_a_defective_token_for_its_defect(
    signing: dict[str, Signing], algorithm: str, defect: Defect
) -> None:
    with pytest.raises(jwt.PyJWTError) as raised:
        signing[algorithm].pyjwt(signing[algorithm].mint(defect))
    assert raised.type is BY_PYJWT[defect], raised.value
    assert defect is not Defect.MISSING_EXP or '"exp"' in str(raised.value)


@pytest.mark.parametrize(("algorithm", "defect"), POSSIBLE)
def test_joserfc_refuses_a_defective_token_for_its_defect(
    signing: dict[str, Signing], algorithm: str, defect: Defect
) -> None:
    with pytest.raises(joserfc.errors.JoseError) as raised:
        signing[algorithm].joserfc(signing[algorithm].mint(defect))
    assert raised.type is BY_JOSERFC[defect], raised.value
    claim = {Defect.WRONG_ISSUER: "iss", Defect.WRONG_AUDIENCE: "aud", Defect.MISSING_EXP: "exp"}
    assert claim.get(defect, "") in str(raised.value)


@pytest.mark.parametrize(("algorithm", "defect"), POSSIBLE)
def test_everything_else_about_a_defective_token_is_right(
    signing: dict[str, Signing], algorithm: str, defect: Defect
) -> None:
    verifier, token = signing[algorithm], signing[algorithm].mint(defect)
    if defect is Defect.MALFORMED:
        token = f"{token}.AAAA"  # what was cut off; nothing is left to object to
    options = LETS_PASS[defect]
    found = verifier.pyjwt(token, by_kid=defect is not Defect.UNKNOWN_KID, **options)
    good = jwt.decode(verifier.mint(None), options={"verify_signature": False})
    left_out = {"exp"} if defect is Defect.MISSING_EXP else set()
    assert set(good) - left_out == set(found) - {"nbf"}
    assert ("nbf" in found) is (defect is Defect.NOT_YET_VALID)
    changed = {name for name in found if name in good and found[name] != good[name]} - {"jti"}
    dates = {"iat", "exp", "nbf"}
    expected = {Defect.WRONG_ISSUER: {"iss"}, Defect.WRONG_AUDIENCE: {"aud"}}
    assert changed - dates == expected.get(defect, set())


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_the_hmac_with_the_public_key_verifies_with_the_published_pem(
    signing: dict[str, Signing], algorithm: str
) -> None:
    token = signing[algorithm].mint(Defect.HS256_WITH_PUBLIC_KEY)
    public: Any = jwt.PyJWK(signing[algorithm].jwks["keys"][0]).key
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    message, _, signature = token.rpartition(".")
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    expected = hmac.new(pem, message.encode(), hashlib.sha256).digest()
    assert base64url_decode(signature) == expected


@pytest.mark.parametrize("algorithm", FAMILIES)
def test_only_the_signature_of_a_corrupt_one_is_touched(
    signing: dict[str, Signing], algorithm: str
) -> None:
    good, bad = (signing[algorithm].mint(d) for d in (None, Defect.CORRUPT_SIGNATURE))
    assert good.split(".")[0] == bad.split(".")[0]
    assert len(good.split(".")[2]) == len(bad.split(".")[2])


def test_an_unsigned_token_has_an_empty_signature_and_says_none(
    signing: dict[str, Signing],
) -> None:
    token = signing["ES256"].mint(Defect.ALG_NONE)
    assert token.endswith(".")
    assert jwt.get_unverified_header(token)["alg"] == "none"


@pytest.mark.parametrize(("algorithm", "defect"), POSSIBLE)
def test_the_emulator_refuses_a_defective_token_and_names_the_fault(
    signing: dict[str, Signing], algorithm: str, defect: Defect
) -> None:
    http, token = signing[algorithm].http, signing[algorithm].mint(defect)
    answer = http.post("/_emulator/vault/introspect", data={"token": token})
    assert (answer.status_code, answer.json()) == (200, {"active": False})
    assert OUR_REASON[defect] in answer.headers["X-Emulator-Reason"]
    used = http.get("/accounts", headers={"Authorization": f"Bearer {token}"})
    assert used.status_code == 401
    assert OUR_REASON[defect] in used.headers["X-Emulator-Reason"]
    explained = http.post("/_emulator/tokens/inspect", json={"token": token}).json()
    (problem,) = explained["problems"]
    assert problem["code"] == OUR_NAME.get(defect, defect)
    assert explained["verdict"] == "refused"
    assert (explained["vendor"], explained["principal"]) == ("vault", "me@x")


@pytest.mark.parametrize("defect", sorted(NEEDS_KEY_PAIR))
def test_a_token_signed_with_a_secret_cannot_have_a_defect_of_key_pairs(
    signing: dict[str, Signing], defect: Defect
) -> None:
    body = {"vendor": "vault", "subject": "me@x", "defect": defect}
    answer = signing["HS256"].http.post("/_emulator/tokens", json=body)
    assert answer.status_code == 400
    said = f"{defect} needs a key pair, and vault signs with a secret (HS256)"
    assert json.loads(answer.text)["errors"] == [{"path": "defect", "message": said}]


@pytest.mark.parametrize("defect", [Defect.WRONG_ISSUER, Defect.WRONG_AUDIENCE])
@pytest.mark.parametrize("token", [{"issuer": "caller"}, {"audience": None}])
def test_a_wrong_address_is_refused_also_where_none_is_fixed(
    token: dict[str, Any], defect: Defect
) -> None:
    fixture = {
        "omniomni": {"token": {"algorithm": "ES256"} | token, "clients": [{"client_id": "me"}]}
    }
    with serving(fixture) as served, client(served) as http:
        body = {"vendor": "omniomni", "subject": "me"}
        good, bad = (
            http.post("/_emulator/tokens", json=body | more).json()["token"]
            for more in ({}, {"defect": defect})
        )
        for each, active in ((good, True), (bad, False)):
            answer = http.post("/_emulator/omniomni/introspect", data={"token": each})
            assert answer.json()["active"] is active
