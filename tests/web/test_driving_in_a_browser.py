"""The control API by hand, on its own Swagger page."""

from pages import Visit, opened
from playwright.sync_api import expect


def test_the_clock_is_moved_by_hand_in_a_realm_made_by_hand(visit: Visit) -> None:
    page = visit.to("/_emulator/docs")
    page.wait_for_load_state("networkidle")
    assert visit.complaints == []

    opened(page, "/_emulator/realms/{name}", "put").execute(201)
    page.locator(".servers select").first.select_option("/realms/{realm}")
    expect(page.locator(".computed-url code")).to_contain_text("/realms/t42")
    body = opened(page, "/_emulator/clock", "put").execute(200).locator("code.language-json")
    expect(body).to_contain_text('"frozen": false')
    assert any(url.endswith("/realms/t42/_emulator/clock") for url in visit.requests)
    assert visit.strangers == []


def test_the_vendors_page_leads_to_it(visit: Visit) -> None:
    link = visit.to("/docs").get_by_role("link", name="its own page")
    with visit.page.expect_popup() as opening:
        link.click()
    expect(opening.value.locator(".info .title")).to_contain_text("control API")
    opening.value.close()
