"""Makes the pictures of the docs: `scripts/screenshots`."""

import shutil
import sys
from pathlib import Path

from pages import ARGUMENTS, opened
from playwright.sync_api import Page, sync_playwright

from emulator.testing import Emulator

DOCS = Path(__file__).parents[1] / "docs"
WIDTH = 900
HEIGHT = 560

WRONG_PASSWORD = '{"email": "alice@example.com", "password": "correct-horse "}'


def refused_sign_in(page: Page, url: str) -> None:
    """A sign-in to NBC Gate that was refused, in Swagger UI, with its reason."""
    page.goto(f"{url}/docs")
    operation = opened(page, "/auth/sign-in")
    operation.form.fill(WRONG_PASSWORD)
    operation.execute(400)
    shown = operation.block.locator(".responses-inner > div > div").first
    shown.screenshot(path=DOCS / "swagger.png")


def main() -> int:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("chromium is missing (Debian: apt-get install chromium)\n")
        return 1
    with Emulator() as emulator, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        refused_sign_in(page, emulator.url)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
