"""Every call of the control API as a method, for each way in which an emulator runs."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import driving
import httpx
import pytest
from driving import FIXTURE

import emulator.testing
from emulator.client.remote import Remote, Reply
from emulator.testing import ApiError, Emulator, Realm, VerificationError


def test_its_clock_is_reported_moved_stopped_and_let_run(realm: Realm) -> None:
    start = datetime(2031, 1, 1, tzinfo=UTC)
    assert realm.clock.set(start, frozen=True) == start
    assert realm.clock.frozen
    assert realm.clock.advance(days=1, hours=1) == start + timedelta(hours=25)
    assert realm.clock.advance(timedelta(hours=-1), minutes=-30) == start + timedelta(hours=23.5)
    assert realm.clock.advance("30m") == start + timedelta(days=1)
    assert realm.clock.now() == start + timedelta(days=1)
    realm.clock.resume()
    assert not realm.clock.frozen
    assert realm.clock.freeze("2032-01-01T00:00:00Z") == datetime(2032, 1, 1, tzinfo=UTC)
    assert realm.clock.now() == datetime(2032, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("move", "said"),
    [
        (lambda clock: clock.set(datetime(2031, 1, 1)), "has no time zone"),  # noqa: DTZ001 - it has none
        (lambda clock: clock.set("tomorrow"), "expected an instant"),
        (lambda clock: clock.advance("a day"), "expected a duration"),
        (lambda clock: clock.advance(days=1_000_000), "at most 36500d"),
    ],
)
def test_a_time_that_is_none_is_refused_in_words(realm: Realm, move: object, said: str) -> None:
    assert callable(move)
    before = realm.clock.now()
    with pytest.raises((ValueError, ApiError), match=said):
        move(realm.clock)
    assert realm.clock.now() - before < timedelta(minutes=1)


def test_a_text_and_numbers_together_are_no_length(realm: Realm) -> None:
    with pytest.raises(TypeError, match="give one string"):
        realm.clock.advance("25h", hours=1)


def test_a_number_without_a_unit_is_refused_with_the_remedy(realm: Realm) -> None:
    with pytest.raises(TypeError, match="give 25 a unit: hours=25, or '25h'"):
        realm.clock.advance(25)  # type: ignore[arg-type]  # a test may forget the unit


def test_all_users_of_a_vendor_are_listed(realm: Realm) -> None:
    listed = realm.vault.users.all()
    assert {user.name: user.status for user in listed} == realm.vault.users.statuses()
    assert listed[0] == realm.vault.users.get(listed[0].name)


def test_a_token_has_the_verdict_of_the_control_api(realm: Realm) -> None:
    good = realm.vault.token("me@x")
    assert realm.tokens.inspect(good).verdict == "good"
    bad = realm.vault.token("me@x", defect="expired")
    assert realm.tokens.inspect(bad).verdict == "refused"


def test_a_token_for_an_unknown_subject_warns(realm: Realm) -> None:
    with pytest.warns(UserWarning, match="refuses this token: there is no user"):
        realm.vault.token("nobody@example.com")


def test_omniomnis_requests_are_signed_by_the_clock_of_the_realm() -> None:
    with Emulator() as emulator, emulator.realm() as realm:
        realm.clock.set("2031-01-01T00:00:00Z")
        url = f"{realm.omniomni.url}/omni-omni/v1/auth/client-token"
        with httpx.Client(auth=realm.omniomni.signature(), trust_env=False) as http:
            assert http.post(url, json={"clientId": "signing-client"}).status_code == 200


def test_the_public_names_are_listed() -> None:
    assert dir(emulator.testing) == sorted(emulator.testing.__all__)


def test_faults_strike_are_counted_and_go(realm: Realm, http: httpx.Client) -> None:
    fault = realm.faults.add(vendor="omniomni", outcome="server_error", times=1)
    late = realm.faults.add(
        operation="refresh", delay=(timedelta(milliseconds=1), "5ms"), ttl=timedelta(minutes=5)
    )
    assert late.members["delay"] == {"min": "1ms", "max": "5ms"}
    assert [driving.omniomni(http).status_code for _ in range(2)] == [500, 200]
    assert (realm.faults.get(fault).matched, realm.faults.get(fault.id).triggered) == (2, 1)
    assert [each.id for each in realm.faults.all()] == [fault.id, late.id]
    realm.faults.remove(fault)
    assert [each.id for each in realm.faults.all()] == [late.id]
    realm.faults.clear()
    assert realm.faults.all() == []


def test_a_fault_answers_in_its_own_words_and_spoils_tokens(
    realm: Realm, http: httpx.Client
) -> None:
    realm.faults.add(
        vendor="nbcgate", respond={"status": 503, "headers": {"Retry-After": "2"}, "body": "later"}
    )
    answer = driving.nbcgate(http)
    assert (answer.status_code, answer.headers["Retry-After"], answer.json()) == (503, "2", "later")
    realm.faults.add(vendor="vault", operation="sign_in", defect="expired", times=1)
    assert not realm.vault.introspect(driving.pair(http)["access_token"])["active"]


def test_what_is_wrong_with_a_fault_is_reported_and_none_is_added(realm: Realm) -> None:
    with pytest.raises(ApiError, match=r'outcome.*did you mean "server_error"') as refused:
        realm.faults.add(vendor="vault", outcome="server_eror")
    assert refused.value.status == 400
    assert realm.faults.all() == []


def test_several_mistakes_are_reported_one_a_line(realm: Realm) -> None:
    with pytest.raises(ApiError) as refused:
        realm.vault.users.add("eve@x", pasword="E5#fG6$h", lifetime="soon")
    assert len(str(refused.value).splitlines()) == 1 + len(refused.value.errors) == 4


def test_users_and_clients_come_change_and_go(realm: Realm, http: httpx.Client) -> None:
    added = realm.vault.add_user(
        "eve@x", "E5#fG6$h", scopes=["read"], lifetime=timedelta(minutes=10)
    )
    assert (added.status, added.members["lifetime"]) == ("active", "10m")
    realm.vault.add_client("other")
    body = {"grant_type": "password", "client_id": "other", "username": "eve@x"}
    signed_in = http.post(driving.VAULT, json={**body, "password": "E5#fG6$h"})
    assert signed_in.json()["expires_in"] == 600

    assert realm.vault.lock("eve@x").status == "locked"
    assert not realm.vault.introspect(signed_in.json()["access_token"])["active"]
    assert realm.vault.users.statuses() == {"eve@x": "locked", "me@x": "active"}
    assert realm.vault.unlock("eve@x").status == "active"
    assert realm.vault.disable("eve@x").status == "disabled"
    assert realm.vault.users.change("eve@x", status=None, lifetime=None).members == {
        "username": "eve@x",
        "user_id": added.members["user_id"],
        "status": "active",
        "scopes": ["read"],
    }
    assert realm.vault.users.get("eve@x").status == "active"
    realm.vault.users.remove("eve@x")
    realm.vault.clients.remove("other")
    with pytest.raises(ApiError, match="no user"):
        realm.vault.users.get("eve@x")


def test_clients_of_omniomni_and_users_of_nbc_gate_are_locked_too(
    realm: Realm, http: httpx.Client
) -> None:
    realm.omniomni.add_client("team/a b", scopes=["offers:read"])
    assert driving.omniomni(http, client_id="team/a b").status_code == 200
    realm.omniomni.lock("team/a b")
    assert driving.omniomni(http, client_id="team/a b").status_code == 401
    realm.nbcgate.add_user("eve@x", "correct-horse", otp={"code": "123456"})
    realm.nbcgate.lock("me@x")
    assert driving.reason(driving.nbcgate(http)).startswith("user_blocked")
    realm.omniomni.disable("me")
    realm.omniomni.unlock("me")
    assert driving.omniomni(http).status_code == 200


def test_an_odd_user_is_added_and_said_to_be_odd(realm: Realm) -> None:
    odd = realm.vault.add_user("eve@x", "weak")
    assert odd.warnings[0].startswith("password: ")


def test_every_user_of_many_pages_is_reported(
    realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.client.vendors._PAGE", 3)
    names = [f"user-{number}@x" for number in range(8)]
    for name in names:
        realm.nbcgate.add_user(name, "correct-horse")
    assert list(realm.nbcgate.users.statuses()) == sorted([*names, "mailed@x", "me@x"])


def test_tokens_are_made_to_order_and_explained(realm: Realm, http: httpx.Client) -> None:
    good = realm.vault.token("me@x", lifetime=timedelta(minutes=5), scopes=["read"])
    assert driving.use(http, good).status_code == 200
    assert realm.tokens.inspect(good).good
    bad = realm.tokens.mint("vault", "me@x", defect="expired", claims={"tenant": "acme"})
    assert bad.claims["tenant"] == "acme"
    assert bad.note is not None
    explained = realm.tokens.inspect(bad.token)
    assert (explained.good, explained.vendor, explained.principal) == (False, "vault", "me@x")
    assert [problem.code for problem in explained.problems] == ["expired"]
    refreshing = realm.tokens.mint("nbcgate", "me@x", use="refresh")
    assert realm.tokens.inspect(refreshing.token).use == "refresh"
    with pytest.raises(ApiError, match="did you mean"):
        realm.tokens.mint("valt", "me@x")


def test_keys_are_reported_and_rotated(realm: Realm, http: httpx.Client) -> None:
    before = driving.pair(http)["access_token"]
    old = realm.keys.all()["vault"]
    new = realm.keys.rotate("vault", "no_overlap")
    assert realm.keys.all()["vault"].signs_with == new != old.signs_with
    assert [key["kid"] for key in realm.vault.jwks()["keys"]] == [new]
    assert not realm.vault.introspect(before)["active"]
    with pytest.raises(ApiError, match="secret"):
        realm.keys.rotate("nbcgate")


def test_a_token_is_introspected_and_revoked(realm: Realm, http: httpx.Client) -> None:
    token = driving.pair(http)["access_token"]
    assert realm.vault.introspect(token)["username"] == "me@x"
    realm.vault.revoke(token)
    assert realm.vault.introspect(token) == {"active": False}


def test_metadata_lead_back_to_the_realm(realm: Realm) -> None:
    assert realm.vault.metadata()["jwks_uri"] == realm.vault.jwks_url
    assert realm.vault.issuer_url == f"{realm.url}/_emulator/vault"


def test_mailed_codes_are_read_by_who_they_were_sent_to(realm: Realm, http: httpx.Client) -> None:
    assert realm.outbox.mails() == []
    http.post("/auth/tfa/otp/email", json={"email": "mailed@x"}).raise_for_status()
    (mail,) = realm.outbox.mails("mailed@x")
    assert realm.outbox.code("mailed@x") == mail.code
    assert mail.code not in repr(mail)
    assert mail.expires_at - mail.sent_at == timedelta(minutes=5)
    with pytest.raises(VerificationError, match="no code was mailed to me@x within 10ms"):
        realm.outbox.code("me@x", wait=timedelta(milliseconds=10))


def test_a_reset_takes_a_realm_back(realm: Realm, http: httpx.Client) -> None:
    token = driving.pair(http)["access_token"]
    realm.clock.advance(hours=1)
    realm.reset()
    assert realm.journal.entries() == []
    assert realm.clock.now() - datetime.now(UTC) < timedelta(minutes=1)
    assert not realm.vault.introspect(token)["active"]


def test_realms_are_made_like_others_of_fixtures_and_for_a_while(emulator: Emulator) -> None:
    of_its_own = {"clock": {"now": "2031-01-01T00:00:00Z", "frozen": True}}
    with emulator.realm("one", fixture=of_its_own) as one, emulator.realm(like=one) as other:
        assert one.clock.now() == other.clock.now() == datetime(2031, 1, 1, tzinfo=UTC)
        one.clock.advance(days=1)
        assert other.clock.now() == datetime(2031, 1, 1, tzinfo=UTC)
        assert {one.name, other.name} < {state.name for state in emulator.realms()}
    brief = emulator.realm("brief", ttl=timedelta(seconds=30))
    assert brief.state().ttl is not None
    assert brief.state().base_path == f"/realms/{brief.name}"
    brief.close()
    brief.close()  # once more is no mistake
    assert brief.name not in emulator.health().realms
    with pytest.raises(RuntimeError, match="was removed"):
        _ = brief.url


def test_a_realm_that_went_by_itself_is_closed_all_the_same(emulator: Emulator) -> None:
    with emulator.realm() as realm, emulator.realm() as other:
        emulator._root.delete(f"/realms/{realm.name}")  # noqa: SLF001 - as its ttl does
    assert other.name not in emulator.health().realms


def test_a_realm_of_a_fixture_with_mistakes_is_refused_with_all_of_them(
    emulator: Emulator,
) -> None:
    with pytest.raises(ApiError, match='did you mean "vault"'):
        emulator.realm(fixture={"valt": {}})


WITHOUT_METHOD = ("/_emulator/ca.pem", "openid-configuration")
"""Control calls without a method: what `auth-emulator ca` reads, and metadata by its other name."""


def test_every_control_call_has_a_method(monkeypatch: pytest.MonkeyPatch) -> None:
    called: set[tuple[str, str]] = set()
    ask, lines = Remote.ask, Remote.lines

    def noting_ask(self: Remote, method: str, path: str, *rest: Any) -> Reply:
        called.add((method, path.partition("?")[0]))
        return ask(self, method, path, *rest)

    def noting_lines(self: Remote, path: str) -> Iterator[bytes]:
        called.add(("GET", path.partition("?")[0]))
        return lines(self, path)

    monkeypatch.setattr(Remote, "ask", noting_ask)
    monkeypatch.setattr(Remote, "lines", noting_lines)
    with Emulator(FIXTURE) as emulator:
        everything(emulator)
        api = httpx.get(f"{emulator.url}/_emulator/openapi.json", trust_env=False).json()
    for path, operations in api["paths"].items():
        pattern = re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))
        for method in operations:
            used = any(m == method.upper() and pattern.fullmatch(p) for m, p in called)
            assert used or any(path.endswith(end) for end in WITHOUT_METHOD), (method, path)


def everything(emulator: Emulator) -> None:
    """Call everything that can be called."""
    emulator.health()
    emulator.realms()
    added = emulator.resources.add("vault", "/mine", respond={"body": {}})
    assert emulator.resources.all() == [added]
    emulator.resources.remove(added)
    emulator.resources.clear()
    with emulator.realm() as realm:
        realm.state()
    emulator.clock.now()
    emulator.clock.freeze()
    fault = emulator.faults.add(delay="1ms")
    emulator.faults.all()
    emulator.faults.get(fault)
    emulator.faults.remove(fault)
    emulator.faults.clear()
    users = (emulator.nbcgate.users, emulator.vault.users)
    for principals in (*users, emulator.omniomni.clients, emulator.vault.clients):
        secret = {"password": "E5#fG6$h"} if principals in users else {}
        principals.add("eve@x", **secret)
        principals.get("eve@x")
        principals.change("eve@x", status="locked")
        principals.statuses()
        principals.remove("eve@x")
    for vendor in (emulator.omniomni, emulator.nbcgate, emulator.vault):
        vendor.jwks()
        vendor.metadata()
        vendor.introspect("x")
        vendor.revoke("x")
    list(islice(emulator.journal.events(since=0), 1))
    emulator.journal.entries()
    emulator.journal.verify(at_least=0)
    emulator.journal.clear()
    emulator.tokens.mint("vault", "me@x")
    emulator.tokens.inspect("x")
    emulator.keys.all()
    emulator.keys.rotate("vault")
    emulator.outbox.mails()
    emulator.reset()


def test_the_journals_events_come_as_calls_end() -> None:
    with Emulator(FIXTURE) as emulator, httpx.Client(base_url=emulator.url) as http:
        events = emulator.journal.events(since=0, vendor="omniomni")
        for _ in range(2):
            driving.nbcgate(http)
            driving.omniomni(http)
        assert [event.number for event in islice(events, 2)] == [2, 4]
        with pytest.raises(ApiError, match="did you mean"):
            next(emulator.journal.events(operation="sign_inn"))
