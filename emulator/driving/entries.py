"""The calls that a journal tells of, as tests read them, and as a table for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypedDict

from emulator.driving.durations import instant_in


class Calls(TypedDict, total=False):
    """Which calls are meant: each member that is given must be as given; None: they have none.

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

    `status` is None where the connection broke, `operation` where the vendor has none at the path,
    `vendor` where the path is no vendor's.
    `reason` is why it was refused. `told` is all that the control API tells, without secrets.
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
    answer: Mapping[str, Any]
    told: Mapping[str, Any]

    @property
    def began_at(self) -> datetime:
        """When it came, in real time."""
        return self.ended_at - self.duration

    @property
    def good(self) -> bool:
        """Whether it was answered, and not refused."""
        return self.status is not None and self.status < HTTPStatus.BAD_REQUEST

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Entry":
        """The entry that the control API tells."""
        return cls(
            number=told["number"],
            at=instant_in(told["at"]),
            ended_at=instant_in(told["real_at"]),
            duration=timedelta(milliseconds=told["duration_ms"]),
            vendor=told["vendor"],
            operation=told["operation"],
            principal=told["principal"],
            outcome=told["outcome"],
            reason=told["reason"],
            status=told["status"],
            fault=told["fault"],
            method=told["request"]["method"],
            path=told["request"]["path"],
            request=told["request"],
            answer=told["answer"],
            told=told,
        )


def table(entries: Iterable[Mapping[str, Any]]) -> str:
    """Entries for people, a line each, and below it why it was refused, or how it differs.

    They may be whole, or as short as a verification tells those that came nearest.
    """
    rows = [(_row(entry), entry) for entry in entries]
    widths = [max(map(len, column)) for column in zip(*(row for row, _ in rows), strict=True)]
    lines = []
    for row, entry in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
        lines += [f"{'':{widths[0]}}  {more}" for more in _below(entry)]
    return "\n".join(lines)


def _row(entry: Mapping[str, Any]) -> Sequence[str]:
    request = entry.get("request") or entry
    at = entry["at"].replace("T", " ").removesuffix("Z")
    named = None if entry["operation"] == "resource" else entry["operation"]
    status = "broken" if entry["status"] is None else str(entry["status"])
    return (
        f"#{entry['number']}",
        at,
        entry["vendor"] or "-",
        named or f"{request['method']} {request['path']}",
        entry["principal"] or "-",
        status,
        entry["outcome"],
    )


def _below(entry: Mapping[str, Any]) -> list[str]:
    outcome, reason = entry["outcome"], entry["reason"]
    below = [reason.removeprefix(f"{outcome}; ")] if reason else []
    if entry.get("fault") and entry["fault"] not in (reason or ""):
        below.append(f"struck by the fault {entry['fault']}")
    for name, each in entry.get("differs", {}).items():
        below.append(f"{name}: expected {_word(each['expected'])}, was {_word(each['was'])}")
    return below


def _word(value: object) -> str:
    return "none" if value is None else str(value)
