"""The clients of examples/vendor-hosts, unchanged, at the vendors' hosts and at port 443.

Their names lead to the emulator in a network of the test's own, as in the compose file; the CA
certificate is all that they are given.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml
from commands import COMMAND

from .installing import missing

EXAMPLE = Path(__file__).parents[2] / "examples" / "vendor-hosts"
COMPOSE = yaml.safe_load((EXAMPLE / "compose.yaml").read_text())
ALIASES = COMPOSE["services"]["auth-emulator"]["networks"]["default"]["aliases"]
SIGNED_IN = ["OmniOmni", "NBC Gate", "Vault"]
KEYTOOL = ["keytool", "-importcert", "-noprompt", "-alias", "auth-emulator"]
PASSWORD = ["-storepass", "changeit"]

Run = Callable[..., subprocess.CompletedProcess[str]]

_OWN_USER = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]


def needed(program: str) -> str:
    found = shutil.which(program)
    return found or missing(f"{program} is missing: apt-get install what has it")


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("volume") / "ca.pem"


@pytest.fixture(scope="module")
def inside(ca: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Runs a command where the vendors' names lead to `serve --tls` as the compose file has it."""
    for program in ("unshare", "nsenter", "mount", "ip"):
        needed(program)
    hosts = tmp_path_factory.mktemp("hosts") / "hosts"
    hosts.write_text(f"127.0.0.1 localhost {' '.join(ALIASES)}\n")
    enter = ["unshare", "--net", "--mount", *(["--map-root-user"] if _OWN_USER else [])]
    if subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        missing("no network of the test's own: unshare is not allowed; run it as root")
    command = [str(ca) if part.endswith(".pem") else part for part in _server()["command"]]
    script = (
        f"ip link set lo up; mount --bind {hosts} /etc/hosts; exec {COMMAND} {' '.join(command)}"
    )
    with subprocess.Popen(
        [*enter, "bash", "-euc", script], stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        log = [server.stderr.readline() for _ in range(2)]
        assert "https://127.0.0.1:443" in log[1], log

        def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
            entered = ["nsenter", "--target", str(server.pid), "--net", "--mount", *_OWN_USER]
            return subprocess.run(
                [*entered, *map(str, command)],
                capture_output=True,
                text=True,
                check=False,
                timeout=30,
                env={**_plain(os.environ), **environment},
            )

        yield run
        server.terminate()


def _server() -> Mapping[str, list[str]]:
    found: Mapping[str, list[str]] = COMPOSE["services"]["auth-emulator"]
    return found


def _plain(environment: Mapping[str, str]) -> dict[str, str]:
    """Without proxies, and what else would be trusted."""
    left_out = ("_PROXY", "SSL_CERT_FILE", "CA_BUNDLE", "EXTRA_CA_CERTS", "SSL_CERT_DIR")
    return {n: v for n, v in environment.items() if not n.upper().endswith(left_out)}


def given(ca: Path) -> dict[str, str]:
    """What the compose file gives its client: names of the certificate, and nothing else."""
    environment: dict[str, str] = COMPOSE["services"]["client"]["environment"]
    assert set(environment.values()) == {"/ca/ca.pem"}
    return dict.fromkeys(environment, str(ca))


def vendors(done: subprocess.CompletedProcess[str]) -> list[str]:
    assert done.returncode == 0, done.stderr
    return [line.partition(":")[0] for line in done.stdout.splitlines()]


def test_the_client_of_the_compose_file_signs_in_to_all_three(inside: Run, ca: Path) -> None:
    client = EXAMPLE / Path(COMPOSE["services"]["client"]["command"][0]).name
    assert vendors(inside(Path(COMMAND).with_name("python"), client, **given(ca))) == SIGNED_IN


def test_without_the_certificate_it_trusts_no_server(inside: Run) -> None:
    done = inside(Path(COMMAND).with_name("python"), EXAMPLE / "client.py")
    assert done.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in done.stderr


@pytest.mark.parametrize("library", ["requests", "urllib.request"])
def test_other_libraries_of_python_need_no_change_either(
    inside: Run, ca: Path, library: str
) -> None:
    call = {
        "requests": "requests.get(url).text",
        "urllib.request": "urllib.request.urlopen(url).read().decode()",
    }[library]
    for host in ALIASES:
        code = f"import {library}; url = 'https://{host}/_emulator/health'; print({call})"
        done = inside(Path(COMMAND).with_name("python"), "-c", code, **given(ca))
        assert '"status":"ok"' in done.stdout, done.stderr


def test_curl_needs_no_option(inside: Run, ca: Path) -> None:
    needed("curl")
    body = '{"email": "alice@example.com", "password": "correct-horse"}'
    url = "https://api.client.nbcgate.tech//auth/sign-in"
    kind = "Content-Type: application/json"
    done = inside("curl", "-sS", url, "-H", kind, "-d", body, **given(ca))
    assert done.stdout.startswith('"eyJ'), done.stderr


def test_node_signs_in_with_its_own_fetch(inside: Run, ca: Path) -> None:
    done = inside(needed("node"), EXAMPLE / "client.mjs", **given(ca))
    assert vendors(done) == SIGNED_IN


def test_java_signs_in_once_the_certificate_is_in_its_trust_store(
    inside: Run, ca: Path, tmp_path: Path
) -> None:
    needed("java")
    store = tmp_path / "trust.p12"
    subprocess.run(
        [*KEYTOOL, "-file", ca, "-keystore", store, *PASSWORD], check=True, capture_output=True
    )
    trusted = "-Djavax.net.ssl.trustStore={} -Djavax.net.ssl.trustStorePassword=changeit"
    options = trusted.format(store)
    done = inside("java", EXAMPLE / "Client.java", JAVA_TOOL_OPTIONS=options)
    assert vendors(done) == SIGNED_IN
    assert done.stdout.count("HTTP_1_1") == 3


def test_the_volume_holds_the_certificate_and_nothing_else(inside: Run, ca: Path) -> None:  # noqa: ARG001 - it serves
    assert [file.name for file in ca.parent.iterdir()] == ["ca.pem"]
    assert ca.read_text().count("-----BEGIN ") == 1
    assert ca.read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert ca.stat().st_mode & 0o777 == 0o644
