"""The live page on all kinds of screens: a phone on its side, a wall, twelve tiles on a phone; zoom and order."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from tests.browser.site import PATIENCE_SECONDS, Site, running_site
from tests.support.accessibility import assert_accessible
from tests.support.figures import note
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
DESK, PHONE = ViewportSize(width=1200, height=800), ViewportSize(width=390, height=844)
LYING = ViewportSize(width=844, height=390)
KEYS = tuple(f"cam{number:02}" for number in range(1, 13))
MOST_BITS_PER_SECOND = 4_000_000
MEASURED_MS = 4_000
expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_site(*KEYS) as site:
        yield site


@pytest.fixture
def size() -> ViewportSize:
    return DESK


@pytest.fixture
def page(chromium: Browser, size: ViewportSize) -> Iterator[Page]:
    context = chromium.new_context(viewport=size, has_touch=size is not DESK, locale="en-GB")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def tile(page: Page, key: str) -> Locator:
    return page.locator(f"#tiles > [data-camera={key}]")


def is_live(page: Page, key: str) -> None:
    expect(tile(page, key)).to_have_attribute("data-state", "live")


def first_keys(page: Page) -> list[str]:
    """The first three tiles' cameras."""
    keys: list[str] = page.evaluate(
        "[...document.querySelectorAll('#tiles > li')].slice(0, 3).map(li => li.dataset.camera)"
    )
    return keys


def scale(page: Page) -> float:
    return float(
        page.locator(".chosen camera-feed").evaluate("feed => new DOMMatrix(getComputedStyle(feed).transform).a")
    )


def test_wheel_double_click_and_keys_zoom_and_a_drag_pans(page: Page, site: Site) -> None:
    """The point beneath the mouse stays, the picture never leaves its place, and the pixels are the camera's own."""
    page.goto(f"{site.origin}/?camera=cam01")
    is_live(page, "cam01")
    box = tile(page, "cam01").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.25, box["y"] + box["height"] * 0.25
    page.mouse.move(x, y)
    page.mouse.wheel(0, -400)
    wait_until(lambda: scale(page) > 2, "the wheel zooms")
    feed = tile(page, "cam01").locator("camera-feed")
    for _ in range(2):  # the second answer has been looked at when the third is asked for
        with page.expect_response("**/api/devices"):
            pass
    with page.expect_request("**/api/devices"):
        pass
    expect(feed).to_have_attribute("quality", "main")
    under = "(feed, at) => { const box = feed.getBoundingClientRect(); return (at - box.left) / box.width; }"
    assert feed.evaluate(under, x) == pytest.approx(0.25, abs=0.01)
    page.mouse.down()
    page.mouse.move(x + 2_000, y)
    page.mouse.up()
    assert feed.evaluate("feed => feed.getBoundingClientRect().left") == pytest.approx(box["x"], abs=1)
    page.mouse.dblclick(x, y)
    assert scale(page) == 1
    page.mouse.dblclick(x, y)
    assert scale(page) == 2
    page.keyboard.press("0")
    assert scale(page) == 1
    page.keyboard.press("+")
    assert scale(page) == 2
    page.keyboard.press("ArrowRight")
    expect(tile(page, "cam02")).to_be_visible()
    assert scale(page) == 1, "another camera is shown whole"
    assert feed.get_attribute("quality") is None, "the one before no longer needs all pixels"


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_two_fingers_zoom(page: Page, site: Site) -> None:
    """And then one finger pans: it does not show another camera."""
    page.goto(f"{site.origin}/?camera=cam01")
    is_live(page, "cam01")
    hand = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[int, int]) -> None:
        fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    touch("touchStart", (180, 200), (220, 200))
    for apart in (20, 60, 100):
        touch("touchMove", (180 - apart, 200), (220 + apart, 200))
    touch("touchEnd")
    wait_until(lambda: scale(page) > 2, "two fingers zoom")
    touch("touchStart", (300, 200))
    touch("touchMove", (200, 200))
    touch("touchMove", (100, 200))
    touch("touchEnd")
    expect(tile(page, "cam01")).to_be_visible()


@pytest.mark.parametrize("size", [LYING], ids=["lying"])
def test_a_phone_on_its_side_is_all_picture_and_its_bar_comes_when_it_is_touched(page: Page, site: Site) -> None:
    """A hidden button can't be pressed by the touch that wakes it."""
    page.clock.install()
    page.goto(f"{site.origin}/?camera=cam01")
    is_live(page, "cam01")
    box = page.locator(".chosen camera-feed").bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (844, 390)
    page.locator("#name").focus()
    page.clock.run_for(4_000)
    expect(page.locator(".bar")).to_have_css("opacity", "0")
    pause = page.locator("#pause").bounding_box()
    assert pause is not None
    page.touchscreen.tap(pause["x"] + 5, pause["y"] + 5)
    expect(page.locator(".bar")).to_have_css("opacity", "1")
    expect(page.locator("#title")).to_have_text("Live")
    page.clock.run_for(4_000)
    expect(page.locator(".bar")).to_have_css("opacity", "0")
    page.keyboard.press("Tab")
    expect(page.locator(".bar")).to_have_css("opacity", "1")


def test_the_order_of_the_tiles_is_made_by_keys_and_by_dragging_and_kept(page: Page, site: Site) -> None:
    """In this browser; the server's order is everybody's."""
    page.goto(site.origin)
    is_live(page, "cam01")
    tile(page, "cam03").get_by_role("link").focus()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    assert first_keys(page) == ["cam03", "cam01", "cam02"]
    expect(tile(page, "cam03").get_by_role("link")).to_be_focused()
    box = tile(page, "cam03").bounding_box()
    assert box is not None
    tile(page, "cam02").hover()
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.9, steps=4)
    page.wait_for_function("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert first_keys(page) == ["cam03", "cam01", "cam02"], "a tile moves once the pointer is past the other's middle"
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + box["height"] * 0.2, steps=4)
    page.mouse.up()
    assert first_keys(page) == ["cam02", "cam03", "cam01"]
    page.reload()
    is_live(page, "cam02")
    assert first_keys(page) == ["cam02", "cam03", "cam01"]
    page.keyboard.press("1")
    expect(page).to_have_url(re.compile("camera=cam02"))


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_twelve_tiles_on_a_phone_need_no_more_than_a_mobile_network_has(page: Page, site: Site) -> None:
    """Of pictures as large as a busy scene's, in one column and in two, which are kept for the next visit."""
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    received: list[int] = []
    network.on(
        "Network.webSocketFrameReceived", lambda event: received.append(len(event["response"]["payloadData"]) * 3 // 4)
    )
    site.cameras.busy = True
    try:
        page.goto(site.origin)
        for columns in (1, 2):
            if columns == 2:
                page.get_by_role("button", name="Two columns").tap()
                page.reload()
            is_live(page, "cam01")
            first, second = (tile(page, key).bounding_box() for key in KEYS[:2])
            assert first is not None
            assert second is not None
            assert (first["y"] == second["y"]) is (columns == 2)
            wait_until(lambda: page.evaluate("1") and received, "pictures come")
            received.clear()
            page.wait_for_timeout(MEASURED_MS)  # what is measured lasts so long
            bits_per_second = 8 * sum(received) / (MEASURED_MS / 1000)
            note(f"twelve tiles on a phone, columns: {columns}", bits_per_second / 1e6, "Mbit/s")
            assert 100_000 < bits_per_second <= MOST_BITS_PER_SECOND, (
                f"{columns} columns: {bits_per_second / 1e6:.2f} Mbit/s"
            )
        assert_accessible(page)
    finally:
        site.cameras.busy = False


def test_a_kiosk_shows_pictures_alone_and_begins_anew_each_day(page: Page, site: Site) -> None:
    """No bar, no header; it keeps the screen on, and holds nothing of the day before."""
    page.add_init_script("navigator.wakeLock.request = async kind => { window.awake = kind; };")
    page.clock.install()
    page.goto(f"{site.origin}/?kiosk")
    is_live(page, "cam12")
    for hidden in (".bar", ".controls", "#aside"):
        expect(page.locator(hidden)).to_be_hidden()
    covered = "(() => { const at = document.elementFromPoint(60, 20); return at.closest('main') !== null; })()"
    assert page.evaluate(covered), "the header is not covered"
    assert page.evaluate("window.awake") == "screen"
    page.evaluate("window.isOld = true")
    with page.expect_navigation():
        page.clock.fast_forward(25 * 3600 * 1000)
        page.clock.run_for(5_000)
    assert page.evaluate("window.isOld") is None
    expect(page).to_have_url(re.compile(r"\?kiosk$"))
    is_live(page, "cam12")
