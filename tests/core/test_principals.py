"""The principals of a realm: a fixture's, and what calls change of them."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from minting import ANYTHING
from pydantic import ValidationError

from emulator.app import CATALOG
from emulator.core import principals as principals_module
from emulator.core.keys.files import public_pem
from emulator.core.outcomes import Refused
from emulator.core.principals import (
    Principal,
    PrincipalChange,
    Principals,
    PrincipalTable,
    TooManyPrincipals,
    password_mismatch,
)
from emulator.core.realm import dump

PASSWORD = "A9#bL8@z"
KINDS = [
    pytest.param(model, id=f"{vendor.name} {kind}")
    for vendor in CATALOG.values()
    for kind, model in vendor.fixture.kinds.items()
]
VAULT_USER: Any = CATALOG["vault"].fixture.kinds["users"]
NBCGATE_USER: Any = CATALOG["nbcgate"].fixture.kinds["users"]
OMNIOMNI_CLIENT: Any = CATALOG["omniomni"].fixture.kinds["clients"]
PEM = public_pem(ec.generate_private_key(ec.SECP256R1()).public_key())


def made(model: Any, name: str = "me@x", **members: Any) -> Any:
    needed = {"password": PASSWORD} if "password" in model.model_fields else {}
    return model.model_validate({model.name_field: name, **needed, **members})


def table(*names: str) -> PrincipalTable[Any]:
    return PrincipalTable("vault", "users", VAULT_USER, [made(VAULT_USER, name) for name in names])


def put(principals: Principals[Any], name: str, **members: Any) -> Any:
    principal = made(VAULT_USER, name, **members)
    principals.apply(name, stored(principals.changed(principal)))
    return principal


def stored(change: PrincipalChange) -> PrincipalChange:
    """A change as it comes back from the store."""
    return PrincipalChange.model_validate_json(dump(change))


def find(principals: Principals[Any], name: str) -> Any:
    return principals.find(name)


def names(principals: Principals[Any]) -> list[str]:
    found = [principal.name for principal in principals]
    assert len(principals) == len(found)
    return found


# One principal


@pytest.mark.parametrize("model", KINDS)
def test_a_principal_survives_the_store(model: Any) -> None:
    for members in ({}, {"status": "locked"}):
        principal = made(model, "ü/me@x", **members)
        principals = Principals(PrincipalTable("vault", "users", model, []))
        principals.apply("ü/me@x", stored(principals.changed(principal)))
        assert principals.find("ü/me@x") == principal


@pytest.mark.parametrize(
    "principal",
    [
        made(
            VAULT_USER,
            scopes=["a", "b"],
            lifetime="90s",
            refresh_lifetime="1h",
            user_id="u1",
            claims={"n": 2**70, "nested": [{"a": None}], "out": None},
            headers={"x": 1.5},
        ),
        made(NBCGATE_USER, otp={"code": "123456"}),
        made(NBCGATE_USER, otp={"totp": "jbsw y3dp ehpk 3pxp"}),
        made(NBCGATE_USER, otp={"mailed": True}),
        made(OMNIOMNI_CLIENT, public_key=PEM, signature="required"),
    ],
)
def test_all_its_members_survive_the_store(principal: Principal) -> None:
    change = PrincipalChange(value=principal.whole())
    assert type(principal).model_validate(stored(change).value) == principal


@given(st.dictionaries(st.sampled_from(["a", "tenant", "ü"]), ANYTHING))
def test_any_claims_survive_the_store(claims: dict[str, Any]) -> None:
    principal = made(VAULT_USER, claims=claims)
    change = stored(PrincipalChange(value=principal.whole()))
    assert VAULT_USER.model_validate(change.value).claims == claims


@pytest.mark.parametrize("members", [{"code": "123456"}, {"totp": "JBSWY3DPEHPK3PXP"}])
def test_what_shows_a_principal_shows_no_secret(members: dict[str, Any]) -> None:
    user = made(NBCGATE_USER, otp=members)
    for shown in (repr(user), str(user), str(user.public()), user.model_dump_json()):
        assert PASSWORD not in shown
        assert next(iter(members.values())) not in shown
    assert PASSWORD in str(user.whole())


def test_it_is_shown_as_a_fixture_writes_it_without_what_is_as_by_default() -> None:
    client = made(OMNIOMNI_CLIENT, scopes=["a"], lifetime="90s", claims={"n": 1})
    assert client.public() == {
        "status": "active",
        "scopes": ["a"],
        "lifetime": "90s",
        "claims": {"n": 1},
    }
    assert made(OMNIOMNI_CLIENT, status="locked").public() == {"status": "locked"}


@pytest.mark.parametrize("model", KINDS)
def test_a_status_is_one_of_three_or_an_outcome_that_refuses(model: Any) -> None:
    for status in model.statuses():
        principal = made(model, status=status)
        assert principal.blocked is (status in ("disabled", "locked"))
        if status in ("active", "disabled", "locked"):
            principal.raise_forced_outcome()
        else:
            with pytest.raises(Refused) as raised:
                principal.raise_forced_outcome()
            assert (raised.value.outcome, raised.value.principal) == (status, "me@x")
    assert "server_error" in model.statuses()
    assert not {"signed_in", "path_unknown", "body_too_large"} & set(model.statuses())


def test_a_status_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        ValidationError, match=r"'lokced' is not a status; did you mean \"locked\"\?"
    ):
        made(VAULT_USER, status="lokced")


@pytest.mark.parametrize(
    ("given_password", "said"),
    [
        (PASSWORD, None),
        ("a9#Bl8@Z", "the password of me differs only in case"),
        (f" {PASSWORD}", "the password of me was sent with a space at its beginning"),
        (f"{PASSWORD}\n", "the password of me was sent with a space at its end"),
        (f" {PASSWORD} ", "the password of me was sent with a space at its beginning and end"),
        ("A9#bL8@", "the password of me is wrong"),
        ("", "the password of me is wrong"),
    ],
)
def test_why_a_password_is_wrong_is_said_without_it(given_password: str, said: str | None) -> None:
    assert password_mismatch(given_password, PASSWORD, "me") == said


def test_a_password_that_has_spaces_and_came_without_is_recognized() -> None:
    said = "the password of me was sent without the space around it"
    assert password_mismatch("secret", " secret ", "me") == said


# The principals of a realm


def test_a_realm_has_its_fixtures_principals_and_then_those_that_it_added() -> None:
    principals = Principals(table("b", "a"))
    assert names(principals) == ["b", "a"]
    put(principals, "d")
    put(principals, "c")
    assert names(principals) == ["b", "a", "d", "c"]
    changed = put(principals, "b", status="locked")
    assert principals.find("b") == changed
    assert sorted(names(principals)) == ["a", "b", "c", "d"]
    assert principals.find("B") is None


def test_a_change_leaves_other_realms_of_the_table_alone() -> None:
    shared = table("a", "b")
    one, other = Principals(shared), Principals(shared)
    put(one, "a", status="locked")
    put(one, "c")
    one.apply("b", one.removed("b"))
    assert names(other) == ["a", "b"]
    assert find(other, "a").status == "active"


def test_a_fingerprint_is_of_a_vendor_and_a_name_and_how_often_it_was_removed() -> None:
    principals, elsewhere = Principals(table("a")), Principals(table("a"))
    first = principals.fingerprint("a")
    assert principals.of_fingerprint(first) == principals.find("a")
    assert elsewhere.fingerprint("a") == first != principals.fingerprint("b")
    other_vendor = PrincipalTable("nbcgate", "users", VAULT_USER, [made(VAULT_USER, "a")])
    assert Principals(other_vendor).fingerprint("a") != first
    put(principals, "a", status="locked")
    assert principals.of_fingerprint(first) == principals.find("a")
    seen = [first]
    for _ in range(3):
        principals.apply("a", stored(principals.removed("a")))
        assert principals.find("a") is None
        assert all(principals.of_fingerprint(old) is None for old in seen)
        again = put(principals, "a")
        assert all(principals.of_fingerprint(old) is None for old in seen)
        assert principals.of_fingerprint(principals.fingerprint("a")) == again
        seen.append(principals.fingerprint("a"))
    assert len(set(seen)) == 4
    assert principals.of_fingerprint("no such") is None


def test_the_end_of_a_change_brings_back_the_fixtures_principal() -> None:
    principals = Principals(table("a"))
    before = principals.find("a")
    put(principals, "a", status="locked")
    put(principals, "b")
    added = principals.fingerprint("b")
    for name in "ab":
        principals.apply(name, None)
    assert (principals.find("a"), names(principals)) == (before, ["a"])
    assert principals.of_fingerprint(added) is None


def test_a_realm_changes_no_more_principals_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(principals_module, "_MAX_CHANGED", 2)
    principals = Principals(table("a", "b", "c"))
    principals.apply("a", principals.removed("a"))
    put(principals, "new")
    for change in (principals.removed, lambda name: principals.changed(made(VAULT_USER, name))):
        with pytest.raises(TooManyPrincipals, match="2 users were changed already"):
            change("b")
        change("a")
        change("new")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("alice@exmaple.com", "; did you mean 'alice@example.com'?"),
        (" Alice@Example.com", "; did you mean 'alice@example.com'?"),
        ("nobody-at-all", ""),
    ],
)
def test_why_a_name_is_unknown_is_said_with_the_nearest(name: str, said: str) -> None:
    principals = Principals(table("alice@example.com", "bob@example.com"))
    assert principals.why_unknown(name) == f"there is no user {name!r}{said}"


def test_among_no_or_very_many_principals_no_near_one_is_looked_for() -> None:
    said = "there is no user 'me': this vendor has no users"
    assert Principals(table()).why_unknown("me") == said
    crowd = Principals(table(*(f"me{number}" for number in range(101))))
    assert crowd.why_unknown("me") == "there is no user 'me'"


def test_another_fixture_refuses_what_was_issued_to_those_that_it_lacks() -> None:
    before = Principals(table("stays", "goes", "changed"))
    put(before, "called")
    put(before, "changed", status="locked")
    before.apply("stays", before.removed("stays"))
    put(before, "stays")
    old = {name: before.fingerprint(name) for name in ("stays", "goes", "changed", "called")}
    after = Principals(table("stays", "changed", "fresh"), before.changes)
    for name, change in after.after_reload(before).items():
        after.apply(name, change and stored(change))
    assert names(after) == ["stays", "changed", "fresh"]
    assert find(after, "changed").status == "active"
    found = {name: after.of_fingerprint(mark) for name, mark in old.items()}
    assert {name for name, principal in found.items() if principal} == {"stays", "changed"}
    back = Principals(table("goes", "called"), after.changes)
    for name, change in back.after_reload(after).items():
        back.apply(name, change)
    assert names(back) == ["goes", "called"]
    assert [back.of_fingerprint(mark) for mark in old.values()] == [None] * 4


class Model(RuleBasedStateMachine):
    """Principals beside the simplest model of them, built again from the store now and then."""

    names = st.sampled_from(["a", "b", "c", "d"])

    def __init__(self) -> None:
        super().__init__()
        self.table = table("a", "b")
        self.principals = Principals(self.table)
        self.alive = {"a": "active", "b": "active"}
        self.good = {self.principals.fingerprint(name): name for name in self.alive}
        self.bad: set[str] = set()

    @rule(name=names, status=st.sampled_from(["active", "locked"]))
    def put(self, name: str, status: str) -> None:
        put(self.principals, name, status=status)
        self.alive[name] = status
        self.good[self.principals.fingerprint(name)] = name

    @rule(name=names)
    def remove(self, name: str) -> None:
        self.principals.apply(name, stored(self.principals.removed(name)))
        self.alive.pop(name, None)
        lost = {mark for mark, named in self.good.items() if named == name}
        self.bad |= lost
        self.good = {mark: named for mark, named in self.good.items() if mark not in lost}

    @rule()
    def build_again(self) -> None:
        changes = {name: stored(change) for name, change in self.principals.changes.items()}
        self.principals = Principals(self.table, changes)

    @rule(kept=st.sets(names))
    def reload(self, kept: set[str]) -> None:
        self.table = table(*sorted(kept))
        after = Principals(self.table, self.principals.changes)
        for name, change in after.after_reload(self.principals).items():
            after.apply(name, change)
        lost = {mark for mark, named in self.good.items() if named not in kept}
        self.bad |= lost
        self.principals = after
        self.alive = dict.fromkeys(kept, "active")
        self.good = {mark: named for mark, named in self.good.items() if mark not in lost}
        self.good |= {after.fingerprint(name): name for name in kept}

    @invariant()
    def agrees(self) -> None:
        found = {principal.name: principal.status for principal in self.principals}
        assert found == self.alive
        assert len(self.principals) == len(self.alive)
        for name in "abcd":
            assert (self.principals.find(name) is not None) is (name in self.alive)
        for mark, name in self.good.items():
            assert self.principals.of_fingerprint(mark) is self.principals.find(name) is not None
        assert all(self.principals.of_fingerprint(mark) is None for mark in self.bad)


TestModel = Model.TestCase


def test_an_unknown_principal_has_its_name_and_nothing_else() -> None:
    def checked() -> Iterator[Principal]:
        for parameter in KINDS:
            (model,) = parameter.values
            yield model.unknown("who")  # type: ignore[union-attr]  # a class

    assert [principal.name for principal in checked()] == ["who"] * len(KINDS)
    assert VAULT_USER.unknown("who").claims == {}
