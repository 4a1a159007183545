"""Streams and <camera-feed> in WebKit, which gives scripts no bytes of a multipart body."""

from collections.abc import Iterator

import pytest

from tests.browser.site import LEVELS, Site, running_site
from tests.clients.programs import own_directory
from tests.clients.webkit import WebKit, running_webkit
from tests.support.waiting import wait_until

pytestmark = pytest.mark.webkit
GRAY = """(picture => {
    if (!picture || !(picture.naturalWidth ?? picture.width)) return -1;
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
    canvas.drawImage(picture, 0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data[0];
})"""
FEED = "document.querySelector('camera-feed')"


@pytest.fixture(scope="module")
def webkit() -> Iterator[WebKit]:
    with own_directory() as home, running_webkit(home) as running:
        yield running


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def shown(webkit: WebKit, site: Site, html: str) -> None:
    webkit.goto(f"{site.origin}/healthz")
    webkit.evaluate(f"document.body.innerHTML = {html!r}; import('/camera-feed.js'); 0")


def assert_it_moves(webkit: WebKit, picture: str) -> None:
    """Two of the camera's grays are painted."""
    grays: set[int] = set()

    def two_were_painted() -> bool:
        gray = webkit.evaluate(f"{GRAY}({picture})")
        grays.update(level for level in LEVELS if abs(level - gray) < 4)
        return len(grays) > 1

    wait_until(two_were_painted, "two different pictures are painted", 20)


def test_an_img_shows_the_stream(webkit: WebKit, site: Site) -> None:
    shown(webkit, site, '<img src="/api/cameras/cam1/stream">')
    assert_it_moves(webkit, "document.querySelector('img')")


@pytest.mark.parametrize(("mode", "transport"), [("auto", "websocket"), ("fetch", "websocket"), ("img", "img")])
def test_the_element_plays(webkit: WebKit, site: Site, mode: str, transport: str) -> None:
    """`fetch` is left out here, and the element does as without a mode."""
    shown(webkit, site, f'<camera-feed camera="cam1" mode="{mode}"></camera-feed>')
    wait_until(lambda: webkit.evaluate(f"{FEED}.state ?? ''") == "live", "it is live", 20)
    assert webkit.evaluate(f"{FEED}.transport") == transport
    inside = f"{FEED}.shadowRoot.querySelector('{'img' if transport == 'img' else 'canvas'}')"
    assert_it_moves(webkit, inside)


def test_a_script_can_read_no_stream_here(webkit: WebKit, site: Site) -> None:
    """The reason why `fetch` is left out. Where this fails, WebKit has learnt it."""
    shown(webkit, site, "")
    webkit.evaluate("""window.read = ""; fetch("/api/cameras/cam1/stream").then(({ body }) => body.getReader().read())
        .then(() => { window.read = "bytes"; }, (error) => { window.read = String(error); }); 0""")
    wait_until(lambda: webkit.evaluate("window.read"), "the script is told", 20)
    assert webkit.evaluate("window.read") == "TypeError: Load failed"
