"""Time for tests of what expires."""

from collections.abc import Callable

import pytest

from emulator.core import clock as clock_module


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Real time, which passes when the test says so."""
    now = [1_800_000_000.0]
    monkeypatch.setitem(clock_module._SOURCES, "machine", lambda: now[0])  # noqa: SLF001 - time itself

    def let_pass(seconds: float) -> None:
        now[0] += seconds

    return let_pass
