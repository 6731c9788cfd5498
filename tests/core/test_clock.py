import itertools
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest

from emulator.core import clock as clock_module
from emulator.core.clock import Clock, ClockOutOfRange, http_date, iso_milliseconds

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_clock_shows_the_real_time_unless_told_otherwise() -> None:
    assert Clock().now() == pytest.approx(time.time(), abs=1)


def test_a_clock_runs_on_from_its_start() -> None:
    clock = Clock(NEW_YEAR)
    first = clock.now()
    time.sleep(0.02)
    assert NEW_YEAR.timestamp() <= first < clock.now() < NEW_YEAR.timestamp() + 5


@pytest.mark.parametrize("hours", [25, -25])
def test_a_clock_moves_forwards_and_back(hours: int) -> None:
    clock = Clock(NEW_YEAR)
    clock.advance(hours * 3600)
    assert clock.now() == pytest.approx(NEW_YEAR.timestamp() + hours * 3600, abs=1)


def test_a_frozen_clock_stands_still_until_it_is_moved_or_resumed() -> None:
    clock = Clock(NEW_YEAR)
    clock.freeze()
    stood = clock.now()
    time.sleep(0.02)
    assert clock.now() == stood
    clock.advance(60)
    assert clock.now() == stood + 60
    clock.resume()
    time.sleep(0.02)
    assert stood + 60 < clock.now() < stood + 65


def test_resuming_a_running_clock_changes_nothing() -> None:
    clock = Clock(NEW_YEAR)
    clock.resume()
    assert clock.now() == pytest.approx(NEW_YEAR.timestamp(), abs=1)


def test_a_clock_set_while_frozen_stands_at_the_new_instant() -> None:
    clock = Clock()
    clock.freeze()
    clock.set(NEW_YEAR.astimezone(timezone(timedelta(hours=5))))
    assert clock.now() == pytest.approx(NEW_YEAR.timestamp())


def test_a_clock_is_set_to_its_last_instant_however_time_passes_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ticks = itertools.count(1_800_000_000)
    monkeypatch.setitem(clock_module._SOURCES, "machine", lambda: float(next(ticks)))  # noqa: SLF001 - time itself
    clock = Clock()
    last = datetime(9000, 12, 31, tzinfo=UTC)
    clock.set(last)
    assert 0 < clock.now() - last.timestamp() < 5
    with pytest.raises(ClockOutOfRange):
        clock.set(last + timedelta(seconds=1))
    with pytest.raises(ClockOutOfRange):
        clock.advance(1)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no zone"):
        Clock(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


def test_times_are_written_as_vault_and_http_write_them() -> None:
    assert iso_milliseconds(NEW_YEAR.timestamp() + 0.5) == "2026-01-01T00:00:00.500Z"
    assert http_date(int(NEW_YEAR.timestamp())) == b"Thu, 01 Jan 2026 00:00:00 GMT"
