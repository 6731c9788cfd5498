"""The control API's own Swagger page: every call is there, and its example works."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from driving import FIXTURE, pair
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from serving import Served, client, serving

from emulator.app import CATALOG
from emulator.control import control_routers
from emulator.http.route import ControlRoute

FIRST = ("post", "put", "patch", "get", "delete")
"""What is made is there before it is shown, and is removed last."""


@pytest.fixture(scope="module")
def document(served: Served) -> dict[str, Any]:
    with client(served) as http:
        document: dict[str, Any] = http.get("/_emulator/openapi.json").raise_for_status().json()
    return document


def calls(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    found = [
        (method, path, call)
        for path, methods in document["paths"].items()
        for method, call in methods.items()
    ]
    return sorted(
        found, key=lambda call: (FIRST.index(call[0]), call[0] == "delete" and -len(call[1]))
    )


def test_the_document_is_openapi(document: dict[str, Any]) -> None:
    validate(document)


def test_every_call_is_in_it_and_none_of_them_in_the_vendors_document(
    served: Served, document: dict[str, Any]
) -> None:
    shown = {call["operationId"] for _, _, call in calls(document)}
    assert shown == {
        route.unique_id
        for router in control_routers(CATALOG)
        for route in router.routes
        if isinstance(route, ControlRoute) and route.methods != {"HEAD"}
    }
    with client(served) as http:
        vendors = http.get("/openapi.json").json()["paths"]
    assert not any(path.startswith("/_emulator") for path in vendors)


def test_every_call_says_what_it_does_under_a_tag_of_its_subject(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for _, _, call in calls(document):
        assert len(call["summary"]) > 5
        assert set(call["tags"]) <= tags


def requests(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each example of each call, as Swagger would send it."""
    for method, path, call in calls(document):
        parameters = call.get("parameters", [])
        sent_to = path
        query = {}
        for parameter in parameters:
            if parameter["in"] == "path":
                value = quote(parameter["example"], safe="")
                sent_to = sent_to.replace(f"{{{parameter['name']}}}", value)
            elif "example" in parameter:
                query[parameter["name"]] = parameter["example"]
        content = call.get("requestBody", {}).get("content", {})
        if not content:
            yield method, sent_to, {"params": query}
        for media_type, described in content.items():
            sends = "data" if "form" in media_type else "json"
            assert described["examples"], f"{method} {path} has no example"
            for example in described["examples"].values():
                yield method, sent_to, {"params": query, sends: example["value"]}


def test_each_example_works(document: dict[str, Any]) -> None:
    with serving(FIXTURE) as served, client(served) as http:
        pair(http)
        for method, path, sent in requests(document):
            if path.endswith("/journal/events"):
                with http.stream(method, path, **sent) as answer:
                    assert answer.status_code == 200
                continue
            answer = http.request(method, path, **sent)
            if path.endswith("/ca.pem"):
                assert answer.status_code == 404  # of a server without HTTPS
                continue
            assert answer.is_success, f"{method} {path} {sent}: {answer.text}"


def test_the_admin_token_is_asked_for_where_it_is_wanted(document: dict[str, Any]) -> None:
    for _, path, call in calls(document):
        is_open = any(
            p in path for p in (".well-known", "introspect", "revoke", "health", "ca.pem")
        )
        assert ("security" in call) is not is_open, path
    assert document["components"]["securitySchemes"] == {
        "adminToken": {"type": "http", "scheme": "bearer"}
    }


def test_a_realm_can_be_chosen(document: dict[str, Any]) -> None:
    assert [server["url"] for server in document["servers"]] == ["/", "/realms/{realm}"]


def test_the_page_is_there_and_loads_nothing_from_elsewhere(served: Served) -> None:
    with client(served) as http:
        page = http.get("/_emulator/docs")
        assert page.status_code == 200
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert "https://" not in page.text
        for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"):
            assert f"../docs/assets/{asset}" in page.text
            address = httpx.URL(f"{served.url}/_emulator/docs").join(f"../docs/assets/{asset}")
            assert http.get(address).status_code == 200


def test_what_fastapi_says_of_its_own_validation_is_not_in_it(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert "ValidationError" not in text
    assert "Validation Error" not in text
    assert "x-outcomes" not in text


def test_what_an_answer_holds_is_declared(document: dict[str, Any]) -> None:
    for _, path, call in calls(document):
        for status, response in call["responses"].items():
            for content in response.get("content", {}).values():
                assert content["schema"], f"{path} {status}"


def test_each_example_fits_the_schema_of_its_body(document: dict[str, Any]) -> None:
    found = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                schema = {**content["schema"], "components": document["components"]}
                for example in content.get("examples", {}).values():
                    Draft202012Validator(schema).validate(example["value"])
                    found += 1
    assert found > 20


def test_what_put_answers_for_what_was_there_already_is_shown_too(document: dict[str, Any]) -> None:
    for path in ("/_emulator/realms/{name}", "/_emulator/vault/users/{name}"):
        assert {"200", "201"} <= document["paths"][path]["put"]["responses"].keys()
