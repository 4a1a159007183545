"""What the tests of the pages share: a phone and a desk, and a page without a complaint of the browser in the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, Page, ViewportSize

from tests.support.screenshots import keep

SIZES: Final = {
    "phone": ViewportSize(width=320, height=640),
    "desk": ViewportSize(width=1280, height=800),
    "wall": ViewportSize(width=3840, height=2160),
}


@contextmanager
def opened(browser: Browser, size: str, *, excused: str = "status of 502") -> Iterator[Page]:
    """A page in Berlin. What it complains of is `excused` when that is in the words."""
    context = browser.new_context(
        viewport=SIZES[size], timezone_id="Europe/Berlin", locale="en-GB", has_touch=size == "phone"
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    try:
        yield page
    finally:
        context.close()
    inexcusable = [text for text in complaints if excused not in text]
    assert inexcusable == [], inexcusable


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def keep_of(page: Page, name: str) -> None:
    """Keep a picture of the page, named for its width as well."""
    width = page.evaluate("innerWidth")
    keep(page, f"{name}-{width}")
