"""Keys in files: what is read, and the sentence for what is not."""

import json
import os
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from emulator.core.keys import ALGORITHMS
from emulator.core.keys.files import (
    KeyFileError,
    any_private_key_in,
    private_key_in,
    public_key_in,
    public_key_of,
    public_pem,
)

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
ED25519 = Ed25519PrivateKey.generate()
DSA = dsa.generate_private_key(1024)
SHORT = rsa.generate_private_key(public_exponent=65537, key_size=1024)
DEEP = b'{"kty":' + b"[" * 60_000


def pem(key: Any, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    content: bytes = key.private_bytes(Encoding.PEM, form, NoEncryption())
    return content


def pem_of_public(key: Any) -> bytes:
    content: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return content


PRIVATE: dict[str, tuple[str, Any, Callable[[], bytes]]] = {
    "rsa.pem": ("PS256", RSA, lambda: pem(RSA)),
    "rsa-pkcs1.pem": ("RS512", RSA, lambda: pem(RSA, PrivateFormat.TraditionalOpenSSL)),
    "ec.pem": ("ES256", EC, lambda: pem(EC)),
    "ec-sec1.pem": ("ES256", EC, lambda: pem(EC, PrivateFormat.TraditionalOpenSSL)),
    "ed25519.pem": ("EdDSA", ED25519, lambda: pem(ED25519)),
    "rsa.jwk": ("RS256", RSA, lambda: RSAAlgorithm.to_jwk(RSA).encode()),
    "ec.jwk": ("ES256", EC, lambda: b"\n " + ECAlgorithm.to_jwk(EC).encode()),
    "ed25519.jwk": ("EdDSA", ED25519, lambda: OKPAlgorithm.to_jwk(ED25519).encode()),
}

NO_PRIVATE_KEY = "expected a private key as PEM (BEGIN PRIVATE KEY) or JWK"
NOT_PRIVATE: dict[str, tuple[Callable[[], bytes], str]] = {
    "ec": (
        lambda: pem(EC),
        "ec holds another kind of key; RS256 signs with an RSA key of at least 2048 bits",
    ),
    "short": (
        lambda: pem(SHORT),
        "short holds another kind of key; RS256 signs with an RSA key of at least 2048 bits",
    ),
    "locked": (
        lambda: RSA.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
        "the key is encrypted; write it without a passphrase (openssl pkey -in ... -out ...)",
    ),
    "public.pem": (lambda: pem_of_public(RSA), NO_PRIVATE_KEY),
    "public.jwk": (
        lambda: RSAAlgorithm.to_jwk(RSA.public_key()).encode(),
        "the JWK is a public key; a private one has the member d",
    ),
    "half.jwk": (lambda: b'{"kty": "EC", "d": "AA"}', NO_PRIVATE_KEY),
    "none.jwk": (lambda: b'{"kty": "oct", "alg": "none", "d": 1}', NO_PRIVATE_KEY),
    "strange.jwk": (lambda: b'{"kty": "RSA", "alg": [1], "d": 1}', NO_PRIVATE_KEY),
    "deep.jwk": (lambda: DEEP, NO_PRIVATE_KEY),
    "cut.jwk": (lambda: b"{", NO_PRIVATE_KEY),
    "text": (lambda: b"text", NO_PRIVATE_KEY),
    "large": (lambda: b"x" * 70_000, "large is larger than 65536 bytes; that is not a key"),
}


@pytest.mark.parametrize("name", PRIVATE)
def test_a_private_key_is_pem_or_jwk(name: str, tmp_path: Path) -> None:
    algorithm, key, content = PRIVATE[name]
    (tmp_path / name).write_bytes(content())
    read = private_key_in(tmp_path / name, ALGORITHMS[algorithm])
    assert read.public_key() == key.public_key()
    assert any_private_key_in(tmp_path / name).public_key() == key.public_key()


@pytest.mark.parametrize("name", NOT_PRIVATE)
def test_what_is_no_private_key_is_refused_in_words(name: str, tmp_path: Path) -> None:
    content, sentence = NOT_PRIVATE[name]
    (tmp_path / name).write_bytes(content())
    with pytest.raises(KeyFileError) as raised:
        private_key_in(tmp_path / name, ALGORITHMS["RS256"])
    assert str(raised.value) == sentence


@pytest.mark.parametrize("key", [DSA, ed448.Ed448PrivateKey.generate()])
def test_a_key_of_no_algorithm_of_ours_is_refused(key: Any, tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(pem(key))
    (tmp_path / "p").write_bytes(pem_of_public(key))
    kinds = "another kind of key; expected RSA, EC or Ed25519"
    with pytest.raises(KeyFileError, match=f"^k holds {kinds}$"):
        any_private_key_in(tmp_path / "k")
    with pytest.raises(KeyFileError, match=f"^p holds {kinds}$"):
        public_key_in(tmp_path / "p")
    with pytest.raises(KeyFileError, match=f"^this is {kinds}$"):
        public_key_of(pem_of_public(key).decode())


@pytest.mark.parametrize("key", [RSA, EC, ED25519])
def test_a_public_key_is_read_back_from_its_pem(key: Any, tmp_path: Path) -> None:
    text = public_pem(key.public_key())
    (tmp_path / "k").write_text(text)
    assert public_key_of(text) == public_key_in(tmp_path / "k") == key.public_key()


def test_a_public_key_is_read_from_a_jwk_and_its_members() -> None:
    members = ECAlgorithm.to_jwk(EC.public_key(), as_dict=True)
    assert public_key_of(members) == public_key_of(json.dumps(members)) == EC.public_key()


NO_PUBLIC_KEY = "expected a public key as PEM (BEGIN PUBLIC KEY) or JWK"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", NO_PUBLIC_KEY),
        ("{", NO_PUBLIC_KEY),
        ("\ud800", NO_PUBLIC_KEY),
        (DEEP.decode(), NO_PUBLIC_KEY),
        ({}, NO_PUBLIC_KEY),
        ({"kty": "EC", "crv": "P-256", "x": "AA", "y": 1}, NO_PUBLIC_KEY),
        ({"kty": "oct", "k": "AAAA"}, "this is another kind of key; expected RSA, EC or Ed25519"),
        ("x" * 70_000, "this is longer than 65536 characters; that is not a key"),
        (
            {"kty": "EC", "d": "AA"},
            "the JWK is a private key, which only who signs should have; give its public half "
            "(without d, and an RSA key without p, q, dp, dq and qi)",
        ),
        (
            pem(EC).decode(),
            "that is a private key, which only who signs should have; give its public half "
            "(openssl pkey -in ... -pubout -out ...)",
        ),
        (
            "-----BEGIN CERTIFICATE-----",
            "that is a certificate; give the public key alone "
            "(openssl x509 -in ... -noout -pubkey)",
        ),
    ],
)
def test_what_is_no_public_key_is_refused_in_words(given: Any, sentence: str) -> None:
    with pytest.raises(KeyFileError) as raised:
        public_key_of(given)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("read", [any_private_key_in, public_key_in])
def test_what_is_no_regular_file_is_refused(read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path, sentence in (
        (tmp_path / "pipe", "pipe is not a regular file"),
        (tmp_path / "folder", "folder is not a regular file"),
        (tmp_path / "none", f"cannot read {tmp_path}/none: No such file or directory"),
        (tmp_path / ("x" * 300), f"cannot read {tmp_path}/{'x' * 300}: File name too long"),
        (Path(pem_of_public(EC).decode()), "expected a file name, not the key itself"),
        (Path("a\0b"), "expected a file name, not the key itself"),
    ):
        with pytest.raises(KeyFileError) as raised:
            read(path)
        assert str(raised.value) == sentence


def test_an_error_shows_nothing_of_the_key(tmp_path: Path) -> None:
    broken = ECAlgorithm.to_jwk(EC, as_dict=True) | {"kty": "unknown"}
    (tmp_path / "k").write_text(json.dumps(broken))
    with pytest.raises(KeyFileError) as raised:
        any_private_key_in(tmp_path / "k")
    assert broken["d"] not in "".join(traceback.format_exception(raised.value))
