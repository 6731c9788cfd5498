"""The compose file of examples/vendor-hosts; tests/clients runs what it describes."""

import re
from typing import Any

import yaml

from emulator.app import VENDORS

from .tools import PROJECT, run_tool

FILE = "examples/vendor-hosts/compose.yaml"
COMPOSE: Any = yaml.safe_load((PROJECT / FILE).read_text())
SERVER, CLIENT = (COMPOSE["services"][name] for name in ("auth-emulator", "client"))


def test_it_obeys_the_published_schema() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    done = run_tool("check-jsonschema", "check-jsonschema", *schema, FILE)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_emulator_has_the_names_of_all_vendors_hosts() -> None:
    hosts = [host for module in VENDORS for host in module.VENDOR.hosts]
    assert SERVER["networks"]["default"]["aliases"] == hosts


def test_the_certificate_is_written_to_a_volume_that_the_client_can_only_read() -> None:
    volume, _, folder = SERVER["volumes"][0].partition(":")
    assert volume in COMPOSE["volumes"]
    file = SERVER["command"][SERVER["command"].index("--ca-file") + 1]
    assert file == f"{folder}/ca.pem"
    assert f"{volume}:/ca:ro" in CLIENT["volumes"]
    assert set(CLIENT["environment"].values()) == {"/ca/ca.pem"}


def test_the_images_user_may_write_to_that_folder() -> None:
    # A named volume takes over what the image has at its path; else it would be root's.
    folder = SERVER["volumes"][0].partition(":")[2]
    made = re.search(
        r"install -d -o 10001 -g 10001 -m 0755 (\S+)", (PROJECT / "Dockerfile").read_text()
    )
    assert made is not None
    assert made[1] == folder


def test_the_client_knows_of_no_emulator() -> None:
    for client in ("client.py", "client.mjs", "Client.java"):
        code = (PROJECT / "examples" / "vendor-hosts" / client).read_text()
        assert "AUTH_EMULATOR" not in code
        assert "localhost" not in code
        assert "verify" not in code
