"""The live page in real Chromium, on a desk and on a phone: what it shows, and what its buttons, keys and swipes do."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, ViewportSize, expect

from shared.bus.status import CameraState
from tests.browser.site import HIDE_DOCUMENT, PATIENCE_SECONDS, Feed, Site, running_site
from tests.browser.sizes import fits
from tests.support.accessibility import assert_accessible
from tests.support.browser import painted_picture
from tests.support.camera import RtspCamera
from tests.support.clock import read_clock
from tests.support.screenshots import keep
from tests.support.services import Stack
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER

pytestmark = pytest.mark.browser
DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=320, height=640)
ON_BOTH = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
KEYS = ("cam1", "cam2", "cam3")
WRONG_PASSWORD = "The camera refused the password. Check CAMERA_RTSP_PASSWORD."  # noqa: S105 text about a password
expect.set_options(timeout=PATIENCE_SECONDS * 1000)


@pytest.fixture
def size() -> ViewportSize:
    return DESK


@pytest.fixture
def context(chromium: Browser, size: ViewportSize) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport=size, has_touch=size is PHONE, locale="en-GB", timezone_id="UTC", accept_downloads=True
    )
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose script errors, and violations of its own content policy, fail the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
    yield page
    assert complaints == []


@pytest.fixture
def three() -> Iterator[Site]:
    with running_site(*KEYS) as site:
        yield site


def tile(page: Page, key: str) -> Locator:
    return page.locator(f"#tiles > [data-camera={key}]")


def all_are_live(page: Page, *keys: str) -> None:
    for key in keys or KEYS:
        expect(tile(page, key)).to_have_attribute("data-state", "live")


def is_grid(page: Page) -> None:
    expect(page.locator("#tiles > li:visible")).to_have_count(3)
    expect(page.locator("h1")).to_have_text(re.compile("3 cameras"))
    expect(page).to_have_url(re.compile(r"/$"))


def is_large(page: Page, key: str) -> None:
    expect(page.locator("#tiles > li:visible")).to_have_count(1)
    expect(tile(page, key)).to_be_visible()
    expect(page.locator("h1")).to_contain_text(key.title())
    expect(page).to_have_url(re.compile(rf"\?camera={key}$"))


@ON_BOTH
def test_all_cameras_are_side_by_side_with_their_state(page: Page, three: Site, size: ViewportSize) -> None:
    """Name, state, age and frame rate. On a desk all fit on the screen; no size needs sideways scrolling."""
    page.goto(three.origin)
    is_grid(page)
    all_are_live(page)
    for key in KEYS:
        expect(tile(page, key).get_by_role("link")).to_have_text(key.title())
        expect(tile(page, key).locator(".word")).to_have_text("Live")
        expect(tile(page, key).locator(".facts")).to_have_text(re.compile(r"^\d+ (ms|s) old · \d+ fps$"))
        expect(tile(page, key).locator(".facts")).to_have_attribute("title", re.compile(r"Captured .* UTC$"))
    expect(page.locator("#title")).to_have_text("All live")
    assert fits(page)
    if size is DESK:
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight"), (
            "the cameras do not fit on the screen"
        )
    assert_accessible(page)
    keep(page, f"live-grid-{size['width']}")


@ON_BOTH
def test_a_camera_can_be_enlarged_and_back_shows_all_again(page: Page, three: Site, size: ViewportSize) -> None:
    """The address names the camera, its feed continues unchanged, and the focus returns to its link."""
    page.goto(three.origin)
    all_are_live(page)
    feed = Feed(page, 1)
    feed.evaluate("feed => { feed.isThatOne = true; }")
    tile(page, "cam2").get_by_role("link").click()
    is_large(page, "cam2")
    feed.is_("live", "websocket")
    assert feed.evaluate("feed => feed.isThatOne")
    expect(page.locator("#title")).to_have_text("Live")
    expect(page).to_have_title(re.compile("^Cam2 . Framecast$"))
    assert fits(page)
    assert_accessible(page)
    keep(page, f"live-large-{size['width']}")
    page.go_back()
    is_grid(page)
    expect(tile(page, "cam2").get_by_role("link")).to_be_focused()
    page.keyboard.press("Enter")
    is_large(page, "cam2")
    page.reload()
    is_large(page, "cam2")
    page.keyboard.press("Escape")
    is_grid(page)


def test_everything_can_be_reached_by_keyboard(page: Page, three: Site) -> None:
    """No mouse is needed."""
    page.goto(three.origin)
    all_are_live(page)
    page.keyboard.press("2")
    is_large(page, "cam2")
    for key, camera in (("ArrowRight", "cam3"), ("ArrowRight", "cam1"), ("ArrowLeft", "cam3")):
        page.keyboard.press(key)
        is_large(page, camera)
        all_are_live(page, camera)
    page.keyboard.press("g")
    is_grid(page)
    page.keyboard.press("3")
    page.keyboard.press("i")
    details = page.locator("#details")
    for words in ("websocket", "1280", "Viewers", "Reconnects"):
        expect(details).to_contain_text(words)
    assert_accessible(page)
    page.keyboard.press("i")
    expect(details).to_be_hidden()
    page.keyboard.press("f")
    wait_until(lambda: page.evaluate("Boolean(document.fullscreenElement)"), "the picture fills the screen")
    page.keyboard.press("ArrowLeft")
    is_large(page, "cam2")
    page.keyboard.press("f")
    wait_until(
        lambda: not page.evaluate("Boolean(document.fullscreenElement)"), "the picture no longer fills the screen"
    )


@ON_BOTH
def test_a_dialog_lists_the_keys(page: Page, three: Site, size: ViewportSize) -> None:
    """While it is open, the page's keys do nothing."""
    page.goto(three.origin)
    is_grid(page)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    assert fits(page)
    assert_accessible(page)
    keep(page, f"live-keys-{size['width']}")
    page.keyboard.press("2")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    is_grid(page)


@ON_BOTH
def test_there_is_a_button_for_everything(page: Page, three: Site, size: ViewportSize) -> None:
    """Each button is large enough for a finger."""
    page.goto(f"{three.origin}/?camera=cam1")
    all_are_live(page, "cam1")
    press = Locator.tap if size is PHONE else Locator.click
    for button in page.locator("main button:visible, main a.button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44, button
    press(page.get_by_role("button", name="Next camera"))
    is_large(page, "cam2")
    press(page.get_by_role("button", name="Previous camera"))
    is_large(page, "cam1")
    press(page.locator("#pause"))
    expect(page.locator("#title")).to_have_text("Paused")
    press(page.locator("#pause"))
    expect(page.locator("#title")).to_have_text("Live")
    press(page.locator("#info"))
    expect(page.locator("#details")).to_be_visible()
    press(page.locator("#grid"))
    is_grid(page)


@pytest.mark.parametrize("size", [PHONE], ids=["phone"])
def test_a_swipe_shows_the_next_or_the_previous_camera(page: Page, three: Site) -> None:
    """A vertical or short swipe changes nothing."""
    page.goto(f"{three.origin}/?camera=cam1")
    all_are_live(page, "cam1")
    hand = page.context.new_cdp_session(page)

    def swipe(x: int, y: int, by_x: int, by_y: int) -> None:
        hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for part in (0.5, 1):
            at = {"x": x + by_x * part, "y": y + by_y * part}
            hand.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    swipe(220, 180, -120, 10)
    is_large(page, "cam2")
    swipe(100, 180, 120, 10)
    is_large(page, "cam1")
    swipe(160, 220, 10, -90)
    swipe(100, 150, 20, 0)
    is_large(page, "cam1")


def test_a_pause_releases_the_cameras_and_shows_the_time_of_the_picture(page: Page, three: Site) -> None:
    """A paused page costs nothing."""
    page.goto(three.origin)
    all_are_live(page)
    page.keyboard.press("Space")
    expect(page.locator("#title")).to_have_text("Paused")
    wait_until(lambda: not any(three.viewers(key) for key in KEYS), "the camera has no viewers", PATIENCE_SECONDS)
    page.keyboard.press("1")
    all_are_live(page, "cam1")
    page.keyboard.press("Space")
    expect(page.locator(".chosen .over")).to_have_text(re.compile(r"Last picture \d\d:\d\d:\d\d\."))
    page.keyboard.press("Space")
    all_are_live(page, "cam1")


def test_a_snapshot_is_downloaded(page: Page, three: Site) -> None:
    """The file is named by the enlarged camera and the time. A snapshot that would fail is not offered."""
    page.goto(f"{three.origin}/?camera=cam2")
    all_are_live(page, "cam2")
    with page.expect_download() as download:
        page.keyboard.press("s")
    assert re.fullmatch(r"cam2_\d{4}-\d\d-\d\d-\d\d-\d\d-\d\dZ\.jpg", download.value.suggested_filename)
    assert Path(download.value.path()).read_bytes()[:2] == b"\xff\xd8"
    three.cameras.say("cam2", CameraState.OFFLINE)
    expect(page.locator("#snapshot")).to_have_js_property("inert", value=True)


@ON_BOTH
def test_a_failed_camera_is_marked_with_what_to_do(page: Page, three: Site, size: ViewportSize) -> None:
    """No old picture looks live, and the other cameras continue."""
    page.goto(three.origin)
    all_are_live(page)
    three.cameras.moving.discard("cam2")
    three.cameras.say("cam2", CameraState.UNAUTHORIZED, last_error=WRONG_PASSWORD, notices=["The clock is off."])
    expect(tile(page, "cam2")).to_have_attribute("data-state", "unauthorized")
    expect(tile(page, "cam2").locator(".word")).to_have_text("No access")
    expect(tile(page, "cam2").locator(".facts")).to_have_text(re.compile("^since "))
    expect(tile(page, "cam2").locator(".over")).to_have_text(WRONG_PASSWORD)
    expect(page.locator("#title")).to_have_text("1 not live: Cam2")
    assert page.locator(".state").evaluate(
        "state => state.scrollWidth <= state.clientWidth && state.scrollHeight <= state.clientHeight"
    ), "its name is cut"
    Feed(page, 1).is_("stale")
    all_are_live(page, "cam1", "cam3")
    assert_accessible(page)
    keep(page, f"live-trouble-{size['width']}")
    tile(page, "cam2").get_by_role("link").click()
    expect(page.locator(".chosen .over")).to_have_text(WRONG_PASSWORD)
    assert page.locator("main").inner_text().count(WRONG_PASSWORD) == 1
    expect(page.locator("#notes")).to_have_text("The clock is off.")
    expect(page).to_have_title(re.compile("^No access . Cam2 . Framecast$"))
    assert fits(page)
    assert_accessible(page)
    keep(page, f"live-trouble-large-{size['width']}")
    three.cameras.moving.add("cam2")
    three.cameras.say("cam2", CameraState.LIVE)
    expect(page.locator("#title")).to_have_text("Live")


def test_added_and_removed_cameras_appear_and_disappear_without_a_reload(page: Page, three: Site) -> None:
    """The other tiles stay as they are and keep the focus."""
    page.goto(three.origin)
    all_are_live(page)
    page.evaluate("for (const tile of document.querySelectorAll('#tiles > li')) tile.isOld = true")
    tile(page, "cam3").get_by_role("link").focus()
    three.cameras.say("cam0", CameraState.LIVE, name="Shed", order=0)
    three.cameras.moving.add("cam0")
    all_are_live(page, "cam0", *KEYS)
    expect(page.locator("#tiles > li").first).to_have_attribute("data-camera", "cam0")
    assert page.evaluate("[...document.querySelectorAll('#tiles > li')].filter(tile => tile.isOld).length") == 3
    expect(tile(page, "cam3").get_by_role("link")).to_be_focused()
    three.cameras.moving.discard("cam0")
    three.cameras.say("cam0", CameraState.REMOVED)
    expect(page.locator("#tiles > li")).to_have_count(3)
    all_are_live(page)
    expect(tile(page, "cam3").get_by_role("link")).to_be_focused()


def test_the_address_of_an_unknown_camera_shows_all_cameras(page: Page, three: Site) -> None:
    """An old bookmark still leads to a working page."""
    page.goto(f"{three.origin}/?camera=cam9")
    is_grid(page)
    all_are_live(page)


def test_a_single_camera_is_large_from_the_start(page: Page) -> None:
    """Buttons that need several cameras are hidden, and the demo scene is explained."""
    with running_site("cam1") as site:
        site.cameras.say("cam1", CameraState.LIVE, source="demo", name="Lake")
        page.goto(site.origin)
        expect(page.locator("h1")).to_contain_text("Lake")
        expect(page.locator("#title")).to_have_text("Live")
        expect(page.locator("#demo")).to_be_visible()
        expect(page.locator("#hint")).to_contain_text("Set CAMERA_RTSP_URL")
        for name in ("Next camera", "All cameras"):
            expect(page.get_by_role("button", name=name)).to_be_hidden()
        expect(page).to_have_url(f"{site.origin}/")


def test_a_hidden_page_stops_and_continues_when_it_is_visible_again(page: Page, three: Site) -> None:
    """A tab in the background costs the server nothing."""
    page.goto(three.origin)
    all_are_live(page)
    page.evaluate(HIDE_DOCUMENT, True)
    asked: list[str] = []
    wait_until(lambda: not any(three.viewers(key) for key in KEYS), "the camera has no viewers", PATIENCE_SECONDS)
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(2_500)  # longer than the poll's period: the test is that no request is sent
    assert asked == []
    page.evaluate(HIDE_DOCUMENT, False)
    all_are_live(page)


def test_the_first_picture_does_not_wait_for_the_list_of_cameras(page: Page, three: Site) -> None:
    """The server may be slow to answer with the list."""
    held: list[Route] = []
    page.route("**/api/devices", lambda route: held.append(route))  # noqa: PLW0108 it must have a signature
    page.goto(three.origin)
    feed = Feed(page)
    feed.is_("live")
    assert held, "the page did not request the list"
    for route in held:
        route.continue_()
    page.unroute("**/api/devices")
    is_grid(page)
    all_are_live(page)


def test_the_last_known_cameras_are_shown_at_once(page: Page, three: Site) -> None:
    """The tiles appear before the server has answered."""
    page.goto(three.origin)
    all_are_live(page)
    page.route("**/api/devices", lambda _route: None)
    page.reload()
    expect(page.locator("#tiles > li")).to_have_count(3)
    all_are_live(page)


def test_after_the_end_of_a_session_the_login_leads_back(page: Page) -> None:
    """To the same camera."""
    with running_site(*KEYS, settings=SECRETS) as site:
        page.goto(f"{site.origin}/?camera=cam2")
        page.fill("#password", VIEWER)
        page.press("#password", "Enter")
        is_large(page, "cam2")
        all_are_live(page, "cam2")
        page.context.clear_cookies()
        page.wait_for_url("**/login?next=*")
        page.fill("#password", VIEWER)
        page.press("#password", "Enter")
        is_large(page, "cam2")
        all_are_live(page, "cam2")


def test_it_works_under_any_path(page: Page, three: Site) -> None:
    """As behind a proxy that strips the path. All requests stay under it."""
    base = f"{three.origin}/cams/garden/"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.route(f"{base}**", lambda route: route.continue_(url=route.request.url.replace("/cams/garden", "")))
    page.goto(base)
    expect(page.locator("#tiles > li")).to_have_count(3)
    tile(page, "cam2").get_by_role("link").click()
    expect(page).to_have_url(f"{base}?camera=cam2")
    Feed(page, 1).is_("live")
    page.keyboard.press("g")
    expect(page).to_have_url(base)
    assert [url for url in asked if not url.startswith(base)] == []


def test_the_chosen_colours_are_kept(page: Page, three: Site) -> None:
    """Light or dark, whatever the system's setting."""
    page.goto(three.origin)
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    button = page.locator("#theme")
    for choice in ("light", "dark"):
        button.click()
        expect(button).to_have_accessible_name(f"Colours: {choice}")
    dark = page.evaluate(ground)
    assert dark != light
    page.reload()
    assert page.evaluate(ground) == dark


def clock_of(page: Page) -> int | None:
    """The camera's time in the painted picture, in epoch ms."""
    picture = painted_picture(page, "camera-feed canvas")
    return None if picture is None else read_clock(picture)


@pytest.mark.camera
def test_pictures_are_fresh_and_the_page_recovers_when_the_server_returns(page: Page, tmp_path: Path) -> None:
    """No reload is needed, and meanwhile nothing is shown as live."""
    with RtspCamera() as camera, Stack(tmp_path, CAMERA_RTSP_URL=camera.url, CAMERA_CAPTURE_INTERVAL="2") as stack:
        page.goto(stack.origin)
        first = wait_until(lambda: clock_of(page), "a picture is painted", PATIENCE_SECONDS)
        wait_until(lambda: (clock_of(page) or 0) > (first or 0), "it moves", PATIENCE_SECONDS)
        wait_until(lambda: abs(time.time() - (clock_of(page) or 0) / 1000) < 1, "what is painted is fresh")
        expect(page.locator("#title")).to_have_text("Live")

        stack.services["stream"].stop()
        expect(page.locator("#problem")).to_contain_text("can't be reached")
        expect(page.locator("#title")).to_have_text("Not reached")
        Feed(page).is_("offline")
        assert_accessible(page)
        keep(page, "live-unreachable")
        stopped_at_ms = time.time() * 1000
        stack.start("stream")
        wait_until(lambda: (clock_of(page) or 0) > stopped_at_ms, "the page shows new pictures", 40)
        expect(page.locator("#problem")).to_be_hidden()
        expect(page.locator("#title")).to_have_text("Live")
        page.reload()
        expect(page.locator("#archive img").first).to_have_js_property("naturalWidth", 320)
        expect(page.locator("#archive li a").first).to_have_attribute("href", re.compile(r"archive\?camera=.*&at="))
        assert_accessible(page)
        keep(page, "live-one")


def test_when_nothing_is_archived_the_page_says_so_with_what_to_do(page: Page, three: Site) -> None:
    """One small request. Where no archiver runs, nothing is said."""
    words = "Nothing has been archived of Porch for 2 hours, though pictures come. The archive directory is full."
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json={"problem": words, "cameras": []})

    with page.expect_response("**/frames/capturing") as without:
        page.goto(three.origin)
    assert without.value.status == 502
    all_are_live(page)
    expect(page.locator("#archiving")).to_be_hidden()
    page.route("**/frames/capturing", answer)
    page.reload()
    expect(page.locator("#archiving")).to_have_text(words)
    all_are_live(page)
    assert len(asked) == 1
