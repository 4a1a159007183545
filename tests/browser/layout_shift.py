"""How much of a page jumped while it was open, as Chromium's layout instability counts it."""

from typing import Final

from playwright.sync_api import Page

from tests.support.figures import note

MOST: Final = 0.05
_WATCH: Final = """
    window.shifts = [];
    new PerformanceObserver(list => window.shifts.push(...list.getEntries().filter(each => !each.hadRecentInput)))
        .observe({ type: "layout-shift", buffered: true });
"""
_SHIFT: Final = "() => window.shifts.reduce((sum, { value }) => sum + value, 0)"
_SHIFTED: Final = """() => window.shifts.map(({ value, sources }) => [value.toFixed(3),
    ...sources.map(({ node }) => node?.outerHTML?.slice(0, 60) ?? node?.nodeName)].join(" "))"""


def watch_shifts(page: Page) -> None:
    """From the next address on."""
    page.add_init_script(_WATCH)


def assert_stayed(page: Page, name: str) -> None:
    """What is watched must have stayed where it was, apart from what followed a key or a tap at once."""
    shift = page.evaluate(_SHIFT)
    note(f"layout shift of {name} at {page.evaluate('innerWidth')}", shift)
    assert shift <= MOST, page.evaluate(_SHIFTED)
