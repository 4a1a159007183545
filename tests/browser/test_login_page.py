"""The login page in real Chromium: it looks like the other pages, and loads only files that need no password."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.sizes import SIZES, fits, keep_of, opened
from tests.support.accessibility import assert_accessible
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.web.support import SECRETS, VIEWER

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def replica() -> Iterator[Replica]:
    with running_replica(f"tcp://127.0.0.1:{free_port()}", settings=SECRETS) as replica:
        yield replica


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    with opened(chromium, request.param, excused="status of 401") as page:
        yield page


def test_it_is_complete_without_a_password(page: Page, replica: Replica) -> None:
    """Its style, script and icon must be open to strangers, or the page would look broken."""
    refused: list[str] = []
    page.on("response", lambda response: refused.append(response.url) if response.status >= 400 else None)
    page.goto(f"http://127.0.0.1:{replica.port}/status")
    expect(page).to_have_title(re.compile("Log in"))
    expect(page.get_by_label("Password")).to_be_focused()
    assert page.locator("main").evaluate("main => getComputedStyle(main).borderRadius") != "0px"
    assert page.locator("img").evaluate("image => image.naturalWidth") > 0
    assert refused == []
    assert fits(page)
    assert_accessible(page)
    keep_of(page, "login")


def test_a_wrong_password_is_reported_and_the_right_one_opens_the_page(page: Page, replica: Replica) -> None:
    """By keyboard alone. The right password leads to the requested page."""
    page.goto(f"http://127.0.0.1:{replica.port}/connect?camera=garden")
    page.keyboard.type("not this one")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("That is not the password.")
    assert_accessible(page)
    keep_of(page, "login-wrong")
    page.keyboard.type(VIEWER)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"http://127.0.0.1:{replica.port}/connect?camera=garden")


def test_it_keeps_the_chosen_colours(page: Page, replica: Replica) -> None:
    """The browser stores the choice for all pages, and the login page has the button too."""
    page.goto(f"http://127.0.0.1:{replica.port}/login")
    colour = "getComputedStyle(document.documentElement).backgroundColor"
    page.locator("#theme").click()
    light = page.evaluate(colour)
    page.locator("#theme").click()
    assert page.evaluate(colour) != light
    dark = page.evaluate(colour)
    page.reload()
    assert page.evaluate(colour) == dark
