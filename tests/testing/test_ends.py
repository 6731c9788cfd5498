"""Calls that meet the end of an emulator, and processes that were forked off from its own."""

import asyncio
import multiprocessing
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from driving import FIXTURE, OMNIOMNI

from emulator.testing import Emulator, NotRunning, NotStarted, Realm

FORK = multiprocessing.get_context("fork")


def in_a_fork(work: Callable[[], object]) -> Any:
    """What some work gives in a forked process."""
    told: Any = FORK.Queue()

    def run() -> None:
        try:
            told.put(work())
        except Exception as error:  # noqa: BLE001 - it is told
            told.put(type(error).__name__)

    child = FORK.Process(target=run)
    child.start()
    result = told.get(timeout=10)
    child.join(10)
    assert child.exitcode == 0
    return result


@pytest.mark.parametrize("mode", ["thread", "in_process"])
def test_calls_that_race_the_end_are_answered_or_refused_and_never_left_waiting(mode: str) -> None:
    for _ in range(5):
        ended: list[str] = []
        emulator = Emulator(FIXTURE, mode=mode)  # type: ignore[arg-type]  # one of its ways
        with emulator:
            realm, transport = emulator.realm(), emulator.transport()

            def drive(realm: Realm = realm, ended: list[str] = ended) -> None:
                try:
                    while True:
                        realm.clock.now()
                except NotRunning:
                    ended.append("drive")

            def call(transport: Any = transport, ended: list[str] = ended) -> None:
                with httpx.Client(transport=transport) as http:
                    try:
                        while True:
                            http.post(f"http://x{OMNIOMNI}", json={"clientId": "me"})
                    except NotRunning:
                        ended.append("call")

            threads = [threading.Thread(target=each, daemon=True) for each in (drive, call, call)]
            for thread in threads:
                thread.start()
            time.sleep(0.05)
        for thread in threads:
            thread.join(5)
        assert sorted(ended) == ["call", "call", "drive"]


def test_an_async_call_that_outlives_the_emulator_is_refused_and_not_cancelled() -> None:
    async def call() -> None:
        with Emulator(FIXTURE, mode="in_process") as emulator:
            emulator.faults.add(delay="30s")
            async with httpx.AsyncClient(transport=emulator.transport()) as http:
                waiting = asyncio.ensure_future(http.post(f"http://x{OMNIOMNI}", json={}))
                await asyncio.sleep(0.1)
                await asyncio.to_thread(emulator.close)
                with pytest.raises(NotRunning):
                    await waiting

    asyncio.run(call())


@pytest.mark.parametrize("mode", ["thread", "subprocess"])
def test_a_forked_process_drives_beside_its_parent(mode: str) -> None:
    with Emulator(FIXTURE, mode=mode) as emulator, emulator.realm() as realm:  # type: ignore[arg-type]  # one of its ways
        realm.clock.now()  # the connection that this keeps is the parent's
        told: Any = FORK.Queue()
        child = FORK.Process(target=lambda: told.put([realm.state().name for _ in range(30)]))
        child.start()
        names = {realm.state().name for _ in range(30)}
        assert set(told.get(timeout=10)) == names == {realm.name}
        child.join(10)


def test_a_forked_process_that_leaves_ends_nothing_of_its_parents() -> None:
    def leave() -> str:
        realm.close()
        emulator.close()
        return "left"

    with Emulator(FIXTURE) as emulator, emulator.realm() as realm:
        assert in_a_fork(leave) == "left"
        assert realm.state().name == realm.name


def test_a_transport_does_not_reach_out_of_a_forked_process() -> None:
    with Emulator(FIXTURE, mode="in_process") as emulator:
        transport = emulator.transport()

        def call() -> int:
            with httpx.Client(transport=transport) as http:
                return http.get("http://x/").status_code

        assert in_a_fork(call) == "NotRunning"
        assert in_a_fork(emulator.clock.now) == "NotRunning"


def test_a_subprocess_is_ended_though_another_process_holds_its_pipe() -> None:
    emulator = Emulator(FIXTURE, mode="subprocess")
    emulator.start()
    holding = FORK.Process(target=time.sleep, args=(20,))
    holding.start()
    began = time.monotonic()
    emulator.close()
    assert time.monotonic() - began < 9
    holding.kill()
    holding.join()


def test_where_gevent_has_patched_threads_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    class Patched:
        @staticmethod
        def is_module_patched(name: str) -> bool:
            return name == "threading"

    monkeypatch.setitem(sys.modules, "gevent.monkey", Patched)
    with pytest.raises(NotStarted, match="subprocess"):
        Emulator(FIXTURE).start()


def test_a_realms_url_is_enough_to_connect_to_it() -> None:
    with Emulator(FIXTURE) as served, served.realm("outer") as outer:
        with Emulator.connect(f"{outer.url}/") as connected:
            assert (connected.name, connected.url) == (outer.name, outer.url)
            assert connected.state().name == outer.name
            with connected.realm("inner") as inner:
                assert inner.url == f"{served.url}/realms/{inner.name}"
                inner.clock.now()
            connected.clock.advance(hours=1)
            assert outer.clock.now() > served.clock.now()
        assert outer.name in served.health().realms


def test_a_fixture_that_is_too_large_to_be_sent_is_said_to_be() -> None:
    many = [{"client_id": f"client-{number}"} for number in range(5_000)]
    with Emulator(FIXTURE) as emulator, pytest.raises(ValueError, match="64 KiB at the most"):
        emulator.realm(fixture={"omniomni": {"clients": many}})


def test_a_process_ends_though_no_one_closed_its_emulator() -> None:
    program = "from emulator.testing import Emulator; Emulator().start()"
    done = subprocess.run([sys.executable, "-c", program], timeout=30, check=False)
    assert done.returncode == 0
