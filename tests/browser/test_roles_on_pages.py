"""Who is logged in stands in every header, and a viewer sees no button that only the operator may press."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import Site, running_site
from tests.browser.sizes import fits
from tests.support.accessibility import assert_accessible
from tests.support.screenshots import keep
from tests.web.support import OPERATOR, SECRETS, VIEWER

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
PAGES = ("", "archive", "status", "connect")


@pytest.fixture(scope="module")
def locked() -> Iterator[Site]:
    with running_site(settings=SECRETS) as site:
        yield site


def log_in(page: Page, site: Site, password: str, path: str = "") -> None:
    page.goto(f"{site.origin}/{path}")
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_selector("header")


@pytest.mark.parametrize("path", PAGES)
def test_every_header_says_who_is_logged_in_and_logs_out(page: Page, locked: Site, path: str) -> None:
    """A viewer can log in as the operator there, and comes back to the same page."""
    log_in(page, locked, VIEWER, path)
    who = page.locator("header .who")
    expect(who).to_contain_text("Viewer")
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page)
    assert_accessible(page)
    who.get_by_role("link", name="Log in as operator").click()
    page.fill("#password", OPERATOR)
    page.press("#password", "Enter")
    expect(who.locator(".operator")).to_be_visible()
    expect(who.get_by_role("link")).to_be_hidden()
    assert page.url == f"{locked.origin}/{path}" or page.url.startswith(f"{locked.origin}/{path}?")
    who.get_by_role("button", name="Log out").click()
    expect(page.locator("#password")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390])
def test_an_operator_s_header_has_one_row_above_the_links_on_a_phone(page: Page, locked: Site, width: int) -> None:
    """It has room for the picture below."""
    page.set_viewport_size({"width": width, "height": 700})
    log_in(page, locked, OPERATOR)
    boxes = [page.locator(f"header {part}").bounding_box() for part in (".brand", ".who", "#theme")]
    middles = [box["y"] + box["height"] / 2 for box in boxes if box is not None]
    assert len(middles) == 3
    assert max(middles) - min(middles) < 2
    assert page.get_by_role("link", name="Framecast").is_visible()
    assert fits(page)
    keep(page, f"header-operator-{width}")


def test_a_viewer_is_told_what_only_the_operator_can_do(page: Page, locked: Site) -> None:
    """In place of the buttons."""
    log_in(page, locked, VIEWER, "archive")
    for name in ("Capture now", "Delete", "Make a time-lapse"):
        expect(page.get_by_role("button", name=name)).to_be_hidden()
    expect(page.get_by_text("only the operator can do this").locator("visible=true").first).to_be_visible()


def test_without_passwords_nobody_is_logged_in(page: Page) -> None:
    """So nothing is said of it."""
    with running_site() as site:
        page.goto(f"{site.origin}/archive")
        expect(page.get_by_role("button", name="Capture now")).to_be_visible()
        expect(page.locator("header .who")).to_be_hidden()
        expect(page.get_by_text("only the operator can do this").locator("visible=true")).to_have_count(0)
