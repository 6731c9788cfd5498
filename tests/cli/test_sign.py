"""`auth-emulator sign`, as a user runs it."""

import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from serving import Served
from signing import NOW, PATH, WHOLE_PATH, text

from emulator.app import demo_fixture

COMMAND = str(Path(sys.executable).with_name("auth-emulator"))
KEY = demo_fixture().parent / "signing-client.demo-private-key.pem"
BODY = '{"clientId": "signing-client", "note": "a  b"}'


def ran(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "sign", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def headers(*arguments: str | Path) -> dict[str, str]:
    done = ran("--key", KEY, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [line.partition(": ") for line in done.stdout.splitlines()]
    return {name: value for name, _, value in lines}


def verify(made: str, signed: bytes) -> None:
    key: Any = load_pem_public_key((KEY.parent / "signing-client.pub").read_bytes())
    key.verify(b64decode(made), signed, ec.ECDSA(SHA256()))


@pytest.mark.parametrize("path", [PATH, WHOLE_PATH])
def test_it_prints_the_three_headers_of_a_request(path: str) -> None:
    found = headers("--path", path, "--body", BODY, "--at", NOW, "--device-id", "device-7")
    assert list(found) == ["X-Signature", "X-Signature-DateTime", "X-Signature-DeviceId"]
    assert found["X-Signature-DateTime"] == NOW
    assert found["X-Signature-DeviceId"] == "device-7"
    verify(found["X-Signature"], text(BODY.encode(), device_id="device-7"))


def test_it_signs_any_request(tmp_path: Path) -> None:
    file = tmp_path / "body.json"
    file.write_text(BODY + "\n")
    target = "/omni-safe/v1/signs?b=2&a=1"
    found = headers("--method", "put", "--path", target, "--body-file", file, "--at", NOW)
    signed = text(BODY.encode(), method="PUT", path="/omni-safe/v1/signs", query="a=1&b=2")
    verify(found["X-Signature"], signed)
    found = headers("--method", "GET", "--path", "/omni-safe/v1/signs", "--at", NOW)
    verify(found["X-Signature"], text(b"", method="GET", path="/omni-safe/v1/signs"))
    assert found["X-Signature-DeviceId"] == ""


def test_curl_takes_its_output_as_headers_and_the_demo_accepts_it_once(demo: Served) -> None:
    signed = ran("--key", KEY, "--path", PATH, "--body", BODY).stdout
    statuses = [
        subprocess.run(
            [
                *("curl", "-s", "-o", "-", "-w", "%{http_code}", "--noproxy", "*", "-H", "@-"),
                *("-H", "Content-Type: application/json", "-d", BODY, demo.url + PATH),
            ],
            input=signed,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout[-3:]
        for _ in range(2)
    ]
    assert statuses == ["200", "401"]


def test_json_is_one_object_of_the_headers() -> None:
    arguments = ("--key", KEY, "--path", PATH, "--at", NOW, "--device-id", "device-7")
    done = ran(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert {**json.loads(done.stdout), "X-Signature": "..."} == {
        "X-Signature": "...",
        "X-Signature-DateTime": NOW,
        "X-Signature-DeviceId": "device-7",
    }


def test_explain_shows_what_is_signed_and_leaves_stdout_to_the_headers() -> None:
    done = ran("--key", KEY, "--path", "/x?b=1&a=2", "--body", BODY, "--at", NOW, "--explain")
    assert len(done.stdout.splitlines()) == 3
    first, second = done.stderr.splitlines()
    assert first == (
        f'to be signed: POST.{{"clientId":"signing-client","note":"a  b"}}./x?a=2&b=1.{NOW}.'
    )
    assert second.startswith("its SHA-256:  ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--key", "none.pem", "--path", "/x"], "cannot read none.pem: No such file or directory"),
        (
            ["--key", KEY.parent / "signing-client.pub", "--path", "/x"],
            "expected a private key as PEM (BEGIN PRIVATE KEY) or JWK",
        ),
        (["--key", KEY, "--path", "x"], "'x' does not begin with /"),
        (["--key", KEY, "--path", "/x", "--at", "2026-01-01"], "'2026-01-01' has no time zone"),
        (["--key", KEY, "--path", "/x", "--device-id", "ä"], "a device id is printable ASCII"),
        (["--key", KEY, "--path", "/x", "--body-file", "none"], "'none' does not exist"),
        (
            ["--key", KEY, "--path", "/x", "--body", "", "--body-file", KEY],
            "give --body or --body-file, not both",
        ),
        (["--path", "/x"], "Missing option '--key'"),
    ],
)
def test_wrong_usage_is_one_line_with_the_remedy(arguments: list[str | Path], said: str) -> None:
    done = ran(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line
    assert line.endswith("see auth-emulator sign --help")


def test_its_help_shows_an_example() -> None:
    assert "Example: auth-emulator sign --key key.pem" in ran("--help").stdout


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["--path", "/x", "--method", ""], "--method"),
        (["--path", "/x", "--method", "PO\nST"], "--method"),
        (["--path", "/x#frag"], "--path"),
        (["--path", "/x y"], "--path"),
        (["--path", "/x", "--body-file", "/proc/self/mem"], "--body-file"),
    ],
)
def test_what_is_in_no_request_is_one_line_of_wrong_usage(
    arguments: list[str], option: str
) -> None:
    done = ran("--key", KEY, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert f"'{option}'" in line
