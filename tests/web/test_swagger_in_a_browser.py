"""The pages as a person meets them: in headless Chromium, with the network cut off."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from pages import Visit, opened
from playwright.sync_api import BrowserContext, Error, expect
from serving import Served

from emulator.app import CATALOG, load_fixture
from emulator.core.outcomes import Outcome
from emulator.core.principals import ACTIVE
from emulator.http.openapi import OUTSIDE_OPERATIONS
from emulator.vendors.nbcgate.outcomes import OUTCOMES as NBCGATE_OUTCOMES
from emulator.vendors.omniomni.outcomes import OUTCOMES as OMNIOMNI_OUTCOMES
from emulator.vendors.vault.outcomes import OUTCOMES as VAULT_OUTCOMES

JWT = r'"eyJ[\w-]+\.[\w-]+\.[\w-]+"'


@dataclass(frozen=True)
class Shown:
    """A vendor as the page is to show it; `token` is what stands in front of it in an answer.

    `others` are its further operations; `resource` is the demo's protected one, and what it
    answers to a good token.
    """

    tag: str
    path: str
    outcomes: tuple[Outcome, ...]
    token: str
    first_example: str
    refused: Mapping[str, tuple[int, str]]
    scheme: str
    resource: tuple[str, str]
    others: tuple[str, ...] = ()
    elsewhere: frozenset[str] = OUTSIDE_OPERATIONS

    @property
    def paths(self) -> list[str]:
        return [self.path, *self.others, self.resource[0]]


OMNIOMNI = Shown(
    tag="Auth",
    path="/ecrop-command/omni-omni/v1/auth/client-token",
    outcomes=OMNIOMNI_OUTCOMES,
    token='"accessToken": ',
    first_example="demo-client",
    refused={"server-error-client": (500, "server_error")},
    scheme="Bearer Authentication",
    resource=("/ecrop-command/omni-omni/v1/offers", '"offers": []'),
)
OF_ASSUMED_ENDPOINTS = {
    *("otp_mailed", "otp_too_early", "otp_not_mailed", "token_valid", "logged_out", "refreshed"),
    *("refresh_token_expired", "refresh_token_reused", "refresh_token_invalid"),
}
"""The outcomes of NBC Gate that the demo cannot end in."""

NBCGATE = Shown(
    tag="NBC Gate",
    path="/auth/sign-in",
    outcomes=NBCGATE_OUTCOMES,
    token="^",
    first_example="alice@example.com",
    refused={"server-error@example.com": (500, "server_error")},
    scheme="NBC Gate token",
    resource=("/balance/{coin}", '"owner": "alice@example.com"'),
    elsewhere=OUTSIDE_OPERATIONS | OF_ASSUMED_ENDPOINTS,
)
VAULT = Shown(
    tag="Vault",
    path="/reg/auth/token",
    outcomes=VAULT_OUTCOMES,
    token='"access_token": ',
    first_example="alice@example.com",
    refused={
        "locked@example.com": (401, "user_blocked"),
        "server-error@example.com": (500, "server_error"),
    },
    scheme="Vault token",
    resource=("/accounts", '"accounts": []'),
    others=("/reg/user/session/logout/current",),
    elsewhere=OUTSIDE_OPERATIONS | {"logged_out"},
)
VENDORS = (OMNIOMNI, NBCGATE, VAULT)
EACH_VENDOR = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.tag)


@pytest.fixture(scope="module")
def docs(context: BrowserContext, demo: Served) -> Iterator[Visit]:
    """The page, for tests that only read it."""
    with context.new_page() as page:
        docs = Visit(page, demo.url)
        docs.to("/docs")
        yield docs


def test_the_browser_reaches_nothing_but_the_emulator(visit: Visit, demo: Served) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        visit.page.goto(f"http://localhost:{demo.port}/docs")


def test_one_page_has_three_tags_with_their_operations_and_asks_no_one_else(docs: Visit) -> None:
    sections = docs.page.locator(".opblock-tag-section")
    expect(sections).to_have_count(len(VENDORS))
    docs.page.wait_for_load_state("networkidle")

    for vendor, section in zip(VENDORS, sections.all(), strict=True):
        expect(section.locator(".opblock-tag .nostyle")).to_have_text(vendor.tag)
        shown = section.locator(".opblock-summary-path").all_inner_texts()
        assert sorted(path.replace("\u200b", "") for path in shown) == sorted(vendor.paths)
    assert f"{docs.origin}/openapi.json" in docs.requests
    assert docs.strangers == []
    assert docs.complaints == []


@EACH_VENDOR
def test_the_first_example_signs_in_and_others_are_refused(visit: Visit, vendor: Shown) -> None:
    operation = opened(visit.to("/docs"), vendor.path)
    expect(operation.form).to_have_value(re.compile(re.escape(f'"{vendor.first_example}"')))
    body = operation.execute(200).locator("code.language-json")
    expect(body).to_have_text(re.compile(vendor.token + JWT))
    assert visit.complaints == []

    for example, (status, outcome) in vendor.refused.items():
        operation.choose(example)
        expect(operation.execute(status)).to_contain_text(f"x-emulator-reason: {outcome};")
    assert visit.strangers == []


@EACH_VENDOR
def test_authorize_sends_the_token_to_the_protected_resource(visit: Visit, vendor: Shown) -> None:
    page = visit.to("/docs")
    answer = opened(page, vendor.path).execute(200).locator("code.language-json").inner_text()
    token = re.search(JWT, answer)
    assert token is not None
    path, expected = vendor.resource
    resource = opened(page, path)
    for parameter in resource.block.get_by_placeholder("coin").all():
        parameter.fill("BTC")
    expect(resource.execute(401)).to_contain_text("x-emulator-reason: invalid_token;")

    page.locator(".scheme-container").get_by_role("button", name="Authorize").click()
    asked = page.locator(".auth-container").filter(has_text=vendor.scheme)
    asked.get_by_role("textbox").fill(token[0].strip('"'))
    asked.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close").last.click()
    expect(resource.execute(200)).to_contain_text(expected)
    assert visit.strangers == []


@EACH_VENDOR
def test_each_outcome_stands_under_its_status_with_its_provenance(
    docs: Visit, vendor: Shown
) -> None:
    rows = opened(docs.page, vendor.path).block.locator("tr.response[data-code]")
    said = {
        (row.get_attribute("data-code"), text.partition(":")[0])
        for row in rows.all()
        for text in row.locator(".renderedMarkdown li").all_inner_texts()
    }
    examples = set(rows.locator(".examples-select-element option").all_inner_texts())

    shown = [o for o in vendor.outcomes if o.name not in vendor.elsewhere]
    assert said == {(str(o.status), f"{o.name} ({o.provenance})") for o in shown}
    assert examples == {f"{o.name} ({o.provenance})" for o in shown if o.body is not None}


def test_nbc_gate_says_that_the_vendor_prints_two_slashes(docs: Visit) -> None:
    description = opened(docs.page, NBCGATE.path).block.locator(".opblock-description")
    expect(description).to_contain_text("The vendor prints this path with two slashes")
    expect(description).to_contain_text("POST //auth/sign-in")


def test_the_start_page_lists_principals_and_its_links_work(visit: Visit) -> None:
    page = visit.to("/")
    listed = page.get_by_role("listitem").all_inner_texts()
    demo = load_fixture(None).fixture
    for vendor in CATALOG:
        section = demo.section(vendor)
        for principal in (p for kind in section.kinds for p in section.principals(kind)):
            status = "" if principal.status == ACTIVE else f": {principal.status}"
            assert f"{principal.name}{status}" in listed

    page.get_by_role("link", name="Swagger UI").click()
    expect(page.locator(".opblock-tag-section")).to_have_count(len(VENDORS))
    page.wait_for_load_state("networkidle")
    assert visit.complaints == []

    visit.to("/").get_by_role("link", name="OpenAPI").click()
    page.wait_for_url(f"{visit.origin}/openapi.json")
    document = json.loads(page.locator("body").inner_text())
    assert sorted(document["paths"]) == sorted(path for vendor in VENDORS for path in vendor.paths)
    assert visit.strangers == []
