"""`serve --watch`: a changed fixture is reloaded, and no request notices."""

import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from commands import serving
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

PATH = "/omni-omni/v1/auth/client-token"
JWKS = "/_emulator/omniomni/.well-known/jwks.json"
SOON = 10


def omniomni(*clients: str, token: str = "algorithm: ES256", more: str = "") -> str:
    listed = "".join(f"    - {{client_id: {client}}}\n" for client in clients)
    return f"omniomni:\n  token: {{{token}}}\n  clients:\n{listed}{more}"


OFFERS = "resources: [{vendor: omniomni, path: /offers, respond: {body: []}}]\n"


def eventually(holds: Callable[[], object]) -> None:
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


class Watched:
    """A server that watches its fixture."""

    def __init__(self, http: httpx.Client, lines: list[str], process: Any) -> None:
        self.http = http
        self.lines = lines
        self.process = process

    def signs_in(self, client: str, base: str = "") -> bool:
        return self.http.post(base + PATH, json={"clientId": client}).status_code == 200

    def token(self, client: str) -> str:
        answer = self.http.post(PATH, json={"clientId": client}).raise_for_status()
        token: str = answer.json()["accessToken"]
        return token

    def takes(self, token: str) -> bool:
        bearer = {"Authorization": f"Bearer {token}"}
        return self.http.get("/offers", headers=bearer).status_code == 200

    def logged(self, said: str, times: int = 1) -> bool:
        return sum(said in line for line in list(self.lines)) >= times

    def reloads(self) -> int:
        return sum(" reloaded " in line for line in list(self.lines))


@contextmanager
def watching(*fixture: Path | str) -> Iterator[Watched]:
    with serving(*fixture, "--watch") as (process, url, lines):
        timeout = httpx.Timeout(10)
        with httpx.Client(base_url=url, timeout=timeout, trust_env=False) as http:
            yield Watched(http, lines, process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
    assert not any("Traceback" in line or "bug" in line for line in lines), lines


def written_in_place(file: Path, text: str) -> None:
    file.write_text(text)


def replaced_by_an_editor(file: Path, text: str) -> None:
    other = file.with_name(f".{file.name}.swp")
    other.write_text(text)
    other.replace(file)


def removed_and_written_again(file: Path, text: str) -> None:
    file.unlink()
    time.sleep(0.3)
    file.write_text(text)


@pytest.mark.parametrize(
    "change", [written_in_place, replaced_by_an_editor, removed_and_written_again]
)
def test_a_changed_fixture_is_reloaded_however_it_was_changed(
    change: Callable[[Path, str], None], tmp_path: Path
) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(omniomni("first"))
    with watching(fixture) as watched:
        for client in ("second", "third"):
            change(fixture, omniomni(client))
            eventually(partial(watched.signs_in, client))
        assert not watched.signs_in("first")


def test_a_changed_users_file_is_reloaded(tmp_path: Path) -> None:
    def user(name: str) -> dict[str, str]:
        return {"email": f"{name}@x.example", "password": "correct-horse"}

    users, fixture = tmp_path / "many.jsonl", tmp_path / "f.yaml"
    users.write_text(json.dumps(user("first")))
    secret = "a secret of thirty-two bytes or more"
    fixture.write_text(f"nbcgate:\n  token: {{secret: {secret}}}\n  users_file: many.jsonl\n")
    with watching(fixture) as watched:

        def signs_in(name: str) -> bool:
            return watched.http.post("/auth/sign-in", json=user(name)).is_success

        assert signs_in("first")
        users.write_text(json.dumps(user("second")))
        eventually(partial(signs_in, "second"))
        assert not signs_in("first")


class Caller(threading.Thread):
    """Calls the same paths over one connection, without a pause, until it is told to stop.

    It never tries again: a connection that the server hangs up on is a failure.
    """

    def __init__(self, base_url: httpx.URL, paths: list[str]) -> None:
        super().__init__()
        self.base_url = base_url
        self.paths = paths
        self.done = threading.Event()
        self.answered = 0
        self.failures: list[str] = []

    def run(self) -> None:
        with httpx.Client(base_url=self.base_url, timeout=10, trust_env=False) as http:
            while not self.done.is_set():
                for path in self.paths:
                    self.call(http, path)

    def call(self, http: httpx.Client, path: str) -> None:
        body = {"json": {"clientId": "me"}} if path == PATH else {}
        try:
            answer = http.request("POST" if body else "GET", path, **body)  # type: ignore[arg-type]  # a JSON body
        except httpx.HTTPError as error:
            self.failures.append(f"{path}: {error!r}")
            return
        self.answered += 1
        if answer.status_code != 200:
            self.failures.append(f"{path}: {answer.status_code} {answer.text}")


def test_ten_changes_under_load_drop_no_request_and_no_connection(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(omniomni("me", "client-0", more=OFFERS))
    with watching(fixture) as watched:
        ways = [[PATH]] * 3 + [[JWKS], ["/", "/openapi.json"], ["/_emulator/omniomni/clients"]]
        callers = [Caller(watched.http.base_url, paths) for paths in ways]
        for caller in callers:
            caller.start()
        try:
            token = watched.token("me")
            for number in range(1, 11):
                replaced_by_an_editor(fixture, omniomni("me", f"client-{number}", more=OFFERS))
                eventually(partial(watched.signs_in, f"client-{number}"))
                assert watched.takes(token)
        finally:
            for caller in callers:
                caller.done.set()
                caller.join(20)
        assert [failure for caller in callers for failure in caller.failures] == []
        assert min(caller.answered for caller in callers) > 3
        assert watched.reloads() == 10


def test_the_start_page_and_the_docs_follow_the_fixture(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(omniomni("client-1"))
    with watching(fixture) as watched:
        for page in ("/", "/openapi.json"):
            assert "client-1" in watched.http.get(page).text
        fixture.write_text(omniomni("client-2"))
        eventually(lambda: watched.signs_in("client-2"))
        for page in ("/", "/openapi.json"):
            assert "client-2" in watched.http.get(page).text
            assert "client-1" not in watched.http.get(page).text


def test_a_broken_fixture_is_reported_with_its_line_and_the_one_before_stays(
    tmp_path: Path,
) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(omniomni("good"))
    with watching(fixture) as watched:
        fixture.write_text("omniomni:\n  clients: [{client_id: bad}\nvault: {}\n")
        eventually(lambda: watched.logged("not reloaded: the fixture has mistakes"))
        assert watched.logged(f"error: {fixture}:3: not YAML: ")
        assert watched.signs_in("good")
        fixture.write_text("omniomni:\n  clients:\n    - {client_id: bad, satus: locked}\n")
        eventually(
            lambda: watched.logged(
                f'{fixture}:3: omniomni.clients[0].satus: unknown key; did you mean "status"?'
            )
        )
        assert watched.signs_in("good")
        assert not watched.signs_in("bad")
        fixture.write_text(omniomni("better"))
        eventually(lambda: watched.signs_in("better"))


def test_a_removed_fixture_stays_in_force_until_there_is_another(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(omniomni("good"))
    with watching(fixture) as watched:
        fixture.unlink()
        eventually(lambda: watched.logged(f"error: {fixture}: the file does not exist"))
        assert watched.signs_in("good")
        fixture.write_text(omniomni("back"))
        eventually(lambda: watched.signs_in("back"))


def test_a_new_file_of_a_folder_and_one_of_several_are_reloaded(tmp_path: Path) -> None:
    folder, file = tmp_path / "folder", tmp_path / "beside.yaml"
    folder.mkdir()
    (folder / "a.yaml").write_text(omniomni("one"))
    file.write_text("vault: {clients: [{client_id: app}]}")
    with watching(folder, file) as watched:
        (folder / "notes.txt").write_text("no part of it")
        (folder / "b.yaml").write_text("omniomni: {clients: [{client_id: two}]}")
        eventually(lambda: watched.signs_in("two"))
        assert watched.signs_in("one")
        (folder / "a.yaml").unlink()
        eventually(lambda: not watched.signs_in("one"))
        file.write_text("omniomni: {clients: [{client_id: three}]}")
        eventually(lambda: watched.signs_in("three"))
        shutil.rmtree(folder)
        eventually(lambda: watched.logged("not reloaded"))
        folder.mkdir()
        (folder / "a.yaml").write_text("omniomni: {clients: [{client_id: four}]}")
        eventually(lambda: watched.signs_in("four"))
        (folder / "a.yaml").write_text("omniomni: {clients: [{client_id: five}]}")
        eventually(lambda: watched.signs_in("five"))


def test_the_target_of_a_link_is_reloaded(tmp_path: Path) -> None:
    for version in ("1", "2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "f.yaml").write_text(omniomni(f"version-{version}"))
    # As Kubernetes mounts a ConfigMap: what changes is where a link in the middle leads.
    (tmp_path / "data").symlink_to("1")
    (tmp_path / "f.yaml").symlink_to("data/f.yaml")
    with watching(tmp_path / "f.yaml") as watched:
        (tmp_path / "new").symlink_to("2")
        (tmp_path / "new").rename(tmp_path / "data")
        eventually(lambda: watched.signs_in("version-2"))


def key(file: Path) -> None:
    made = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_a_changed_key_file_is_reloaded(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    pem, fixture = tmp_path / "keys" / "k.pem", tmp_path / "f.yaml"
    key(pem)
    fixture.write_text(omniomni("me", token="algorithm: ES256, private_key_file: keys/k.pem"))
    with watching(fixture) as watched:
        (before,) = watched.http.get(JWKS).json()["keys"]
        key(pem)
        eventually(lambda: watched.http.get(JWKS).json()["keys"][0]["kid"] != before["kid"])
        pem.write_text("no key")
        eventually(lambda: watched.logged("expected a private key as PEM"))
        key(pem)
        eventually(lambda: watched.reloads() == 2)


def test_tokens_journal_clock_and_rotated_keys_outlive_a_change(tmp_path: Path) -> None:
    key(tmp_path / "k.pem")
    fixture = tmp_path / "f.yaml"
    token = "algorithm: ES256, private_key_file: k.pem"
    fixture.write_text(omniomni("me", token=token, more=OFFERS))
    with watching(fixture) as watched:
        http = watched.http
        old = watched.token("me")
        http.post("/_emulator/keys/rotate", json={"vendor": "omniomni"}).raise_for_status()
        http.put("/_emulator/clock", json={"now": "2031-01-01T00:00:00Z", "frozen": True})
        new = watched.token("me")
        keys = http.get(JWKS).json()
        fixture.write_text(omniomni("me", "other", token=token, more=OFFERS))
        eventually(lambda: watched.signs_in("other"))
        assert watched.takes(new)
        assert http.get(JWKS).json() == keys
        assert http.get("/_emulator/clock").json()["now"] == "2031-01-01T00:00:00.000Z"
        http.put("/_emulator/clock", json={"advance": "2h"})
        assert not watched.takes(old)
        fixture.write_text("clock: 2040-01-01T00:00:00Z\n" + fixture.read_text())
        eventually(lambda: http.get("/_emulator/clock").json()["now"].startswith("2040-"))


def test_a_removed_client_stays_removed_for_its_tokens(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(omniomni("me", "you", more=OFFERS))
    with watching(fixture) as watched:
        mine, yours = watched.token("me"), watched.token("you")
        watched.http.delete("/_emulator/omniomni/clients/me").raise_for_status()
        assert not watched.takes(mine)
        fixture.write_text(omniomni("me", more=OFFERS))
        eventually(lambda: watched.signs_in("me"))
        fixture.write_text(omniomni("me", "you", more=OFFERS))
        eventually(lambda: watched.signs_in("you"))
        assert not watched.takes(mine)
        assert not watched.takes(yours)
        assert watched.takes(watched.token("you"))


def test_realms_made_before_keep_theirs_and_new_ones_come_from_the_new_fixture(
    tmp_path: Path,
) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(omniomni("first"))
    with watching(fixture) as watched:
        watched.http.put("/_emulator/realms/old").raise_for_status()
        fixture.write_text(omniomni("second"))
        eventually(lambda: watched.signs_in("second"))
        watched.http.put("/_emulator/realms/new").raise_for_status()
        assert watched.signs_in("first", "/realms/old")
        assert not watched.signs_in("second", "/realms/old")
        assert watched.signs_in("second", "/realms/new")
        assert not watched.signs_in("first", "/realms/new")
        watched.http.post("/realms/old/_emulator/reset").raise_for_status()
        assert watched.signs_in("first", "/realms/old")


def test_a_warning_is_said_again_only_where_it_is_news(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    one = "vault:\n  clients: [{client_id: c}]\n  users:\n    - {username: a, password: short}\n"
    fixture.write_text(one)
    with watching(fixture) as watched:
        assert watched.logged("vault.users[0].password")
        fixture.write_text(f"# a line above it\n{one}")
        eventually(lambda: watched.reloads() == 1)
        fixture.write_text(one + "    - {username: b, password: short}\n")
        eventually(lambda: watched.reloads() == 2)
        said = [line for line in watched.lines if "would refuse this password" in line]
        assert len(said) == 2
        assert "vault.users[1].password" in said[1]


def inotify(process: int) -> int:
    """How many watches of the file system a process holds (where Linux tells)."""
    opened = Path(f"/proc/{process}/fd")
    files = opened.iterdir() if opened.exists() else ()
    return sum("inotify" in str(file.readlink()) for file in files)


def test_without_the_option_nothing_is_watched(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(omniomni("first"))
    with serving(fixture) as (process, url, lines):
        fixture.write_text(omniomni("second"))
        time.sleep(1)
        with httpx.Client(base_url=url, trust_env=False) as http:
            assert http.post(PATH, json={"clientId": "first"}).status_code == 200
        assert inotify(process.pid) == 0
    assert not any("reloaded" in line for line in lines)


def test_the_environment_asks_for_it_too(tmp_path: Path) -> None:
    fixture = tmp_path / "f.yaml"
    fixture.write_text(omniomni("first"))
    with serving(fixture, AUTH_EMULATOR_WATCH="1") as (process, _, lines):
        fixture.write_text(omniomni("second"))
        eventually(lambda: any("reloaded" in line for line in list(lines)))
        if Path("/proc/self/fd").exists():
            eventually(lambda: inotify(process.pid) == 1)
