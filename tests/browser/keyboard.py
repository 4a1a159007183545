"""A page used by the keyboard alone."""

from typing import Final

from playwright.sync_api import Locator, Page

_MOST_STEPS: Final = 60


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(_MOST_STEPS):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {wanted}")
