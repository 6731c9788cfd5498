import os
import shutil
from collections.abc import Iterator

import pytest
from pages import ARGUMENTS, WAIT_MS, Visit
from playwright.sync_api import BrowserContext, expect, sync_playwright
from serving import Served


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    chromium = shutil.which("chromium")
    if not chromium and os.environ.get("CI") == "true":
        pytest.fail("chromium is missing: apt-get install chromium")
    if not chromium:
        pytest.skip("chromium is not installed; it is in Debian's package chromium")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        with browser.new_context() as context:
            yield context
        browser.close()


@pytest.fixture
def visit(context: BrowserContext, demo: Served) -> Iterator[Visit]:
    with context.new_page() as page:
        yield Visit(page, demo.url)
