"""The journal of a realm: reading it, and assertions on it."""

import json
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from operator import attrgetter
from typing import Any, Unpack

from emulator.client.backoff import BUSY, Growth, check_backoff
from emulator.client.channel import Control
from emulator.client.entries import Calls, Entry, table, word
from emulator.client.errors import ApiError, VerificationError, hide_traceback
from emulator.client.values import Duration, duration_text, instant_text, seconds_of
from emulator.core.clock import monotonic

__tracebackhide__ = hide_traceback

_PATH = "/journal"
_PAGE = 1000
_LOOKS_EVERY = 0.02
"""In seconds."""

_NEAREST = "; the nearest, number "
"""The table shows what follows it in the API's message."""

_LAST = 50
"""How many of the newest calls a failed assertion shows."""


class Journal:
    """Every call to a vendor in the realm."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def entries(self, *, limit: int | None = None, **where: Unpack[Calls]) -> list[Entry]:
        """The calls that match, oldest first; with `limit`, only the newest ones."""
        return [Entry.of(entry) for entry in self._listed(where, limit)]

    def last_number(self) -> int:
        """The number of the newest entry; as `since`, it selects the entries after it."""
        last: int = self._control.get(_PATH, {"limit": 1})["last"]
        return last

    def dropped(self) -> int:
        """How many entries were dropped because of the limits."""
        dropped: int = self._control.get(_PATH, {"limit": 1})["dropped"]
        return dropped

    def clear(self) -> None:
        """Remove all entries; numbering continues."""
        self._control.delete(_PATH)

    def events(self, **where: Unpack[Calls]) -> Iterator[Entry]:
        """The calls that match, each once it has ended; with `since`, also earlier ones.

        It has no end of its own. It needs an emulator that is served, not one in process.
        """
        absent = _absent(where)
        for line in self._control.lines(f"{_PATH}/events", _query(where)):
            if line.startswith(b"data: ") and b'"number"' in line:
                entry = json.loads(line.removeprefix(b"data: "))
                if all(_value(entry, name) is None for name in absent):
                    yield Entry.of(entry)

    def table(self, *, limit: int = _LAST, **where: Unpack[Calls]) -> str:
        """The newest calls as a table, with the reasons of those that were refused."""
        return table(self._listed(where, limit))

    def verify(
        self,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        within: Duration | None = None,
        **where: Unpack[Calls],
    ) -> int:
        """Expect exactly `count` calls, or bounds; by default at least one. Returns the number.

        `within` waits for it, at most 60 seconds of real time. Raises VerificationError, which
        shows the nearest calls and how they differ.
        """
        if count is not None and (at_least is not None or at_most is not None):
            raise TypeError("give count, or at_least and at_most")
        bounds = {"at_least": at_least, "at_most": at_most}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        expected: dict[str, object] = {"where": _where(where)}
        if count is not None or given:
            expected["count"] = given if count is None else count
        if within is not None:
            expected["within"] = duration_text(within)
        try:
            found: int = self._control.post(f"{_PATH}/verify", expected)["count"]
        except ApiError as refused:
            if refused.status != HTTPStatus.CONFLICT:
                raise
            problem = refused.problem
        else:
            return found
        raise VerificationError(_not_verified(problem["detail"], problem["nearest"]))

    def never(self, *, during: Duration | None = None, **where: Unpack[Calls]) -> None:
        """Expect no such call, and none `during` so much real time."""
        ends = monotonic() + seconds_of(during)
        while True:
            self.verify(count=0, **where)
            left = ends - monotonic()
            if left <= 0:
                return
            time.sleep(min(left, _LOOKS_EVERY))

    def in_order(self, *steps: Calls, within: Duration | None = None) -> list[Entry]:
        """Expect a call for each step, in order; others may be between. Returns these calls.

        `within` waits for them, in real time.
        """
        ends = monotonic() + seconds_of(within)
        found: list[Entry] = []
        for step in steps:
            entry = self._first_after(found[-1].number if found else 0, step, ends)
            if entry is None:
                raise VerificationError(self._out_of_order(steps, found))
            found.append(entry)
        return found

    def backed_off(
        self,
        *,
        statuses: Collection[int] = BUSY,
        factor: float | None = 1.0,
        at_least: Duration = "10ms",
        **where: Unpack[Calls],
    ) -> list[timedelta]:
        """Expect growing pauses after `statuses`. Returns the pauses, in real time.

        By default these are 429 and every 5xx. In each row of such responses every pause is longer
        than the one before, by 5 ms and at least `factor` times, and the last at least `at_least`.
        With `factor=None` they need not grow, for pauses with jitter. A pause after a `Retry-After`
        is as long as that says, and need not grow either.
        """
        calls = self.entries(**where)
        growth = Growth(factor, timedelta(seconds=seconds_of(at_least)))
        pauses, mistake = check_backoff(calls, growth, frozenset(statuses))
        if mistake is not None:
            raise VerificationError(f"{mistake}\n{_newest(calls)}")
        return pauses

    def signed_in_once_for(self, calls: int, **where: Unpack[Calls]) -> None:
        """Expect one sign-in, and that its token served for at least so many resource calls.

        These are later calls of its principal. Refused sign-ins do not count.
        """
        signing_in, using = where.copy(), where.copy()
        signing_in["operation"], using["operation"] = "sign_in", "resource"
        sign_ins = [call for call in self.entries(**signing_in) if call.good]
        used = self.entries(**using)
        good = [call for call in used if call.good and _follows(call, sign_ins)]
        if len(sign_ins) == 1 and len(good) >= calls:
            return
        others = [call for call in used if call not in good]
        raise VerificationError(
            f"expected 1 sign-in, and {calls} good calls or more of protected resources by its "
            f"token; there were {len(sign_ins)} and {len(good)}\n"
            f"{_newest(sorted([*sign_ins, *others], key=attrgetter('number')))}"
        )

    def _listed(self, where: Calls, limit: int | None = None) -> list[Mapping[str, Any]]:
        """The entries as the API lists them, but oldest first."""
        query, found = _query(where), list[Mapping[str, Any]]()
        absent = _absent(where)
        while limit is None or len(found) < limit:
            page = self._control.get(_PATH, {**query, "limit": _PAGE})["entries"]
            found += [entry for entry in page if all(_value(entry, n) is None for n in absent)]
            if len(page) < _PAGE:
                break
            query["before"] = page[-1]["number"]
        return found[:limit][::-1]

    def _first_after(self, number: int, step: Calls, ends: float) -> Entry | None:
        where = step.copy()
        where.setdefault("since", number)
        while True:
            found = [entry for entry in self.entries(**where) if entry.number > number]
            if found or monotonic() >= ends:
                return found[0] if found else None
            time.sleep(_LOOKS_EVERY)

    def _out_of_order(self, steps: tuple[Calls, ...], found: list[Entry]) -> str:
        missing = steps[len(found)]
        words = ", ".join(f"{name} {word(value)}" for name, value in missing.items()) or "a call"
        after = f" after number {found[-1].number}" if found else ""
        lines = [f"step {len(found) + 1} of {len(steps)} did not happen{after}: {words}"]
        earlier = self.entries(**missing)
        if earlier:
            lines.append(f"number {earlier[-1].number} matches, but came before it")
        else:
            try:
                self.verify(**missing)
            except VerificationError as failure:
                lines += str(failure).splitlines()[1:]
        if found:
            lines += ["the steps before it:", table(step.raw for step in found)]
        return "\n".join(lines)


def _where(where: Calls) -> dict[str, object]:
    """Filters as the API reads them; a `since` of None is none."""
    filters: dict[str, object] = {**where}
    since = where.get("since")
    if isinstance(since, datetime):
        filters["since"] = instant_text(since)
    elif since is None:
        filters.pop("since", None)
    return filters


def _query(where: Calls) -> dict[str, object]:
    """The filters that a query can express: it cannot say that a call has none of something."""
    return {name: value for name, value in _where(where).items() if value is not None}


def _absent(where: Calls) -> list[str]:
    """The members that matching calls do not have."""
    known = Calls.__annotations__
    if unknown := sorted(set(where) - set(known)):
        raise TypeError(f"calls are filtered by {', '.join(known)}, not by {', '.join(unknown)}")
    return [name for name, value in where.items() if value is None and name != "since"]


def _value(entry: Mapping[str, Any], name: str) -> object:
    return entry["request"][name] if name in ("method", "path") else entry[name]


def _not_verified(detail: str, nearest: list[Mapping[str, Any]]) -> str:
    sentence = detail.partition(_NEAREST)[0]
    if not nearest:
        return f"{sentence}; the journal is empty"
    which = "the nearest calls" if nearest[0]["differs"] else "the calls"
    return f"{sentence}\n{which}:\n{table(nearest)}"


def _follows(call: Entry, sign_ins: list[Entry]) -> bool:
    return any(one.number < call.number and one.principal == call.principal for one in sign_ins)


def _newest(entries: list[Entry]) -> str:
    return table(entry.raw for entry in entries[-_LAST:])
