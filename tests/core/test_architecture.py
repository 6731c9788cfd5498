"""The house rules that a program can hold."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "emulator").rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "service", "services"}


def test_the_import_contracts_are_kept() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout


def test_a_sign_in_imports_neither_fastapi_nor_starlette_nor_pyjwt() -> None:
    program = """
import asyncio, json, sys
from emulator.app import create_app
import emulator.web.server
sent = []
async def receive():
    body = json.dumps({"clientId": "demo-client"}).encode()
    return {"type": "http.request", "body": body, "more_body": False}
async def send(message):
    sent.append(message)
scope = {"type": "http", "method": "POST", "path": "/omni-omni/v1/auth/client-token", "headers": []}
asyncio.run(create_app()(scope, receive, send))
assert sent[0]["status"] == 200, sent
print(*{name.partition(".")[0] for name in sys.modules})
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"fastapi", "starlette", "jwt", "typer"} & set(ran.stdout.split()) == set()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_named_for_what_it_holds_and_says_what_it_is_for(source: Path) -> None:
    text = source.read_text()
    assert len(text.splitlines()) <= 300
    assert source.stem not in VAGUE
    assert ast.get_docstring(ast.parse(text))


def test_one_file_reads_the_machines_time_and_one_makes_random_ids() -> None:
    reads = re.compile(r"(?<!\.)\btime\.(time|monotonic)\b|datetime\.(now|utcnow)\(")
    random = re.compile(r"^import random|uuid4\(", re.MULTILINE)
    assert [s.name for s in SOURCES if reads.search(s.read_text())] == ["clock.py"]
    assert [s.name for s in SOURCES if random.search(s.read_text())] == ["ids.py"]
