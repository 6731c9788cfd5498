"""The workflow for GitHub Actions: what it says, as far as a machine without GitHub can try it."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from container.tools import run_tool

from . import stack

FILE = stack.ROOT / "examples" / "github-actions" / "auth-emulator.yml"
WORKFLOW: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICE: dict[str, Any] = WORKFLOW["jobs"]["service-container"]["services"]["auth-emulator"]
DOCS = "".join(path.read_text() for path in (stack.ROOT / "docs").glob("*.md"))
PORT = 8080
SUITE = """
import os
import httpx

def test_mine(auth_emulator):
    assert auth_emulator.url.startswith(os.environ["AUTH_EMULATOR_URL"] + "/realms/")
    body = {"clientId": "of-this-suite"}
    url = f"{auth_emulator.url}/omni-omni/v1/auth/client-token"
    assert httpx.post(url, json=body, trust_env=False).status_code == 200
    auth_emulator.journal.verify(vendor="omniomni", operation="sign_in", count=1)
"""


def options() -> dict[str, str]:
    """The options that docker gets."""
    words = shlex.split(SERVICE["options"])
    return dict(zip(words[::2], words[1::2], strict=True))


def healthy(url: str) -> bool:
    """Whether the health check passes, as docker runs it: in a shell."""
    check = options()["--health-cmd"].replace(f"http://127.0.0.1:{PORT}", url)
    assert url in check
    return subprocess.run(["sh", "-c", check], capture_output=True, check=False).returncode == 0


def test_it_obeys_the_published_schema() -> None:
    schema = ("--builtin-schema", "vendor.github-workflows")

    done = run_tool("check-jsonschema", "check-jsonschema", *schema, str(FILE))

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_health_check_passes_once_the_emulator_answers(
    emulator_of_the_stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert healthy(emulator_of_the_stack)
    assert not healthy("http://127.0.0.1:9")
    assert set(options()) == {
        "--health-cmd",
        "--health-interval",
        "--health-timeout",
        "--health-retries",
    }


def test_tests_reach_the_container_by_its_port_and_token() -> None:
    assert SERVICE["ports"] == [f"{PORT}:{PORT}"]
    assert WORKFLOW["env"] == {
        "AUTH_EMULATOR_URL": f"http://127.0.0.1:{PORT}",
        "AUTH_EMULATOR_ADMIN_TOKEN": SERVICE["env"]["AUTH_EMULATOR_ADMIN_TOKEN"],
    }
    for variable in (*WORKFLOW["env"], *SERVICE["env"]):
        assert f"`{variable}`" in DOCS


def test_a_suite_in_this_environment_finds_the_emulator_and_brings_its_own_fixture(
    emulator_of_the_stack: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text("omniomni: {clients: [{client_id: of-this-suite}]}")
    (tmp_path / "pytest.ini").write_text("[pytest]\nauth_emulator_fixture = mine.yaml\n")
    (tmp_path / "test_mine.py").write_text(SUITE)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, **WORKFLOW["env"], "AUTH_EMULATOR_URL": emulator_of_the_stack},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_job_that_builds_in_place_starts_the_service_of_the_compose_file() -> None:
    runs = [step["run"] for step in WORKFLOW["jobs"]["built-in-place"]["steps"] if "run" in step]
    of_compose = [run.split() for run in runs if run.startswith("docker compose")]

    assert [words[2] for words in of_compose] == ["up", "logs"]
    assert {words[-1] for words in of_compose} == {stack.EMULATOR}
    service = stack.service(stack.EMULATOR)
    assert (
        service["environment"].items()
        >= {"AUTH_EMULATOR_ADMIN_TOKEN": WORKFLOW["env"]["AUTH_EMULATOR_ADMIN_TOKEN"]}.items()
    )
    assert service["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]
