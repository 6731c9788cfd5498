"""Two hundred tests that sign in, move the clock and check the journal: of a realm of their own.

CONSTANT are as many that ask pytest-httpserver for a constant.
"""

TESTS = 200

SIGN_INS = """
import time
from datetime import timedelta
import httpx, pytest

SIGN_INS = [
    ("omniomni", "/omni-omni/v1/auth/client-token", {"clientId": "demo-client"}),
    ("nbcgate", "/auth/sign-in", {"email": "alice@example.com", "password": "correct-horse"}),
    ("vault", "/reg/auth/token", {
        "grant_type": "password", "client_id": "haequi3Aah8lie2r", "scope": "accounts:read",
        "username": "alice@example.com", "password": "A9#bL8@z"}),
]
EACH = [(number, *SIGN_INS[number % 3]) for number in range(TESTS)]
NAMES = ("number", "vendor", "path", "body")

@pytest.fixture(scope="session")
def client():
    with httpx.Client(trust_env=False) as client:
        yield client
""".replace("TESTS", str(TESTS))

EMULATED = (
    SIGN_INS
    + """
@pytest.mark.parametrize(NAMES, EACH)
def test_each(auth_emulator, client, record_property, number, vendor, path, body):
    began = time.perf_counter()
    before = auth_emulator.clock.now()
    moved = auth_emulator.clock.advance(hours=number)
    control = time.perf_counter() - began
    assert timedelta(0) <= moved - before - timedelta(hours=number) < timedelta(seconds=30)

    assert client.post(auth_emulator.url + path, json=body).status_code == 200

    began = time.perf_counter()
    (entry,) = auth_emulator.journal.entries()
    auth_emulator.journal.verify(vendor=vendor, operation="sign_in", outcome="signed_in", count=1)
    record_property("control", control + time.perf_counter() - began)
    record_property("server", auth_emulator.url.partition("/realms/")[0])
    assert timedelta(0) <= entry.at - moved < timedelta(seconds=30)
"""
)
CONSTANT = (
    SIGN_INS
    + """
@pytest.mark.parametrize(NAMES, EACH)
def test_each(httpserver, client, number, vendor, path, body):
    httpserver.expect_request(path, method="POST").respond_with_json({"accessToken": "constant"})
    assert client.post(httpserver.url_for(path), json=body).status_code == 200
    assert len(httpserver.log) == 1
    httpserver.check()
"""
)
