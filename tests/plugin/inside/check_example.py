"""The first hour with the plugin: nothing is configured."""

import pytest

EXAMPLE = """
    from mine import MyVaultClient

    def test_signs_in_again_when_the_token_is_stale(auth_emulator):
        client = MyVaultClient(auth_emulator.url, "alice@example.com", "A9#bL8@z")
        client.accounts()
        auth_emulator.clock.advance(hours=25)
        auth_emulator.faults.add(
            vendor="vault", operation="refresh", outcome="server_error", times=1
        )
        client.accounts()
        auth_emulator.journal.verify(vendor="vault", operation="refresh", count=2)
        client.close()
"""


def test_the_example_passes_with_nothing_configured(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(EXAMPLE)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines("plugins: *auth-emulator-0.1.0*")


def test_without_the_plugin_the_example_finds_no_fixture(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(EXAMPLE)
    result = pytester.runpytest_inprocess("-p", "no:auth_emulator")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines("*fixture 'auth_emulator' not found")


def test_help_markers_and_fixtures_show_of_it(pytester: pytest.Pytester) -> None:
    told = pytester.runpytest_inprocess("--help").stdout
    told.fnmatch_lines(["the emulator of sign-in APIs:", "  --auth-emulator-fixture=PATH"])
    told.fnmatch_lines(["  auth_emulator_fixture (paths):*", "  auth_emulator_url (string):*"])
    pytester.runpytest_inprocess("--markers").stdout.fnmatch_lines(
        "@pytest.mark.auth_emulator(fixture=None, scope=None, url=None): *"
    )
    pytester.runpytest_inprocess("--fixtures").stdout.fnmatch_lines(
        [
            "auth_emulator_server [[]session scope] -- *",
            "    The emulator of the session, for pytest fixtures*",
            "auth_emulator* -- *",
            "    An emulator for this test: *",
        ]
    )


def test_collecting_starts_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(EXAMPLE)
    pytester.makeini("[pytest]\nauth_emulator_fixture = not-there.yaml")
    result = pytester.runpytest_inprocess("--collect-only", "-q")
    assert result.ret == 0
    result.stdout.fnmatch_lines("*::test_signs_in_again_when_the_token_is_stale")


def test_asyncio_and_anyio_tests_use_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import httpx, pytest

        async def signs_in(realm):
            async with httpx.AsyncClient(base_url=realm.url, trust_env=False) as client:
                body = {"email": "alice@example.com", "password": "correct-horse"}
                assert (await client.post("/auth/sign-in", json=body)).status_code == 200
            realm.journal.verify(vendor="nbcgate", operation="sign_in", count=1)

        @pytest.mark.asyncio
        async def test_by_asyncio(auth_emulator):
            await signs_in(auth_emulator)

        @pytest.mark.anyio
        @pytest.mark.parametrize("anyio_backend", ["asyncio"])
        async def test_by_anyio(auth_emulator, anyio_backend):
            await signs_in(auth_emulator)

        def test_by_a_plain_test_beside_them(auth_emulator):
            auth_emulator.journal.never()
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=3)


def test_fixtures_of_a_users_own_stand_on_the_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from emulator.testing import Emulator, Realm
        from mine import sign_in

        @pytest.fixture(scope="module")
        def bank(auth_emulator_server):
            assert isinstance(auth_emulator_server, Emulator)
            with auth_emulator_server.realm("bank") as realm:
                realm.vault.add_user("eve@example.com", "E5#fG6$h")
                yield realm

        @pytest.fixture
        def signed_in(auth_emulator):
            assert isinstance(auth_emulator, Realm)
            return sign_in(auth_emulator).json()["access_token"]

        def test_one(bank, signed_in, auth_emulator):
            assert auth_emulator.vault.introspect(signed_in)["active"]
            assert not bank.vault.introspect(signed_in)["active"]
            bank.vault.lock("eve@example.com")

        def test_other(bank):
            assert bank.vault.users.get("eve@example.com").status == "locked"
        """
    )
    pytester.runpytest_inprocess("-p", "no:randomly").assert_outcomes(passed=2)


def test_a_unittest_case_uses_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import unittest, pytest
        from mine import sign_in

        class TestBank(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def have(self, auth_emulator):
                self.realm = auth_emulator

            def test_it_signs_in(self):
                self.assertEqual(sign_in(self.realm).status_code, 200)

            def test_it_is_reported_why_not(self):
                self.assertEqual(sign_in(self.realm, "wrong").status_code, 200)
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*auth-emulator: calls in realm test_it_is_reported_why_not-*",
            "#1 * 401 * wrong_credentials",
        ]
    )
