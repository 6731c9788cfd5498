"""Which calls match what a test expects, how many, and which came nearest."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.core.journal import Entry, JournalPage
from emulator.core.matcher import CallFilter, ExpectedCount, Matcher


def call(number: int, **fields: Any) -> Entry:
    """A sign-in of me@x at Vault, unless said otherwise."""
    request = {
        "method": fields.pop("method", "POST"),
        "path": fields.pop("path", "/reg/auth/token"),
    }
    return {
        "number": number,
        "at": f"2025-01-01T00:00:{number:02}.000Z",
        "vendor": "vault",
        "operation": "sign_in",
        "principal": "me@x",
        "outcome": "signed_in",
        "status": 200,
        "reason": None,
        "fault": None,
        **fields,
        "request": request,
    }


def page(*entries: Entry, dropped: int = 0) -> JournalPage:
    return JournalPage(entries, dropped, entries[-1]["number"] if entries else dropped)


def matched(where: CallFilter, *pages: JournalPage, count: ExpectedCount | None = None) -> Matcher:
    matcher = Matcher(where, count or ExpectedCount())
    for each in pages:
        matcher.add(each)
    return matcher


def filter_of(after: int = 0, at: str | None = None, **fields: Any) -> CallFilter:
    return CallFilter(fields, after, at)


# Which calls


@pytest.mark.parametrize(
    ("where", "differs"),
    [
        (filter_of(), {}),
        (filter_of(vendor="vault", principal="me@x", status=200), {}),
        (filter_of(reason=None, fault=None), {}),
        (filter_of(method="POST", path="/reg/auth/token"), {}),
        (filter_of(after=6, at="2025-01-01T00:00:07.000Z"), {}),
        (filter_of(vendor="nbcgate"), {"vendor": {"expected": "nbcgate", "was": "vault"}}),
        (filter_of(fault="f1", status=200), {"fault": {"expected": "f1", "was": None}}),
        (filter_of(principal=None), {"principal": {"expected": None, "was": "me@x"}}),
        (filter_of(path="/reg"), {"path": {"expected": "/reg", "was": "/reg/auth/token"}}),
        (filter_of(status=400), {"status": {"expected": 400, "was": 200}}),
        (filter_of(after=7), {"since": {"expected": "a number above 7", "was": 7}}),
        (
            filter_of(at="2025-01-01T00:00:08.000Z"),
            {
                "since": {
                    "expected": "2025-01-01T00:00:08.000Z or later",
                    "was": "2025-01-01T00:00:07.000Z",
                }
            },
        ),
    ],
)
def test_a_call_matches_where_nothing_differs(where: CallFilter, differs: Any) -> None:
    entry = call(7)
    assert where.differences(entry) == differs
    assert where.matches(entry) is (not differs)


def test_a_filter_is_written_out_in_words() -> None:
    assert str(filter_of()) == ""
    assert str(filter_of(vendor="vault", principal=None)) == " with vendor vault and principal none"
    said = " with a number above 3 and a time from 2025 on"
    assert str(filter_of(after=3, at="2025")) == said


@pytest.mark.parametrize(
    ("count", "written", "said"),
    [
        (ExpectedCount(), {"at_least": 1}, "at least 1 call"),
        (ExpectedCount(0), {"at_least": 0}, "at least 0 calls"),
        (ExpectedCount(2, 2), 2, "2 calls"),
        (ExpectedCount(1, 1), 1, "1 call"),
        (ExpectedCount(0, 0), 0, "0 calls"),
        (ExpectedCount(0, 3), {"at_most": 3}, "at most 3 calls"),
        (ExpectedCount(2, 3), {"at_least": 2, "at_most": 3}, "2 to 3 calls"),
    ],
)
def test_a_count_is_as_a_test_writes_it_and_in_words(
    count: ExpectedCount, written: Any, said: str
) -> None:
    assert count.as_written == written
    assert str(count) == said


# How many


@given(
    st.lists(st.booleans(), max_size=8),
    st.integers(0, 4),
    st.none() | st.integers(0, 4),
    st.integers(0, 2),
)
def test_it_holds_within_both_bounds_and_no_upper_one_is_certain_where_calls_are_gone(
    matches: list[bool], least: int, most: int | None, dropped: int
) -> None:
    calls = [
        call(dropped + n, vendor="vault" if hit else "nbcgate") for n, hit in enumerate(matches, 1)
    ]
    matcher = matched(
        filter_of(vendor="vault"), page(*calls, dropped=dropped), count=ExpectedCount(least, most)
    )
    found = sum(matches)
    assert (matcher.count, matcher.dropped) == (found, dropped)
    assert matcher.holds is (least <= found and (most is None or (found <= most and not dropped)))
    assert matcher.cannot_hold is (most is not None and (found > most or dropped > 0))
    assert not (matcher.holds and matcher.cannot_hold)


def test_pages_are_counted_together() -> None:
    matcher = matched(filter_of(), page(call(1), call(2)), page(call(3)), count=ExpectedCount(3, 3))
    assert matcher.holds


@pytest.mark.parametrize(("after", "dropped"), [(0, 5), (3, 2), (5, 0), (9, 0)])
def test_only_calls_that_may_have_been_meant_are_gone(after: int, dropped: int) -> None:
    assert matched(filter_of(after=after), page(call(6), call(7), dropped=5)).dropped == dropped


def test_calls_that_are_gone_all_together_are_counted_too() -> None:
    assert matched(filter_of(), JournalPage((), 4, 4)).dropped == 4
    assert matched(filter_of(after=3), JournalPage((), 4, 4)).dropped == 1


# The nearest


def test_the_call_that_differs_least_is_the_nearest_and_of_equals_the_newest() -> None:
    where = filter_of(vendor="vault", operation="sign_in", principal="me@x", outcome="signed_in")
    calls = [
        call(1, vendor="nbcgate"),
        call(2, outcome="invalid_credentials"),
        call(3, principal="you@x"),
        call(4, principal="you@x", outcome="invalid_credentials"),
        call(5, outcome="invalid_credentials"),
        call(6, operation="refresh", principal="you@x"),
    ]
    matcher = matched(where, page(*calls))
    assert [near["number"] for near in matcher.nearest()] == [5, 2, 3, 4, 1]
    assert str(matcher) == (
        "expected at least 1 call with vendor vault and operation sign_in and principal me@x and "
        "outcome signed_in, and there are 0; the nearest, number 5, differs in outcome (expected "
        "signed_in, was invalid_credentials)"
    )


def test_what_came_near_is_shown_in_short_with_what_differs() -> None:
    (near,) = matched(filter_of(status=400), page(call(1))).nearest()
    assert near == {
        "number": 1,
        "at": "2025-01-01T00:00:01.000Z",
        "vendor": "vault",
        "operation": "sign_in",
        "principal": "me@x",
        "outcome": "signed_in",
        "status": 200,
        "reason": None,
        "method": "POST",
        "path": "/reg/auth/token",
        "differs": {"status": {"expected": 400, "was": 200}},
    }


def test_of_too_many_calls_the_last_are_shown() -> None:
    calls = [call(number) for number in range(1, 9)]
    matcher = matched(filter_of(), page(*calls, call(9, vendor=None)), count=ExpectedCount(0, 2))
    assert [near["number"] for near in matcher.nearest()] == [9, 8, 7, 6, 5]
    matcher = matched(
        filter_of(vendor="vault"), page(*calls, call(9, vendor=None)), count=ExpectedCount(0, 2)
    )
    assert [near["number"] for near in matcher.nearest()] == [8, 7, 6, 5, 4]
    assert all(near["differs"] == {} for near in matcher.nearest())
    assert str(matcher) == "expected at most 2 calls with vendor vault, and there are 8"


def test_a_failure_says_what_was_dropped() -> None:
    matcher = matched(filter_of(), page(call(3), dropped=2), count=ExpectedCount(1, 1))
    assert str(matcher) == (
        "expected 1 call, and there is 1; 2 calls before them were dropped from the journal "
        "and may have matched: since, with a number, leaves them out"
    )


def test_a_value_that_is_not_there_is_called_none() -> None:
    said = str(matched(filter_of(fault="f1"), page(call(1))))
    assert said.endswith("number 1, differs in fault (expected f1, was none)")
