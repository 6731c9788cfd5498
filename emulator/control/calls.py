"""Which calls of the journal are asked for: one set of filters for reading, verifying, watching."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from msgspec import Struct

from emulator.core.clock import iso_milliseconds
from emulator.core.expectation import Where
from emulator.core.fixture.fields import INSTANT, instant
from emulator.core.masking import PATH_LIMIT, TEXT_LIMIT, told_text
from emulator.core.shapes.kinds import Definitions, Kind, Maybe, Plain, Wrong
from emulator.core.shapes.shape import Shape, member
from emulator.core.shapes.values import TEXT, whole
from emulator.core.suggestion import did_you_mean

F = TypeVar("F", bound="Filters")

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
_METHOD = re.compile(r"[A-Z]{1,20}")
_FAULT = re.compile(r"f[1-9][0-9]{0,9}")
_DIGITS = re.compile(r"[0-9]{1,15}")

_ALWAYS_THERE = ("outcome", "method", "path", "since")
"""What no call is without. A null among the others asks for calls that have none."""


def _from_query(value: Any) -> Any:
    """A number, also where it is written in a query."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def number_from(least: int, most: int | None = None) -> Kind[int]:
    """A whole number within bounds, also where it is written in a query."""
    return whole(least, most, _from_query)


_ENTRY = number_from(0)


def _since(value: Any) -> int | datetime:
    number = _from_query(value)
    if isinstance(number, int) and not isinstance(number, bool):
        return _ENTRY.read(number, (), [])
    try:
        return instant(value)
    except ValueError as error:
        raise Wrong("expected an entry's number, or an instant such as 2026-01-01T00:00:00Z") from (
            error
        )


SINCE: Kind[int | datetime] = Plain(
    _since, {"anyOf": [_ENTRY.schema(Definitions()), INSTANT.schema(Definitions())]}
)


class Known(Struct, frozen=True):
    """What entries can say of a vendor's calls."""

    vendor: str
    operations: Sequence[str]
    outcomes: Sequence[str]


class Filters(Shape):
    """Which calls: all that are given must be as given."""

    known: ClassVar[Sequence[Known]] = ()

    vendor: str | None = member(
        Maybe(TEXT), "Whose; null: calls to a path of no vendor.", default=None
    )
    operation: str | None = member(
        Maybe(TEXT), "Which operation; null: calls of none.", default=None
    )
    outcome: str | None = member(Maybe(TEXT), "How they ended.", default=None)
    status: int | None = member(
        Maybe(number_from(100, 599)),
        "The HTTP status; null: calls whose connection broke.",
        default=None,
    )
    principal: str | None = member(Maybe(TEXT), "Who; null: calls that name nobody.", default=None)
    fault: str | None = member(
        Maybe(TEXT), "The fault that struck them; null: none did.", default=None
    )
    method: str | None = member(Maybe(TEXT), "The request's method.", default=None)
    path: str | None = member(Maybe(TEXT), "Its path, without query.", default=None)
    since: int | datetime | None = member(
        Maybe(SINCE),
        "After the entry of this number, or from this instant of the clock on.",
        default=None,
    )

    def check(self) -> None:
        """Refuse what no entry could have."""
        for name in _ALWAYS_THERE:
            if name in self.given and getattr(self, name) is None:
                raise Wrong(f"no entry is without {name}")
        if self.method is not None and not _METHOD.fullmatch(self.method):
            raise Wrong(f"{self.method!r} is no method{did_you_mean(self.method, _METHODS)}")
        if self.path is not None and (not self.path.startswith("/") or "?" in self.path):
            raise Wrong("the path of an entry begins with / and has no query")
        if self.fault is not None and not _FAULT.fullmatch(self.fault):
            raise Wrong(f"{self.fault!r} is no fault; they are called f1, f2 and so on")
        self._check_names()

    def _check_names(self) -> None:
        vendors = [known.vendor for known in self.known]
        if self.vendor is not None and self.vendor not in vendors:
            raise Wrong(f"{self.vendor!r} is no vendor{did_you_mean(self.vendor, vendors)}")
        of = [known for known in self.known if self.vendor in (None, known.vendor)]
        whose = "" if self.vendor is None else f" of {self.vendor}"
        for what, given, named in (
            ("operation", self.operation, _all(known.operations for known in of)),
            ("outcome", self.outcome, _all(known.outcomes for known in of)),
        ):
            if given is not None and given not in named:
                raise Wrong(f"{given!r} is no {what}{whose}{did_you_mean(given, named)}")

    def where(self) -> Where:
        """The same, as the journal is searched for it."""
        fields: dict[str, Any] = {
            name: getattr(self, name)
            for name in Filters.members
            if name in self.given and name != "since"
        }
        for name, limit in (("principal", TEXT_LIMIT), ("path", PATH_LIMIT)):
            if fields.get(name) is not None:
                fields[name] = told_text(fields[name], limit)
        if isinstance(self.since, datetime):
            return Where(fields, at=iso_milliseconds(self.since.timestamp()))
        return Where(fields, after=self.since or 0)


def _all(names: Iterable[Iterable[str]]) -> list[str]:
    return sorted({name for some in names for name in some})


def knowing(model: type[F], names: Sequence[Known]) -> type[F]:
    """Filters that refuse what entries of these vendors cannot say."""
    made: type[F] = type(model.__name__, (model,), {"__doc__": model.__doc__, "known": names})
    return made
