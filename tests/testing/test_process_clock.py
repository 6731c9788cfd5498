"""The clock of the tests' own process: taken along by one realm, and by nobody else."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import jwt
import pytest
import time_machine
from driving import FIXTURE

from emulator.core.clock import machine_time, monotonic
from emulator.testing import Emulator, EmulatorError, Realm

DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=["thread", "subprocess"])
def emulator(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    with Emulator(FIXTURE, mode=request.param) as emulator:
        yield emulator


@pytest.fixture
def realm(emulator: Emulator) -> Iterator[Realm]:
    with emulator.realm() as realm:
        yield realm


def apart(realm: Realm) -> timedelta:
    """By how much the clock of this process is ahead of a realm's."""
    shows = realm.clock.now()
    return datetime.now(UTC) - shows


def test_it_goes_along_with_each_change_and_back_at_the_realms_end(emulator: Emulator) -> None:
    before = datetime.now(UTC)
    with emulator.realm() as realm:
        realm.clock.advance(hours=25, process=True)
        assert datetime.now(UTC) - before >= timedelta(hours=25)
        assert timedelta(0) <= apart(realm) < timedelta(seconds=1)
        realm.clock.advance(days=30)  # it still goes along
        assert timedelta(0) <= apart(realm) < timedelta(seconds=1)
        realm.clock.freeze("2031-01-01T00:00:00Z")
        assert apart(realm) == timedelta(0)
        time.sleep(0.02)
        assert apart(realm) == timedelta(0)
        realm.clock.resume()
        time.sleep(0.02)
        assert datetime.now(UTC) > datetime(2031, 1, 1, tzinfo=UTC)
    assert datetime.now(UTC) - before < timedelta(minutes=1)


def test_the_realms_clock_stays_moved_when_the_processs_is_released(realm: Realm) -> None:
    realm.clock.advance(hours=25, process=True)
    realm.clock.release_process()
    assert -apart(realm) > timedelta(hours=24)
    realm.clock.release_process()  # once more is no mistake


def test_no_other_realm_is_moved(emulator: Emulator, realm: Realm) -> None:
    token = emulator.vault.token("me@x")
    realm.clock.advance(hours=48, process=True)
    assert -apart(emulator) < -timedelta(hours=47)
    assert emulator.vault.introspect(token)["active"]


def test_of_two_realms_the_last_one_counts(emulator: Emulator) -> None:
    with emulator.realm() as one, emulator.realm() as other:
        one.clock.set("2031-01-01T00:00:00Z", process=True)
        other.clock.set("2040-01-01T00:00:00Z", process=True)
        one.close()
        assert datetime.now(UTC).year == 2040
        other.close()
        assert abs(datetime.now(UTC).timestamp() - machine_time()) < 1


def test_a_library_in_this_process_sees_tokens_as_the_emulator_does(realm: Realm) -> None:
    keys = {key["kid"]: jwt.PyJWK(key) for key in realm.vault.jwks()["keys"]}

    def good(token: str) -> bool:
        key = keys[jwt.get_unverified_header(token)["kid"]]
        try:
            jwt.decode(token, key, algorithms=["ES256"], audience="vault-api")
        except jwt.ExpiredSignatureError:
            return False
        return True

    old = realm.vault.token("me@x")
    assert good(old)
    for _ in range(5):
        realm.clock.advance(days=10, process=True)
        assert not good(old)
        assert good(realm.vault.token("me@x"))  # its iat is not of the future


def test_pauses_are_real_whatever_the_process_takes_for_the_time(realm: Realm) -> None:
    realm.clock.advance(hours=1, process=True)
    began = monotonic()
    realm.journal.never(during="50ms")
    assert 0.05 <= monotonic() - began < 5
    realm.vault.introspect("x")
    realm.clock.advance(hours=1)
    realm.vault.introspect("x")
    one, other = realm.journal.entries()
    assert other.began_at - one.ended_at < timedelta(seconds=5)
    assert other.at - one.at >= timedelta(hours=1)


def test_without_time_machine_it_is_said_and_nothing_moves(
    realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "time_machine", None)
    with pytest.raises(EmulatorError, match="pip install time-machine"):
        realm.clock.advance(days=1, process=True)
    assert abs(apart(realm)) < timedelta(seconds=5)


def test_a_process_clock_that_cannot_be_moved_is_said_and_nothing_moves(
    realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise RuntimeError("freezegun is active")

    monkeypatch.setattr(time_machine.travel, "start", refuse)
    with pytest.raises(EmulatorError, match="cannot be moved: freezegun"):
        realm.clock.advance(days=1, process=True)
    assert abs(apart(realm)) < timedelta(seconds=5)


def test_a_test_that_travels_by_itself_moves_no_emulator(realm: Realm) -> None:
    with time_machine.travel(datetime(2031, 1, 1, tzinfo=UTC)):
        assert realm.clock.now() < datetime(2031, 1, 1, tzinfo=UTC)
    assert abs(apart(realm)) < timedelta(seconds=5)
