"""A request for every outcome of every vendor, and what is known of each."""

import asyncio

import httpx
import pytest
from cases import CASES, FIXTURE, Case

from emulator.app import CATALOG, create_app
from emulator.core.outcomes import Provenance
from emulator.settings import Settings


async def all_answers() -> list[httpx.Response]:
    transport = httpx.ASGITransport(app=create_app(Settings(fixture=FIXTURE)))
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
def answers() -> list[httpx.Response]:
    return asyncio.run(all_answers())


def test_there_is_a_case_for_every_outcome_of_every_vendor() -> None:
    outcomes = {(v.name, outcome.name) for v in CATALOG.values() for outcome in v.outcomes}
    assert {(c.vendor, c.outcome) for c in CASES if c.outcome != "answered"} == outcomes


def named(number: int) -> str:
    case: Case = CASES[number]
    return f"{case.vendor}-{case.outcome}"


@pytest.mark.parametrize("number", range(len(CASES)), ids=named)
def test_each_case_ends_in_its_outcome(answers: list[httpx.Response], number: int) -> None:
    case, answer = CASES[number], answers[number]
    assert answer.status_code == case.status
    reason = answer.headers.get("X-Emulator-Reason", "")
    assert reason.partition(";")[0] == ("" if answer.is_success else case.outcome)


def test_every_outcome_says_when_it_happens_and_how_it_is_known() -> None:
    for vendor in CATALOG.values():
        for outcome in vendor.outcomes:
            assert outcome.provenance is not Provenance.FIXTURE
            assert outcome.when
            assert outcome.source or outcome.provenance is Provenance.ASSUMED
