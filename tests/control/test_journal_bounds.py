"""The journal's bounds: entries a realm, bytes in all, and that who reads is told what is gone."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from driving import FIXTURE, OMNIOMNI
from fastapi import FastAPI

from emulator.app import create_app
from emulator.control import events
from emulator.settings import Settings

JOURNAL = "/_emulator/journal"
VERIFY = f"{JOURNAL}/verify"

Work = Callable[[httpx.AsyncClient], Awaitable[None]]


def in_process(work: Work, **bounds: Any) -> None:
    """Run `work` with a client of an emulator that has these bounds."""

    async def run() -> None:
        async with client_of(create_app(Settings(fixture=FIXTURE, **bounds))) as http:
            await work(http)

    asyncio.run(run())


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")


async def sign_in(http: httpx.AsyncClient, times: int, base: str = "") -> None:
    for _ in range(times):
        (await http.post(f"{base}{OMNIOMNI}", json={"clientId": "me"})).raise_for_status()


async def told(http: httpx.AsyncClient, base: str = "", **query: Any) -> dict[str, Any]:
    answer = await http.get(f"{base}{JOURNAL}", params=query)
    journal: dict[str, Any] = answer.raise_for_status().json()
    return journal


async def verify(http: httpx.AsyncClient, where: Any, count: Any) -> httpx.Response:
    return await http.post(VERIFY, json={"where": where, "count": count})


def test_a_realm_keeps_the_newest_entries_and_shows_how_many_are_gone() -> None:
    async def work(http: httpx.AsyncClient) -> None:
        await sign_in(http, 12)
        journal = await told(http)
        assert [entry["number"] for entry in journal["entries"]] == [12, 11, 10, 9, 8]
        assert (journal["dropped"], journal["last"]) == (7, 12)
        assert (await told(http, since=9))["dropped"] == 0
        assert (await told(http, since=5))["dropped"] == 2

    in_process(work, journal_entries=5)


def test_what_is_gone_is_distinguished_from_what_was_cleared() -> None:
    async def work(http: httpx.AsyncClient) -> None:
        await sign_in(http, 12)
        await http.delete(JOURNAL)
        assert await told(http) == {"entries": [], "dropped": 0, "last": 12}
        await sign_in(http, 7)
        journal = await told(http)
        assert ([e["number"] for e in journal["entries"]][-1], journal["dropped"]) == (15, 2)

    in_process(work, journal_entries=5)


def test_no_bound_from_above_is_verified_where_entries_are_gone() -> None:
    async def work(http: httpx.AsyncClient) -> None:
        await sign_in(http, 12)
        for count in (5, 0, {"at_most": 9}):
            answer = await verify(http, {"vendor": "omniomni"}, count)
            assert answer.status_code == 409
            assert answer.json()["dropped"] == 7
            assert "7 calls before them were dropped from the journal" in answer.json()["detail"]
        least = await verify(http, {"vendor": "omniomni"}, {"at_least": 5})
        assert least.json() == {"verified": True, "count": 5, "dropped": 7}
        assert (await verify(http, {"vendor": "omniomni"}, {"at_least": 6})).status_code == 409

    in_process(work, journal_entries=5)


def test_since_what_is_kept_every_bound_is_certain() -> None:
    async def work(http: httpx.AsyncClient) -> None:
        await sign_in(http, 12)
        for since, count in ((7, 5), (8, 4), (12, 0)):
            answer = await verify(http, {"since": since}, count)
            assert answer.json() == {"verified": True, "count": count, "dropped": 0}
        assert (await verify(http, {"since": 6}, 5)).status_code == 409
        assert (await verify(http, {"since": "2020-01-01T00:00:00Z"}, 5)).status_code == 409

    in_process(work, journal_entries=5)


def test_a_reader_of_the_stream_is_reported_what_it_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_LOOK_EVERY", 1)

    async def work(http: httpx.AsyncClient) -> None:
        await sign_in(http, 12)
        stream = asyncio.create_task(http.get(f"{JOURNAL}/events", params={"since": 2}))
        await asyncio.sleep(0.3)
        await sign_in(http, 9)
        await asyncio.sleep(1.2)
        (await http.post("/_emulator/reset")).raise_for_status()
        opening, *sent = (await stream).text.strip().split("\n\n")
        assert opening.startswith(":")
        assert [event.splitlines()[-1] for event in sent] == [
            'data: {"dropped":5}',
            *(f"id: {number}" for number in range(8, 13)),
            'data: {"dropped":4}',
            *(f"id: {number}" for number in range(17, 22)),
        ]
        assert sent[0].startswith("event: dropped\n")

    in_process(work, journal_entries=5)


def test_many_realms_share_one_bound_and_the_largest_gives_way() -> None:
    async def work(http: httpx.AsyncClient) -> None:
        for number in range(40):
            (await http.put(f"/_emulator/realms/r{number}")).raise_for_status()
            await sign_in(http, 3, f"/realms/r{number}")
        await sign_in(http, 5_000)
        journal = await told(http, limit=1000)
        assert journal["dropped"] > 500
        for number in range(40):
            small = await told(http, f"/realms/r{number}")
            assert (len(small["entries"]), small["dropped"]) == (3, 0)
        assert (await verify(http, {}, {"at_most": 5_000})).status_code == 409
        assert journal["entries"][0]["number"] == journal["last"] == 5_000

    in_process(work, journal_size=1)


@pytest.mark.parametrize("way", ["option", "environment"])
def test_the_bounds_can_be_set(way: str) -> None:
    options = {"--journal-entries": "3", "--journal-size": "2"}
    environment = {"AUTH_EMULATOR_JOURNAL_ENTRIES": "3", "AUTH_EMULATOR_JOURNAL_SIZE": "2"}
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0"]
    if way == "option":
        command += [text for option in options.items() for text in option]
    variables = {**os.environ, **(environment if way == "environment" else {})}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as server:
        try:
            assert server.stderr is not None
            url = re.search(r"at (http://\S+)", server.stderr.readline())
            assert url is not None
            with httpx.Client(base_url=url[1], trust_env=False) as http:
                for _ in range(5):
                    http.post(OMNIOMNI, json={"clientId": "demo-client"}).raise_for_status()
                journal = http.get(JOURNAL).json()
            assert (len(journal["entries"]), journal["dropped"]) == (3, 2)
        finally:
            server.terminate()
            server.communicate()


@pytest.mark.parametrize("given", ["none", "0", "-1", "²"])
def test_a_bound_that_is_no_number_is_named(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_JOURNAL_SIZE", given)
    with pytest.raises(ValueError, match="AUTH_EMULATOR_JOURNAL_SIZE"):
        Settings.from_environment()
    monkeypatch.setenv("AUTH_EMULATOR_JOURNAL_SIZE", " 7 ")
    assert Settings.from_environment().journal_size == 7
