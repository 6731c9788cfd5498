"""Tokens of every algorithm, held against two libraries that other people wrote."""

import asyncio
import stat
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet, OctKey

from emulator.app import Config, create_app
from emulator.core.keys import ALGORITHMS
from emulator.core.keys.key import encoded
from emulator.core.section import Section

KEYS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "PS256": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
SECRET = "a-secret-of-sixty-four-bytes-and-more-so-that-hs512-is-happy-with-it!"


def section(token: dict[str, Any], **top: Any) -> Section:
    stage = create_app(Config(fixture={"vault": {"token": token}, **top}))
    return stage.realm.sections["vault"]


def settings(algorithm: str) -> dict[str, Any]:
    secret = {"secret": SECRET} if ALGORITHMS[algorithm].symmetric else {}
    return {"algorithm": algorithm, **secret}


def issued(found: Section, nested: str = "äö€") -> str:
    claims: Any = {"sub": "alice", "n": 1, "nested": {nested: [nested]}}
    return asyncio.run(found.issuer.refresh_token(claims))


def pem(private: Any) -> str:
    content: bytes = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return content.decode()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pyjwt_verifies_a_token_of_every_algorithm(algorithm: str) -> None:
    found = section(settings(algorithm))
    token = issued(found)
    key = found.issuer.keyring.active_now()
    verifier: Any = SECRET if key.jwk is None else jwt.PyJWK(key.jwk)
    claims = jwt.decode(token, verifier, algorithms=[algorithm])
    assert claims["nested"] == {"äö€": ["äö€"]}
    assert ("kid" in jwt.get_unverified_header(token)) is (key.kid is not None)


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")  # the design's name for it
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_joserfc_verifies_a_token_of_every_algorithm(algorithm: str) -> None:
    found = section(settings(algorithm))
    token = issued(found)
    jwk = found.issuer.keyring.active_now().jwk
    key: Any = (
        OctKey.import_key(SECRET) if jwk is None else KeySet.import_key_set({"keys": [dict(jwk)]})
    )
    names = [*ALGORITHMS, "Ed25519"]
    assert joserfc_jwt.decode(token, key, algorithms=names).claims["sub"] == "alice"


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
    ours = issued(section(token), "ascii: PyJWT escapes the rest")
    header = jwt.get_unverified_header(ours)
    claims = jwt.decode(ours, options={"verify_signature": False})
    theirs = jwt.encode(claims, material, algorithm=algorithm, headers={**header, "typ": None})
    assert jwt.get_unverified_header(theirs) == header
    assert theirs.split(".")[1] == ours.split(".")[1]
    if algorithm in ("RS256", "EdDSA", "HS256"):  # the others sign with fresh randomness
        message, _, signature = ours.rpartition(".")
        signer = jwt.get_algorithm_by_name(algorithm)
        again = signer.sign(message.encode(), signer.prepare_key(material))
        assert encoded(again).decode() == signature


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "EdDSA"])
def test_a_seed_gives_the_same_key_at_each_start_and_another_for_another_seed(
    algorithm: str,
) -> None:
    kids = [
        section({"algorithm": algorithm}, seed=seed).issuer.keyring.active_now().kid
        for seed in (7, 7, 8)
    ]
    assert kids[0] == kids[1] != kids[2]


def test_a_seed_gives_the_same_ids_at_each_start() -> None:
    def jti(seed: int | None) -> str:
        return create_app(Config(fixture={"seed": seed})).realm.stamp.ids.unique()

    assert jti(7) == jti(7) != jti(8)
    assert jti(None) != jti(None)


@pytest.mark.parametrize("algorithm", ["RS256", "ES384", "EdDSA"])
def test_a_made_key_is_kept_for_the_next_start_and_is_its_owners_alone(
    algorithm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_CACHE_DIR", str(tmp_path))
    kids = {section({"algorithm": algorithm}).issuer.keyring.active_now().kid for _ in range(3)}
    (kept,) = (tmp_path / "keys").iterdir()
    assert len(kids) == 1
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700


def test_no_key_is_made_before_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_CACHE_DIR", str(tmp_path))
    create_app()
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_used_is_a_warning_and_not_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "keys").write_text("a file where the folder should be")
    monkeypatch.setenv("AUTH_EMULATOR_CACHE_DIR", str(tmp_path))
    assert section({"algorithm": "ES256"}).issuer.keyring.active_now().kid
    assert "tokens will not verify after a restart" in caplog.text


@pytest.mark.parametrize(
    "kept",
    [
        "no key",
        "[]",
        "{}",
        '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AQ"}',
        '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": 1}',
    ],
)
def test_a_kept_key_that_is_broken_is_said_aloud_and_left_alone(
    kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "keys" / "vault-secp256r1.jwk"
    broken.parent.mkdir()
    broken.write_text(kept)
    monkeypatch.setenv("AUTH_EMULATOR_CACHE_DIR", str(tmp_path))
    assert section({"algorithm": "ES256"}).issuer.keyring.active_now().kid
    assert "remove it to have it made anew" in caplog.text
    assert broken.read_text() == kept


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_a_key_comes_from_a_pem_or_jwk_file_beside_the_fixture(
    algorithm: str, form: str, tmp_path: Path
) -> None:
    private = KEYS[algorithm]()
    as_jwk: Any = jwt.get_algorithm_by_name(algorithm)
    (tmp_path / "key").write_text(pem(private) if form == "pem" else as_jwk.to_jwk(private))
    fixture = tmp_path / "fixture.yaml"
    fixture.write_text(
        f"vault: {{token: {{algorithm: {algorithm}, private_key_file: key, key_id: mine}}}}"
    )
    found = create_app(Config(fixture=fixture)).realm.sections["vault"]
    token = issued(found)
    assert jwt.get_unverified_header(token)["kid"] == "mine"
    assert jwt.decode(token, private.public_key(), algorithms=[algorithm])["sub"] == "alice"


def test_the_kid_is_a_uuid_of_the_keys_thumbprint() -> None:
    found = section({"algorithm": "ES256"}, seed=7)
    key = found.issuer.keyring.active_now()
    assert key.jwk is not None
    thumbprint = KeySet.import_key_set({"keys": [dict(key.jwk)]}).keys[0].thumbprint()
    expected = uuid.uuid5(
        uuid.NAMESPACE_URL, f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{thumbprint}"
    )
    assert key.kid == str(expected)
