"""`auth-emulator token`: what it prints is a token, and an emulator takes it."""

import json
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from commands import on_a_terminal, ran, ran_here
from driving import ACCOUNTS, FIXTURE, active, refresh, use
from driving import SECRET as SECRET_OF_NBCGATE
from serving import Served, client
from serving import serving as served_here

from emulator.app import demo_fixture
from emulator.core.defects import Defect


@pytest.fixture(scope="module")
def fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("fixture") / "fixture.yaml"
    file.write_text(json.dumps(FIXTURE))
    return file


def claims(token: str) -> dict[str, Any]:
    told: dict[str, Any] = jwt.decode(token.strip(), options={"verify_signature": False})
    return told


@pytest.mark.parametrize(
    ("vendor", "subject"),
    [
        ("omniomni", "demo-client"),
        ("nbcgate", "alice@example.com"),
        ("vault", "alice@example.com"),
    ],
)
def test_it_prints_a_token_alone_that_a_server_of_the_same_fixture_takes(
    vendor: str, subject: str, http: httpx.Client
) -> None:
    done = ran_here("token", vendor, subject)
    assert (done.status, done.stderr) == (0, "")
    (token,) = done.stdout.splitlines()
    assert active(http, token, vendor=vendor)


def test_its_fixture_and_keys_are_those_of_serve(fixture: Path) -> None:
    with served_here(fixture) as served, client(served) as http:
        token = ran_here("token", "vault", "me@x", "--fixture", fixture).stdout.strip()
        assert use(http, token).status_code == 200
        spoken = ran("token", "vault", "you@x", AUTH_EMULATOR_FIXTURE=str(fixture)).stdout.strip()
        assert use(http, spoken).status_code == 200


def test_refresh_tokens_are_taken_by_the_vendors_refresh(fixture: Path) -> None:
    with served_here(fixture) as served, client(served) as http:
        token = ran_here("token", "vault", "me@x", "--use", "refresh", "--fixture", fixture)
        assert refresh(http, token.stdout.strip()).status_code == 200


def test_every_option_is_in_the_token() -> None:
    done = ran_here(
        *("token", "vault", "alice@example.com", "--lifetime", "15m"),
        *("--scope", "a:read", "--scope", "b:read", "--at", "2026-01-01T00:00:00Z"),
        *("--claim", "tenant=acme", "--claim", "level=3", "--claim", 'roles=["x"]'),
        *("--claim", "aud=null", "--claim", "empty=", "--claim", "odd=NaN", "--claim", "e=a=b"),
        *("--header", "typ=at+jwt"),
    )
    told = claims(done.stdout)
    assert (told["iat"], told["exp"]) == (1767225600, 1767225600 + 900)
    assert told["scope"] == "a:read b:read"
    assert (told["tenant"], told["level"], told["roles"]) == ("acme", 3, ["x"])
    assert (told["empty"], told["odd"], told["e"]) == ("", "NaN", "a=b")
    assert "aud" not in told
    assert jwt.get_unverified_header(done.stdout.strip())["typ"] == "at+jwt"


@pytest.mark.parametrize("defect", Defect)
def test_each_defect_is_made_and_its_note_is_on_stderr(defect: Defect) -> None:
    done = ran_here("token", "omniomni", "demo-client", "--defect", defect)
    assert done.status == 0
    assert len(done.stdout.split()) == 1
    assert done.stderr.startswith("the emulator itself refuses this token")


def test_json_is_what_the_control_api_answers(http: httpx.Client) -> None:
    options = ("--at", "2026-01-01T00:00:00Z", "--json")
    told = json.loads(ran_here("token", "vault", "nobody@example.com", *options).stdout)
    answer = http.post(
        "/_emulator/tokens", json={"vendor": "vault", "subject": "nobody@example.com"}
    )
    assert list(told) == list(answer.json())
    assert told["note"] == answer.json()["note"]
    assert told["header"] == answer.json()["header"]
    assert told["claims"]["iat"] == 1767225600


def test_a_running_emulator_is_asked_and_one_of_its_realms(demo: Served) -> None:
    with served_here(FIXTURE) as served, client(served) as http:
        token = ran_here("token", "vault", "me@x", "--url", served.url).stdout.strip()
        assert use(http, token, path=ACCOUNTS).status_code == 200
        http.put("/_emulator/realms/mine").raise_for_status()
        base = f"{served.url}/realms/mine/"
        token = ran_here("token", "vault", "me@x", "--url", base).stdout.strip()
        assert use(http, token).status_code == 401
        assert use(http, token, base="/realms/mine").status_code == 200
    done = ran("token", "vault", "alice@example.com", AUTH_EMULATOR_URL=demo.url)
    assert (done.status, done.stderr) == (0, "")


def test_the_command_line_outweighs_the_environment(
    fixture: Path, demo: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_URL", demo.url)
    assert ran_here("token", "vault", "me@x", "--fixture", fixture).stderr == ""
    monkeypatch.setenv("AUTH_EMULATOR_FIXTURE", str(fixture))
    assert "no user" in ran_here("token", "vault", "me@x").stderr
    done = ran_here("token", "vault", "me@x", "--fixture", fixture, "--url", demo.url)
    assert (done.status, len(done.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["valt", "x"], """'VENDOR': 'valt' is not a vendor; did you mean "vault"?"""),
        (["vault", "x", "--defect", "?"], "'--defect': expected one of expired, not_yet_valid,"),
        (["vault", "x", "--defect", "expird"], 'malformed; did you mean "expired"?'),
        (["vault", "x", "--use", "acess"], 'access, refresh; did you mean "access"?'),
        (["vault", "x", "--lifetime", "1 h"], "'--lifetime': expected a duration: a whole"),
        (["vault", "x", "--scope", "a b"], "'--scope': "),
        (["vault", "x", "--claim", "tenant"], "'--claim': 'tenant' is not NAME=VALUE"),
        (["vault", "x", "--claim", f"x={'[' * 10_000}"], "'--claim': x: its value is nested too"),
        (["vault", "x", "--claim", "x=[1e999]"], "'--claim': x: 1e999 is more than a number"),
        (["vault", "x", "--header", "alg=none"], "'--header': alg cannot be set here"),
        (["vault", "x", "--at", "noon"], "'--at': expected an instant such as 2026-01-01T00"),
        (["vault", ""], "'SUBJECT': expected a string that is not empty"),
        (["omniomni", "x", "--use", "refresh"], "'--use': omniomni has no refresh tokens"),
        (["nbcgate", "x", "--defect", "unknown_kid"], "'--defect': unknown_kid needs a key pair"),
        (["vault"], "Missing argument"),
        (["vault", "x", "--url", "localhost:8080"], "'--url': 'localhost:8080' is not a base URL"),
        (["vault", "x", "--url", "http://h/ä"], "is not a base URL"),
        (
            ["vault", "x", "--url", "http://127.0.0.1:1", "--at", "2026-01-01T00:00:00Z"],
            "'--at': a running emulator (--url, AUTH_EMULATOR_URL) has its own clock",
        ),
    ],
)
def test_wrong_usage_is_one_line_with_the_remedy(arguments: list[str], said: str) -> None:
    done = ran_here("token", *arguments)
    assert (done.status, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert said in line
    assert line.endswith("see auth-emulator token --help")


def test_all_that_is_wrong_is_said_at_once() -> None:
    done = ran_here("token", "valt", "x", "--lifetime", "1", "--defect", "none")
    (line,) = done.stderr.splitlines()
    for named in ("VENDOR: ", "--lifetime: ", "--defect: "):
        assert named in line


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "no emulator responds at http://127.0.0.1:1 ("),
        ("{url}/realms/none", "there is no realm 'none'; PUT /_emulator/realms/none creates it"),
        ("{url}/ecrop-command", "no emulator responds there (HTTP 404)"),
    ],
)
def test_an_emulator_that_is_not_there_is_one_line_and_status_1(
    demo: Served, url: str, said: str
) -> None:
    done = ran_here("token", "vault", "x", "--url", url.format(url=demo.url))
    assert (done.status, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"auth-emulator token: {said}")


def test_a_fixture_with_mistakes_is_reported_as_check_shows_it(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text("valt: 1\n")
    done = ran_here("token", "vault", "x", "--fixture", file)
    assert (done.status, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        f'{file}:1: valt: unknown key; did you mean "vault"?',
        "the fixture has mistakes",
    ]


def test_warnings_leave_stdout_to_the_token(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text("vault: {clients: [{client_id: c}], users: [{username: a, password: b}]}\n")
    done = ran("token", "vault", "a", "--fixture", file)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr.startswith(f"warning: {file}:1: vault.users[0].password: ")


@pytest.mark.parametrize(
    ("arguments", "option"), [(["x\udcff"], "SUBJECT"), (["x", "--claim", "a=\udcff"], "--claim")]
)
def test_an_argument_that_is_no_text_is_wrong_usage(arguments: list[str], option: str) -> None:
    done = ran_here("token", "vault", *arguments)
    assert (done.status, len(done.stderr.splitlines())) == (2, 1)
    assert f"'{option}': it is not UTF-8 text" in done.stderr


@pytest.mark.parametrize(
    "command", [["token", "vault", "x", "--url"], ["inspect", "x", "--url"], ["doctor"]]
)
def test_an_admin_token_that_no_header_holds_is_wrong_usage_and_not_shown(
    command: list[str], demo: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for token in ("geh\N{LATIN SMALL LETTER E WITH DIAERESIS}im", "a\nb", "\udcff"):
        monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", token)
        done = ran_here(*command, demo.url)
        assert (done.status, done.stdout) == (2, "")
        (line,) = done.stderr.splitlines()
        assert (
            "AUTH_EMULATOR_ADMIN_TOKEN: it contains a character that is not allowed in a header"
            in line
        )
        assert token not in line


def test_a_terminal_shows_the_token_on_one_line() -> None:
    shown = on_a_terminal("token", "vault", "alice@example.com", "--fixture", demo_fixture())
    (line,) = shown.stdout.splitlines()
    assert line.startswith("\x1b[36mey")


def test_a_secret_signs_as_the_fixture_has_it(fixture: Path) -> None:
    token = ran_here("token", "nbcgate", "me@x", "--fixture", fixture).stdout.strip()
    assert jwt.decode(token, SECRET_OF_NBCGATE, algorithms=["HS256"])["email"] == "me@x"


@pytest.mark.parametrize(
    "command",
    [
        ["token", "vault", "x", "--url", "http://h"],
        ["inspect", "x", "--url", "http://h"],
        ["doctor"],
    ],
)
def test_an_admin_token_that_no_header_may_hold_is_wrong_usage(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTH_EMULATOR_ADMIN_TOKEN", "a secret")
    done = ran_here(*command)
    assert (done.status, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "AUTH_EMULATOR_ADMIN_TOKEN" in line
    assert "a secret" not in line
