"""Resources that a test adds to its realm."""

from typing import Any

import driving
import httpx
import pytest

FIXTURE = driving.FIXTURE
RESOURCES = "/_emulator/resources"
TRANSFERS = {"vendor": "vault", "path": "/transfers", "respond": {"body": {"transfers": []}}}


def add(http: httpx.Client, prefix: str = "", **members: Any) -> httpx.Response:
    return http.post(f"{prefix}{RESOURCES}", json=TRANSFERS | members)


def bearer(http: httpx.Client, prefix: str = "") -> dict[str, str]:
    return {"Authorization": f"Bearer {driving.vault(http, prefix).json()['access_token']}"}


def test_an_added_resource_checks_tokens_until_it_is_removed(http: httpx.Client) -> None:
    assert http.get("/transfers").status_code == 404
    added = add(http)
    assert (added.status_code, added.json()) == (201, {"id": "r1", **TRANSFERS})
    assert http.get("/transfers").status_code == 401
    assert http.get("/transfers", headers=bearer(http)).json() == {"transfers": []}
    assert http.get(RESOURCES).json() == {"resources": [{"id": "r1", **TRANSFERS}]}
    assert http.delete(f"{RESOURCES}/r1").status_code == 204
    assert http.get("/transfers").status_code == 404
    assert http.delete(f"{RESOURCES}/r1").status_code == 404


def test_the_one_added_last_takes_precedence_and_ids_are_used_once(http: httpx.Client) -> None:
    add(http, bearer="none")
    add(http, bearer="none", respond={"body": 2})
    assert http.get("/transfers").json() == 2
    assert http.delete(RESOURCES).status_code == 204
    assert http.get("/transfers").status_code == 404
    assert add(http).json()["id"] == "r3"


def test_a_realm_keeps_its_resources_to_itself_and_loses_them_with_a_reset(
    http: httpx.Client,
) -> None:
    http.put("/_emulator/realms/one").raise_for_status()
    add(http, "/realms/one", bearer="none").raise_for_status()
    assert http.get("/realms/one/transfers").status_code == 200
    assert http.get("/transfers").status_code == 404
    http.put("/_emulator/realms/two", json={"from": "one"}).raise_for_status()
    assert http.get("/realms/two/transfers").status_code == 200
    http.post("/realms/one/_emulator/reset").raise_for_status()
    assert http.get("/realms/one/transfers").status_code == 404


def test_a_path_before_sign_in_needs_no_token(http: httpx.Client) -> None:
    add(http, method="POST", bearer="none").raise_for_status()
    assert http.post("/transfers").json() == {"transfers": []}
    wrong = http.get("/transfers")
    assert (wrong.status_code, wrong.json()["status"]) == (405, "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("path", ["/omni-omni/v1/mine", "/ecrop-command/omni-omni/v1/mine"])
def test_omniomnis_resources_have_both_base_paths(http: httpx.Client, path: str) -> None:
    add(http, vendor="omniomni", path=path, bearer="none").raise_for_status()
    assert http.get("/omni-omni/v1/mine").status_code == 200
    assert http.get("/ecrop-command/omni-omni/v1/mine").status_code == 200


@pytest.mark.parametrize(
    ("members", "path", "said"),
    [
        ({"vendor": "valt"}, "vendor", 'did you mean "vault"?'),
        ({"path": "transfers"}, "path", "a path begins with /"),
        ({"bearer": "none", "scopes": ["a"]}, "", "scopes need a token"),
        ({"respond": None}, "", "expected one of respond and forward_to"),
    ],
)
def test_what_is_wrong_with_a_resource_is_refused(
    http: httpx.Client, members: dict[str, Any], path: str, said: str
) -> None:
    answer = add(http, **members)
    assert answer.status_code == 400
    assert any(e["path"] == path and said in e["message"] for e in answer.json()["errors"])
    assert http.get(RESOURCES).json() == {"resources": []}
