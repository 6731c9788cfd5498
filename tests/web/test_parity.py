"""Both ways to an operation, the stage's table and FastAPI's routers, answer alike."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from cases import CASES, FIXTURE, Case

from emulator.app import VENDORS, Config, create_app
from emulator.core.outcomes import Mark
from emulator.web.stage import Stage


def staged() -> Stage:
    stage = create_app(Config(fixture=FIXTURE))
    stage.realm.clock.freeze()
    stage.realm.clock.set(datetime(2026, 1, 1, tzinfo=UTC))
    return stage


async def all_answers(stage: Stage, *, alone: bool) -> list[httpx.Response]:
    app = await stage.site() if alone else stage
    transport = httpx.ASGITransport(app=app)
    tokens: dict[str, str] = {}
    answers = []
    async with httpx.AsyncClient(transport=transport) as http:
        for case in CASES:
            answer = await http.request(**case.request(tokens))
            if case.outcome == "signed_in":
                body = answer.json()
                members = body if isinstance(body, dict) else {"token": body}
                tokens[case.vendor] = next(iter(members.values()))
                refresh_token = members.get("refresh_token") or members.get("refreshToken", "")
                tokens[f"{case.vendor} refresh"] = refresh_token
            answers.append(answer)
    return answers


@pytest.fixture(scope="module")
def through_the_table() -> list[httpx.Response]:
    return asyncio.run(all_answers(staged(), alone=False))


def test_there_is_a_case_for_every_outcome_of_every_vendor() -> None:
    outcomes = {(api.name, outcome.name) for api, _ in VENDORS for outcome in api.outcomes}
    assert {(c.vendor, c.outcome) for c in CASES if c.outcome != "answered"} == outcomes


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: _name(CASES[n]))
def test_each_case_ends_in_its_outcome(
    through_the_table: list[httpx.Response], number: int
) -> None:
    case, answer = CASES[number], through_the_table[number]
    assert answer.status_code == case.status
    reason = answer.headers.get("X-Emulator-Reason", "")
    assert reason.partition(";")[0] == ("" if answer.is_success else case.outcome)


def test_fastapi_alone_answers_as_the_table_does(through_the_table: list[httpx.Response]) -> None:
    alone = asyncio.run(all_answers(staged(), alone=True))
    for case, ours, theirs in zip(CASES, through_the_table, alone, strict=True):
        assert theirs.status_code == ours.status_code, _name(case)
        assert theirs.headers.multi_items() == ours.headers.multi_items(), _name(case)
        assert theirs.content == ours.content, _name(case)


def test_every_outcome_has_a_mark_and_says_when_it_happens() -> None:
    for api, _ in VENDORS:
        for outcome in api.outcomes:
            assert outcome.mark is not Mark.FIXTURE
            assert outcome.when
            assert outcome.source or outcome.mark is Mark.ASSUMED


def _name(case: Case) -> str:
    return f"{case.vendor}-{case.outcome}"
