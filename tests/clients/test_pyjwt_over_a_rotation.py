"""PyJWT's PyJWKClient, which keeps the keys that it has fetched, while the vendor's key changes."""

from typing import Any

import httpx
import jwt
import pytest
from serving import Served

from clients.vault import access_token, good, jwks_url, rotate


class Verifier(jwt.PyJWKClient):
    """Verifies as a service would, and counts how often it asks for the keys."""

    def __init__(self, served: Served, **settings: Any) -> None:
        super().__init__(jwks_url(served), **settings)
        self.fetches = 0

    def fetch_data(self) -> Any:
        self.fetches += 1
        return super().fetch_data()

    def accepts(self, token: str) -> bool:
        key = self.get_signing_key_from_jwt(token)
        return "sub" in jwt.decode(token, key, algorithms=["ES256"], audience="vault-api")


@pytest.fixture
def verifier(served: Served) -> Verifier:
    """One that asks again at once when it meets a key that it does not know."""
    return Verifier(served, cooldown_duration=0)


def test_with_an_overlap_it_fetches_the_new_key_and_keeps_the_old(
    verifier: Verifier, http: httpx.Client
) -> None:
    old = access_token(http)
    assert verifier.accepts(old)
    rotate(http, "overlap")
    assert verifier.accepts(access_token(http))
    assert verifier.fetches == 2
    assert verifier.accepts(old)
    assert verifier.fetches == 2


def test_by_default_it_refuses_a_new_key_for_thirty_seconds_after_a_fetch(
    served: Served, http: httpx.Client
) -> None:
    verifier = Verifier(served)
    old = access_token(http)
    assert verifier.accepts(old)
    rotate(http, "overlap")
    with pytest.raises(jwt.PyJWKClientError, match="Unable to find a signing key"):
        verifier.accepts(access_token(http))
    assert verifier.fetches == 1
    assert verifier.accepts(old)


def test_without_an_overlap_it_takes_the_old_token_until_it_fetches(
    verifier: Verifier, http: httpx.Client
) -> None:
    old = access_token(http)
    assert verifier.accepts(old)
    rotate(http, "no_overlap")
    assert verifier.accepts(old)
    assert not good(http, old)
    assert verifier.accepts(access_token(http))
    with pytest.raises(jwt.PyJWKClientError, match="Unable to find a signing key"):
        verifier.accepts(old)


def test_it_never_finds_a_key_that_is_not_published(verifier: Verifier, http: httpx.Client) -> None:
    assert verifier.accepts(access_token(http))
    rotate(http, "unknown_kid")
    new = access_token(http)
    assert good(http, new)
    for fetches in (2, 3):
        with pytest.raises(jwt.PyJWTError):
            verifier.accepts(new)
        assert verifier.fetches == fetches


def test_a_new_key_under_the_same_kid_fails_it_until_its_cache_ends(
    verifier: Verifier, http: httpx.Client
) -> None:
    old = access_token(http)
    assert verifier.accepts(old)
    rotate(http, "same_kid")
    new = access_token(http)
    with pytest.raises(jwt.InvalidSignatureError):
        verifier.accepts(new)
    assert verifier.accepts(old)
    assert verifier.fetches == 1
    verifier.get_jwk_set(refresh=True)
    assert verifier.accepts(new)
    with pytest.raises(jwt.InvalidSignatureError):
        verifier.accepts(old)
