"""Node's jose, whose remote JWKS keeps the keys that it has fetched, while the key changes."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from serving import Served

from clients.jose import folder_with_jose, node
from clients.vault import access_token, good, jwks_url, rotate

HERE = Path(__file__).parent / "node"
NO_KEY = "ERR_JWKS_NO_MATCHING_KEY"
BAD_SIGNATURE = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"
PATIENCE = 30
"""How long the Node program may run, in seconds."""


class Verifier:
    """A Node program that verifies: what it says of a token, and how often it fetched the keys."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.fetches = 0

    def meets(self, token: str, *, reload: bool = False) -> str:
        """The token's subject, or the code of jose's error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"token": token, "reload": reload}) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        self.fetches = reply["fetches"]
        answer: str = reply["answer"]
        return answer

    def accepts(self, token: str, **how: Any) -> bool:
        subject: str = jwt.decode(token, options={"verify_signature": False})["sub"]
        return self.meets(token, **how) == subject


@pytest.fixture(scope="module")
def program(request: pytest.FixtureRequest) -> list[str]:
    """The command of the verifying program, with jose beside it as npm installs it."""
    script = folder_with_jose(request.config) / "verify.mjs"
    script.write_text((HERE / "verify.mjs").read_text())
    return [node(), str(script)]


@pytest.fixture
def start(program: list[str], served: Served) -> Callable[..., AbstractContextManager[Verifier]]:
    @contextmanager
    def started(cooldown_ms: int = 0) -> Iterator[Verifier]:
        command = [*program, jwks_url(served), "vault-api", str(cooldown_ms)]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            end = threading.Timer(PATIENCE, process.kill)
            end.start()
            try:
                yield Verifier(process)
            finally:
                end.cancel()
                process.kill()

    return started


@pytest.fixture
def verifier(start: Callable[..., AbstractContextManager[Verifier]]) -> Iterator[Verifier]:
    """One that asks again at once when it meets a key that it does not know."""
    with start() as verifier:
        yield verifier


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


def test_while_it_cools_down_it_refuses_a_new_key(
    start: Callable[..., AbstractContextManager[Verifier]], http: httpx.Client
) -> None:
    with start(cooldown_ms=30_000) as verifier:  # jose's default
        old = access_token(http)
        assert verifier.accepts(old)
        rotate(http, "overlap")
        assert verifier.meets(access_token(http)) == NO_KEY
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
    assert verifier.meets(old) == NO_KEY


def test_it_never_finds_a_key_that_is_not_published(verifier: Verifier, http: httpx.Client) -> None:
    assert verifier.accepts(access_token(http))
    rotate(http, "unknown_kid")
    new = access_token(http)
    assert good(http, new)
    for fetches in (2, 3):
        assert verifier.meets(new) == NO_KEY
        assert verifier.fetches == fetches


def test_a_new_key_under_the_same_kid_fails_it_until_it_reloads(
    verifier: Verifier, http: httpx.Client
) -> None:
    old = access_token(http)
    assert verifier.accepts(old)
    rotate(http, "same_kid")
    new = access_token(http)
    assert verifier.meets(new) == BAD_SIGNATURE
    assert verifier.accepts(old)
    assert verifier.fetches == 1
    assert verifier.accepts(new, reload=True)
    assert verifier.meets(old) == BAD_SIGNATURE
