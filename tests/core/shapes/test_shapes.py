"""Shapes: mappings that are read with all that is wrong with them at once."""

from collections.abc import Iterable
from enum import Enum
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from emulator.core.shapes.kinds import (
    Branching,
    Checked,
    Definitions,
    Finding,
    Kind,
    Later,
    Listed,
    Mapped,
    Maybe,
    Wrong,
)
from emulator.core.shapes.shape import Shape, Shaped, member, schema_of
from emulator.core.shapes.values import FLAG, TEXT, fraction, known_as, one_of, whole


class Door(Shape):
    """A door of a house."""

    colour: str = member(known_as("colour", ["red", "green"]), "What it is painted.")
    width: int = member(whole(1, 900), "In centimetres.", default=90)
    locked: bool = member(FLAG, default=False)


def _even(number: int) -> int:
    if number % 2:
        raise Wrong("expected an even number")
    return number


def _number_or_door(value: Any) -> Kind[Any]:
    return Shaped(Door) if isinstance(value, dict | Door) else whole(0)


class House(Shape):
    """A house."""

    street: str = member(TEXT)
    number: int | None = member(Maybe(Checked(whole(1), _even)), default=None)
    doors: list[Door] = member(Listed(Shaped(Door), least=1), default=[{"colour": "red"}])
    rooms: dict[str, float] = member(Mapped(fraction(0, 50)), default={})
    roof: str = member(one_of("flat", "steep"), default="flat")
    back: Any = member(Branching(_number_or_door, (whole(0), Shaped(Door))), default=0)
    built_in: str = member(Later(lambda: TEXT), default="brick", alias="in")

    @classmethod
    def related(cls, good: dict[str, Any]) -> Iterable[Finding]:
        """A steep roof is dear."""
        if good.get("roof") == "steep" and good.get("street") == "Poor Lane":
            yield ("roof",), "is too dear"

    def check(self) -> None:
        """A house can be entered."""
        if all(door.locked for door in self.doors):
            raise Wrong("every door is locked")


def wrong_with(value: Any) -> list[Finding]:
    found: list[Finding] = []
    try:
        House.read(value, (), found)
    except Wrong as error:
        found.append(((), str(error)))
    return found


def test_defaults_are_read_as_a_fixture_would_write_them() -> None:
    house = House.read({"street": "High Street"}, (), [])
    assert (house.number, house.roof, house.built_in) == (None, "flat", "brick")
    assert house.doors == [Door(colour="red")]
    assert house.doors[0].width == 90


def test_what_was_given_is_told_from_what_came_by_default() -> None:
    house = House.read({"street": "High Street", "in": "wood", "back": {"colour": "red"}}, (), [])
    assert house.given == {"street", "built_in", "back"}
    assert house.written() == {"street": "High Street", "in": "wood", "back": {"colour": "red"}}


def test_two_are_equal_that_hold_the_same() -> None:
    assert House(street="a") == House.read({"street": "a", "roof": "flat"}, (), [])
    assert House(street="a") != House(street="b")
    assert House(street="a") != Door(colour="red")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], [((), "expected a mapping (key: value)")]),
        ({}, [(("street",), "is missing")]),
        (
            {"street": 7, "number": 3, "doors": [], "roof": "round", "rofo": 1, "qqqq": 1},
            [
                (("street",), "expected a text; put it in quotes to make it a text"),
                (("number",), "expected an even number"),
                (("doors",), "expected at least one entry"),
                (("roof",), "expected one of flat, steep"),
                (("rofo",), 'unknown key; did you mean "roof"?'),
                (
                    ("qqqq",),
                    "unknown key; expected one of street, number, doors, rooms, roof, back, in",
                ),
            ],
        ),
        (
            {
                "street": "",
                "doors": [{"colour": "rde", "width": 1_000}, 7, {"locked": 1}],
                "rooms": {"hall": 51, "bath": True, 3: 1},
                "back": {"width": True},
                "in": None,
            },
            [
                (("street",), "expected a text that is not empty"),
                (("doors", 0, "colour"), "'rde' is no colour; did you mean \"red\"?"),
                (("doors", 0, "width"), "expected a whole number from 1 to 900"),
                (("doors", 1), "expected a mapping (key: value)"),
                (("doors", 2, "colour"), "is missing"),
                (("doors", 2, "locked"), "expected true or false"),
                (("rooms", "hall"), "expected a number from 0 to 50"),
                (("rooms", "bath"), "expected a number from 0 to 50"),
                (("rooms", 3), "expected a text"),
                (("back", "colour"), "is missing"),
                (("back", "width"), "expected a whole number from 1 to 900"),
                (("in",), "expected a text"),
            ],
        ),
        (
            {"street": "Poor Lane", "roof": "steep", "number": -2},
            [(("number",), "expected a whole number from 1 on"), (("roof",), "is too dear")],
        ),
        (
            {"street": "a", "doors": [{"colour": "red", "locked": True}]},
            [((), "every door is locked")],
        ),
    ],
)
def test_everything_that_is_wrong_is_found_at_once(value: Any, expected: list[Finding]) -> None:
    assert sorted(wrong_with(value), key=str) == sorted(expected, key=str)


def test_the_whole_is_checked_only_where_its_parts_are_good() -> None:
    found = wrong_with({"street": "a", "number": 1, "doors": [{"colour": "red", "locked": True}]})
    assert found == [(("number",), "expected an even number")]


def test_one_that_is_made_in_code_lacks_nothing() -> None:
    with pytest.raises(Wrong, match="is missing"):
        House()  # type: ignore[call-arg]  # that is the point


class Word(str, Enum):  # noqa: UP042 - as code has them that is older than StrEnum
    RED = "red"
    STREET = "High Street"


def test_a_member_of_an_enumeration_is_the_text_that_it_is() -> None:
    value = {"street": Word.STREET, "doors": [{"colour": Word.RED}], "rooms": {Word.RED: 1}}
    house = House.read(value, (), [])
    assert house.written() == {
        "street": "High Street",
        "doors": [{"colour": "red"}],
        "rooms": {"red": 1.0},
    }
    assert {type(house.street), type(house.doors[0].colour), *map(type, house.rooms)} == {str}


def test_half_a_character_is_no_text() -> None:
    said = "expected a text, and this holds bytes that are no UTF-8"
    value = {"street": "ren\udce9", "rooms": {"\udce9": 1}}
    assert wrong_with(value) == [(("street",), said), (("rooms", "\udce9"), said)]


def test_the_schema_says_of_a_value_what_reading_says() -> None:
    definitions = Definitions()
    schema = {**schema_of(House, definitions), "$defs": definitions}
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for value in (
        {"street": "a"},
        {"street": "a", "number": 2, "doors": [{"colour": "red"}], "rooms": {"x": 0.5}, "in": "b"},
        {"street": "a", "back": {"colour": "green"}, "number": None},
        {},
        {"street": 7},
        {"street": "a", "doors": []},
        {"street": "a", "rooms": {"x": 51}},
        {"street": "a", "back": {"colour": "blue"}},
        {"street": "a", "other": 1},
    ):
        assert validator.is_valid(value) == (wrong_with(value) == []), value
    assert schema["properties"]["doors"]["items"] == {"$ref": "#/$defs/Door"}
    assert definitions["Door"]["description"] == "A door of a house."
    assert definitions["Door"]["properties"]["width"]["description"] == "In centimetres."
    assert definitions["Door"]["required"] == ["colour"]
