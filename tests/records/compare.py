"""Replays records against the installed emulator: `python -m records.compare [NAME...]`."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from records.allowed import ALLOWED, Rule
from records.build import judged, surroundings
from records.normal import VARIES
from records.running import RECORDS, read_scripts, run, with_calls
from records.upstream import upstream

ABSENT = "<absent>"
MISTAKES = "mistakes."


@dataclass(frozen=True)
class Difference:
    """One field of an answer, or of the journal, that is another than it was.

    `was` and `got` are the whole answers, for rules that look further.
    """

    script: str
    call: int
    request: dict[str, Any]
    at: tuple[str | int, ...]
    old: Any
    new: Any
    was: Any = field(repr=False)
    got: Any = field(repr=False)

    @property
    def where(self) -> str:
        """The field, as people write it."""
        return ".".join(map(str, self.at))

    def __str__(self) -> str:
        asked = f"{self.request.get('method', '')} {self.request.get('target', '')}".strip()
        return (
            f"{self.script} #{self.call} {asked}\n  {self.where}\n"
            f"    old: {_shown(self.old)}\n    new: {_shown(self.new)}"
        )


def _shown(value: Any) -> str:
    text = value if value == ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 600 else f"{text[:600]}..."


def differing(old: Any, new: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Any, Any]]:
    """Where two values differ: path, old, new."""
    if old == VARIES and new != ABSENT:
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in [*old, *(name for name in new if name not in old)]:
            yield from differing(old.get(name, ABSENT), new.get(name, ABSENT), (*at, name))
        both = [name for name in old if name in new]
        if both != [name for name in new if name in old]:
            yield (*at, "(order)"), list(old), list(new)
    elif isinstance(old, list) and isinstance(new, list):
        for number, pair in enumerate(zip_longest(old, new, fillvalue=ABSENT)):
            yield from differing(*pair, (*at, number))
    elif type(old) is not type(new) or old != new:
        yield at, old, new


async def replayed(names: Iterable[str] = ()) -> tuple[int, list[Difference]]:
    """How many calls were replayed, and all differences, allowed or not."""
    found: list[Difference] = []
    count = 0
    async with upstream() as address:
        for script, steps in read_scripts(names):
            try:
                again = await run(with_calls(script, steps), address)
            except Exception as error:  # noqa: BLE001 - that no emulator is made of a fixture
                told = repr(error)
                found.append(Difference(script.name, 0, {}, ("emulator",), "is made", told, {}, {}))
                continue
            for old, new in zip(steps, again, strict=True):
                count += 1
                for part in ("answer", "journal"):
                    was, got = old.get(part, []), new.get(part, [])
                    found += [
                        Difference(
                            script.name,
                            old["call"],
                            old["request"],
                            (part, *at),
                            one,
                            other,
                            old,
                            new,
                        )
                        for at, one, other in differing(was, got)
                    ]
    return count, found


def judged_again(names: Iterable[str] = ()) -> tuple[int, list[Difference]]:
    """The same of the bad and odd fixtures."""
    found: list[Difference] = []
    wanted = tuple(names) or ("",)
    lines = (RECORDS / "mistakes.jsonl").read_text("utf-8").splitlines()
    known = [one for one in map(json.loads, lines) if f"{MISTAKES}{one['name']}".startswith(wanted)]
    for one in known:
        old, new = one["judged"], json.loads(json.dumps(judged(one["files"])))
        found += [
            Difference(f"{MISTAKES}{one['name']}", 0, {}, at, was, got, old, new)
            for at, was, got in differing(old, new)
        ]
    return len(known), found


def rule_for(difference: Difference, rules: Iterable[Rule] = ALLOWED) -> Rule | None:
    """The rule that allows a difference."""
    return next((rule for rule in rules if rule.allows(difference)), None)


def compared(names: Iterable[str] = ()) -> tuple[int, list[Difference], Counter[str]]:
    """How much was compared, the differences that no rule allows, how often each rule did."""
    with surroundings():
        calls, found = asyncio.run(replayed(names))
        fixtures, more = judged_again(names)
    left, used = list[Difference](), Counter[str]()
    for difference in found + more:
        rule = rule_for(difference)
        if rule is None:
            left.append(difference)
        else:
            used[rule.name] += 1
    return calls + fixtures, left, used


def main() -> int:
    """Print all differences."""
    count, left, used = compared(sys.argv[1:])
    for difference in left:
        sys.stdout.write(f"{difference}\n")
    for name, times in used.most_common():
        sys.stdout.write(f"allowed {times} times: {name}\n")
    scripts = len({difference.script for difference in left})
    sys.stdout.write(f"{count} compared, {len(left)} differences in {scripts} scripts\n")
    return 1 if left or not count else 0


if __name__ == "__main__":
    sys.exit(main())
