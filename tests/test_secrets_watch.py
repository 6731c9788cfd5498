"""The watch over all tests looks where the emulator speaks, and knows a secret when it sees one."""

import httpx
import pytest
from secrets_watch import SECRET, Watch


@pytest.mark.parametrize(
    "text",
    [
        "the password correct-horse is wrong",
        "-----BEGIN PRIVATE KEY-----",
        "it is eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl",
    ],
)
def test_a_secret_is_known_by_its_looks(text: str) -> None:
    assert SECRET.search(text)


def test_a_refusal_is_looked_at_in_log_reason_journal_and_body(
    watch: Watch, http: httpx.Client
) -> None:
    before = watch.looked_at
    body = {"email": "alice@example.com", "password": "wrong-horse"}
    assert http.post("/auth/sign-in", json=body).status_code == 400
    assert watch.looked_at - before == 4
