"""The element <camera-feed> in a page: how it plays, what its attributes do, and that it releases its connection."""

import re

import pytest
from playwright.sync_api import Browser, Page

from services.stream.api.page_files import STATIC
from shared.bus.status import CameraState
from tests.browser.site import HEIGHT, HIDE_DOCUMENT, PATIENCE_SECONDS, WIDTH, Site, open_feeds, running_site
from tests.support.browser import heap_bytes, renderers_bytes
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
FEED = '<camera-feed camera="cam1"></camera-feed>'


def test_it_plays_over_a_websocket_and_reports_what_it_shows(page: Page, site: Site) -> None:
    """Fresh pictures with their capture time, at a size that fits the element."""
    (feed,) = open_feeds(page, site.origin, '<camera-feed camera="cam1" style="width:320px"></camera-feed>')
    feed.is_("live", "websocket")
    feed.moves()
    wait_until(lambda: feed.facts()["fps"] > 5, "it counts painted pictures", PATIENCE_SECONDS)
    facts = feed.facts()
    assert (facts["width"], facts["reason"]) == (320, "")
    assert 0 <= facts["ageMs"] < 2_000
    assert feed.evaluate("feed => feed.pictureHeight / feed.pictureWidth") == HEIGHT / WIDTH
    assert feed.evaluate("feed => feed.dataset.state") == "live"
    assert feed.evaluate("feed => feed.matches(':state(live)')")
    assert ["live", {"camera": "cam1", "reason": ""}] in page.evaluate("heard")
    assert ["statechange", {"state": "live", "reason": ""}] in page.evaluate("heard")


def test_ten_feeds_of_a_page_share_one_socket(page: Page) -> None:
    """A browser opens only six connections to a host over HTTP/1.1. Ten feeds of nine cameras use one of them."""
    keys = tuple(f"cam{number}" for number in range(1, 10))
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    with running_site(*keys) as site:
        tile = '<camera-feed camera="{}" style="width:150px;float:left"></camera-feed>'
        feeds = open_feeds(page, site.origin, *(tile.format(key) for key in (*keys, "cam1")))
        for feed in feeds:
            feed.is_("live", "websocket")
            feed.moves()
        assert len(sockets) == 1
        assert [site.viewers(key) for key in keys] == [1] * 9
        page.evaluate("document.body.replaceChildren()")
        wait_until(lambda: not any(site.viewers(key) for key in keys), "all feeds are released")


def test_two_feeds_of_one_camera_share_the_larger_picture(page: Page, site: Site) -> None:
    """When the larger feed is removed, the smaller size is enough."""
    small, large = '<camera-feed camera="cam1" quality="320">', '<camera-feed camera="cam1" quality="640px">'
    feeds = open_feeds(page, site.origin, f"<div>{small}</camera-feed></div>", f"<div>{large}</camera-feed></div>")
    for feed in feeds:
        wait_until(lambda feed=feed: feed.facts()["width"] == 640, "the larger one is painted", PATIENCE_SECONDS)  # type: ignore[misc]
    wait_until(lambda: site.viewers() == 1, "the change of size has ended", PATIENCE_SECONDS)
    feeds[1].evaluate("feed => feed.remove()")
    wait_until(lambda: feeds[0].facts()["width"] == 320, "the smaller one is painted", PATIENCE_SECONDS)
    assert site.viewers() == 1


def test_the_width_follows_the_elements_size(page: Page, site: Site) -> None:
    """A small tile must not load the full size, and an enlarged one must not stay blurred."""
    (feed,) = open_feeds(page, site.origin, '<camera-feed camera="cam1" style="width:250px"></camera-feed>')
    wait_until(lambda: feed.facts()["width"] == 320, "the smallest size that fits", PATIENCE_SECONDS)
    assert site.cameras.wanted("cam1") == {"320"}
    for css, width in (("500px", 640), ("900px", WIDTH), ("200px", 320)):
        feed.evaluate(f"feed => feed.style.setProperty('width', '{css}')")
        wait_until(lambda width=width: feed.facts()["width"] == width, f"{css} gets {width}", PATIENCE_SECONDS)  # type: ignore[misc]
        assert feed.facts()["state"] == "live"


def test_a_quality_may_be_fixed_and_changed(page: Page, site: Site) -> None:
    """The element's size then does not matter. An unknown width is refused with a reason."""
    (feed,) = open_feeds(
        page, site.origin, '<camera-feed camera="cam1" quality="main" style="width:50px"></camera-feed>'
    )
    wait_until(lambda: feed.facts()["width"] == WIDTH, "the camera's own size", PATIENCE_SECONDS)
    feed.evaluate("feed => feed.setAttribute('quality', '320px')")
    wait_until(lambda: feed.facts()["width"] == 320, "the width given", PATIENCE_SECONDS)
    feed.evaluate("feed => feed.setAttribute('quality', '321')")
    feed.is_("offline")
    assert "one of those offered: 320, 640" in feed.facts()["reason"]
    feed.evaluate("feed => feed.removeAttribute('quality')")
    feed.is_("live")


def test_it_starts_with_the_default_camera_and_can_switch_at_any_time(page: Page) -> None:
    """One camera's picture is never shown as another's."""
    with running_site("cam1", "cam2") as site:
        (feed,) = open_feeds(page, site.origin, "<camera-feed></camera-feed>")
        feed.is_("live", "websocket")
        assert (site.viewers("cam1"), site.viewers("cam2")) == (1, 0)
        site.cameras.moving.discard("cam2")
        feed.evaluate("feed => feed.setAttribute('camera', 'cam2')")
        wait_until(lambda: site.viewers("cam2") == 1, "the other is watched")
        wait_until(lambda: site.viewers("cam1") == 0, "the first is not")
        wait_until(lambda: feed.facts()["state"] != "live", "the first camera's picture is not shown as live")
        assert feed.facts()["capturedAt"] is None
        site.cameras.moving.add("cam2")
        feed.is_("live")
        feed.moves()


def test_fps_limits_what_is_painted(page: Page, site: Site) -> None:
    """The page may change it while the feed plays."""
    (feed,) = open_feeds(page, site.origin, '<camera-feed camera="cam1" fps="2"></camera-feed>')
    feed.is_("live")
    feed.evaluate("feed => { feed.count = 0; feed.addEventListener('picture', () => feed.count++); }")
    wait_until(lambda: feed.evaluate("feed => feed.count") > 4, "it paints")
    assert feed.facts()["fps"] <= 3
    feed.evaluate("feed => { feed.fps = 10 }")
    wait_until(lambda: feed.facts()["fps"] > 5, "it paints more", PATIENCE_SECONDS)


def test_with_reduced_motion_it_shows_one_picture_a_second(page: Page, site: Site) -> None:
    """Unless the page sets `fps`."""
    page.emulate_media(reduced_motion="reduce")
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live")
    wait_until(lambda: feed.facts()["fps"] in (1, 2), "a picture a second", PATIENCE_SECONDS)
    feed.evaluate("feed => feed.setAttribute('fps', '10')")
    wait_until(lambda: feed.facts()["fps"] > 5, "as many as the page wants", PATIENCE_SECONDS)


def test_a_pause_keeps_the_picture_and_releases_the_connection(page: Page, site: Site) -> None:
    """Both the method and the attribute pause it."""
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live")
    feed.evaluate("feed => feed.pause()")
    feed.is_("paused")
    wait_until(lambda: site.viewers() == 0, "the camera has no viewers")
    shown = feed.facts()["capturedAt"]
    wait_until(lambda: feed.facts()["ageMs"] > 1_500, "the picture gets older")
    assert feed.facts()["capturedAt"] == shown
    feed.evaluate("feed => feed.removeAttribute('paused')")
    feed.is_("live")
    feed.moves()
    feed.evaluate("feed => feed.setAttribute('paused', 'false')")
    feed.is_("live")  # some libraries write false in this way
    feed.evaluate("feed => feed.setAttribute('paused', '')")
    feed.is_("paused")
    feed.evaluate("feed => feed.resume()")
    feed.is_("live")


def test_a_removed_feed_releases_its_connection(page: Page, site: Site) -> None:
    """It also leaves no timer running."""
    page.add_init_script(
        """window.ticks = new Set();
        const { setInterval: set, clearInterval: clear } = window;
        window.setInterval = (...given) => { const id = set(...given); ticks.add(id); return id; };
        window.clearInterval = (id) => { ticks.delete(id); clear(id); };"""
    )
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live")
    assert page.evaluate("ticks.size") == 1
    page.evaluate("document.body.replaceChildren()")
    wait_until(lambda: site.viewers() == 0, "the camera has no viewers")
    wait_until(lambda: page.evaluate("ticks.size") == 0, "no timer is left")


def test_moving_it_in_the_document_changes_nothing(page: Page, site: Site) -> None:
    """Pages sort their tiles. The stream continues."""
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live")
    page.evaluate("heard.length = 0")
    feed.evaluate("feed => { const box = document.createElement('div'); document.body.append(box); box.append(feed); }")
    feed.moves()
    assert page.evaluate("heard") == []
    assert len(sockets) == 1


def test_a_feed_out_of_view_does_not_stream(page: Page, site: Site) -> None:
    """On a long page, feeds outside the visible part cost nothing."""
    html = f'<div style="height:3000px">{FEED}</div>'
    (feed,) = open_feeds(page, site.origin, html)
    feed.is_("live")
    page.evaluate("scrollTo(0, 2500)")
    feed.is_("hidden")
    wait_until(lambda: site.viewers() == 0, "the camera has no viewers")
    page.evaluate("scrollTo(0, 0)")
    feed.is_("live")


def test_in_a_hidden_document_it_stops_streaming_after_a_while(page: Page, site: Site) -> None:
    """A short look at another tab keeps the connection. A tab left in the background costs no stream."""
    (feed,) = open_feeds(page, site.origin, FEED)
    feed.is_("live")
    page.evaluate(HIDE_DOCUMENT, True)
    assert site.viewers() == 1
    feed.is_("hidden")
    wait_until(lambda: site.viewers() == 0, "the camera has no viewers")
    page.evaluate(HIDE_DOCUMENT, False)
    feed.is_("live")
    feed.moves()


def test_a_script_may_create_it_before_or_after_the_module_loads(page: Page, site: Site) -> None:
    """Attributes are set as strings, as libraries do."""
    page.goto(f"{site.origin}/healthz")
    page.evaluate(
        """async () => {
            const early = document.createElement("camera-feed");
            early.setAttribute("camera", "cam1");
            document.body.replaceChildren(early);
            await import("/camera-feed.js");
            const late = document.createElement("camera-feed");
            document.body.append(late);
            late.setAttribute("camera", "cam1");
            late.setAttribute("quality", "320");
        }"""
    )
    for number in (0, 1):
        wait_until(
            lambda number=number: page.locator("camera-feed").nth(number).evaluate("feed => feed.state") == "live",  # type: ignore[misc]
            "it plays",
            PATIENCE_SECONDS,
        )


def test_a_screen_reader_hears_the_state_and_not_the_age(page: Page, site: Site) -> None:
    """The picture has a name. A problem is announced; the age, which changes every second, is not."""
    (feed,) = open_feeds(page, site.origin, '<camera-feed camera="cam1" alt="The garden"></camera-feed>')
    feed.is_("live")
    image = page.get_by_role("img", name="The garden")
    wait_until(lambda: image.count() == 1, "the picture has its name")
    said = page.locator("camera-feed").get_by_role("status")
    wait_until(lambda: (said.text_content() or "").endswith(": live"), "the live state is announced")
    age = feed.evaluate("feed => feed.shadowRoot.querySelector('[part=age]').textContent")
    assert age.endswith(" s")
    site.cameras.say("cam1", CameraState.OFFLINE, last_error="The cable is out.")
    site.cameras.moving.clear()
    feed.is_("stale")
    wait_until(lambda: "The cable is out." in (said.text_content() or ""), "the reason is announced")
    assert "The cable is out." in (page.locator("camera-feed").get_by_role("img").get_attribute("aria-label") or "")
    feed.evaluate("feed => feed.setAttribute('hide-age', '')")
    wait_until(lambda: feed.evaluate("feed => feed.shadowRoot.querySelector('[part=age]').hidden"), "no age is shown")


def test_the_element_is_one_small_file() -> None:
    """People load it into their own pages, so it needs no other file and no library."""
    source = (STATIC / "camera-feed.js").read_text()
    assert len(source.encode()) <= 15_100
    assert re.search(r"\bimport\b(?!\.meta)", source) is None


def test_streaming_does_not_make_the_tab_grow(chromium: Browser, page: Page, site: Site) -> None:
    """Some hundred pictures, each decoded and closed. benchmarks/page.py --memory runs for longer."""
    (feed,) = open_feeds(page, site.origin, '<camera-feed camera="cam1" quality="main"></camera-feed>')
    feed.is_("live")
    feed.evaluate("feed => { feed.count = 0; feed.addEventListener('picture', () => feed.count++); }")

    def painted(pictures: int) -> tuple[int, int]:
        wait_until(lambda: feed.evaluate("feed => feed.count") >= pictures, f"{pictures} pictures", 60)
        return heap_bytes(page), renderers_bytes(chromium)

    early_heap, early_memory = painted(10)
    late_heap, late_memory = painted(350)
    assert late_heap - early_heap < 1_000_000
    # Without closing, 340 pictures would take 1.2 GB, and a browser that keeps a hundred or so takes half a GB.
    assert late_memory - early_memory < 150_000_000
