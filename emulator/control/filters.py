"""Filters of the journal, the same for reading, verifying and watching it."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from emulator.control.mistakes import refuse_findings
from emulator.core import fields
from emulator.core.catalog import VERIFYING, Catalog, Vendor
from emulator.core.clock import iso_milliseconds
from emulator.core.faults import FAULT_RESPONSE, ConnectionFault
from emulator.core.fields import parse_instant
from emulator.core.matcher import CallFilter
from emulator.core.model import Model
from emulator.core.redaction import PATH_LIMIT, TEXT_LIMIT, redacted_text
from emulator.core.suggestions import did_you_mean
from emulator.core.vendor import RESOURCE
from emulator.fixture.paths import Path
from emulator.http.problems import OUTCOMES
from emulator.http.unrouted import FORWARDED

_METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE")
_METHOD = re.compile(r"[A-Z]{1,20}")
_FAULT = re.compile(r"f[1-9][0-9]{0,9}")
_DIGITS = re.compile(r"[0-9]{1,15}")

_ANSWERED = "answered"
"""The outcome of a protected resource with a fixed response."""


def number_in_query(value: Any) -> Any:
    """A whole number, also as a query has it; anything else as it is."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value


def _since(value: Any) -> int | datetime:
    number = number_in_query(value)
    if isinstance(number, int) and not isinstance(number, bool):
        if number < 0:
            raise ValueError("expected a whole number from 0 on")
        return number
    try:
        return parse_instant(value)
    except ValueError as error:
        raise ValueError(
            "expected an entry's number, or an instant such as 2026-01-01T00:00:00Z"
        ) from error


def _method(method: str) -> str:
    if not _METHOD.fullmatch(method):
        raise ValueError(f"{method!r} is not an HTTP method{did_you_mean(method, _METHODS)}")
    return method


def _path(path: str) -> str:
    if not path.startswith("/") or "?" in path:
        raise ValueError("the path of an entry begins with / and has no query")
    return path


def _fault(fault: str) -> str:
    if not _FAULT.fullmatch(fault):
        raise ValueError(f"{fault!r} is not the id of a fault, such as f1")
    return fault


Since: TypeAlias = Annotated[
    int | datetime,
    PlainValidator(_since),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "format": "date-time"}]}
    ),
]


class Filters(Model):
    """A filter of calls: every given member must be equal."""

    vendor: Annotated[
        fields.Text | None, Field(description="The vendor; null: calls to a path of no vendor.")
    ] = None
    operation: Annotated[
        fields.Text | None, Field(description="The operation; null: calls without one.")
    ] = None
    outcome: Annotated[fields.Text | None, Field(description="The outcome.")] = None
    status: Annotated[
        Annotated[int, Field(ge=100, le=599, strict=True), BeforeValidator(number_in_query)] | None,
        Field(description="The HTTP status; null: calls whose connection broke."),
    ] = None
    principal: Annotated[
        fields.Text | None, Field(description="The principal; null: calls that name none.")
    ] = None
    fault: Annotated[
        Annotated[fields.Text, AfterValidator(_fault)] | None,
        Field(description="The fault that was applied; null: calls without one."),
    ] = None
    method: Annotated[
        Annotated[fields.Text, AfterValidator(_method)] | None,
        Field(description="The request's method."),
    ] = None
    path: Annotated[
        Annotated[fields.Text, AfterValidator(_path)] | None,
        Field(description="The request's path, without the query."),
    ] = None
    since: Annotated[
        Since | None,
        Field(description="Entries after this number, or since this time by the realm's clock."),
    ] = None

    @field_validator("outcome", "method", "path", "since", mode="before")
    @classmethod
    def _never_absent(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None:  # among the others it asks for calls that have none
            raise ValueError(f"every entry has {info.field_name}")
        return value

    def call_filter(self) -> CallFilter:
        """The same for searching the journal."""
        wanted: dict[str, Any] = {
            name: getattr(self, name)
            for name in Filters.model_fields
            if name in self.model_fields_set and name != "since"
        }
        for name, limit in (("principal", TEXT_LIMIT), ("path", PATH_LIMIT)):
            if wanted.get(name) is not None:  # entries have it redacted
                wanted[name] = redacted_text(wanted[name], limit)
        if isinstance(self.since, datetime):
            return CallFilter(wanted, at=iso_milliseconds(self.since.timestamp()))
        return CallFilter(wanted, after=self.since or 0)


class EntryNames:
    """The operations and outcomes that entries can have."""

    def __init__(self, catalog: Catalog) -> None:
        self._operations = {name: _operations(vendor) for name, vendor in catalog.items()}
        self._outcomes = {name: _outcomes(vendor) for name, vendor in catalog.items()}

    def check(self, filters: Filters, where: str, path: Path = ()) -> None:
        """Raise Refused for values that no entry can have; `path` is the filters' place."""
        findings = [((*path, name), text) for name, text in self._unknown(filters)]
        if findings:
            raise refuse_findings(findings, where)

    def _unknown(self, filters: Filters) -> Iterator[tuple[str, str]]:
        vendor = filters.vendor
        if vendor is not None and vendor not in self._operations:
            yield "vendor", f"{vendor!r} is not a vendor{did_you_mean(vendor, self._operations)}"
            vendor = None
        of = "" if vendor is None else f" of {vendor}"
        for what, given, by_vendor in (
            ("operation", filters.operation, self._operations),
            ("outcome", filters.outcome, self._outcomes),
        ):
            vendors = by_vendor if vendor is None else [vendor]
            known = sorted({name for one in vendors for name in by_vendor[one]})
            if given is not None and given not in known:
                yield what, f"{given!r} is not an {what}{of}{did_you_mean(given, known)}"


def _operations(vendor: Vendor) -> set[str]:
    return {*(operation.name for operation in vendor.operations), *VERIFYING, RESOURCE}


def _outcomes(vendor: Vendor) -> set[str]:
    names = {outcome.name for outcome in (*vendor.outcomes, *OUTCOMES)}
    broken = {f"connection_{fault}" for fault in ConnectionFault}
    return names | broken | {FORWARDED, FAULT_RESPONSE, _ANSWERED}
