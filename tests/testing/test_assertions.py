"""Assertions on the journal that read, and failures that say what was there instead."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import driving
import httpx
import pytest
from driving import FIXTURE

from emulator.testing import ApiError, Emulator, Realm, VerificationError


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(FIXTURE) as emulator:
        yield emulator


@pytest.fixture
def realm(emulator: Emulator) -> Iterator[Realm]:
    with emulator.realm() as realm:
        yield realm


@pytest.fixture
def http(realm: Realm) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=realm.url, trust_env=False) as http:
        yield http


def lines(error: pytest.ExceptionInfo[BaseException]) -> list[str]:
    return str(error.value).splitlines()


def test_as_many_calls_as_expected_are_counted(realm: Realm, http: httpx.Client) -> None:
    driving.vault(http)
    driving.vault(http)
    assert realm.journal.verify(vendor="vault", operation="sign_in", count=2) == 2
    assert realm.journal.verify(vendor="vault", at_least=1, at_most=2) == 2
    assert realm.journal.verify(fault=None, since=realm.clock.now() - timedelta(hours=1)) == 2
    with pytest.raises(TypeError, match="count, or at_least"):
        realm.journal.verify(count=1, at_most=2)


def test_a_failure_shows_the_nearest_calls_and_in_what_they_differ(
    realm: Realm, http: httpx.Client
) -> None:
    driving.omniomni(http, client_id="mee")
    with pytest.raises(VerificationError) as failure:
        realm.journal.verify(vendor="omniomni", principal="me")
    first, second, call, reason, differs = lines(failure)
    assert first == (
        "expected at least 1 call with vendor omniomni and principal me, and there are 0"
    )
    assert second == "the nearest calls:"
    assert call.startswith("#1  2")
    assert call.endswith("omniomni  sign_in  mee  404  client_not_found")
    assert reason.strip() == "there is no client 'mee'; did you mean 'me'?"
    assert differs.strip() == "principal: expected me, was mee"


def test_a_failure_with_nothing_near_says_so(realm: Realm) -> None:
    with pytest.raises(VerificationError, match="the journal is empty"):
        realm.journal.verify(vendor="vault")


def test_a_filter_that_no_call_can_have_is_refused(realm: Realm) -> None:
    with pytest.raises(ApiError, match='did you mean "refresh"'):
        realm.journal.verify(operation="refrsh")
    with pytest.raises(ApiError, match='did you mean "refresh"'):
        realm.journal.in_order({"operation": "refrsh"})


def test_a_call_that_comes_in_time_is_waited_for(realm: Realm, http: httpx.Client) -> None:
    later = threading.Timer(0.2, driving.vault, [http])
    later.start()
    realm.journal.verify(vendor="vault", within=timedelta(seconds=5))
    later.join()


def test_never_is_held_for_as_long_as_it_says(realm: Realm, http: httpx.Client) -> None:
    driving.omniomni(http)
    realm.journal.never(vendor="vault")
    began = time.monotonic()
    realm.journal.never(vendor="vault", during="200ms")
    assert time.monotonic() - began >= 0.2
    later = threading.Timer(0.1, driving.vault, [http])
    later.start()
    with pytest.raises(
        VerificationError, match="expected 0 calls with vendor vault, and there is 1"
    ):
        realm.journal.never(vendor="vault", during="5s")
    later.join()


def test_calls_in_order_are_found_with_others_between(realm: Realm, http: httpx.Client) -> None:
    tokens = driving.pair(http)
    driving.nbcgate(http)
    driving.use(http, tokens["access_token"])
    driving.refresh(http, tokens["refresh_token"])
    steps = realm.journal.in_order(
        {"operation": "sign_in", "vendor": "vault"},
        {"operation": "resource", "status": 200},
        {"operation": "refresh"},
    )
    assert [step.number for step in steps] == [1, 3, 4]


def test_calls_out_of_order_are_said_to_have_come_before(realm: Realm, http: httpx.Client) -> None:
    driving.use(http, "x")
    driving.vault(http)
    with pytest.raises(VerificationError) as failure:
        realm.journal.in_order({"operation": "sign_in"}, {"operation": "resource"})
    told = lines(failure)
    assert told[0] == "step 2 of 2 did not happen after number 2: operation resource"
    assert told[1] == "number 1 matches, but came before it"
    assert told[2] == "the steps before it:"
    assert told[3].startswith("#2")


def test_a_step_that_never_came_shows_what_came_nearest(realm: Realm, http: httpx.Client) -> None:
    driving.vault(http)
    with pytest.raises(VerificationError) as failure:
        realm.journal.in_order({"operation": "sign_in", "principal": "you@x"})
    told = lines(failure)
    assert told[0] == "step 1 of 1 did not happen: operation sign_in, principal you@x"
    assert told[-1].strip() == "principal: expected you@x, was me@x"


def test_a_step_that_comes_in_time_is_waited_for(realm: Realm, http: httpx.Client) -> None:
    driving.vault(http)
    later = threading.Timer(0.2, driving.omniomni, [http])
    later.start()
    realm.journal.in_order({"vendor": "vault"}, {"vendor": "omniomni"}, within="5s")
    later.join()


def turned_away(realm: Realm, http: httpx.Client, *pauses: float, status: int = 503) -> None:
    """A client that is turned away so often, pauses each time, and then gets its answer."""
    realm.faults.add(vendor="omniomni", times=len(pauses), respond={"status": status, "body": ""})
    for pause in pauses:
        driving.omniomni(http)
        time.sleep(pause)
    driving.omniomni(http)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_growing_pauses_are_taken_for_backing_off(
    realm: Realm, http: httpx.Client, status: int
) -> None:
    turned_away(realm, http, 0.02, 0.06, 0.15, status=status)
    pauses = realm.journal.backed_off(vendor="omniomni", factor=1.5)
    assert len(pauses) == 3
    assert pauses[0] >= timedelta(milliseconds=15)


def test_no_pause_at_first_is_backing_off_if_the_next_ones_grow(
    realm: Realm, http: httpx.Client
) -> None:
    turned_away(realm, http, 0, 0.03, 0.06)  # as urllib3's Retry does
    realm.journal.backed_off(vendor="omniomni")


@pytest.mark.parametrize(
    ("pauses", "said"),
    [
        ((0.05, 0.05, 0.05), "expected at least"),
        ((0.08, 0.02), "expected at least"),
        ((0.0,), "shorter than 10 ms"),
    ],
)
def test_pauses_that_do_not_grow_are_none(
    realm: Realm, http: httpx.Client, pauses: tuple[float, ...], said: str
) -> None:
    turned_away(realm, http, *pauses)
    with pytest.raises(VerificationError, match=said) as failure:
        realm.journal.backed_off(vendor="omniomni")
    assert lines(failure)[1].startswith("#1")


def test_pauses_by_chance_need_not_grow(realm: Realm, http: httpx.Client) -> None:
    turned_away(realm, http, 0.08, 0.02)
    realm.journal.backed_off(vendor="omniomni", factor=None)
    with pytest.raises(VerificationError, match="shorter than 1000 ms"):
        realm.journal.backed_off(vendor="omniomni", factor=None, at_least="1s")


def test_a_retry_after_is_waited_out_and_need_not_grow(realm: Realm, http: httpx.Client) -> None:
    asked = {"status": 429, "headers": {"Retry-After": "1"}}
    realm.faults.add(vendor="omniomni", times=1, respond=asked)  # type: ignore[arg-type]  # a Respond
    driving.omniomni(http)
    time.sleep(0.2)
    driving.omniomni(http)
    with pytest.raises(VerificationError, match="Retry-After asked for 1000 ms"):
        realm.journal.backed_off(vendor="omniomni")
    realm.journal.clear()
    realm.faults.add(vendor="omniomni", times=1, respond=asked)  # type: ignore[arg-type]  # a Respond
    driving.omniomni(http)
    time.sleep(1)
    driving.omniomni(http)
    realm.journal.backed_off(vendor="omniomni")


def test_without_refusals_there_is_nothing_to_back_off_from(
    realm: Realm, http: httpx.Client
) -> None:
    driving.omniomni(http)
    with pytest.raises(VerificationError, match="there is no pause to check"):
        realm.journal.backed_off(vendor="omniomni")


def test_one_sign_in_that_serves_for_many_calls(realm: Realm, http: httpx.Client) -> None:
    token = driving.pair(http)["access_token"]
    for _ in range(5):
        driving.use(http, token)
    realm.journal.signed_in_once_for(calls=5, vendor="vault")
    with pytest.raises(VerificationError, match="there were 1 and 5"):
        realm.journal.signed_in_once_for(calls=6, vendor="vault")
    driving.vault(http)
    with pytest.raises(VerificationError, match="there were 2 and 5") as failure:
        realm.journal.signed_in_once_for(calls=5)
    assert [line[:2] for line in lines(failure)[1:]] == ["#1", "#7"]


def test_entries_are_read_in_pages_oldest_first(
    realm: Realm, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.client.journal._PAGE", 2)
    for _ in range(5):
        driving.vault(http)
    driving.use(http, "x")
    assert [entry.number for entry in realm.journal.entries()] == [1, 2, 3, 4, 5, 6]
    assert [entry.number for entry in realm.journal.entries(limit=3)] == [4, 5, 6]
    assert [entry.number for entry in realm.journal.entries(principal=None)] == [6]
    assert [entry.number for entry in realm.journal.entries(since=2, operation="sign_in")] == [
        3,
        4,
        5,
    ]
    assert realm.journal.last_number() == 6
    assert realm.journal.dropped() == 0
    realm.journal.clear()
    assert realm.journal.entries() == []


def test_an_entry_shows_all_that_the_journal_knows(realm: Realm, http: httpx.Client) -> None:
    realm.clock.set("2031-01-01T00:00:00Z", frozen=True)
    realm.faults.add(operation="sign_in", delay="20ms")
    driving.nbcgate(http)
    (entry,) = realm.journal.entries()
    assert entry.at.isoformat() == "2031-01-01T00:00:00+00:00"
    assert entry.duration >= timedelta(milliseconds=20)
    assert entry.ended_at - entry.began_at == entry.duration
    assert (entry.method, entry.path, entry.fault) == ("POST", "/auth/sign-in", "f1")
    assert entry.request["body"] == {"email": "me@x", "password": "***"}


def test_the_table_shows_reasons_faults_and_broken_connections(
    realm: Realm, http: httpx.Client
) -> None:
    realm.faults.add(vendor="nbcgate", connection="reset")
    assert realm.journal.table() == "no calls"
    driving.use(http, "x")
    with pytest.raises(httpx.ReadError):
        driving.nbcgate(http)
    http.get("/reg/nowhere")
    table = realm.journal.table().splitlines()
    assert table[0].split()[3:] == ["vault", "GET", "/accounts", "-", "401", "invalid_token"]
    assert table[2].split()[3:] == ["nbcgate", "sign_in", "me@x", "broken", "connection_reset"]
    assert table[3] == "    the fault f1 was applied"
    assert table[4].split()[3:] == ["vault", "GET", "/reg/***", "-", "404", "path_unknown"]


def test_the_table_says_which_fault_delayed_a_call(realm: Realm, http: httpx.Client) -> None:
    realm.faults.add(delay="1ms")
    driving.vault(http)
    assert realm.journal.table().splitlines()[1:] == ["    the fault f1 was applied"]
