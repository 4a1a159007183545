"""The page of the API in Chromium: it asks nobody but us, and breaks no rule of its own."""

from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.site import Site
from tests.support.accessibility import assert_accessible
from tests.support.asking import answers
from tests.support.services import Stack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser


def check(page: Page, origin: str) -> None:
    """Open it, and look at what it requested and complained about."""
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.on("console", lambda line: complaints.append(line.text))
    page.goto(f"{origin}/docs", wait_until="networkidle")
    assert {url.removeprefix(origin) for url in requested} >= {"/docs", "/docs.css"}
    assert all(url.startswith(f"{origin}/") for url in requested), requested
    endpoint = page.locator("summary", has_text="/api/camera/frames/{frame_id}/thumbnail")
    endpoint.click()
    assert page.locator("details[open]").get_by_text("frame_id", exact=True).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
    assert page.locator("body").evaluate("body => getComputedStyle(body).maxWidth") == "1100px", "its style applies"


def test_streams_page_lists_the_archives_endpoints_and_asks_only_us(site: Site, page: Page) -> None:
    """Its own as well."""
    check(page, site.origin)
    assert page.locator("summary", has_text="/api/devices").is_visible()
    assert_accessible(page)
    page.set_viewport_size({"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits on a phone"
    page.get_by_role("link", name="Framecast").click()
    page.wait_for_url(f"{site.origin}/")


def test_the_archivers_page_asks_only_it(page: Page, tmp_path: Path) -> None:
    """It has no pages, and its own address for this one."""
    stack = Stack(tmp_path)
    archiver = stack.start("archiver")
    try:
        origin = stack.environment["ARCHIVER_URL"]
        wait_until(partial(answers, urlsplit(origin).port or 0), "the archiver answers", 20)
        check(page, origin)
    finally:
        archiver.stop()
