"""The compose file, and the client that its profile `example` runs."""

import json
import os
import re
import subprocess
import sys

import yaml

from .tools import PROJECT, run_tool


def test_the_compose_file_obeys_the_published_schema() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")

    done = run_tool("check-jsonschema", "check-jsonschema", *schema, "docker-compose.yml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_file_checks_health_as_the_image_does() -> None:
    compose = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    dockerfile = (PROJECT / "Dockerfile").read_text()

    command = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", dockerfile, re.MULTILINE | re.DOTALL)

    assert command
    test = compose["services"]["auth-emulator"]["healthcheck"]["test"]
    assert test == ["CMD", *json.loads(command[1])]


def test_the_example_says_in_one_line_that_no_emulator_answers() -> None:
    connection_refused = "http://127.0.0.1:1"

    done = subprocess.run(
        [sys.executable, PROJECT / "examples" / "sign_in_to_all.py"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "EMULATOR_URL": connection_refused},
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert connection_refused in done.stderr
