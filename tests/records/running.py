"""Running scripts: each call with its answer and what it added to its realm's journal."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from records.asgi import Answer, AsgiApp, answer_to
from records.build import emulator
from records.calls import Call, Script
from records.normal import entry, normal
from records.references import filled, filled_body

RECORDS = Path(__file__).parent / "records"
_REALM = re.compile(r"/realms/([^/?]+)(?=/)")
_MADE_ANEW = re.compile(r"/_emulator/realms/([^/?]+)$")


async def run(script: Script, upstream: str) -> list[dict[str, Any]]:
    """The record of each call of a script."""
    app = emulator(script.fixture, script.config, upstream)
    return [step async for step in _Run(script, app, upstream).steps()]


class _Run:
    def __init__(self, script: Script, app: AsgiApp, upstream: str) -> None:
        self._script, self._app, self._upstream = script, app, upstream
        self._answers: dict[int, Any] = {}
        self._seen: dict[str, int] = {}
        """The newest entry that is known, by the realm's prefix."""

    async def steps(self) -> Any:
        for number, call in enumerate(self._script.calls):
            sent = _filled(call, self._answers)
            answer = await answer_to(self._app, sent)
            self._answers[number] = _json(answer)
            told = normal(answer, call.mask, self._upstream)
            step = {"script": self._script.name, "call": number, "request": call.recorded()}
            journal = await self._added(sent, answer)
            yield step | {"answer": told} | ({"journal": journal} if journal else {})

    async def _added(self, call: Call, answer: Answer) -> list[Any]:
        """The entries that a call added. Reading them is no call to a vendor, and leaves none."""
        found = _REALM.match(call.target)
        prefix = found[0] if found else ""
        token = self._script.config.get("admin_token")
        headers = [("Authorization", f"Bearer {token}")] if token else []
        read = await answer_to(
            self._app, Call("GET", f"{prefix}/_emulator/journal?limit=3", headers)
        )
        journal = _json(read)
        if read.status != 200 or not isinstance(journal, dict):
            return []
        seen = min(self._seen.get(prefix, 0), journal["last"])
        self._seen[prefix] = journal["last"]
        made = _MADE_ANEW.search(call.target)
        if made and answer.status in (200, 201, 204):
            self._seen.pop(f"/realms/{made[1]}", None)
        new = [one for one in journal["entries"] if one["number"] > seen]
        return [entry(one, self._upstream) for one in reversed(new)]


def _filled(call: Call, answers: dict[int, Any]) -> Call:
    headers = [(name, filled(value, answers)) for name, value in call.headers]
    return Call(
        call.method,
        filled(call.target, answers),
        headers,
        filled_body(call.body, answers),
        call.server,
        call.client,
    )


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return answer.body.decode("latin-1")


def read_scripts(names: Iterable[str] = ()) -> Iterator[tuple[Script, list[dict[str, Any]]]]:
    """The recorded scripts whose names begin with one of these, and their records."""
    wanted = tuple(names) or ("",)
    for file in sorted(RECORDS.glob("*.jsonl")):
        if file.stem == "mistakes":
            continue
        script, steps = None, list[dict[str, Any]]()
        for line in file.read_text("utf-8").splitlines():
            told = json.loads(line)
            if "call" in told:
                steps.append(told)
                continue
            if script is not None and script.name.startswith(wanted):
                yield script, steps
            script, steps = Script(told["script"], told["fixture"], told["config"]), []
        if script is not None and script.name.startswith(wanted):
            yield script, steps


def with_calls(script: Script, steps: list[dict[str, Any]]) -> Script:
    """A recorded script with its calls."""
    script.calls = [Call.from_record(step["request"]) for step in steps]
    return script
