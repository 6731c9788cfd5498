"""`serve --tls` and `ca`, as a user runs them."""

import os
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from commands import COMMAND, serving
from fronts import Front, fronting

CA = re.compile(r"-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n")


def ran(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env={**os.environ, **environment},
    )


@contextmanager
def serving_tls(*arguments: str | Path, **environment: str) -> Iterator[tuple[str, str, list[str]]]:
    """The plain URL, that of HTTPS, and the log."""
    with serving("--tls", "--tls-port", "0", *arguments, **environment) as (process, url, lines):
        assert httpx.get(f"{url}/_emulator/health", trust_env=False).status_code == 200
        found = next(re.search(r"https: (https://[\d.:]+) as (\S+),", line) for line in lines[1:])
        assert found is not None
        assert found[2] == "backend.sandbox.ecrop.de"
        yield url, found[1], lines
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_the_ca_that_is_printed_reported_and_written_is_the_one_to_trust(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("of an earlier start")
    hosts = ("--tls-host", "vault.test.", "--tls-host", "my_service")
    with serving_tls(*hosts, AUTH_EMULATOR_CA_FILE=str(file)) as (url, tls, _):
        printed = ran("ca", url)
        assert (printed.returncode, printed.stderr) == (0, "")
        assert CA.fullmatch(printed.stdout)
        assert printed.stdout == file.read_text()
        assert ran("ca", AUTH_EMULATOR_URL=url).stdout == printed.stdout
        assert file.stat().st_mode & 0o777 == 0o644
        assert list(tmp_path.iterdir()) == [file]
        context = ssl.create_default_context(cafile=str(file))
        with httpx.Client(verify=context, trust_env=False) as http:
            for host in ("127.0.0.1", "vault.test", "my_service"):
                sni = {"sni_hostname": host}
                assert http.get(f"{tls}/_emulator/health", extensions=sni).status_code == 200


def test_the_ca_is_there_before_the_server_says_that_it_serves(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    with serving("--tls", "--tls-port", "0", "--ca-file", file) as (_, _, lines):
        assert "serving" in lines[0]
        assert CA.fullmatch(file.read_text())


def test_no_key_is_written_where_the_server_may_write_nothing(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "not there")
    with serving_tls(TMPDIR=nowhere, TEMP=nowhere, TMP=nowhere) as (url, _, lines):
        assert CA.fullmatch(ran("ca", url).stdout)
        assert "PRIVATE" not in "".join(lines)


def test_a_tls_port_that_is_taken_is_one_line_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = ran("serve", "--port", "0", "--tls", "--tls-port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith("another program listens there; choose another with --tls-port")


@pytest.mark.parametrize("where", ["not there/ca.pem", "."])
def test_a_ca_file_that_cannot_be_written_is_one_line_with_the_remedy(
    where: str, tmp_path: Path
) -> None:
    done = ran("serve", "--port", "0", "--tls", "--tls-port", "0", "--ca-file", tmp_path / where)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"--ca-file {tmp_path}")
    assert line.endswith("name one in an existing folder that this user can write to")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--ca-file", "ca.pem"],
        ["--tls-host", "a.test"],
        ["--tls-port", "8443"],
        ["--tls", "--tls-host", "a b"],
    ],
)
def test_wrong_usage_of_tls_is_one_line_and_status_2(arguments: list[str]) -> None:
    done = ran("serve", "--port", "0", *arguments)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith("auth-emulator serve --help")


def test_a_tls_port_of_the_environment_waits_for_tls() -> None:
    with serving(AUTH_EMULATOR_TLS_PORT="9443") as (_, _, lines):
        assert not any("https:" in line for line in lines)


def test_a_start_that_fails_leaves_the_ca_of_a_server_that_runs(tmp_path: Path) -> None:
    file, fixture = tmp_path / "keep.pem", tmp_path / "bad.yaml"
    file.write_text("of a server that runs")
    fixture.write_text("valt: {}")
    done = ran("serve", fixture, "--port", "0", "--tls", "--tls-port", "0", "--ca-file", file)
    assert done.returncode == 1
    assert done.stderr.endswith("not started: the fixture has mistakes\n")
    assert file.read_text() == "of a server that runs"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_ca_says_where_no_one_answers_and_what_to_do(scheme: str) -> None:
    done = ran("ca", f"{scheme}://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"no emulator responds at {scheme}://127.0.0.1:1 ")
    assert "start it, or give another URL" in line
    assert ("ask its plain HTTP port" in line) == (scheme == "https")


def test_ca_says_that_a_server_has_no_https() -> None:
    with serving() as (_, url, _):
        done = ran("ca", url)
        no_realm = ran("ca", f"{url}/realms/gone")
    assert (done.returncode, done.stdout) == (1, "")
    said = f"the emulator at {url} does not serve HTTPS; start it with auth-emulator serve --tls\n"
    assert done.stderr == said
    assert (no_realm.returncode, no_realm.stdout) == (1, "")
    assert "refuses: there is no realm 'gone'" in no_realm.stderr


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b'{"title": "No", "detail": "not \\u001b[31mhere"}'),
        (200, b"-----BEGIN CERTIFICATE-----\n\x1b[31mMII=\n-----END CERTIFICATE-----\n"),
    ],
)
def test_ca_prints_nothing_that_a_terminal_obeys(status: int, body: bytes) -> None:
    with fronting(Front(kept={"/_emulator/ca.pem": (status, body)})) as front:
        done = ran("ca", front.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not an auth-emulator" in done.stderr
    assert "\x1b" not in done.stderr


def test_ca_says_that_another_program_answers() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        Thread(target=other.handle_request).start()
        done = ran("ca", f"http://127.0.0.1:{other.server_port}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not an auth-emulator" in done.stderr


def test_ca_takes_a_base_url_and_nothing_else() -> None:
    done = ran("ca", "127.0.0.1:8080")
    assert done.returncode == 2
    assert "is not a base URL" in done.stderr


def test_the_help_of_ca_shows_an_example() -> None:
    assert "Example: auth-emulator ca" in ran("ca", "--help").stdout
