"""Makes the records anew: `python -m records.record`, in the folder `tests`."""

import asyncio
import json
import sys
import time
from collections import Counter, defaultdict
from typing import Any

from records.build import judged, surroundings
from records.calls import Script
from records.normal import steady
from records.running import RECORDS, run
from records.scripts.everything import every_script
from records.scripts.mistakes import fixtures
from records.upstream import upstream


async def recorded(scripts: list[Script]) -> dict[str, list[dict[str, Any]]]:
    """The lines of each theme. Each script runs twice, so that what varies is known."""
    lines = defaultdict[str, list[dict[str, Any]]](list)
    async with upstream() as address:
        for script in scripts:
            first, second = [await run(script, address) for _ in range(2)]
            steps = [steady(*pair) for pair in zip(first, second, strict=True)]
            lines[script.theme] += [script.recorded(), *steps]
    return lines


def _line(told: dict[str, Any], *, ascii_only: bool) -> str:
    """A line of a record; fixtures that are not UTF-8 hold what no file of UTF-8 can."""
    return json.dumps(told, ensure_ascii=ascii_only, separators=(",", ":")) + "\n"


def main() -> None:
    """Record all."""
    began = time.monotonic()
    RECORDS.mkdir(exist_ok=True)
    scripts = list(every_script())
    names = Counter(script.name for script in scripts)
    if twice := [name for name, count in names.items() if count > 1]:
        sys.exit(f"two scripts are named {twice[0]}")
    with surroundings():
        themes = asyncio.run(recorded(scripts))
        themes["mistakes"] = [
            {"name": name, "files": files, "judged": judged(files)}
            for name, files in fixtures().items()
        ]
    for file in RECORDS.glob("*.jsonl"):
        file.unlink()
    for theme, lines in themes.items():
        text = "".join(_line(line, ascii_only=theme == "mistakes") for line in lines)
        (RECORDS / f"{theme}.jsonl").write_text(text, "utf-8")
        calls = sum("call" in line for line in lines)
        count = sum("script" in line and "call" not in line for line in lines)
        sys.stdout.write(
            f"{theme:12} {count or len(lines):4} {'scripts' if count else 'fixtures'}"
            f" {calls:5} calls {len(text) // 1024:6} KiB\n"
        )
    sys.stdout.write(f"{time.monotonic() - began:.1f} s\n")


if __name__ == "__main__":
    main()
