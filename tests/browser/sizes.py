"""Screen sizes for the tests of the pages, and a page that fails the test if the browser reports an error."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, Page, ViewportSize

from tests.support.screenshots import keep

SIZES: Final = {
    "phone": ViewportSize(width=320, height=640),
    "larger phone": ViewportSize(width=390, height=844),
    "desk": ViewportSize(width=1280, height=800),
    "wall": ViewportSize(width=3840, height=2160),
}


ENDED: Final = ("Failed to load resource: net::ERR_", "An unknown error occurred when fetching the script.")
"""What a page says of a server that has ended before it, and of its worker where it is closed itself before that is
there. Pages ask each second, so one that is about to close may.
"""


@contextmanager
def opened(browser: Browser, size: str, *, excused: str | tuple[str, ...] = "status of 502") -> Iterator[Page]:
    """Open a page with Berlin's clock. Errors that contain `excused`, or one of them, are ignored."""
    context = browser.new_context(
        viewport=SIZES[size], timezone_id="Europe/Berlin", locale="en-GB", has_touch=size.endswith("phone")
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    try:
        yield page
    finally:
        context.close()
    known = (*ENDED, excused) if isinstance(excused, str) else (*ENDED, *excused)
    inexcusable = [text for text in complaints if not any(one in text for one in known)]
    assert inexcusable == [], inexcusable


def fits(page: Page) -> bool:
    """Whether the page needs no horizontal scrolling."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def keep_of(page: Page, name: str) -> None:
    """Keep a screenshot of the page, with its width in the name."""
    width = page.evaluate("innerWidth")
    keep(page, f"{name}-{width}")
