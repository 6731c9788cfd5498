"""Faults: which calls they are meant for, what they cannot be, and the list of a realm's."""

from typing import Any

import pytest
from processes import template
from pydantic import ValidationError

from emulator.app import CATALOG
from emulator.core.faults import MAX_FAULTS, ActiveFault, Fault, FaultList, TooManyFaults
from emulator.core.ids import Ids
from emulator.core.keys import ALGORITHMS
from emulator.core.realm import dump

RSA = dict.fromkeys(CATALOG, ALGORITHMS["RS256"])
SECRETS = dict.fromkeys(CATALOG, ALGORITHMS["HS256"])
SLOW = {"delay": "1s"}


def fault(**members: Any) -> Fault:
    return Fault.model_validate(members)


def calls(**members: Any) -> set[tuple[str, str]]:
    return set(fault(**members).calls(CATALOG, RSA))


def contradictions(algorithms: Any = RSA, **members: Any) -> list[str]:
    return [said for _, said in fault(**members).contradictions(CATALOG, algorithms)]


def stored(faults: FaultList) -> FaultList:
    """A list as it comes back from the store."""
    return FaultList.model_validate_json(dump(faults))


def ids(faults: FaultList) -> list[str]:
    return [entry.id for entry in faults.entries]


# Which calls


def test_a_fault_of_nothing_in_particular_is_meant_for_every_operation() -> None:
    everything = {(v.name, name) for v in CATALOG.values() for name in v.refusals()}
    assert calls(**SLOW) == everything
    assert {("vault", "sign_in"), ("vault", "resource"), ("omniomni", "jwks")} < everything


def test_vendor_and_operation_choose_calls() -> None:
    assert calls(vendor="vault", operation="refresh", **SLOW) == {("vault", "refresh")}
    assert {vendor for vendor, _ in calls(vendor="nbcgate", **SLOW)} == {"nbcgate"}
    assert calls(operation="sign_in", **SLOW) == {(name, "sign_in") for name in CATALOG}


def test_an_outcome_chooses_the_calls_that_can_end_in_it() -> None:
    assert ("vault", "refresh") in calls(outcome="unsupported_grant_type")
    for name in {name for v in CATALOG.values() for all_ in v.refusals().values() for name in all_}:
        for vendor, operation in (found := calls(outcome=name)):
            assert name in CATALOG[vendor].refusals()[operation]
        left = calls(**SLOW) - found
        assert all(name not in CATALOG[v].refusals()[operation] for v, operation in left)


def test_a_token_chooses_the_calls_that_issue_one_which_can_have_the_defect() -> None:
    bad = {"token": {"defect": "unknown_kid"}}
    issuing = {(v.name, op.name) for v in CATALOG.values() for op in v.operations if op.issues}
    assert calls(**bad) == issuing
    mixed = RSA | {"nbcgate": ALGORITHMS["HS256"]}
    left = {call for call in issuing if call[0] != "nbcgate"}
    assert set(fault(**bad).calls(CATALOG, mixed)) == left
    assert set(fault(token={"defect": "expired"}).calls(CATALOG, mixed)) == issuing


@pytest.mark.parametrize(
    ("members", "principal", "sent", "fits"),
    [
        ({}, "", {}, True),
        ({"principal": "me"}, "me", {}, True),
        ({"principal": "me"}, "you", {}, False),
        ({"principal": ""}, "", {}, True),
        ({"match": {"scope": "a"}}, "", {"scope": "a", "b": 1}, True),
        ({"match": {"scope": "a"}}, "", {"scope": "b"}, False),
        ({"match": {"scope": "a"}}, "", {}, False),
        ({"match": {"n": "1"}}, "", {"n": 1}, False),
        ({"principal": "me", "match": {"a": "1", "b": "2"}}, "me", {"a": "1", "b": "2"}, True),
        ({"principal": "me", "match": {"a": "1", "b": "2"}}, "me", {"a": "1"}, False),
    ],
)
def test_every_member_that_says_which_calls_must_fit(
    members: Any, principal: str, sent: dict[str, Any], *, fits: bool
) -> None:
    assert fault(**members, **SLOW).fits(principal, sent) is fits


# What it does


@pytest.mark.parametrize(
    ("members", "is_after"),
    [
        (SLOW, False),
        ({"outcome": "server_error"}, False),
        ({"outcome": "server_error", "phase": "after"}, True),
        ({"connection": "reset"}, False),
        ({"connection": "truncate"}, True),
        ({"token": {"defect": "expired"}}, True),
        ({"token": {"defect": "expired"}, "phase": "after"}, True),
    ],
)
def test_the_vendor_does_its_work_first_where_its_answer_is_needed_or_it_is_asked_for(
    members: Any, *, is_after: bool
) -> None:
    assert fault(**members).is_after is is_after


@pytest.mark.parametrize(
    ("delay", "bounds"),
    [("1500ms", (1.5, 1.5)), ({"min": "1s", "max": "3s"}, (1, 3)), (None, (0, 0))],
)
def test_a_delay_is_fixed_or_between_two_bounds(delay: Any, bounds: tuple[float, float]) -> None:
    found = fault(delay=delay, outcome="server_error")
    assert found.delay_bounds() == bounds
    active = ActiveFault("f1", found, frozenset(), None)
    drawn = [active.delay(Ids(7)) for _ in range(3)] + [active.delay(Ids(8))]
    assert all(bounds[0] <= delay <= bounds[1] for delay in drawn)
    assert len(set(drawn)) == (1 if bounds[0] == bounds[1] else 2)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "the fault does nothing"),
        ({"vendor": "vault", "times": 1}, "the fault does nothing"),
        ({"outcome": "server_error", "connection": "reset"}, "expected one of outcome, respond"),
        ({"token": {"defect": "expired"}, "phase": "before"}, "need phase: after"),
        ({"connection": "truncate", "phase": "before"}, "need phase: after"),
        ({"delay": {"min": "2s", "max": "1s"}}, "min is longer than max"),
        ({"delay": {"min": "2s"}}, "Field required"),
        ({"delay": 5}, "expected a duration"),
        ({**SLOW, "times": 0}, "greater than or equal to 1"),
        ({**SLOW, "times": "2"}, "valid integer"),
        ({**SLOW, "probability": 1.5}, "less than or equal to 1"),
        ({**SLOW, "ttl": "0s"}, "expected a duration above 0"),
        ({**SLOW, "match": {"n": 1}}, "valid string"),
        ({"respond": {"status": 204, "body": 1}}, "status 204 has no body"),
        ({"respond": {"body": "{{who}}"}}, "{{who}} is not known here"),
        ({"connection": "cut"}, "'reset', 'close'"),
        ({"token": {"defect": "ugly"}}, "'expired'"),
        ({**SLOW, "delays": "1s"}, "Extra inputs"),
    ],
)
def test_what_makes_no_sense_is_one_mistake(members: Any, said: str) -> None:
    with pytest.raises(ValidationError) as raised:
        fault(**members)
    assert said in str(raised.value)
    assert raised.value.error_count() == 1


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({**SLOW, "vendor": "valt"}, "'valt' is not a vendor; did you mean \"vault\"?"),
        (
            {**SLOW, "operation": "sign-in"},
            "'sign-in' is not an operation; did you mean \"sign_in\"?",
        ),
        (
            {**SLOW, "vendor": "omniomni", "operation": "refresh"},
            "omniomni has no operation refresh",
        ),
        (
            {"vendor": "vault", "outcome": "server_eror"},
            "'server_eror' is not an outcome of these operations; did you mean \"server_error\"?",
        ),
        (
            {"operation": "jwks", "token": {"defect": "expired"}},
            "no token is issued by jwks",
        ),
    ],
)
def test_a_name_that_no_vendor_has_is_a_contradiction(members: Any, said: str) -> None:
    assert contradictions(**members) == [said]


def test_a_success_is_no_outcome_of_a_fault() -> None:
    (said,) = contradictions(vendor="vault", operation="sign_in", outcome="signed_in")
    assert said.startswith("'signed_in' is not an outcome of these operations")


def test_a_defect_that_no_vendors_tokens_can_have_is_a_contradiction() -> None:
    bad = {"token": {"defect": "unknown_kid"}}
    assert contradictions(RSA | {"vault": ALGORITHMS["HS256"]}, **bad) == []
    (said,) = contradictions(RSA | {"vault": ALGORITHMS["HS256"]}, **bad, vendor="vault")
    assert said == "unknown_kid needs a key pair, and vault signs with a secret (HS256)"
    (said,) = contradictions(SECRETS, **bad)
    assert all(f"and {name} signs with a secret" in said for name in CATALOG)


def test_what_fits_is_no_contradiction() -> None:
    for members in (
        SLOW,
        {"vendor": "vault", "operation": "refresh", "outcome": "server_error"},
        {"operation": "jwks", "connection": "garbage"},
        {"token": {"defect": "wrong_key"}},
    ):
        assert contradictions(**members) == []


# The faults of a realm


@pytest.mark.parametrize(
    "members",
    [
        SLOW,
        {"delay": {"min": "1s", "max": "90s"}, "ttl": "10m", "probability": 0.25},
        {"principal": "ü", "match": {"a": "b"}, "after": 1, "times": 2, "outcome": "server_error"},
        {"respond": {"status": 503, "headers": {"Retry-After": "2"}, "body": {"a": [None, 1.5]}}},
        {"respond": {"body": None}, "phase": "after"},
        {"connection": "truncate", "vendor": None},
        {"token": {"defect": "wrong_key"}},
    ],
)
def test_a_fault_survives_the_store_as_it_was_written(members: dict[str, Any]) -> None:
    written = fault(**members).as_written()
    assert written == members
    (entry,) = stored(FaultList.of([fault(**members)], 0)).entries
    assert Fault.model_validate(entry.fault) == fault(**members)
    assert Fault.model_validate(entry.fault).as_written() == members


def test_an_id_is_given_once() -> None:
    faults = FaultList.of([fault(**SLOW), fault(**SLOW)], 0)
    assert ids(faults) == ["f1", "f2"]
    faults = stored(faults.model_copy(update={"entries": faults.entries[:1]}))
    faults = faults.with_added([fault(**SLOW)], 0)
    assert ids(faults) == ["f1", "f3"]
    faults = stored(FaultList(last=faults.last)).with_added([fault(**SLOW), fault(**SLOW)], 0)
    assert ids(faults) == ["f4", "f5"]


def test_a_fault_expires_after_its_time_to_live_and_makes_room_for_another() -> None:
    faults = FaultList.of([fault(**SLOW, ttl="10s"), fault(**SLOW)], 100)
    assert [entry.expires_at for entry in stored(faults).entries] == [110, None]
    assert ids(faults.still_there(109)) == ["f1", "f2"]
    assert ids(faults.still_there(110)) == ["f2"]
    assert ids(faults.with_added([fault(**SLOW)], 110)) == ["f2", "f3"]
    assert ids(faults) == ["f1", "f2"]


def test_there_is_an_end_to_how_many_are_added() -> None:
    full = FaultList.of([fault(**SLOW, ttl="10s")] * MAX_FAULTS, 0)
    with pytest.raises(TooManyFaults, match="there are 1,000 faults"):
        full.with_added([fault(**SLOW)], 9)
    assert ids(full.with_added([fault(**SLOW)], 10)) == ["f1001"]


def test_a_fixture_may_have_more() -> None:
    many = template({"faults": [SLOW] * (MAX_FAULTS + 1)})
    assert len(many.active_faults) == MAX_FAULTS + 1


def test_a_list_that_begins_again_has_ids_and_times_from_the_first_on() -> None:
    faults = FaultList.of([fault(**SLOW), fault(**SLOW, ttl="10s"), fault(**SLOW)], 0)
    faults = FaultList(last=faults.last, entries=faults.entries[1:])
    again = faults.restarted(50)
    assert ids(again) == ["f1", "f2"]
    assert [entry.expires_at for entry in again.entries] == [60, None]
    assert again.last == 2
