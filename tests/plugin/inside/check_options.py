"""Fixtures and options: in a file, on the command line, as a marker; and mistakes in them."""

from collections.abc import Callable

import pytest

EVE = "vault: {clients: [{client_id: haequi3Aah8lie2r}], users: [{username: eve, password: eves}]}"
BOB = "vault: {users: [{username: bob, password: bobs}]}"
NAMES = "sorted(auth_emulator.vault.users.statuses())"

SEES_EVE = f"""
    def test_it(auth_emulator):
        assert {NAMES} == ["eve"]
"""
SEES_BOTH = f"""
    def test_it(auth_emulator):
        assert {NAMES} == ["bob", "eve"]
"""
Write = Callable[..., None]


@pytest.fixture
def write(pytester: pytest.Pytester) -> Write:
    """Write a file into a folder of the suite."""

    def writing(where: str, text: str) -> None:
        path = pytester.path / where
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return writing


def test_a_file_is_named_in_the_ini_relative_to_the_root(
    pytester: pytest.Pytester, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("data/eve.yaml", EVE)
    pytester.makeini("[pytest]\nauth_emulator_fixture = data/eve.yaml")
    pytester.makepyfile(SEES_EVE)
    (pytester.path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    pytester.runpytest_inprocess("..").assert_outcomes(passed=1)


def test_files_are_named_in_pyproject_toml(pytester: pytest.Pytester, write: Write) -> None:
    write("eve.yaml", EVE)
    write("more/bob.yaml", BOB)
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\nauth_emulator_fixture = ["eve.yaml", "more"]'
    )
    pytester.makepyfile(SEES_BOTH)
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


def test_files_are_named_on_the_command_line_relative_to_where_it_was_given(
    pytester: pytest.Pytester, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("below/eve.yaml", EVE)
    write("bob.yaml", BOB)
    pytester.makeini("[pytest]\nauth_emulator_fixture = not-there.yaml")
    pytester.makepyfile(SEES_BOTH)
    monkeypatch.chdir("below")
    named = ("--auth-emulator-fixture=eve.yaml", "--auth-emulator-fixture=../bob.yaml")
    pytester.runpytest_inprocess("..", *named).assert_outcomes(passed=1)


@pytest.mark.parametrize("scope", ["function", "package", "session"])
def test_a_markers_file_stands_beside_the_test_or_below_the_root(
    pytester: pytest.Pytester, write: Write, scope: str
) -> None:
    test = f"""
import pytest

@pytest.mark.auth_emulator(fixture="eve.yaml", scope="{scope}")
def test_beside(auth_emulator):
    assert {NAMES} == ["eve"]

@pytest.mark.auth_emulator(fixture="data/bob.yaml", scope="{scope}")
class TestBelow:
    def test_it(self, auth_emulator):
        assert {NAMES} == ["bob"]

@pytest.mark.auth_emulator(fixture=["eve.yaml", "data/bob.yaml"], scope="{scope}")
def test_several(auth_emulator):
    assert {NAMES} == ["bob", "eve"]

def test_unmarked(auth_emulator):
    assert "alice@example.com" in {NAMES}
"""
    write("deep/below/test_it.py", test)
    write("deep/below/eve.yaml", EVE)
    write("data/bob.yaml", BOB)
    pytester.makeini("[pytest]")
    pytester.runpytest_inprocess().assert_outcomes(passed=4)


def test_two_tests_of_one_session_mean_the_file_beside_each(
    pytester: pytest.Pytester, write: Write
) -> None:
    for name, text in (("eve", EVE), ("bob", BOB)):
        write(f"{name}/it.yaml", text)
        write(
            f"{name}/test_{name}.py",
            "import pytest\n"
            'pytestmark = pytest.mark.auth_emulator(fixture="it.yaml", scope="session")\n'
            f'def test_it(auth_emulator): assert {NAMES} == ["{name}"]\n',
        )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_marker_holds_a_dict_and_the_closest_counts(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        def mark(name):
            users = [{{"username": name, "password": "a-password"}}]
            return pytest.mark.auth_emulator(fixture={{"vault": {{"users": users}}}})

        pytestmark = mark("of-the-module")

        def test_it(auth_emulator):
            assert {NAMES} == ["of-the-module"]

        @mark("of-the-test")
        def test_other(auth_emulator):
            assert {NAMES} == ["of-the-test"]
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


MISTAKEN = "\nvault:\n  users:\n    - {username: eve, pasword: eves}\n"
TOLD = 'vault.users[[]0].pasword: *did you mean "password"?'
PAIR = "def test_one(auth_emulator): pass\ndef test_other(auth_emulator): pass\n"


@pytest.mark.parametrize("how", ["option", "ini", "marker", "dict"])
def test_a_mistake_in_a_fixture_is_one_line_in_every_test(
    pytester: pytest.Pytester, write: Write, how: str
) -> None:
    write("mistaken.yaml", MISTAKEN)
    test, options = PAIR, list[str]()
    if how == "option":
        options = ["--auth-emulator-fixture=mistaken.yaml"]
    elif how == "ini":
        pytester.makeini("[pytest]\nauth_emulator_fixture = mistaken.yaml")
    else:
        data = '{"vault": {"users": [{"username": "eve", "pasword": "eves"}]}}'
        given = '"mistaken.yaml"' if how == "marker" else data
        test += f"import pytest\npytestmark = pytest.mark.auth_emulator(fixture={given})\n"
    pytester.makepyfile(test)
    result = pytester.runpytest_inprocess("-p", "no:randomly", *options)
    result.assert_outcomes(errors=2)
    place = "*" if how == "dict" else "*mistaken.yaml:4: "
    line = f"{place}{TOLD}"
    result.stdout.fnmatch_lines(
        ["_* ERROR at setup of test_one _*", line, "_* ERROR at setup of test_other _*", line]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*Error: *")


def test_a_file_that_is_not_there_is_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        def test_ours(auth_emulator): pass

        @pytest.mark.auth_emulator(fixture="marked.yaml")
        def test_marked(auth_emulator): pass
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:randomly", "--auth-emulator-fixture=gone.yaml")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(
        [
            "_* ERROR at setup of test_ours _*",
            "*/gone.yaml: *",
            "_* ERROR at setup of test_marked _*",
            "*/marked.yaml: *",
        ]
    )
    result.stdout.no_fnmatch_line("*Error: *")


@pytest.mark.parametrize("option", ["scope", "xdist"])
@pytest.mark.parametrize("how", ["option", "ini"])
def test_an_unknown_value_is_wrong_usage(pytester: pytest.Pytester, option: str, how: str) -> None:
    arguments = []
    if how == "option":
        arguments = [f"--auth-emulator-{option}=eternity"]
    else:
        pytester.makeini(f"[pytest]\nauth_emulator_{option} = eternity")
    result = pytester.runpytest_inprocess(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    first = {"scope": "function", "xdist": "own"}[option]
    last = {"scope": "session", "xdist": "shared"}[option]
    result.stderr.fnmatch_lines(f"*'eternity'*{first}*, *{last}*")
    result.stderr.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("'eve.yaml'", "takes fixture, scope, url by name, not 'eve.yaml'"),
        ("fixtures='eve.yaml'", "takes fixture, scope, url by name, not fixtures"),
        ("scope='forever'", "has scope='forever'; give function, class, module, package, session"),
        ("fixture=7", "has fixture=7; give a file, several, or a dict"),
        (
            "url='nowhere'",
            "'nowhere' is not a base URL; expected one such as http://127.0.0.1:8080",
        ),
    ],
)
def test_a_marker_that_cannot_be_meant_is_one_line(
    pytester: pytest.Pytester, marker: str, told: str
) -> None:
    pytester.makepyfile(
        f"""
        import pytest

        @pytest.mark.auth_emulator({marker})
        def test_it(auth_emulator): pass
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(f"*{told}")
    result.stdout.no_fnmatch_line("*Error: *")


def test_the_server_listens_where_the_options_say(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nauth_emulator_advertised_host = other.test")
    pytester.makepyfile(
        """
        def test_it(auth_emulator):
            assert auth_emulator.environment()["VAULT_URL"].startswith("http://other.test:")
            assert "AUTH_EMULATOR_ADMIN_TOKEN" in auth_emulator.environment()
            assert auth_emulator.clock.now()
        """
    )
    pytester.runpytest_inprocess("--auth-emulator-host=0.0.0.0").assert_outcomes(passed=1)
