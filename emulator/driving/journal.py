"""The journal of a realm, for tests: reading it, and holding it to what a test expects."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Unpack

from emulator.core.clock import wall
from emulator.driving.backing_off import Growth, why_not_backed_off
from emulator.driving.channel import Control
from emulator.driving.durations import Duration, duration_text, instant_text, length_of
from emulator.driving.entries import Calls, Entry, table
from emulator.driving.errors import NotAsExpected, Refused, told_enough

__tracebackhide__ = told_enough

_PATH = "/journal"
_PAGE = 1000
_NOT_VERIFIED = 409
_LOOKS_EVERY = 0.02
_NEAREST = "; the nearest, number "
"""With this, the API's sentence goes on to what the table shows as well."""

NO_CALLS = "no calls"

_LAST = 50
"""How many of the newest calls a failing test is shown."""


class Journal:
    """What was called, and how it ended: every call to a vendor, in its realm."""

    def __init__(self, control: Callable[[], Control]) -> None:
        self._control = control

    def entries(self, *, limit: int | None = None, **where: Unpack[Calls]) -> list[Entry]:
        """The calls that are meant, oldest first; with `limit`, only so many of the newest."""
        return [Entry.of(told) for told in self._told(where, limit)]

    def last(self) -> int:
        """The number of the newest entry; give it as `since` to mean what comes after it."""
        last: int = self._control().get(_PATH, {"limit": 1})["last"]
        return last

    def gone(self) -> int:
        """How many entries fell to the journal's bounds."""
        gone: int = self._control().get(_PATH, {"limit": 1})["gone"]
        return gone

    def clear(self) -> None:
        """Remove all entries; numbers go on."""
        self._control().delete(_PATH)

    def events(self, **where: Unpack[Calls]) -> Iterator[Entry]:
        """The calls that are meant, each as it ends; with `since`, also those that ended before.

        It has no end of its own. It needs an emulator that is served, not one in process.
        """
        absent = _absent(where)
        for line in self._control().lines(f"{_PATH}/events", _query(where)):
            if line.startswith(b"data: ") and b'"number"' in line:
                told = json.loads(line.removeprefix(b"data: "))
                if all(_of(told, name) is None for name in absent):
                    yield Entry.of(told)

    def table(self, *, limit: int = _LAST, **where: Unpack[Calls]) -> str:
        """The newest calls as a table, with the reasons of those that were refused."""
        told = self._told(where, limit)
        return table(told) if told else NO_CALLS

    def verify(
        self,
        *,
        count: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        within: Duration | None = None,
        **where: Unpack[Calls],
    ) -> int:
        """Expect just `count` calls, or bounds; by default at least one. How many there are.

        `within`, real time of 60 seconds at the most, waits until it is so. NotAsExpected shows the
        calls that came nearest, and in what they differ.
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
        return self._verified(expected)

    def never(self, *, during: Duration | None = None, **where: Unpack[Calls]) -> None:
        """Expect no such call, and none to come `during` so much real time."""
        ends = wall() + _seconds(during)
        while True:
            self.verify(count=0, **where)
            left = ends - wall()
            if left <= 0:
                return
            time.sleep(min(left, _LOOKS_EVERY))

    def in_order(self, *steps: Calls, within: Duration | None = None) -> list[Entry]:
        """Expect a call for each step, one after the other; others may be between. These calls.

        `within` is real time in which they may still come.
        """
        ends = wall() + _seconds(within)
        found: list[Entry] = []
        for number, step in enumerate(steps, 1):
            after = found[-1].number if found else 0
            entry = self._first_after(after, step, ends)
            if entry is None:
                raise NotAsExpected(self._out_of_order(steps, number, found))
            found.append(entry)
        return found

    def backed_off(
        self, *, factor: float | None = 1.0, at_least: Duration = "10ms", **where: Unpack[Calls]
    ) -> list[timedelta]:
        """Expect growing pauses after answers of 429 and 503. The pauses, in real time.

        In each row of such answers every pause is longer than the one before, by 5 ms and at least
        `factor` times, and the last at least `at_least`. With `factor=None` they need not grow, as
        where chance makes them. A pause after a `Retry-After` is as long as that says, and need not
        grow either.
        """
        growth = Growth(factor, length_of(at_least))
        calls = self.entries(**where)
        pauses, why = why_not_backed_off(calls, growth)
        if why is not None:
            raise NotAsExpected(f"{why}\n{_shown(calls)}")
        return pauses

    def signed_in_once_for(self, calls: int, **where: Unpack[Calls]) -> None:
        """Expect one sign-in, and that its token served for at least so many resource calls.

        They are calls that came after it, of its principal. A sign-in that was refused is not
        counted.
        """
        signing_in, using = where.copy(), where.copy()
        signing_in["operation"], using["operation"] = "sign_in", "resource"
        sign_ins = [call for call in self.entries(**signing_in) if call.good]
        used = self.entries(**using)
        good = [call for call in used if call.good and _follows(call, sign_ins)]
        if len(sign_ins) == 1 and len(good) >= calls:
            return
        said = (
            f"expected 1 sign-in, and {calls} good calls or more of protected resources by its "
            f"token; there were {len(sign_ins)} and {len(good)}"
        )
        others = [call for call in used if call not in good]
        raise NotAsExpected(f"{said}\n{_shown(sorted([*sign_ins, *others], key=_number))}")

    def _told(self, where: Calls, limit: int | None = None) -> list[Mapping[str, Any]]:
        """The entries as the API tells them, oldest first, a page at a time."""
        query, found = _query(where), list[Mapping[str, Any]]()
        absent = _absent(where)
        while limit is None or len(found) < limit:
            page = self._control().get(_PATH, {**query, "limit": _PAGE})["entries"]
            found += [entry for entry in page if all(_of(entry, name) is None for name in absent)]
            if len(page) < _PAGE:
                break
            query["before"] = page[-1]["number"]
        return found[:limit][::-1]

    def _verified(self, expected: dict[str, object]) -> int:
        try:
            told = self._control().post(f"{_PATH}/verify", expected)
        except Refused as refused:
            if refused.status != _NOT_VERIFIED:
                raise
            problem = refused.problem
        else:
            count: int = told["count"]
            return count
        sentence, nearest = problem["detail"].partition(_NEAREST)[0], problem["nearest"]
        if not nearest:
            raise NotAsExpected(f"{sentence}; nothing was called at all")
        which = "the nearest calls" if nearest[0]["differs"] else "the calls"
        raise NotAsExpected(f"{sentence}\n{which}:\n{table(nearest)}")

    def _first_after(self, number: int, step: Calls, ends: float) -> Entry | None:
        where = step.copy()
        where.setdefault("since", number)
        while True:
            found = [entry for entry in self.entries(**where) if entry.number > number]
            if found or wall() >= ends:
                return found[0] if found else None
            time.sleep(_LOOKS_EVERY)

    def _out_of_order(self, steps: tuple[Calls, ...], number: int, found: list[Entry]) -> str:
        missing = steps[number - 1]
        after = f" after number {found[-1].number}" if found else ""
        said = [f"step {number} of {len(steps)} was not called{after}: {_words(missing)}"]
        earlier = self.entries(**missing)
        if earlier:
            said.append(f"number {earlier[-1].number} is such a call, and came before")
        else:
            try:
                self.verify(**missing)
            except NotAsExpected as missed:
                said += str(missed).splitlines()[1:]
        if found:
            said += ["the steps before it:", table([step.told for step in found])]
        return "\n".join(said)


def _where(where: Calls) -> dict[str, object]:
    """Filters as the API reads them; a `since` of None is none."""
    told: dict[str, object] = {**where}
    since = where.get("since")
    if isinstance(since, datetime):
        told["since"] = instant_text(since)
    elif since is None:
        told.pop("since", None)
    return told


def _absent(where: Calls) -> list[str]:
    """What the calls that are meant have none of."""
    unknown = sorted(set(where) - set(Calls.__annotations__))
    if unknown:
        known = ", ".join(Calls.__annotations__)
        raise TypeError(f"calls are told apart by {known}, not by {', '.join(unknown)}")
    return [name for name, value in where.items() if value is None and name != "since"]


def _query(where: Calls) -> dict[str, object]:
    """What a query can say; that a call has none of something, it cannot."""
    return {name: value for name, value in _where(where).items() if value is not None}


def _of(entry: Mapping[str, Any], name: str) -> object:
    return entry["request"][name] if name in ("method", "path") else entry[name]


def _follows(call: Entry, sign_ins: list[Entry]) -> bool:
    return any(one.number < call.number and one.principal == call.principal for one in sign_ins)


def _number(entry: Entry) -> int:
    return entry.number


def _seconds(length: Duration | None) -> float:
    return 0.0 if length is None else length_of(length).total_seconds()


def _words(step: Calls) -> str:
    return ", ".join(f"{name} {'none' if v is None else v}" for name, v in step.items()) or "a call"


def _shown(entries: list[Entry]) -> str:
    return table([entry.told for entry in entries[-_LAST:]]) if entries else NO_CALLS
