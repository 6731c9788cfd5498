"""A realm's clock: it runs, it is moved, it stands still, and the store holds all that it is."""

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from emulator.core import clock as clock_module
from emulator.core.clock import (
    Clock,
    ClockOutOfRange,
    ClockSettings,
    ClockStart,
    ClockState,
    http_date,
    iso_milliseconds,
    machine_time,
    use_machine_time,
)

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(9000, 12, 31, tzinfo=UTC)

STARTS: TypeAdapter[ClockSettings] = TypeAdapter(ClockStart)


def clock_at(instant: datetime = NEW_YEAR, *, frozen: bool = False) -> Clock:
    return Clock(ClockSettings(now=instant, frozen=frozen).start())


@pytest.fixture
def sources() -> Iterator[None]:
    """What tells the time is as before when the test is over."""
    before = dict(clock_module._SOURCES)  # noqa: SLF001 - time itself
    yield
    clock_module._SOURCES.update(before)  # noqa: SLF001 - the same


def test_a_clock_shows_the_real_time_unless_it_is_moved() -> None:
    clock = Clock()
    assert clock.now() == pytest.approx(time.time(), abs=1)
    assert (clock.moved, clock.frozen) == (False, False)


def test_a_clock_runs_on_from_its_start() -> None:
    clock = clock_at()
    first = clock.now()
    time.sleep(0.02)
    assert NEW_YEAR.timestamp() <= first < clock.now() < NEW_YEAR.timestamp() + 5
    assert clock.moved


@pytest.mark.parametrize("hours", [25, -25])
@pytest.mark.parametrize("frozen", [False, True])
def test_a_clock_moves_forwards_and_back(hours: int, *, frozen: bool) -> None:
    clock = clock_at(frozen=frozen)
    clock.advance(hours * 3600)
    assert clock.now() == pytest.approx(NEW_YEAR.timestamp() + hours * 3600, abs=1)
    assert clock.frozen is frozen


def test_a_frozen_clock_stands_still_until_it_is_moved_or_resumed() -> None:
    clock = clock_at()
    clock.freeze()
    stood = clock.now()
    time.sleep(0.02)
    assert clock.now() == stood
    clock.advance(60)
    assert clock.now() == stood + 60
    clock.resume()
    time.sleep(0.02)
    assert stood + 60 < clock.now() < stood + 65
    assert not clock.frozen


def test_resuming_a_running_clock_changes_nothing() -> None:
    clock = clock_at()
    before = clock.state
    clock.resume()
    assert clock.state == before


@given(st.datetimes(datetime(1971, 1, 2), datetime(9000, 12, 30)))  # noqa: DTZ001 - zoned below
def test_a_clock_set_while_frozen_stands_at_just_the_new_instant(naive: datetime) -> None:
    instant = naive.replace(tzinfo=timezone(timedelta(hours=5)))
    clock = Clock()
    clock.freeze()
    clock.set(instant)
    assert clock.now() == instant.timestamp()


def test_a_clock_is_set_to_its_last_instant_however_time_passes_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = itertools.count(1_800_000_000)
    monkeypatch.setitem(clock_module._SOURCES, "machine", lambda: float(next(ticks)))  # noqa: SLF001 - time itself
    clock = Clock()
    clock.set(LAST)
    assert 0 < clock.now() - LAST.timestamp() < 5


@pytest.mark.parametrize("frozen", [False, True])
def test_a_clock_does_not_leave_the_years_1971_to_9000(*, frozen: bool) -> None:
    for instant, away in ((FIRST, -3600), (LAST, 3600)):
        clock = clock_at(instant + timedelta(seconds=-away), frozen=frozen)
        before = clock.state
        with pytest.raises(ClockOutOfRange):
            clock.advance(2 * away)
        with pytest.raises(ClockOutOfRange):
            clock.set(instant + timedelta(seconds=away))
        assert clock.state == before
        clock.set(instant)


def test_the_latest_time_that_was_shown_is_known_after_the_clock_goes_back() -> None:
    clock = clock_at(frozen=True)
    assert clock.latest() == NEW_YEAR.timestamp()
    clock.advance(3600)
    clock.advance(-7200)
    assert clock.latest() == NEW_YEAR.timestamp() + 3600
    clock.set(NEW_YEAR - timedelta(days=1))
    clock.resume()
    assert clock.latest() == NEW_YEAR.timestamp() + 3600
    clock.set(NEW_YEAR + timedelta(days=1))
    assert clock.latest() > NEW_YEAR.timestamp() + 86_000


@pytest.mark.parametrize("frozen", [False, True])
def test_a_clock_goes_on_from_the_state_that_the_store_holds(*, frozen: bool) -> None:
    clock = clock_at(frozen=frozen)
    clock.advance(-3600)
    stored = clock.state.model_dump_json(exclude_defaults=True)
    other = Clock()
    other.replace(ClockState.model_validate_json(stored))
    assert other.now() == pytest.approx(clock.now(), abs=0.5)
    assert other.frozen is frozen
    assert other.latest() == pytest.approx(NEW_YEAR.timestamp(), abs=1)


def test_a_state_is_never_changed_but_replaced() -> None:
    clock = clock_at()
    before, copy = clock.state, clock.state.model_copy()
    clock.freeze()
    clock.advance(60)
    clock.set(NEW_YEAR)
    clock.resume()
    assert before == copy


def test_a_fixture_starts_a_clock_at_an_instant_moved_and_standing_still() -> None:
    settings = STARTS.validate_python(
        {"now": "2026-01-01T00:00:00Z", "advance": "-90s", "frozen": True}
    )
    assert Clock(settings.start()).now() == NEW_YEAR.timestamp() - 90
    assert Clock(settings.start()).frozen


def test_a_fixtures_clock_that_is_an_instant_runs_on_from_there() -> None:
    for written in ("2026-01-01T00:00:00Z", "2026-01-01T05:30:00+05:30", NEW_YEAR):
        clock = Clock(STARTS.validate_python(written).start())
        assert 0 <= clock.now() - NEW_YEAR.timestamp() < 5
        assert not clock.frozen


def test_a_fixtures_clock_that_is_moved_alone_follows_the_real_time() -> None:
    clock = Clock(STARTS.validate_python({"advance": "1h"}).start())
    assert clock.now() == pytest.approx(time.time() + 3600, abs=1)
    standing = Clock(STARTS.validate_python({"advance": "1h", "frozen": True}).start())
    assert standing.now() == pytest.approx(time.time() + 3600, abs=5)


def test_nothing_that_a_new_clock_showed_counts_as_shown() -> None:
    start = ClockSettings(now=NEW_YEAR, advance=timedelta(days=-1)).start()
    assert start.latest == 0.0
    assert Clock(start).latest() < NEW_YEAR.timestamp() - 86_000


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        ("2026-01-01T00:00:00", "has no time zone"),
        ("yesterday", "expected an instant"),
        ("1970-12-31T00:00:00Z", "from 1971 to 9000"),
        ({"now": "2026-01-01T00:00:00"}, "has no time zone"),
        ({"now": "9000-12-31T00:00:00Z", "advance": "1d"}, "between the years 1971 and 9000"),
        ({"now": "1971-01-01T00:00:00Z", "advance": "-1s"}, "between the years 1971 and 9000"),
        ("9000-12-31T00:00:01Z", "between the years 1971 and 9000"),
        ({"advance": "a day"}, "expected a duration"),
        ({"frozen": "yes"}, "valid boolean"),
        ({"stopped": True}, "Extra inputs"),
        (5, "expected an instant"),
    ],
)
def test_a_start_that_cannot_be_is_refused(clock: object, said: str) -> None:
    with pytest.raises(ValidationError, match=said) as raised:
        STARTS.validate_python(clock)
    assert raised.value.error_count() == 1


def test_who_fakes_the_time_of_a_process_does_not_lead_a_clock_astray() -> None:
    clock = Clock()
    real = time.time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: 0.0)
        assert clock.now() == pytest.approx(real, abs=5)
        assert machine_time() == pytest.approx(real, abs=5)


@pytest.mark.usefixtures("sources")
def test_the_real_time_can_come_from_elsewhere_while_even_the_function_is_replaced() -> None:
    faked = False
    real = time.time()
    use_machine_time(lambda: real + 0.5, lambda: faked)
    assert machine_time() == pytest.approx(real, abs=5)
    with time_machine.travel(0, tick=False):
        assert machine_time() == 0
        faked = True
        assert machine_time() == real + 0.5


def test_times_are_written_as_vault_and_http_write_them() -> None:
    assert iso_milliseconds(NEW_YEAR.timestamp() + 0.5) == "2026-01-01T00:00:00.500Z"
    assert http_date(int(NEW_YEAR.timestamp())) == "Thu, 01 Jan 2026 00:00:00 GMT"


@given(st.datetimes(datetime(1971, 1, 1), datetime(2240, 1, 1)))  # noqa: DTZ001 - zoned below
def test_an_instant_in_milliseconds_is_written_as_it_was_given(naive: datetime) -> None:
    instant = naive.replace(microsecond=naive.microsecond // 1000 * 1000, tzinfo=UTC)
    assert datetime.fromisoformat(iso_milliseconds(instant.timestamp())) == instant
