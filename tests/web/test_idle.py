"""A connection that says nothing goes in time; one that is used stays, however long."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from emulator.web.idle import Idle


class Loop:
    """A loop whose time a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.set = 0

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, call: Callable[[], None]) -> Any:
        self.set += 1
        timer = (self.now + seconds, call)
        self.timers.append(timer)
        return type("Timer", (), {"cancel": lambda _: self.timers.remove(timer)})()

    def move(self, seconds: float) -> None:
        self.now += seconds
        for due, call in [timer for timer in self.timers if timer[0] <= self.now]:
            self.timers.remove((due, call))
            call()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def ended() -> list[float]:
    return []


@pytest.fixture
def idle(loop: Loop, ended: list[float]) -> Idle:
    return Idle(75, lambda: ended.append(loop.now), loop)  # type: ignore[arg-type]  # all it needs


def test_who_says_nothing_goes_in_time(idle: Idle, loop: Loop, ended: list[float]) -> None:
    idle.begin()
    loop.move(74)
    assert ended == []
    loop.move(1)
    assert ended == [75]


def test_each_request_begins_the_time_anew_with_hardly_a_timer(
    idle: Idle, loop: Loop, ended: list[float]
) -> None:
    idle.begin()
    for _ in range(100):
        loop.move(10)
        idle.end()
        idle.begin()
    assert ended == []
    assert loop.set < 20
    loop.move(74)
    assert ended == []
    loop.move(1)
    assert ended == [1075]


def test_who_waits_for_an_answer_is_not_idle(idle: Idle, loop: Loop, ended: list[float]) -> None:
    idle.begin()
    idle.end()
    loop.move(1000)
    assert ended == []
    idle.begin()
    loop.move(74)
    assert ended == []
    loop.move(1)
    assert ended == [1075]


def test_nothing_happens_once_the_connection_is_gone(
    idle: Idle, loop: Loop, ended: list[float]
) -> None:
    idle.begin()
    idle.cease()
    assert loop.timers == []
    loop.move(1000)
    assert ended == []


async def _until_ended(seconds: float) -> float:
    loop = asyncio.get_running_loop()
    gone = loop.create_future()
    began = loop.time()
    Idle(seconds, lambda: gone.set_result(None), loop).begin()
    await gone
    return loop.time() - began


def test_it_goes_by_the_time_of_a_real_loop() -> None:
    assert 0.05 <= asyncio.run(_until_ended(0.05)) < 5
