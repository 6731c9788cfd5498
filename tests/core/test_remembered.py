"""A key remembers what it signed: to check a token again costs a digest, and changes nothing."""

import asyncio
from typing import Any

import pytest

from emulator.app import blueprint_in
from emulator.core.keys import key as keys
from emulator.core.keys.key import Remembered
from emulator.core.realm import DEFAULT, Realm
from emulator.core.signatures import header_of, signature_fault
from emulator.core.store import MemoryStore


def realm() -> Realm:
    made = blueprint_in({"omniomni": {"token": {"algorithm": "ES256"}, "clients": []}})
    return Realm(DEFAULT, made, MemoryStore())


def signed(of: Realm, subject: str) -> str:
    issuer = of.sections["omniomni"].issuer
    return asyncio.run(issuer.refresh_token({"sub": subject}))


def fault(of: Realm, token: str) -> Any:
    return asyncio.run(signature_fault(of, of.sections["omniomni"], token, header_of(token)))


def test_a_token_is_checked_once_and_found_good_again() -> None:
    one = realm()
    token = signed(one, "a")
    known = one.sections["omniomni"].issuer.keyring.active_now().known
    assert token not in known
    assert fault(one, token) is None
    assert token in known
    assert fault(one, token) is None


def test_a_token_that_is_like_a_known_one_is_still_refused() -> None:
    one = realm()
    token = signed(one, "a")
    assert fault(one, token) is None
    head, payload, signature = token.split(".")
    another = "B" if signature[0] == "A" else "A"
    for other in (f"{head}.{payload}.{another}{signature[1:]}", f"{head}.{payload}.{signature}AA"):
        assert fault(one, other) is not None
        assert fault(one, other) is not None


def test_another_key_knows_nothing_of_it(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = realm()
    token = signed(one, "a")
    assert fault(one, token) is None
    monkeypatch.setenv("AUTH_EMULATOR_CACHE_DIR", str(tmp_path))
    assert fault(realm(), token) is not None


def test_only_the_latest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_MOST_REMEMBERED", 2)
    some = Remembered()
    for token in ("a", "b", "b", "c"):
        some.add(token)
    assert [token in some for token in ("a", "b", "c")] == [False, True, True]
