"""The pages that the lab's browser has open, and what it reads of each at a look. Pure, but for the scripts."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from faults.audience import BROWSER, BROWSER_PAGE, STATUS_PAGE, TIMELINE_PAGE
from faults.facts import Sight, Told
from faults.viewers.viewer import taken_at_of

CAMERA: Final = BROWSER[1]
LIVE: Final = """() => {
    const feed = document.querySelector(".tile.chosen camera-feed");
    const canvas = feed.shadowRoot.querySelector("canvas");
    const text = id => document.getElementById(id).textContent.trim();
    const isWell = document.getElementById("bar").dataset.state === "live";
    return {
        at: Date.now() / 1000,
        live: feed.state === "live",
        words: [text("problem"), ...(isWell ? [] : [text("title"), feed.reason])],
        png: canvas.toDataURL("image/png").split(",")[1],
    };
}"""
"""All of one moment: the element's state, the words in the bar, its own words, and the picture in the canvas."""
STATUS: Final = """() => ({
    at: Date.now() / 1000,
    words: [...document.getElementById("problems").children].map(line => line.textContent.trim()),
})"""
TIMELINE: Final = """() => {
    const text = id => document.getElementById(id).textContent.trim();
    const note = text("note");
    const now = Date.now();
    if (now - (window.lookedForNewsAt ?? 0) >= 1000) {
        window.lookedForNewsAt = now;
        dispatchEvent(new Event("online"));
    }
    return { at: now / 1000, words: [/^[\\d.,]+ [kMG]?B/.test(note) ? "" : note] };
}"""
"""Below the title stands the picture's size, or what is wrong. The page itself looks for news once a minute, and when
its computer is online again, which the lab says each second: as a viewer who goes from picture to picture asks.
"""


@dataclass(frozen=True, slots=True)
class Tab:
    """`path` is its page, which is there once it has the element `shows`. `script` gives what `facts` understands."""

    name: str
    path: str
    shows: str
    script: str
    facts: Callable[[dict[str, Any]], Iterator[Sight | Told]]


def _of_live_page(shown: dict[str, Any]) -> Iterator[Sight | Told]:
    taken_at = taken_at_of(base64.b64decode(shown["png"])) if shown["live"] else None
    yield Sight(" ".join(BROWSER), CAMERA, shown["at"], taken_at, shown["live"])
    yield Told(BROWSER_PAGE, shown["at"], tuple(f"{CAMERA}: {text}" for text in shown["words"] if text))


def _told_by(name: str) -> Callable[[dict[str, Any]], Iterator[Sight | Told]]:
    def facts(shown: dict[str, Any]) -> Iterator[Sight | Told]:
        yield Told(name, shown["at"], tuple(text for text in shown["words"] if text))

    return facts


TABS: Final = (
    Tab(BROWSER_PAGE, f"?camera={CAMERA}", ".tile.chosen camera-feed", LIVE, _of_live_page),
    Tab(STATUS_PAGE, "status", "#problems", STATUS, _told_by(STATUS_PAGE)),
    Tab(TIMELINE_PAGE, f"archive?camera={CAMERA}", "#note", TIMELINE, _told_by(TIMELINE_PAGE)),
)
