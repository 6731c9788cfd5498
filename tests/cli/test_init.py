"""`auth-emulator init`: what it writes is good, and it writes over nothing."""

import re
from pathlib import Path

import httpx
import pytest
import yaml
from commands import Done, ran, ran_here
from serving import client, serving

from emulator.app import load_fixture

KEYS_THAT_PEOPLE_CHANGE = (
    *("scopes", "lifetime", "refresh_lifetime", "status", "outcomes", "faults", "resources"),
    *("issuer", "claims", "otp", "signature", "token_response", "clock", "forward_to"),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    assert ran_here("init", tmp_path / "mine.yaml").status == 0
    return tmp_path / "mine.yaml"


def test_what_it_writes_passes_check_without_a_warning(file: Path) -> None:
    assert ran_here("check", file) == Done(0, f"{file}: good\n", "")


def test_without_a_name_it_is_fixture_yaml_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = ran("init")
    assert (done.status, done.stdout) == (0, "")
    wrote, *commands = done.stderr.splitlines()
    assert wrote == "wrote fixture.yaml"
    assert [line.partition("auth-emulator ")[2] for line in commands] == [
        "serve fixture.yaml --watch",
        "schema > fixture.schema.json",
    ]
    assert (tmp_path / "fixture.yaml").exists()


def test_it_is_served_and_one_principal_of_each_vendor_signs_in(file: Path) -> None:
    with serving(file) as served, client(served) as http:
        assert _omniomni(http).status_code == 200
        body = {"email": "alice@example.com", "password": "correct-horse"}
        assert http.post("/auth/sign-in", json=body).status_code == 200
        body = {"username": "alice@example.com", "password": "A9#bL8@z", "grant_type": "password"}
        tokens = http.post("/reg/auth/token", json={**body, "client_id": "haequi3Aah8lie2r"}).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert http.get("/accounts", headers=bearer).json() == {"accounts": []}


def _omniomni(http: httpx.Client) -> httpx.Response:
    return http.post("/omni-omni/v1/auth/client-token", json={"clientId": "demo-client"})


def test_its_secret_is_made_for_each_file(tmp_path: Path) -> None:
    secrets = set()
    for name in ("a.yaml", "b.yaml"):
        ran_here("init", tmp_path / name)
        secret = yaml.safe_load((tmp_path / name).read_text())["nbcgate"]["token"]["secret"]
        assert len(secret) >= 32
        secrets.add(secret)
    assert len(secrets) == 2


@pytest.mark.parametrize("key", KEYS_THAT_PEOPLE_CHANGE)
def test_it_shows_the_keys_that_people_change(file: Path, key: str) -> None:
    assert re.search(rf"\b{key}:", file.read_text())


def test_every_example_in_its_comments_is_good(file: Path) -> None:
    """Each by itself: some contradict each other."""
    lines = file.read_text().splitlines()
    tried = 0
    for number, line in enumerate(lines):
        if not re.match(r"\s*# [a-z_]+: \S|\s*# - \{", line):
            continue
        given = line.replace("# ", "", 1)
        if "signature: required" in given:
            given = given.partition(" #")[0].replace("required", "ignored")  # the key is nowhere
        file.write_text("\n".join([*lines[:number], given, *lines[number + 1 :]]))
        assert list(load_fixture(file).warnings) == [], given
        tried += 1
    assert tried >= 12


def test_the_examples_of_several_lines_are_good_too(file: Path) -> None:
    text = file.read_text()
    for head in ("  # outcomes:\n", "# faults:\n"):
        begun = text.index(head)
        end = text.index("\n\n", begun)
        block = text[begun:end].replace("# ", "", 1)
        block = re.sub(r"(?m)^( *)# ", r"\1", block)
        file.write_text(text[:begun] + block + text[end:])
        loaded = load_fixture(file)
        assert list(loaded.warnings) == []
    assert len(loaded.fixture.faults) == 2


def test_its_first_line_leads_editors_to_the_schema(file: Path) -> None:
    first = file.read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=./fixture.schema.json"


def test_it_writes_over_nothing_unless_forced(file: Path) -> None:
    file.write_text("seed: 7")
    done = ran_here("init", file)
    assert (done.status, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line == f"{file} already exists; give another name, or overwrite it with --force"
    assert file.read_text() == "seed: 7"
    assert ran_here("init", file, "--force").status == 0
    assert "vault:" in file.read_text()


def test_a_dangling_link_is_something_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    assert ran_here("init", tmp_path / "link.yaml").status == 1
    assert not (tmp_path / "elsewhere.yaml").exists()


@pytest.mark.parametrize("name", ["none/mine.yaml", "."])
def test_a_file_that_cannot_be_written_is_one_line_with_the_remedy(
    tmp_path: Path, name: str
) -> None:
    done = ran_here("init", tmp_path / name, "--force")
    assert done.status == 1
    (line,) = done.stderr.splitlines()
    assert line.endswith("; give a file in an existing folder")


def test_a_name_that_looks_like_an_option_is_hinted_as_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "auth-emulator serve ./-x.yaml --watch" in ran_here("init", "--", "-x.yaml").stderr
