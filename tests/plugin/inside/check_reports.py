"""What the report of a test holds: the journal, where it failed; nothing, where it passed."""

import pytest

FAILS = """
    from mine import sign_in

    def test_it(auth_emulator):
        assert sign_in(auth_emulator, "a-wrong-password").status_code == 200
"""
TABLE = [
    "*auth-emulator: calls in realm test_it-*",
    "#1 *  vault  sign_in  alice@example.com  401  wrong_credentials",
    "    the password of alice@example.com is wrong",
]


@pytest.mark.parametrize("more", [[], ["-n1"]], ids=["alone", "xdist"])
def test_a_failed_tests_report_holds_the_journal_with_its_reasons(
    pytester: pytest.Pytester, more: list[str]
) -> None:
    pytester.makepyfile(FAILS)
    result = pytester.runpytest_inprocess(*more)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(TABLE, consecutive=True)
    result.stdout.no_fnmatch_line("*a-wrong-password*401*")
    assert sum("calls in realm" in line for line in result.outlines) == 1


def test_a_passed_tests_report_shows_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(FAILS.replace("== 200", "== 401"))
    result = pytester.runpytest_inprocess("-rA")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*calls in realm*")


def test_a_client_that_never_came_is_seen_by_an_empty_journal(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(auth_emulator): assert False")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines([TABLE[0], "no calls"], consecutive=True)


@pytest.mark.parametrize("scope", ["function", "class", "module", "session"])
def test_fixtures_that_fail_before_or_after_the_test_show_it_too(
    pytester: pytest.Pytester, scope: str
) -> None:
    pytester.makepyfile(
        """
        import pytest
        from mine import sign_in

        @pytest.fixture
        def before(auth_emulator):
            sign_in(auth_emulator, "wrong").raise_for_status()

        @pytest.fixture
        def after(auth_emulator):
            yield
            auth_emulator.journal.never(status=401)

        class TestIt:
            def test_it_is_over(self, after, auth_emulator):
                sign_in(auth_emulator, "wrong")

        def test_it_has_not_begun(before): pass
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:randomly", f"--auth-emulator-scope={scope}")
    result.assert_outcomes(passed=1, errors=2)
    shown = ["*auth-emulator: calls in realm *", *TABLE[1:]]
    result.stdout.fnmatch_lines(
        ["_* ERROR at teardown of *test_it_is_over _*", *shown, "_* ERROR at setup of *", *shown]
    )


def test_an_emulator_of_a_users_own_is_shown_as_well(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from emulator.testing import Emulator
        from mine import sign_in

        @pytest.fixture(scope="module")
        def emulator():
            with Emulator() as emulator:
                yield emulator

        @pytest.fixture
        def realm(emulator):
            with emulator.realm("test_it") as realm:
                yield realm

        def test_a_realm_in_it(realm):
            assert sign_in(realm, "wrong").is_success

        def test_itself(emulator):
            assert sign_in(emulator, "wrong").is_success
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines([*TABLE, "*calls in realm default -*", *TABLE[1:]])


def test_a_realm_that_a_test_asks_for_while_it_runs_is_shown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from mine import sign_in

        def test_it(request):
            assert sign_in(request.getfixturevalue("auth_emulator"), "wrong").is_success
        """
    )
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(TABLE, consecutive=True)


def test_what_did_not_happen_is_reported_without_a_traceback_through_us(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        from mine import sign_in

        def test_it(auth_emulator):
            sign_in(auth_emulator)
            auth_emulator.journal.verify(vendor="vault", operation="refresh", count=1)
        """
    )
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(
        [
            ">       auth_emulator.journal.verify(*",
            "E       *expected 1 call with vendor vault and operation refresh, and there are 0",
            "E       the nearest calls:",
            "E           operation: expected refresh, was sign_in",
            "test_what_did_not_*.py:5: VerificationError",
        ]
    )
    result.stdout.no_fnmatch_line("*journal.py*")
