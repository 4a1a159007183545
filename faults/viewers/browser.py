"""A real Chromium with Framecast's pages open: what people see there, and what the pages say of it."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Error, Page

from faults.facts import Sight, Told
from faults.viewers.door import VIEWER_TOKEN, Door
from faults.viewers.tabs import TABS, Tab
from tests.support.browser import CHROMIUM, running_chromium

LOOK_MS: Final = 500
"""Twice a second, as the lab's other pages."""


def missing_browser() -> str | None:
    return None if Path(CHROMIUM).exists() else f"{CHROMIUM} is not installed: apt-get install chromium"


class BrowserWatch:
    """The pages of one replica: the live page with one camera large, the status page, the timeline. Each is opened
    once, has connections of its own, and has to find back by itself after each fault. A thread of its own drives them.
    """

    def __init__(self, door: Door, note: Callable[[Sight | Told], None], happened: Callable[[str], None]) -> None:
        self._door = door
        self._note = note
        self._happened = happened
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="browser", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)

    def _run(self) -> None:
        with running_chromium() as browser:
            pages = [(tab, self._opened(browser, tab)) for tab in TABS]
            while not self._stop.is_set():
                for tab, page in pages:
                    if page is not None:
                        self._look(tab, page)
                self._stop.wait(LOOK_MS / 1000)

    def _opened(self, browser: Browser, tab: Tab) -> Page | None:
        """By the login page. It is tried until the replica answers; None when the lab ends before."""
        page = browser.new_context(viewport={"width": 800, "height": 600}, timezone_id="UTC").new_page()
        page.on("pageerror", lambda error: self._happened(f"{tab.name} has an error: {error}"))
        while not self._stop.is_set():
            try:
                page.goto(f"http://127.0.0.1:{self._door.port}/{tab.path}")
                page.get_by_label("Password").fill(VIEWER_TOKEN)
                page.keyboard.press("Enter")
                page.wait_for_selector(tab.shows, state="attached")
            except Error:
                page.wait_for_timeout(LOOK_MS)
            else:
                return page
        return None

    def _look(self, tab: Tab, page: Page) -> None:
        try:
            shown = page.evaluate(tab.script)
        except Error as error:
            # As when it has gone to the login page.
            self._happened(f"{tab.name} can't be looked at, at {page.url}: {str(error).splitlines()[0]}")
            return
        for fact in tab.facts(shown):
            self._note(fact)
