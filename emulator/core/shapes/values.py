"""The kinds of values without parts: texts, numbers, names."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, TypeVar

from emulator.core.shapes.kinds import Kind, Plain, Wrong, plain_text
from emulator.core.suggestion import did_you_mean

E = TypeVar("E", bound=StrEnum)


def _any_text(value: Any) -> str:
    if isinstance(value, str):
        return plain_text(value)
    hint = "; put it in quotes to make it a text" if isinstance(value, int | float) else ""
    raise Wrong(f"expected a text{hint}")


def _some_text(value: Any) -> str:
    text = _any_text(value)
    if not text:
        raise Wrong("expected a text that is not empty")
    return text


def _flag(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Wrong("expected true or false")


TEXT: Kind[str] = Plain(_some_text, {"type": "string", "minLength": 1})
TEXT_OR_EMPTY: Kind[str] = Plain(_any_text, {"type": "string"})
ANYTHING: Kind[Any] = Plain(lambda value: value, {})
FLAG: Kind[bool] = Plain(_flag, {"type": "boolean"})


def whole(
    least: int | None = None,
    most: int | None = None,
    given: Callable[[Any], Any] = lambda value: value,
) -> Kind[int]:
    """A whole number within bounds; `given` makes one of what may stand in its place."""
    upper = "on" if most is None else f"to {most:,}"
    expected = f"expected a whole number{'' if least is None else f' from {least} {upper}'}"

    def read(value: Any) -> int:
        number = given(value)
        if not isinstance(number, int) or isinstance(number, bool):
            raise Wrong(expected)
        if (least is not None and number < least) or (most is not None and number > most):
            raise Wrong(expected)
        return number

    bounds = {"minimum": least, "maximum": most}
    told = {name: bound for name, bound in bounds.items() if bound is not None}
    return Plain(read, {"type": "integer", **told})


def fraction(least: float, most: float) -> Kind[float]:
    """A number within bounds."""

    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Wrong(f"expected a number from {least} to {most}")
        if not least <= value <= most:
            raise Wrong(f"expected a number from {least} to {most}")
        return float(value)

    return Plain(read, {"type": "number", "minimum": least, "maximum": most})


def one_of(*names: str) -> Kind[Any]:
    """One of a few texts; the type of the member says which."""
    return Plain(lambda value: _known(value, names), {"type": "string", "enum": list(names)})


def _known(value: Any, names: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in names:
        raise Wrong(f"expected one of {', '.join(names)}")
    return value


def known_as(what: str, names: Iterable[str]) -> Kind[str]:
    """One of many names; a near one is suggested. `what` is what such a name is of."""
    known = list(names)

    def read(value: Any) -> str:
        name = _any_text(value)
        if name not in known:
            raise Wrong(f"{name!r} is no {what}{did_you_mean(name, known)}")
        return name

    return Plain(read, {"type": "string", "enum": known})


def member_of(kind: type[E]) -> Kind[E]:
    """A member of an enumeration, by its value."""

    def read(value: Any) -> E:
        if value not in list(kind):
            raise Wrong(f"{value!r} is not known here{did_you_mean(str(value), list(kind))}")
        return kind(str(value))

    return Plain(read, {"type": "string", "enum": [str(one) for one in kind]}, str)
