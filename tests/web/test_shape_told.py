"""Of a wire's answer everything is told but its tokens, and whatever looks like one."""

import orjson
import pytest
from msgspec import Struct
from msgspec.structs import asdict

from emulator.core.masking import MASK
from emulator.web import shape_told
from emulator.web.shape_told import PART_LIMIT, told_of

JWT_LIKE = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."


class OnlyTokens(Struct, frozen=True):
    access_token: str
    refresh_token: str


class OneBeside(Struct, frozen=True):
    token: str
    scope: str


class WithDetails(Struct, frozen=True):
    token: str
    details: tuple[object, ...]


class SeveralBeside(Struct, frozen=True):
    token_type: str
    access_token: str
    scope: str
    expires_in: int


def test_a_bare_token_is_masked() -> None:
    assert told_of(JWT_LIKE).body == told_of(JWT_LIKE).shape == MASK


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        (OnlyTokens("a", "b"), {"access_token": MASK, "refresh_token": MASK}),
        (OneBeside("a", "a:read"), {"token": MASK, "scope": "a:read"}),
        (
            SeveralBeside("Bearer", "a", "a:read", 60),
            {"token_type": "Bearer", "access_token": MASK, "scope": "a:read", "expires_in": 60},
        ),
    ],
)
def test_members_that_are_no_tokens_are_told_in_their_order(
    shape: Struct, told: dict[str, object]
) -> None:
    found = told_of(shape).body
    assert isinstance(found, type(shape))
    assert list(asdict(found).items()) == list(told.items())


def test_another_answer_of_the_same_kind_is_told_with_its_own_values() -> None:
    assert told_of(OneBeside("a", "one")).body == OneBeside(MASK, "one")
    assert told_of(OneBeside("b", "another")).body == OneBeside(MASK, "another")


def test_what_looks_like_a_token_is_masked_wherever_it_stands() -> None:
    found = told_of(OneBeside("a", f"a:read {JWT_LIKE}")).body
    assert isinstance(found, bytes)
    assert orjson.loads(found) == {"token": MASK, "scope": f"a:read {MASK}"}


def test_members_of_a_member_are_searched_too() -> None:
    found = told_of(WithDetails("a", (OneBeside("b", "a:read"), JWT_LIKE, "open"))).body
    assert isinstance(found, bytes)
    assert orjson.loads(found) == {
        "token": MASK,
        "details": [{"token": MASK, "scope": "a:read"}, MASK, "open"],
    }


def test_a_long_one_is_cut() -> None:
    found = told_of(OneBeside("a", "x" * PART_LIMIT)).body
    assert isinstance(found, str)
    assert len(found) == PART_LIMIT + len("...")


def test_more_answers_than_are_remembered_are_told_with_their_own_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known: dict[object, object] = {}
    monkeypatch.setattr(shape_told, "_MOST_KNOWN", 2)
    monkeypatch.setattr(shape_told, "_known", known)
    for scope in [*"abcde", *"abcde"]:
        assert told_of(OneBeside("t", scope)).body == OneBeside(MASK, scope)
        assert len(known) <= 2
