"""Pages as a person meets them: in headless Chromium, with the network cut off."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, expect

WAIT_MS = 10_000
ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Visit:
    """A page, what it asked for, and what went wrong in it."""

    page: Page
    origin: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        page, complain = self.page, self.complaints.append
        page.set_default_timeout(WAIT_MS)
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda request: complain(f"{request.url}: {request.failure}"))
        page.on("pageerror", lambda error: complain(str(error)))
        page.on("console", lambda said: self._said(said.type, said.text))

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):  # Chromium says so of each answer of 400 and above too
            self.complaints.append(text)

    def to(self, path: str) -> Page:
        self.page.goto(self.origin + path)
        return self.page

    @property
    def strangers(self) -> list[str]:
        """What was asked of anyone but the emulator."""
        assert self.requests
        return [url for url in self.requests if not url.startswith(f"{self.origin}/")]


@dataclass(frozen=True)
class Operation:
    """An operation on the page, its form open."""

    block: Locator

    @property
    def form(self) -> Locator:
        return self.block.locator("textarea")

    def choose(self, example: str) -> None:
        examples = self.block.locator(".opblock-section-request-body .examples-select select")
        examples.select_option(example)
        expect(self.form).to_have_value(re.compile(re.escape(f'"{example}"')))

    def execute(self, status: int) -> Locator:
        """Sends what stands in the form; the live response, which has this status."""
        self.block.get_by_role("button", name="Execute", exact=True).click()
        response = self.block.locator(".live-responses-table tbody tr.response")
        expect(response.locator(".response-col_status")).to_contain_text(str(status))
        return response


def opened(page: Page, path_shown: str, method: str = "") -> Operation:
    """The operation at a path; `method` tells it from others there."""
    path = page.locator(f'[data-path="{path_shown}"]')
    block = page.locator(f".opblock{f'-{method}' if method else ''}").filter(has=path)
    summary = block.locator(".opblock-summary-control")
    if summary.get_attribute("aria-expanded") == "false":
        summary.click()
    expect(block.locator(".try-out__btn")).to_be_visible()
    closed_form = block.get_by_role("button", name="Try it out")
    if closed_form.is_visible():
        closed_form.click()
    return Operation(block)
