"""The rest of NBC Gate's Auth tree, whose names alone the vendor publishes."""

import httpx
import pytest
from serving import client, serving

from emulator.app import demo_fixture, load_fixture

pytestmark = pytest.mark.assumed
TREE = load_fixture("nbcgate-auth-tree").fixture.resources


def test_it_is_laid_over_the_demo_by_its_name() -> None:
    with serving(["demo", "nbcgate-auth-tree"]) as served, client(served) as http:
        for resource in TREE:
            answer = http.post(resource.path, json={})
            expected = 200 if resource.bearer == "none" else 401
            assert answer.status_code == expected, resource.path
        body = {"email": "alice@example.com", "password": "correct-horse"}
        assert http.post("/auth/sign-in", json=body).status_code == 200


@pytest.mark.parametrize("resource", TREE, ids=lambda resource: resource.path)
def test_without_it_the_reason_says_how_to_have_it(http: httpx.Client, resource: object) -> None:
    path = getattr(resource, "path", "")
    answer = http.post(path, json={})
    assert answer.status_code == 404
    assert "the fixture nbcgate-auth-tree has it" in answer.headers["X-Emulator-Reason"]


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("/auth/token/refresh", "assumed_endpoints: true and token_response: object add it"),
        ("/auth/token/check", "assumed_endpoints: true adds it"),
        ("/auth/log-out", "assumed_endpoints: true adds it"),
        ("/auth/tfa/otp/email", "assumed_endpoints: true adds it"),
    ],
)
def test_an_endpoint_that_is_switched_off_says_what_switches_it_on(path: str, remedy: str) -> None:
    with serving(demo_fixture()) as served, client(served) as http:
        answer = http.post(path, json={})
    assert answer.status_code == 404
    assert answer.headers["X-Emulator-Reason"].endswith(remedy)
