"""joserfc, another library than those we sign and test with, on what is served: each algorithm."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey
from serving import client, serving

from emulator.core.keys import ALGORITHMS

SECRET = "a-secret-of-sixty-four-bytes-and-more-so-that-hs512-is-happy-with-it!"


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")  # the design's name for it
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_that_was_signed_in_for_verifies_by_what_is_published(algorithm: str) -> None:
    secret = {"secret": SECRET} if ALGORITHMS[algorithm].symmetric else {}
    fixture = {
        "omniomni": {
            "token": {"algorithm": algorithm, **secret},
            "clients": [{"client_id": "me", "scopes": ["offers:read"]}],
        }
    }
    with serving(fixture) as served, client(served) as http:
        signed_in = http.post("/omni-omni/v1/auth/client-token", json={"clientId": "me"})
        published = http.get("/_emulator/omniomni/.well-known/jwks.json").json()
    key: Any = OctKey.import_key(SECRET)
    if secret:
        assert published == {"keys": []}
    else:
        key = KeySet.import_key_set(published)
    token = jwt.decode(signed_in.json()["accessToken"], key, algorithms=[algorithm])
    assert token.header["alg"] == algorithm
    wanted: Any = {"aud": {"essential": True, "value": "ecrop-command"}}
    jwt.JWTClaimsRegistry(**wanted).validate(token.claims)
    assert token.claims["scope"] == "offers:read"
