"""The clock of the tests' own process, moved along with that of a realm."""

from collections.abc import Iterator

import pytest
from commands import serving

SERVICE = """
import time
from datetime import datetime, timedelta, UTC
import jwt, pytest
from mine import sign_in

def apart(realm):
    return abs(time.time() - realm.clock.now().timestamp())
"""

MOVES = (
    SERVICE
    + """
STARTED = time.time()

@pytest.fixture(autouse=True)
def around():
    yield  # this ends after the realm, as it began before it
    assert 0 <= time.time() - STARTED < 60

def test_it_moves(auth_emulator):
    auth_emulator.clock.advance(hours=25, process=True)
    assert 25 * 3600 <= time.time() - STARTED < 25 * 3600 + 60
    assert datetime.now(UTC) - datetime.fromtimestamp(STARTED, UTC) >= timedelta(hours=25)
    assert apart(auth_emulator) < 5
    auth_emulator.clock.advance(hours=1, process=True)
    assert 26 * 3600 <= time.time() - STARTED < 26 * 3600 + 60
    assert apart(auth_emulator) < 5

def test_it_fails_meanwhile(auth_emulator):
    auth_emulator.clock.advance(days=-400, process=True)
    assert time.time() > STARTED

def test_it_is_set_and_stands(auth_emulator):
    auth_emulator.clock.set("2031-01-01T00:00:00Z", frozen=True, process=True)
    first = time.time()
    assert datetime.fromtimestamp(first, UTC) == datetime(2031, 1, 1, tzinfo=UTC)
    time.sleep(0.05)
    assert time.time() == first == auth_emulator.clock.now().timestamp()
    sign_in(auth_emulator)
    auth_emulator.journal.verify(count=1, within="5s")
    auth_emulator.clock.resume(process=True)
    time.sleep(0.05)
    assert time.time() > first
    assert apart(auth_emulator) < 5

def test_a_service_in_this_process_checks_tokens(auth_emulator):
    token = sign_in(auth_emulator).json()["access_token"]
    key = jwt.PyJWKSet.from_dict(auth_emulator.vault.jwks()).keys[0]

    def accepted():
        claims = jwt.decode(token, key, ["RS256"], options={"verify_aud": False})
        return claims["exp"] > 0

    assert accepted()
    auth_emulator.clock.advance(hours=23, process=True)
    assert accepted()
    auth_emulator.clock.advance(hours=2, process=True)
    with pytest.raises(jwt.ExpiredSignatureError):
        accepted()
    token = sign_in(auth_emulator).json()["access_token"]
    assert accepted()
    auth_emulator.clock.release_process()
    with pytest.raises(jwt.ImmatureSignatureError):
        accepted()

def test_it_was_put_back(auth_emulator):
    assert 0 <= time.time() - STARTED < 60
    assert apart(auth_emulator) < 5
"""
)


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """A server of another process, whose clock no test moves."""
    with serving() as (_, url, _):
        yield url


@pytest.mark.parametrize("where", ["ours", "elsewhere"])
def test_it_moves_along_and_is_put_back_also_when_a_test_fails(
    pytester: pytest.Pytester, where: str, url: str
) -> None:
    pytester.makepyfile(MOVES)
    more = [] if where == "ours" else [f"--auth-emulator-url={url}"]
    result = pytester.runpytest_inprocess("-p", "no:randomly", *more)
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines("_* test_it_fails_meanwhile _*")


def test_it_moves_along_with_a_server_that_workers_share(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MOVES)
    result = pytester.runpytest_subprocess(
        "-n1", "-p", "no:randomly", "--auth-emulator-xdist=shared"
    )
    result.assert_outcomes(passed=4, failed=1)


def test_a_realm_that_lasts_longer_takes_the_clock_along_until_it_ends(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        f"""{SERVICE}
STARTED = time.time()

@pytest.mark.auth_emulator(scope="class")
class TestIt:
    def test_one(self, auth_emulator):
        auth_emulator.clock.advance(hours=3, process=True)

    def test_other(self, auth_emulator):
        assert time.time() - STARTED > 3 * 3600

def test_after(auth_emulator):
    assert time.time() - STARTED < 60
"""
    )
    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=3)


def test_without_time_machine_one_line_names_the_remedy(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("import sys\nsys.modules['time_machine'] = None\n")
    pytester.makepyfile(
        """
        import pytest
        from emulator.testing import EmulatorError

        def test_it(auth_emulator):
            before = auth_emulator.clock.now()
            with pytest.raises(EmulatorError) as told:
                auth_emulator.clock.advance(hours=1, process=True)
            assert "\\n" not in str(told.value)
            assert "pip install time-machine" in str(told.value)
            assert (auth_emulator.clock.now() - before).seconds < 60

        def test_untold(auth_emulator):
            auth_emulator.clock.advance(hours=1, process=True)
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:time_machine", "-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines("E *EmulatorError: process=True *; pip install time-machine")
