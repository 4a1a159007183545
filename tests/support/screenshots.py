"""Pictures of the pages as the tests saw them, kept for whoever looks at a run."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

DIRECTORY: Final = Path(__file__).parents[2] / "test-results/screenshots"


def keep(page: Page, name: str) -> Path:
    """Write what the page shows now to `test-results/screenshots/NAME.png`."""
    path = DIRECTORY / f"{name}.png"
    page.screenshot(path=path)
    return path
