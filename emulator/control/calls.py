"""Which calls of the journal are asked for: one set of filters for reading, verifying, watching."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from emulator.core.clock import iso_milliseconds
from emulator.core.expectation import Where
from emulator.core.fixture.fields import Text, instant, wrong
from emulator.core.fixture.mistakes import did_you_mean
from emulator.core.fixture.sections import Strict
from emulator.core.masking import PATH_LIMIT, TEXT_LIMIT, told_text

F = TypeVar("F", bound="Filters")

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
_METHOD = re.compile(r"[A-Z]{1,20}")
_FAULT = re.compile(r"f[1-9][0-9]{0,9}")
_DIGITS = re.compile(r"[0-9]{1,15}")

_ALWAYS_THERE = ("outcome", "method", "path", "since")
"""What no call is without. A null among the others asks for calls that have none."""


def whole_number(value: object) -> object:
    """A number, also where it is written in a query."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def _since(value: object) -> object:
    number = whole_number(value)
    if number is None or (isinstance(number, int) and not isinstance(number, bool)):
        return number
    try:
        return instant(value)
    except ValueError as error:
        raise wrong("expected an entry's number, or an instant such as 2026-01-01T00:00:00Z") from (
            error
        )


Number = Annotated[int, BeforeValidator(whole_number), WithJsonSchema({"type": "integer"})]
Since = Annotated[
    Annotated[int, Field(ge=0)] | datetime,
    BeforeValidator(_since),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "format": "date-time"}]}
    ),
]


@dataclass(frozen=True, slots=True)
class Known:
    """What entries can say of a vendor's calls."""

    vendor: str
    operations: Sequence[str]
    outcomes: Sequence[str]


class Filters(Strict):
    """Which calls: all that are given must be as given."""

    known: ClassVar[Sequence[Known]] = ()

    vendor: Text | None = Field(None, description="Whose; null: calls to a path of no vendor.")
    operation: Text | None = Field(None, description="Which operation; null: calls of none.")
    outcome: Text | None = Field(None, description="How they ended.")
    status: Annotated[Number, Field(ge=100, le=599)] | None = Field(
        None, description="The HTTP status; null: calls whose connection broke."
    )
    principal: Text | None = Field(None, description="Who; null: calls that name nobody.")
    fault: Text | None = Field(None, description="The fault that struck them; null: none did.")
    method: Text | None = Field(None, description="The request's method.")
    path: Text | None = Field(None, description="Its path, without query.")
    since: Since | None = Field(
        None, description="After the entry of this number, or from this instant of the clock on."
    )

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        """Refuse what no entry could have."""
        for name in _ALWAYS_THERE:
            if name in self.model_fields_set and getattr(self, name) is None:
                raise wrong(f"no entry is without {name}")
        if self.method is not None and not _METHOD.fullmatch(self.method):
            raise wrong(f"{self.method!r} is no method{did_you_mean(self.method, _METHODS)}")
        if self.path is not None and (not self.path.startswith("/") or "?" in self.path):
            raise wrong("the path of an entry begins with / and has no query")
        if self.fault is not None and not _FAULT.fullmatch(self.fault):
            raise wrong(f"{self.fault!r} is no fault; they are called f1, f2 and so on")
        self._check_names()
        return self

    def _check_names(self) -> None:
        vendors = [known.vendor for known in self.known]
        if self.vendor is not None and self.vendor not in vendors:
            raise wrong(f"{self.vendor!r} is no vendor{did_you_mean(self.vendor, vendors)}")
        of = [known for known in self.known if self.vendor in (None, known.vendor)]
        whose = "" if self.vendor is None else f" of {self.vendor}"
        for what, given, named in (
            ("operation", self.operation, _all(known.operations for known in of)),
            ("outcome", self.outcome, _all(known.outcomes for known in of)),
        ):
            if given is not None and given not in named:
                raise wrong(f"{given!r} is no {what}{whose}{did_you_mean(given, named)}")

    def where(self) -> Where:
        """The same, as the journal is searched for it."""
        fields: dict[str, Any] = {
            name: getattr(self, name)
            for name in Filters.model_fields
            if name in self.model_fields_set and name != "since"
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
