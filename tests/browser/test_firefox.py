"""<camera-feed> in Firefox. Browsers differ in sockets, streams, decoding and the events of an <img>."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.site import PATIENCE_SECONDS, Pages, Site, running_site, serving_pages
from tests.clients.marionette import FIREFOX, Firefox, MarionetteError
from tests.support.waiting import wait_until

pytestmark = pytest.mark.clients(FIREFOX, "firefox-esr")
# WebSockets that can be refused, or that stay open but deliver nothing.
SOCKETS = """<script>
    window.sockets = 0;
    const Real = WebSocket;
    window.WebSocket = class extends Real {
        constructor(url) {
            super(window.refuses ? "ws://127.0.0.1:9" : url);
            const number = ++window.sockets;
            this.addEventListener("message", (event) => {
                if (window.silenced >= number) event.stopImmediatePropagation();
            });
        }
    };
</script>"""


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Site, Pages]]:
    with serving_pages() as pages, running_site(settings={"allowed_origins": pages.origin}) as site:
        yield site, pages


def facts(firefox: Firefox, name: str) -> Any:
    """A property of the element; None between one document and the next."""
    try:
        return firefox.evaluate(f"document.querySelector('camera-feed')?.{name} ?? null")
    except MarionetteError:
        return None


def assert_it_plays(firefox: Firefox, transport: str) -> None:
    wait_until(lambda: facts(firefox, "transport") == transport, f"it plays over {transport}", PATIENCE_SECONDS)
    wait_until(lambda: facts(firefox, "state") == "live", "it is live", PATIENCE_SECONDS)
    assert facts(firefox, "pictureWidth") >= 320


def test_it_plays_in_firefox_over_a_websocket_and_notices_a_stall(firefox: Firefox, place: tuple[Site, Pages]) -> None:
    """The capture time changes, so the picture moves. A silent socket is replaced."""
    site, pages = place
    html = f'{SOCKETS}<script type="module" src="{site.origin}/camera-feed.js"></script><camera-feed></camera-feed>'
    firefox.open(pages.put("/socket", html))
    assert_it_plays(firefox, "websocket")
    first = facts(firefox, "capturedAt")
    wait_until(lambda: facts(firefox, "capturedAt") != first, "it moves", PATIENCE_SECONDS)
    assert facts(firefox, "matches(':state(live)')")
    firefox.evaluate("void (window.silenced = 1)")
    wait_until(lambda: firefox.evaluate("window.sockets") == 2, "another socket is opened", PATIENCE_SECONDS)
    assert_it_plays(firefox, "websocket")


@pytest.mark.parametrize(("mode", "transport"), [("auto", "fetch"), ("img", "img"), ("snapshot", "snapshot")])
def test_it_plays_in_firefox_without_websockets(
    firefox: Firefox, place: tuple[Site, Pages], mode: str, transport: str
) -> None:
    """It plays over the next transport, and releases its connection when it is removed."""
    site, pages = place
    feed = f'<camera-feed camera="cam1" mode="{mode}"></camera-feed>'
    script = f'<script type="module" src="{site.origin}/camera-feed.js"></script>'
    firefox.open(pages.put(f"/{mode}", f"{SOCKETS}<script>window.refuses = true</script>{script}{feed}"))
    assert_it_plays(firefox, transport)
    firefox.evaluate("document.querySelector('camera-feed').remove()")
    wait_until(lambda: site.viewers() == 0, "the camera has no viewers", PATIENCE_SECONDS)
