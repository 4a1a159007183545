"""Screenshots of the pages as the tests saw them, to look at after a run."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

DIRECTORY: Final = Path(__file__).parents[2] / "test-results/screenshots"


def keep(page: Page, name: str) -> Path:
    """Write a screenshot of the page to `test-results/screenshots/NAME.png`."""
    path = DIRECTORY / f"{name}.png"
    page.screenshot(path=path)
    return path
