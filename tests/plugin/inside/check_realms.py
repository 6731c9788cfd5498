"""One server a session, and a realm of its own for whatever it is asked to last."""

import pytest

PLACES = """
    import pytest
    from emulator.testing import Emulator

    REALMS = []

    class TestOne:
        def test_a(self, auth_emulator):
            REALMS.append(auth_emulator.name)

        def test_b(self, auth_emulator):
            REALMS.append(auth_emulator.name)

    class TestOther:
        def test_a(self, auth_emulator):
            REALMS.append(auth_emulator.name)

    def test_they_lasted(auth_emulator, auth_emulator_server):
        there = {state.name for state in auth_emulator_server.realms()}
        assert there - {"default"} == set(REALMS[KEPT:]) | {auth_emulator.name}
        assert len(set(REALMS)) == DIFFERENT
"""


def test_each_test_has_a_realm_of_its_own_on_one_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from mine import sign_in

        NAMES, SERVERS, TOKENS = set(), set(), []

        @pytest.mark.parametrize("number", range(5))
        def test_each(auth_emulator, auth_emulator_server, number):
            auth_emulator.journal.never()
            assert abs(auth_emulator.clock.now() - auth_emulator_server.clock.now()).seconds < 60
            assert not any(auth_emulator.vault.introspect(token)["active"] for token in TOKENS)
            TOKENS.append(sign_in(auth_emulator).json()["access_token"])
            auth_emulator.clock.advance(hours=number)
            auth_emulator.vault.lock("alice@example.com")
            auth_emulator.faults.add(delay="60s")
            NAMES.add(auth_emulator.name)
            SERVERS.add(auth_emulator_server.url)
            assert auth_emulator.url == f"{auth_emulator_server.url}/realms/{auth_emulator.name}"
            assert len(auth_emulator_server.realms()) == 2
            assert (len(NAMES), len(SERVERS)) == (len(TOKENS), 1)
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=5)


def test_a_realm_is_gone_after_its_test_also_when_that_failed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx
        from mine import sign_in

        URLS = []

        def test_it_fails(auth_emulator):
            URLS.append(auth_emulator.url)
            assert sign_in(auth_emulator).status_code == 500

        def test_it_is_gone(auth_emulator_server):
            assert httpx.get(f"{URLS[0]}/_emulator/clock", trust_env=False).status_code == 404
            assert [state.name for state in auth_emulator_server.realms()] == ["default"]
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(passed=1, failed=1)


@pytest.mark.parametrize(
    ("how", "scope", "different", "kept"),
    [
        ("option", "function", 3, 3),
        ("ini", "class", 2, 3),
        ("option", "module", 1, 0),
        ("ini", "package", 1, 0),
        ("option", "session", 1, 0),
    ],
)
def test_a_realm_lasts_as_the_option_says(
    pytester: pytest.Pytester, how: str, scope: str, different: int, kept: int
) -> None:
    pytester.makepyfile(PLACES.replace("DIFFERENT", str(different)).replace("KEPT", str(kept)))
    options = [f"--auth-emulator-scope={scope}"] if how == "option" else []
    if how == "ini":
        pytester.makeini(f"[pytest]\nauth_emulator_scope = {scope}")
    pytester.runpytest_inprocess("-p", "no:randomly", *options).assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("scope", "different", "kept"), [("class", 2, 3), ("module", 1, 0), ("session", 1, 0)]
)
def test_a_realm_lasts_as_the_marker_says(
    pytester: pytest.Pytester, scope: str, different: int, kept: int
) -> None:
    marked = PLACES.replace("DIFFERENT", str(different)).replace("KEPT", str(kept))
    marked += f"\n    pytestmark = pytest.mark.auth_emulator(scope='{scope}')\n"
    pytester.makepyfile(marked)
    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=4)


@pytest.mark.parametrize("how", ["ini", "marker"])
def test_a_realm_of_a_package_is_that_of_no_other_package(
    pytester: pytest.Pytester, how: str
) -> None:
    test = "def test_it(auth_emulator, seen): seen(auth_emulator.name)\n"
    if how == "ini":
        pytester.makeini("[pytest]\nauth_emulator_scope = package")
    else:
        test += "import pytest\npytestmark = pytest.mark.auth_emulator(scope='package')\n"
    pytester.makeconftest(
        """
        import pathlib, pytest
        SEEN = {}

        @pytest.fixture
        def seen(request):
            return SEEN.setdefault(request.path.parent.name, set()).add

        def pytest_sessionfinish():
            one, other = SEEN["one"], SEEN["other"]
            assert (len(one), len(other), len(one | other)) == (1, 1, 2)
        """
    )
    for folder in ("one", "other"):
        pytester.mkpydir(folder)
        for name in ("test_a", "test_b"):
            (pytester.path / folder / f"{name}_{folder}.py").write_text(test)
    # At random, a package's tests stand apart: it is entered twice, as are all that last so long.
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(passed=4)
    assert result.ret == 0


def test_a_fixture_of_a_module_may_use_it_where_its_realm_lasts_as_long(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeini("[pytest]\nauth_emulator_scope = module")
    pytester.makepyfile(
        """
        import pytest
        from mine import sign_in

        @pytest.fixture(scope="module")
        def token(auth_emulator):
            return sign_in(auth_emulator).json()["access_token"]

        def test_one(auth_emulator, token):
            assert auth_emulator.vault.introspect(token)["active"]

        def test_other(auth_emulator, token):
            auth_emulator.journal.verify(operation="sign_in", count=1)
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


@pytest.mark.parametrize("scope", ["class", "module", "session"])
def test_a_marker_that_the_realm_cannot_heed_is_refused(
    pytester: pytest.Pytester, scope: str
) -> None:
    pytester.makepyfile(
        """
        import pytest

        class TestIt:
            @pytest.mark.auth_emulator(fixture={})
            def test_marked(self, auth_emulator):
                pass

            def test_unmarked(self, auth_emulator):
                pass
        """
    )
    result = pytester.runpytest_inprocess(f"--auth-emulator-scope={scope}")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(f"auth_emulator_scope is {scope}, so that * too late; *")


def test_a_marker_on_the_module_counts_for_a_realm_of_the_module(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from mine import sign_in

        pytestmark = pytest.mark.auth_emulator(fixture={"vault": {}})

        def test_it(auth_emulator):
            assert sign_in(auth_emulator).status_code == 401
        """
    )
    pytester.runpytest_inprocess("--auth-emulator-scope=module").assert_outcomes(passed=1)
