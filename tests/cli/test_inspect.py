"""`auth-emulator inspect`: any token explained, from wherever it comes."""

import json
from typing import Any

import jwt
import pytest
from commands import on_a_terminal, ran, ran_here
from minting import foreign
from serving import Served, client

AT = "2026-01-01T00:00:00Z"
HOSTILE = "\x1b]0;title\x07[red]\u202e"


def token(*options: str, vendor: str = "vault", subject: str = "narrow@example.com") -> str:
    return ran_here("token", vendor, subject, *options).stdout.strip()


def lines_of(text: str) -> dict[str, str]:
    found = [line.partition(": ") for line in text.splitlines()]
    return {name: value for name, _, value in found}


def test_a_good_token_is_plain_lines_and_status_0() -> None:
    done = ran("inspect", token())
    assert (done.status, done.stderr) == (0, "")
    told = lines_of(done.stdout)
    assert told["verdict"] == "good"
    assert told["summary"].startswith("An access token of vault for narrow@example.com, good")
    assert (told["vendor"], told["use"], told["signature"]) == ("vault", "access", "good")
    assert told["header alg"] == '"RS256"'
    assert told["claim scope"] == '"accounts:read"'


def test_a_refused_one_says_all_that_is_wrong_and_status_1() -> None:
    done = ran_here("inspect", token("--defect", "wrong_key", "--at", AT))
    assert done.status == 1
    told = [line for line in done.stdout.splitlines() if line.startswith("problem: ")]
    assert [line.split()[1] for line in told] == ["bad_signature;", "expired;"]
    dates = lines_of(done.stdout)["claim iat"]
    assert dates.startswith("1767225600 (2026-01-01T00:00:00.000Z, ")
    assert dates.endswith(" ago)")


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_a_token_comes_from_stdin_as_it_was_found(arguments: list[str]) -> None:
    done = ran("inspect", *arguments, stdin=f"Authorization: Bearer {token()}\n")
    assert done.status == 0
    assert "note: Bearer before it was removed" in done.stdout


def test_json_is_what_the_control_api_answers(demo: Served) -> None:
    text = token("--lifetime", "1h")
    done = ran_here("inspect", text, "--json")
    told = json.loads(done.stdout)
    with client(demo) as http:
        answer = http.post("/_emulator/tokens/inspect", json={"token": text}).json()
    assert list(told) == list(answer)
    assert {**told, "dates": 0, "summary": 0} == {**answer, "dates": 0, "summary": 0}
    assert ran_here("inspect", "nonsense", "--json").status == 1


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_signature_is_never_repeated(options: list[str]) -> None:
    text = token()
    done = ran_here("inspect", text, *options)
    assert text.rpartition(".")[2] not in done.stdout + done.stderr


def test_a_running_emulator_knows_what_was_revoked(demo: Served) -> None:
    text = token()
    with client(demo) as http:
        http.post("/_emulator/vault/revoke", data={"token": text}).raise_for_status()
    done = ran_here("inspect", text, "--url", demo.url)
    assert done.status == 1
    assert "problem: revoked; " in done.stdout
    assert ran_here("inspect", text).status == 0


@pytest.mark.parametrize("text", ["", "abc", "a.b.c", "{}", foreign(iss="elsewhere", exp=1)])
def test_what_is_no_token_of_ours_is_reported_too(text: str) -> None:
    done = ran("inspect", stdin=text)
    assert (done.status, done.stderr) == (1, "")
    assert lines_of(done.stdout)["verdict"] == "refused"


def test_more_than_the_emulator_takes_is_one_line() -> None:
    done = ran("inspect", stdin="x" * 100_000)
    assert (done.status, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("auth-emulator inspect: ")
    assert "limit" in line or "KiB" in line


def test_bytes_that_are_no_text_are_no_traceback() -> None:
    done = ran("inspect", "\udcff\udcfe")
    assert (done.status, len(done.stderr.splitlines())) == (2, 1)
    assert "'TOKEN': it is not UTF-8 text" in done.stderr


def test_on_a_terminal_it_does_not_wait_for_somebody_to_type_a_token() -> None:
    done = on_a_terminal("inspect")
    assert done.status == 2
    assert "give a token, or pipe one in" in done.stdout


@pytest.mark.parametrize(("defect", "color"), [([], 32), (["--defect", "expired"], 31)])
def test_a_terminal_shows_a_coloured_panel(defect: list[str], color: int) -> None:
    text = token(*defect)
    done = on_a_terminal("inspect", text)
    assert done.status == len(defect) // 2
    first, *_, last = done.stdout.splitlines()
    assert f"\x1b[{color}m╭" in first
    assert ("refused" if defect else "good") in first
    assert "╰" in last
    assert "claim scope" in done.stdout
    assert text.rpartition(".")[2][:20] not in done.stdout
    plain = on_a_terminal("inspect", text, NO_COLOR="1").stdout
    assert f"\x1b[{color}m" not in plain
    assert "claim scope" in plain


def test_an_encoding_without_a_letter_of_the_token_is_no_traceback() -> None:
    done = ran("inspect", token("--claim", "city=Łask"), PYTHONIOENCODING="latin-1")
    assert done.status == 0
    assert lines_of(done.stdout)["claim city"] == '"\\u0141ask"'


def hostile() -> str:
    secret = "a-secret-of-thirty-two-bytes-or-more"
    claims: dict[str, Any] = {"iss": HOSTILE, HOSTILE: HOSTILE, "exp": 1}
    return jwt.encode(claims, secret, headers={"kid": HOSTILE})


def test_what_a_token_says_obeys_no_terminal() -> None:
    for shown in (
        ran_here("inspect", hostile()).stdout,
        ran_here("inspect", hostile(), "--json").stdout,
        on_a_terminal("inspect", hostile()).stdout,
        on_a_terminal("inspect", hostile(), "--json").stdout,
    ):
        assert "\x1b]0" not in shown
        assert "\x07" not in shown
        assert "\u202e" not in shown
        assert "[red]" in shown
