"""The calls that a journal lists, as tests read them, and as a table for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Self, TypedDict

from emulator.client.values import parse_time

NO_CALLS = "no calls"
"""The table of no entries."""


class Calls(TypedDict, total=False):
    """A filter of calls: each given member must be equal; None selects calls without it.

    `since` is the number of an entry (those after it), or an instant by the realm's clock.
    """

    vendor: str | None
    operation: str | None
    outcome: str
    status: int | None
    principal: str | None
    fault: str | None
    method: str
    path: str
    since: int | str | datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. `at` is by the realm's clock; `ended_at` and `duration` are real time.

    `status` is None if the connection broke, `operation` if the vendor has none at the path,
    `vendor` if the path is not a vendor's.
    `reason` is why it was refused. `raw` is all that the control API says, without secrets.
    """

    number: int
    at: datetime
    ended_at: datetime
    duration: timedelta
    vendor: str | None
    operation: str | None
    principal: str | None
    outcome: str
    reason: str | None
    status: int | None
    fault: str | None
    method: str
    path: str
    request: Mapping[str, Any]
    response: Mapping[str, Any]
    raw: Mapping[str, Any]

    @property
    def began_at(self) -> datetime:
        """When the request arrived, in real time."""
        return self.ended_at - self.duration

    @property
    def good(self) -> bool:
        """Whether it succeeded."""
        return self.status is not None and self.status < HTTPStatus.BAD_REQUEST

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Self:
        """The entry as the control API lists it."""
        same = ("number", "vendor", "operation", "principal", "outcome", "reason", "status")
        return cls(
            at=parse_time(answer["at"]),
            ended_at=parse_time(answer["real_at"]),
            duration=timedelta(milliseconds=answer["duration_ms"]),
            fault=answer["fault"],
            method=answer["request"]["method"],
            path=answer["request"]["path"],
            request=answer["request"],
            response=answer["response"],
            raw=answer,
            **{name: answer[name] for name in same},
        )


def table(entries: Iterable[Mapping[str, Any]]) -> str:
    """Entries as a table: a line each, below it the reason of a refusal and the differences.

    The nearest calls of a verification have fewer members.
    """
    rows = [(_row(entry), entry) for entry in entries]
    if not rows:
        return NO_CALLS
    widths = [max(map(len, column)) for column in zip(*(row for row, _ in rows), strict=True)]
    lines = []
    for row, entry in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
        lines += [f"{'':{widths[0]}}  {more}" for more in _details(entry)]
    return "\n".join(lines)


def _row(entry: Mapping[str, Any]) -> Sequence[str]:
    request = entry.get("request") or entry
    operation = None if entry["operation"] == "resource" else entry["operation"]
    return (
        f"#{entry['number']}",
        entry["at"].replace("T", " ").removesuffix("Z"),
        entry["vendor"] or "-",
        operation or f"{request['method']} {request['path']}",
        entry["principal"] or "-",
        "broken" if entry["status"] is None else str(entry["status"]),
        entry["outcome"],
    )


def _details(entry: Mapping[str, Any]) -> list[str]:
    outcome, reason, fault = entry["outcome"], entry["reason"] or "", entry.get("fault")
    details = [reason.removeprefix(f"{outcome}; ")] if reason else []
    if fault and fault not in reason:
        details.append(f"the fault {fault} was applied")
    for name, each in entry.get("differs", {}).items():
        details.append(f"{name}: expected {word(each['expected'])}, was {word(each['was'])}")
    return details


def word(value: object) -> str:
    """A filter's value for a message."""
    return "none" if value is None else str(value)
