"""Keys: what they sign, what they are called, where they come from, how they rotate.

What is written here as expected was computed once by the version that wrote the first caches.
"""

import asyncio
import json
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from emulator.core.keys import (
    ALGORITHMS,
    CannotRotate,
    KeyOrigin,
    Keyring,
    KeyRotationState,
    Rotation,
    cache_folder,
    generate_key,
    make_key,
    signed_with_public_half,
)
from emulator.core.keys.encoding import decode_segment, encode_segment
from emulator.core.keys.files import public_pem

SECRET = b"a-secret-of-sixty-four-bytes-and-more-so-that-hs512-is-happy-with-it!"
HEAD = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0"

RSA_JWK = {
    "kty": "RSA",
    "n": (
        "t1sop2iiB-Pe8cuKhwnDZ9LkJPR5pZzd_DJoACvB-Q7S8-"
        "8hig86gkqwHENqAPqSFkU6xyTb_KB4sUBEShdhRBAw83SbgqjFgEjeeg4LlvIZar94AKKc8fkE-ltUKZWTvTON"
        "tSrbnDlwuZMqriFXoF0QFf1snaRpYgcFQv2KKWAoKUVyM3zNmGfbcP_nsbFMpk67oOs8WpZmbPt8mNnZUzLRRM"
        "dwMXv0fO8RXVz9iJS6_qTCB5W6G60zXQjz7sPD9V6X6FVWupOkFOzplhiVAvO6o-"
        "1xovUED1c0LEsVDMHuP5Q8SK-Bh5ZN8Kcmp05S0GM79UfrcylJ2v5_IlvF5w"
    ),
    "e": "AQAB",
    "p": (
        "5g9sHgCkn0rIYWQa0JNRAhvrJX4WKQQQAwpFcFFetD-iw6aaJjMYCQ3nsmK9e2iIT0L3yYSi0paB_9Sm9P_h4C"
        "TZuTH6xR8nc6rH7Ee6A0o0am_APkXnqmqkD7rlOX2uItwomnNlYlImFc4Jzj68p24PodF3v2qPcRiZy4JxRJc"
    ),
    "q": (
        "zAekxbI6oI1JpJbGylgQBNmIqJMbabVAAu96MXW4WDBQ0HObjJx24BAOl8I4qE60A6cZxXx-"
        "Zg1Z7E96WQ_b2NnYPFuvc72DW7rYslD8ddtQ0demxjfQPS1ZSpV8mDCSK-NYgRH-"
        "GM5UYWJrS6A8K6lGdLtFZado0Gtq-oy7IzE"
    ),
    "d": (
        "SXXjXtcj-8dHHlbvJFU8Dc_HiirMxhaINa-"
        "4TUE60N8ok4TeSiL5zRPBZUF5KfU6LGQGPZ096gQc9t8JvSmK1asrAY9ZcsrNfi0zvXD9IbfTiRo3KQH9oVCkt"
        "u16VcLQ0z_haZFHNVsqF5-nvOYs5loCxNyo9KvXcOfhKsrL3PE0muyln1AAZ-"
        "u7vzw6hEXK9iVwgmHfXXcF04VKkTnbvrwqdHC5kI9ZO-6uWqGSaTZjVML48YAiEvAs-daNdUJFiDj4Px1JtQvA"
        "ko8diFETWu8W_1j4R7ApRIQiLeJSFH4YekavnK9L7WmQ66Xhyy2-I1TqBO18t5nefoJErTQQIQ"
    ),
    "dp": (
        "xK74sum_1ANeLo0js5_OiOwPa91Q2r4DZmX4mZ6nRZiF8ZjUfsX9zXfa1xI9hm0G5CSPrPQ9M6bC-"
        "1H1bs34cOVwUjkdeDs7QlMGWsWzjK57A2gIxfSDq5lCK8SPxkfhgSIRgIIZciZjMw8UKQRPyyB4MtLe-"
        "oICoiDzEx6w8X8"
    ),
    "dq": (
        "bkj_bwGNITXeBcKeh8ecORLhBMYnvjcD99I8yblpQPo05Mho31PAChOD39JTT97i_Up46sAFjuJOpia76qJg4t"
        "G2ScIBj91zwMS514FhRc-b2yHneyO2QytdJayyIY23pVOJhpMUN5JoGA_cEY_2ll80v2pu86jPRkGaHP6vNTE"
    ),
    "qi": (
        "Mfq6K85CBJekdl1fAMSQcP9goEb6GAFtwqSTSUrP8xrndv-Syyaiw75xhOKsT2o4Sw-"
        "DlpzRFHa8zlcDK5I3vfBq3fWVsCMa-"
        "dpWqOsm_mCzCEnuc9MF2qg7yPlItqlN0m1U2TZvBL-8w1w3zuD7fxuDGtS_yrHI0nhCNgmPXOE"
    ),
}
"""As an older cache has it."""

OLD_CACHE: dict[str, tuple[str, dict[str, str], str]] = {
    "RS256": ("vault-rsa.jwk", RSA_JWK, "0c7d33e2-f3fd-5150-ae07-99830c4a44a4"),
    "PS512": ("vault-rsa.jwk", RSA_JWK, "0c7d33e2-f3fd-5150-ae07-99830c4a44a4"),
    "ES256": (
        "vault-secp256r1.jwk",
        {
            "kty": "EC",
            "crv": "P-256",
            "x": "HNIWLAesjhUVXjC07wNWI6xSC70fKTqpkxa-7w0qdtA",
            "y": "XV58u-qj_o90-yZAOeL95LAlaxL9BlqTOuk3-uFjRUs",
            "d": "313dcksmeY908cP5G0Sjz-u78K-DjkBK2Lqmzl0eoRU",
        },
        "d9a1a74b-396f-570a-903b-d4e5cacd0dfa",
    ),
    "EdDSA": (
        "vault-ed25519.jwk",
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "l_Hx43JBdRBSsJ_NpBQ-lsYRTqjdXcOr3fzT8Q_Vlmk",
            "d": "OERG2RC9xLcYwzANKTUFEo9LOUyLD2irHe3Iy6Mx7DE",
        },
        "9fe0b711-b31b-548d-baf3-083b7e31e985",
    ),
}

SEEDED = {
    "ES256": {
        "kty": "EC",
        "crv": "P-256",
        "x": "J7GiA5B-la8oGsTU78UoGrdKuBbbn85HYRRxWgwqYZM",
        "y": "SLP9G5tCmYGNpP5m8UQprwBKi2uOCSUv8pVJ5gf_VLw",
        "kid": "c24a22fd-17a8-533b-877c-9bb89c4d9cad",
        "use": "sig",
        "alg": "ES256",
    },
    "ES384": {
        "kty": "EC",
        "crv": "P-384",
        "x": "_VqaViHQ9RCnnbIg8naGGC9gIkyM5-z8UhVdtc04OsF7TUW2WHTERynFeXD47or7",
        "y": "dtiNUITDcfK8B4lsAjFCGv3IZC6dSPHZ016iIafcdNkdNyJhhK2Gv0Y1vA6I0vJ3",
        "kid": "9a8d1ce9-8cd7-5d8a-974e-111ed5a9ed96",
        "use": "sig",
        "alg": "ES384",
    },
    "ES512": {
        "kty": "EC",
        "crv": "P-521",
        "x": (
            "AINQU6fotdvfGEtEHGXlpT0GzxStt1_-Z4iGtTqnW_UiI4kw9R7g3J3ME3Uio1keJ2mYURwaA8ck5q8s"
            "JWk76G3d"
        ),
        "y": (
            "AeYbtDePt6MsVOxWDqr4TUNUu0PdgsG4tU-SaLrZTAg6RuZ2wJ9uyzyA6iVYPGfA_j4CLql2ReN2W9vn"
            "NrMgCid-"
        ),
        "kid": "4c49678d-8bdb-5770-bb99-41fcd6d4e463",
        "use": "sig",
        "alg": "ES512",
    },
    "EdDSA": {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "zlWY9iHaKTCLCloIm34XWFWDSMyZn_vODIf7-l4rw1o",
        "kid": "d080b253-6c77-5f87-802a-329d8179ee01",
        "use": "sig",
        "alg": "EdDSA",
    },
}
"""The first key of vault with seed 7."""

AFTER_ONE_ROTATION = {
    "ES256": "115f45fa-23fa-5834-973e-8a081b24ded4",
    "ES384": "e72bf277-3c58-5b80-84ab-7430f27e49d6",
    "ES512": "5a8f0117-bef4-53e5-8a9a-74c6b2c618d8",
    "EdDSA": "4f009982-d215-58aa-939d-f2fe481c4d50",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of kept keys, empty."""
    monkeypatch.setenv("AUTH_EMULATOR_CACHE_DIR", str(tmp_path))
    return tmp_path / "keys"


def ring(algorithm: str = "ES256", seed: int | None = None, **origin: Any) -> Keyring:
    known = ALGORITHMS[algorithm]
    if known.symmetric:
        origin.setdefault("secret", SECRET)
    return Keyring(KeyOrigin(known, "vault", **origin), seed)


def signed(keys: Keyring) -> tuple[str, dict[str, Any]]:
    """A token, and what its header says."""
    key = keys.active_now()
    token = f"{HEAD}.{encode_segment(key.sign(HEAD.encode())).decode()}"
    return token, {} if key.kid is None else {"kid": key.kid}


def kids(keys: Keyring) -> list[str]:
    return [jwk["kid"] for jwk in asyncio.run(keys.published())]


def rotated(keys: Keyring, *modes: Rotation) -> Keyring:
    """The keys after these rotations, each read by another process from what the store holds."""
    for mode in modes:
        state = asyncio.run(keys.rotated(mode)).rotation
        keys = keys.with_rotation(KeyRotationState.model_validate_json(state.model_dump_json()))
    return keys


# Signing


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pyjwt_verifies_what_a_key_of_each_algorithm_signs(algorithm: str) -> None:
    key = ring(algorithm).active_now()
    head = encode_segment(json.dumps({"alg": algorithm}).encode()) + b".e30"
    signature = key.sign(head)
    verifier: Any = SECRET if key.jwk is None else jwt.PyJWK(key.jwk)
    token = (head + b"." + encode_segment(signature)).decode()
    assert jwt.decode(token, verifier, algorithms=[algorithm]) == {}
    assert key.verifies(head, signature)
    assert key.signed(token)
    assert not key.verifies(b"another message", signature)
    assert not key.verifies(head, signature[:-1])


@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if not name.startswith("HS")])
def test_what_pyjwt_signs_with_a_key_that_key_verifies(algorithm: str) -> None:
    key = ring(algorithm).active_now()
    assert key.private_key is not None
    token = jwt.encode({}, key.private_key, algorithm=algorithm)
    assert key.signed(token)
    assert not key.signed(token + "****")
    assert not key.signed("no token")
    assert not key.signed(token.replace(".", ".\ud800", 1))


@pytest.mark.parametrize(
    "secret",
    [
        b"",
        public_pem(ec.generate_private_key(ec.SECP256R1()).public_key()).encode(),
        b'{"kty": "oct"}',
        b"ssh-rsa AAAA",
        bytes(range(256)),
    ],
)
def test_any_bytes_are_a_secret(secret: bytes) -> None:
    key = make_key(ALGORITHMS["HS256"], secret)
    assert key.verifies(b"m", key.sign(b"m"))
    assert (key.kid, key.jwk, key.public_key) == (None, None, None)


def test_what_prints_a_key_or_its_origin_shows_no_secret() -> None:
    for keys in (ring("HS256"), ring(seed=7), rotated(ring(seed=7), Rotation.OVERLAP)):
        key = keys.active_now()
        shown = repr((key, keys.origin, keys.rotation))
        assert "a-secret" not in shown
        assert "PrivateKey" not in shown
        assert "'d'" not in shown


def test_an_algorithm_says_what_its_keys_are() -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    p256, edwards = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
    found = {
        name: algorithm.wants()
        for name, algorithm in ALGORITHMS.items()
        if name in ("PS384", "ES512", "EdDSA")
    }
    assert found == {
        "PS384": "an RSA key of at least 2048 bits",
        "ES512": "an EC key on secp521r1",
        "EdDSA": "an Ed25519 key",
    }
    assert not ALGORITHMS["RS256"].accepts(small)
    assert ALGORITHMS["ES256"].accepts(p256)
    assert not ALGORITHMS["ES256"].accepts(p256.public_key())
    assert not ALGORITHMS["ES384"].accepts(p256)
    assert ALGORITHMS["EdDSA"].accepts(edwards)
    assert [name for name, algorithm in ALGORITHMS.items() if algorithm.symmetric] == [
        "HS256",
        "HS384",
        "HS512",
    ]
    assert ALGORITHMS["HS384"].secret_bytes == 48


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xfb\xff", bytes(range(256))])
def test_a_segment_is_base64url_without_padding(data: bytes) -> None:
    segment = encode_segment(data).decode()
    assert not set(segment) & set("+/=")
    assert decode_segment(segment) == data


@pytest.mark.parametrize("segment", ["A", "AA A", "AAA\n", "AA==AA", "AAA*", "=", "äAAA"])
def test_what_is_not_base64url_is_no_segment(segment: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - its text is Python's
        decode_segment(segment)


@pytest.mark.parametrize("form", ["pem", "pem without the last line break", "der"])
def test_a_public_key_taken_for_a_secret_is_found(form: str) -> None:
    key = ring(seed=7).active_now()
    assert key.public_key is not None
    secret = key.public_key.public_bytes(
        Encoding.DER if form == "der" else Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    if form == "pem without the last line break":
        secret = secret.rstrip()
    forger = make_key(ALGORITHMS["HS384"], secret)
    token = f"{HEAD}.{encode_segment(forger.sign(HEAD.encode())).decode()}"
    assert signed_with_public_half(key, token, "HS384")
    assert not signed_with_public_half(key, token, "HS256")
    assert not signed_with_public_half(key, token, "ES256")
    assert not signed_with_public_half(key, token, ["HS384"])
    assert not signed_with_public_half(ring(seed=8).active_now(), token, "HS384")
    assert not signed_with_public_half(ring("HS384").active_now(), token, "HS384")


# Where the first key comes from


@pytest.mark.parametrize("algorithm", SEEDED)
def test_a_seed_gives_the_same_keys_in_every_version(algorithm: str, folder: Path) -> None:
    keys = ring(algorithm, 7)
    assert asyncio.run(keys.published()) == [SEEDED[algorithm]]
    assert list(SEEDED[algorithm]) == list(asyncio.run(keys.published())[0])
    assert rotated(keys, Rotation.NO_OVERLAP).active_now().kid == AFTER_ONE_ROTATION[algorithm]
    assert ring(algorithm, 8).active_now().kid != keys.active_now().kid
    assert not folder.exists()


@pytest.mark.parametrize("algorithm", OLD_CACHE)
def test_a_key_that_an_older_version_kept_stays_and_keeps_its_kid(
    algorithm: str, folder: Path
) -> None:
    name, jwk, kid = OLD_CACHE[algorithm]
    folder.mkdir()
    (folder / name).write_text(json.dumps(jwk))
    assert ring(algorithm).active_now().kid == kid


@pytest.mark.parametrize("algorithm", ["PS384", "ES256", "ES384", "ES512", "EdDSA"])
def test_a_made_key_is_kept_for_the_next_start_and_is_its_owners_alone(
    algorithm: str, folder: Path
) -> None:
    kept_keys = {ring(algorithm).active_now().kid for _ in range(2)}
    (kept,) = folder.iterdir()
    assert len(kept_keys) == 1
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    members = {"PS384": set("nepqd") | {"dp", "dq", "qi"}, "EdDSA": {"crv", "x", "d"}}
    expected = {"kty"} | members.get(algorithm, {"crv", "x", "y", "d"})
    assert json.loads(kept.read_bytes()).keys() == expected


@pytest.mark.parametrize(
    "kept",
    [
        "no key",
        "[]",
        "{}",
        "[" * 50_000,
        "\udcff",
        '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": "AQ"}',
        '{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "d": 1}',
        json.dumps(OLD_CACHE["EdDSA"][1]),
        json.dumps(SEEDED["ES256"]),
        json.dumps(OLD_CACHE["ES256"][1] | {"x": SEEDED["ES256"]["x"]}),
    ],
)
def test_a_kept_key_that_is_broken_is_a_warning_and_stays(
    kept: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    broken = folder / "vault-secp256r1.jwk"
    broken.write_text(kept, errors="surrogateescape")
    assert ring().active_now().kid
    assert "is not a key for ES256; remove it, and a new key is made" in caplog.text
    assert broken.read_text(errors="surrogateescape") == kept


def test_a_kept_rsa_key_whose_parts_do_not_fit_is_a_warning(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir()
    (folder / "vault-rsa.jwk").write_text(json.dumps(RSA_JWK | {"d": RSA_JWK["q"]}))
    assert ring("RS256").active_now().kid
    assert "is not a key for RS256" in caplog.text


def test_a_cache_that_cannot_be_used_is_a_warning_and_not_the_end(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file where the folder should be")
    assert ring().active_now().kid
    assert "tokens will not verify after a restart; set AUTH_EMULATOR_CACHE_DIR" in caplog.text


def test_without_a_home_a_key_is_not_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_home(*_: Any) -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("AUTH_EMULATOR_CACHE_DIR")
    monkeypatch.setattr("emulator.core.keys.making.user_cache_path", no_home)
    assert ring().active_now().kid
    assert "no home: the key of vault is not kept" in caplog.text


def test_the_cache_is_the_users_unless_the_environment_names_another(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache_folder() == folder
    monkeypatch.delenv("AUTH_EMULATOR_CACHE_DIR")
    assert cache_folder().parts[-2:] == ("auth-emulator", "keys")


def test_rings_that_start_together_in_threads_end_with_the_same_key() -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: ring("RS256").active_now().kid, range(8)))
    assert len(set(found)) == 1


def test_processes_that_start_together_end_with_the_same_key(tmp_path: Path) -> None:
    program = (
        "from emulator.core.keys import *;"
        "print(Keyring(KeyOrigin(ALGORITHMS['RS256'], 'vault'), None).active_now().kid)"
    )
    environment = os.environ | {"AUTH_EMULATOR_CACHE_DIR": str(tmp_path)}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment
        )
        for _ in range(2)
    ]
    first, second = (process.communicate(timeout=60)[0] for process in started)
    assert first == second
    assert first.strip() == ring("RS256").active_now().kid


def test_a_key_is_made_once_and_not_before_it_is_needed(folder: Path) -> None:
    keys = ring()
    other = keys.with_rotation(KeyRotationState(count=1))
    token = f"{HEAD}.AAAA"
    assert not asyncio.run(keys.signed(token, {"kid": "x"}))
    assert not keys.ready
    assert not folder.exists()

    async def together() -> tuple[Any, ...]:
        return await asyncio.gather(keys.active(), other.active(), keys.active())

    first, *others = asyncio.run(together())
    assert all(key is first for key in others)
    assert keys.ready
    assert other.ready


def test_a_given_key_and_its_name_are_used() -> None:
    private = generate_key(ALGORITHMS["ES384"])
    key = ring("ES384", private_key=private, key_id="mine").active_now()
    assert key.kid == "mine"
    assert key.jwk is not None
    assert key.jwk["kid"] == "mine"
    assert key.public_key == private.public_key()


def test_a_ring_is_made_like_another_of_the_same_origin_and_seed() -> None:
    jwk = OLD_CACHE["ES256"][1]
    one, again = (jwt.PyJWK(jwk).key for _ in range(2))
    assert ring(private_key=one).made_like(ring(private_key=again))
    assert ring().made_like(rotated(ring(), Rotation.OVERLAP))
    assert not ring(private_key=one).made_like(ring())
    assert not ring(private_key=one).made_like(ring(private_key=one, key_id="mine"))
    assert not ring(seed=7).made_like(ring())
    assert not ring("HS256").made_like(ring("HS256", secret=b"another"))


# Rotation


@pytest.mark.parametrize("algorithm", ["RS256", "ES512", "EdDSA"])
def test_a_rotation_survives_the_store(algorithm: str) -> None:
    keys = ring(algorithm)
    old, old_header = signed(keys)
    after = rotated(keys, Rotation.OVERLAP)
    assert after.ready
    new, new_header = signed(after)
    assert old_header != new_header
    assert kids(after) == [new_header["kid"], old_header["kid"]]
    for token, header in ((old, old_header), (new, new_header)):
        assert asyncio.run(after.signed(token, header))
        verifier = asyncio.run(after.verifier(header["kid"]))
        assert verifier is not None
        assert verifier.signed(token)
    assert kids(keys) == [old_header["kid"]]
    assert not asyncio.run(keys.signed(new, new_header))


def test_a_retired_key_does_not_sign() -> None:
    after = rotated(ring(seed=7), Rotation.OVERLAP)
    _, retired = asyncio.run(after.verifiers())
    assert retired.private_key is None
    with pytest.raises(ValueError, match="is retired"):
        retired.sign(b"m")


def test_without_an_overlap_the_old_keys_are_gone() -> None:
    keys = rotated(ring(seed=7), Rotation.OVERLAP)
    old, header = signed(keys)
    after = rotated(keys, Rotation.NO_OVERLAP)
    assert kids(after) == [after.active_now().kid]
    assert not asyncio.run(after.signed(old, header))
    assert asyncio.run(after.verifier(header["kid"])) is None
    assert after.rotation.count == 2


def test_a_key_of_unknown_kid_signs_and_is_not_published_until_the_next_rotation() -> None:
    keys = ring(seed=7)
    (old,) = kids(keys)
    after = rotated(keys, Rotation.UNKNOWN_KID)
    new = after.active_now().kid
    assert kids(after) == [old]
    assert asyncio.run(after.signed(*signed(after)))
    again = rotated(after, Rotation.OVERLAP)
    assert kids(again) == [again.active_now().kid, new, old]


def test_the_same_kid_is_another_key() -> None:
    keys = ring(seed=7)
    old, header = signed(keys)
    after = rotated(keys, Rotation.SAME_KID)
    assert kids(after) == kids(keys)
    assert after.active_now().public_key != keys.active_now().public_key
    assert not asyncio.run(after.signed(old, header))
    assert asyncio.run(after.signed(*signed(after)))


def test_a_new_key_has_a_kid_of_its_own_where_the_fixture_names_the_first() -> None:
    after = rotated(ring(seed=7, key_id="mine"), Rotation.OVERLAP)
    assert kids(after) == [AFTER_ONE_ROTATION["ES256"], "mine"]


def test_back_to_no_rotation_the_first_key_signs_again() -> None:
    keys = ring()
    first = keys.active_now()
    assert (
        rotated(keys, Rotation.NO_OVERLAP).with_rotation(KeyRotationState()).active_now() is first
    )


def test_a_secret_cannot_rotate_and_verifies_whatever_kid_a_token_names() -> None:
    keys = ring("HS256")
    token, header = signed(keys)
    assert asyncio.run(keys.signed(token, header))
    assert asyncio.run(keys.verifier("any")) is keys.active_now()
    assert asyncio.run(keys.published()) == []
    with pytest.raises(CannotRotate, match="vault signs with a secret of the fixture"):
        asyncio.run(keys.rotated(Rotation.OVERLAP))


def test_a_token_of_a_key_pair_that_names_no_key_is_not_signed_by_one() -> None:
    keys = ring(seed=7)
    token, header = signed(keys)
    assert asyncio.run(keys.verifier(None)) is keys.active_now()
    assert not asyncio.run(keys.signed(token, {}))
    assert not asyncio.run(keys.signed(token, {"kid": ["x"]}))
    assert not asyncio.run(keys.signed(token[:-4] + "AAAA", header))


def test_a_rotation_state_is_frozen_and_holds_nothing_else() -> None:
    state = KeyRotationState()
    assert KeyRotationState.model_validate_json("{}") == state
    with pytest.raises(ValidationError):
        state.count = 1  # type: ignore[misc]  # what the test is about
    with pytest.raises(ValidationError):
        KeyRotationState.model_validate({"more": 1})
