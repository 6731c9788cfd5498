"""Tokens of every algorithm, held against two libraries that other people wrote."""

import asyncio
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet, OctKey
from minting import ANYTHING
from processes import template

from emulator.core.keys import ALGORITHMS
from emulator.core.keys.encoding import encode_segment
from emulator.core.minting import TokenSpec, Use, mint
from emulator.core.realm import DEFAULT, Realm
from emulator.core.store import MemoryStore
from emulator.core.tokens import Claims, TokenIssuer, assemble, merge

KEYS: dict[str, Any] = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "PS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
SECRET = "a-secret-of-sixty-four-bytes-and-more-so-that-hs512-is-happy-with-it!"
USER = {"username": "me@x", "password": "A9#bL8@z"}


def realm(token: dict[str, Any], vendor: str = "vault", **section: Any) -> Realm:
    """A realm in which a vendor's tokens are like this."""
    fixture = {vendor: {"token": token, **section}}
    return Realm(DEFAULT, template(fixture), MemoryStore(), {})


def issuer(found: Realm, vendor: str = "vault") -> TokenIssuer:
    return found.vendors[vendor].issuer


def settings(algorithm: str) -> dict[str, Any]:
    secret = {"secret": SECRET} if ALGORITHMS[algorithm].symmetric else {}
    return {"algorithm": algorithm, **secret}


def signed(found: Realm, claims: Claims) -> str:
    key = issuer(found).keyring.active_now()
    return assemble(key.sign, issuer(found).bare_header(key), claims)


def pem(private: Any) -> str:
    content: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return content.decode()


def minted(found: Realm, use: Use = Use.ACCESS, vendor: str = "vault") -> str:
    spec = TokenSpec(vendor=vendor, subject="me@x", use=use)
    return asyncio.run(mint(found, spec)).token


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pyjwt_verifies_a_token_of_every_algorithm(algorithm: str) -> None:
    found = realm(settings(algorithm))
    token = signed(found, {"sub": "alice", "nested": {"äö€": ["äö€"]}})
    key = issuer(found).keyring.active_now()
    verifier: Any = SECRET if key.jwk is None else jwt.PyJWK(key.jwk)
    claims = jwt.decode(token, verifier, algorithms=[algorithm])
    assert claims == {"sub": "alice", "nested": {"äö€": ["äö€"]}}
    assert ("kid" in jwt.get_unverified_header(token)) is (key.kid is not None)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")  # verifiers know this name
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_joserfc_verifies_a_token_of_every_algorithm(algorithm: str) -> None:
    found = realm(settings(algorithm))
    token = signed(found, {"sub": "alice"})
    jwk = issuer(found).keyring.active_now().jwk
    key: Any = (
        OctKey.import_key(SECRET) if jwk is None else KeySet.import_key_set({"keys": [dict(jwk)]})
    )
    names = [*ALGORITHMS, "Ed25519"]
    assert joserfc_jwt.decode(token, key, algorithms=names).claims == {"sub": "alice"}


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA", "HS256"])
def test_a_token_is_what_pyjwt_makes_of_the_same_key_and_claims(
    algorithm: str, tmp_path: Path
) -> None:
    token = settings(algorithm)
    material: Any = SECRET
    if not ALGORITHMS[algorithm].symmetric:
        material = KEYS[algorithm]()
        (tmp_path / "key").write_text(pem(material))
        token["private_key_file"] = str(tmp_path / "key")
    claims: Claims = {"sub": "ascii: PyJWT escapes the rest", "n": 1, "nested": {"a": [None, 0.5]}}
    ours = signed(realm(token), claims)
    header = jwt.get_unverified_header(ours)
    theirs = jwt.encode(claims, material, algorithm=algorithm, headers={**header, "typ": None})
    assert jwt.get_unverified_header(theirs) == header
    assert theirs.split(".")[1] == ours.split(".")[1]
    if algorithm in ("RS256", "EdDSA", "HS256"):  # the others sign with fresh randomness
        message, _, signature = ours.rpartition(".")
        signer = jwt.get_algorithm_by_name(algorithm)
        again = signer.sign(message.encode(), signer.prepare_key(material))
        assert encode_segment(again).decode() == signature


@given(st.dictionaries(st.text(), ANYTHING, max_size=5))
def test_claims_come_back_as_they_were_given(claims: dict[str, Any]) -> None:
    found = realm(settings("HS256"))
    options: Any = {"verify_signature": True, "verify_exp": False, "verify_nbf": False}
    options |= dict.fromkeys(("verify_iat", "verify_aud", "verify_iss"), False)
    options |= dict.fromkeys(("verify_sub", "verify_jti"), False)
    assert jwt.decode(signed(found, claims), SECRET, ["HS256"], options=options) == claims


@pytest.mark.parametrize(
    ("vendor", "algorithm", "order"),
    [
        ("vault", "ES256", ["kid", "alg"]),
        ("vault", "HS256", ["alg"]),
        ("omniomni", "ES256", ["alg", "typ", "kid"]),
        ("nbcgate", "HS256", ["alg", "typ"]),
    ],
)
def test_a_header_has_the_vendors_members_in_its_order(
    vendor: str, algorithm: str, order: list[str]
) -> None:
    found = realm(settings(algorithm), vendor)
    assert list(jwt.get_unverified_header(minted(found, vendor=vendor))) == order


def test_a_tokens_claims_say_who_issued_it_to_whom_when_and_for_how_long() -> None:
    found = realm(settings("HS256") | {"lifetime": "90s", "issuer": "me", "audience": ["a", "b"]})
    claims = jwt.decode(minted(found), options={"verify_signature": False})
    assert list(claims)[:2] == ["iss", "sub"]
    assert (claims["iss"], claims["aud"]) == ("me", ["a", "b"])
    assert claims["exp"] - claims["iat"] == 90
    assert claims["iat"] == pytest.approx(found.clock.now(), abs=5)


def test_a_fixtures_claims_and_headers_come_last_the_users_after_the_vendors() -> None:
    token = settings("HS256") | {
        "claims": {"tenant": "all", "tier": 1, "aud": None},
        "headers": {"typ": "at+jwt", "x": [1]},
    }
    user = USER | {"claims": {"tier": 2, "tenant": None}, "headers": {"x": None, "y": True}}
    found = realm(token, users=[user], clients=[{"client_id": "app"}])
    access, refresh = minted(found), minted(found, Use.REFRESH)
    claims = jwt.decode(access, options={"verify_signature": False})
    assert claims["tier"] == 2
    assert not {"tenant", "aud"} & claims.keys()
    assert jwt.get_unverified_header(access) == {"alg": "HS256", "typ": "at+jwt", "y": True}
    # They are for those who read access tokens.
    claims = jwt.decode(refresh, options={"verify_signature": False})
    assert not {"tenant", "tier"} & claims.keys()
    assert claims["aud"] == "vault-api"
    assert jwt.get_unverified_header(refresh) == {"alg": "HS256"}


def test_the_layers_of_members_are_merged_from_first_to_last() -> None:
    assert merge({"a": 1, "b": 1}, {"b": None, "c": 2}, {"b": 3}) == {"a": 1, "c": 2, "b": 3}
    assert merge({"a": None}) == {}


def test_a_token_id_names_its_grant_and_no_two_are_the_same() -> None:
    found = realm(settings("HS256"), users=[USER], clients=[{"client_id": "app"}])
    vault = found.vendors["vault"]
    me = vault.subjects.find("me@x")
    assert me is not None
    grant = found.grant(vault, me, "app")
    jtis = [grant.jti() for _ in range(3)]
    assert len(set(jtis)) == 3
    for jti in jtis:
        traced = found.identity.grant_of(jti)
        assert traced == grant
        subject = vault.subject_of(grant)
        assert subject is not None
        assert subject.name == "me@x"


@pytest.mark.parametrize(
    "jti",
    [
        None,
        7,
        "",
        "default.0.a.b",
        "default.0.a.b.c.d",
        "default.1.a.b.c",
        "other.0.a.b.c",
        "default.00.a.b.c",
    ],
)
def test_a_token_id_of_another_kind_realm_or_generation_has_no_grant(jti: object) -> None:
    assert realm(settings("HS256")).identity.grant_of(jti) is None


def test_a_seed_gives_the_same_keys_and_ids_at_each_start() -> None:
    def start(seed: int | None) -> tuple[str | None, str]:
        found = Realm(
            DEFAULT,
            template({"vault": {"token": {"algorithm": "ES256"}}}, seed=seed),
            MemoryStore(),
            {},
        )
        return issuer(found).keyring.active_now().kid, found.identity.ids.unique()

    assert start(7) == start(7)
    assert not set(start(7)) & set(start(8))
    assert start(None)[1] != start(None)[1]


def test_no_key_is_made_before_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_CACHE_DIR", str(tmp_path))
    found = realm({"algorithm": "RS256"})
    assert list(tmp_path.iterdir()) == []
    minted(found)
    assert [path.name for path in (tmp_path / "keys").iterdir()] != []
