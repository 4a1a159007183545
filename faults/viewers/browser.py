"""A real Chromium with the live page open: what people see there, and what the page says of it."""

import base64
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Error, Page

from faults.audience import BROWSER, BROWSER_PAGE
from faults.facts import Sight, Told
from faults.viewers.door import VIEWER_TOKEN, Door
from faults.viewers.viewer import taken_at_of
from tests.support.browser import CHROMIUM, running_chromium

LOOK_MS: Final = 500
"""Twice a second, as the lab's other pages."""
SHOWN: Final = """() => {
    const feed = document.querySelector(".tile.chosen camera-feed");
    const canvas = feed.shadowRoot.querySelector("canvas");
    const text = id => document.getElementById(id).textContent.trim();
    const isWell = document.getElementById("bar").dataset.state === "live";
    return {
        at: Date.now() / 1000,
        live: feed.state === "live",
        words: [text("problem"), isWell ? "" : `${text("title")} ${feed.reason}`.trim()],
        png: canvas.toDataURL("image/png").split(",")[1],
    };
}"""
"""All of one moment: the element's state, the words in the bar, its own words, and the picture in the canvas."""


def missing_browser() -> str | None:
    return None if Path(CHROMIUM).exists() else f"{CHROMIUM} is not installed: apt-get install chromium"


class BrowserPage:
    """The live page of one replica with one camera large, which asks the archive for its latest frames. It is opened
    once, and has to find back by itself after each fault. A thread of its own drives it.
    """

    def __init__(self, door: Door, note: Callable[[Sight | Told], None], happened: Callable[[str], None]) -> None:
        self._door = door
        self._note = note
        self._happened = happened
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=BROWSER_PAGE, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(20)

    def _run(self) -> None:
        with running_chromium() as browser:
            page = self._opened(browser)
            while page is not None and not self._stop.is_set():
                page.wait_for_timeout(LOOK_MS)
                self._look(page)

    def _opened(self, browser: Browser) -> Page | None:
        """By the login page. It is tried until the replica answers; None when the lab ends before."""
        page = browser.new_context(viewport={"width": 800, "height": 600}, timezone_id="UTC").new_page()
        page.on("pageerror", lambda error: self._happened(f"{BROWSER_PAGE} has an error: {error}"))
        _, camera, _ = BROWSER
        while not self._stop.is_set():
            try:
                page.goto(f"http://127.0.0.1:{self._door.port}/?camera={camera}")
                page.get_by_label("Password").fill(VIEWER_TOKEN)
                page.keyboard.press("Enter")
                page.wait_for_selector(".tile.chosen camera-feed", state="attached")
            except Error:
                page.wait_for_timeout(LOOK_MS)
            else:
                return page
        return None

    def _look(self, page: Page) -> None:
        try:
            shown: dict[str, Any] = page.evaluate(SHOWN)
        except Error as error:
            self._happened(f"{BROWSER_PAGE} can't be looked at: {error}")
            return
        _, camera, _ = BROWSER
        taken_at = taken_at_of(base64.b64decode(shown["png"])) if shown["live"] else None
        self._note(Sight(" ".join(BROWSER), camera, shown["at"], taken_at, shown["live"]))
        words = tuple(f"{camera}: {text}" for text in shown["words"] if text)
        self._note(Told(BROWSER_PAGE, shown["at"], words))
