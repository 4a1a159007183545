"""Every page on a phone, a tablet and a desk, light and dark: screenshots, axe's rules, and nothing that jumps.

The screenshots are in test-results/screenshots. They have twelve cameras with long names, one of them down, an archive
with pictures and an empty one.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from shared.bus.status import CameraState
from tests.browser.archive_site import Site as ArchiveSite
from tests.browser.archive_site import archive_site
from tests.browser.layout_shift import assert_stayed, watch_shifts
from tests.browser.site import Site, filmed, running_site
from tests.support.accessibility import Scheme, assert_accessible
from tests.support.camera_house import House
from tests.support.kept_owner import kept_owner
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.screenshots import keep
from tests.support.waiting import wait_until
from tests.web.support import SECRETS

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
SIZES = {
    "phone": ViewportSize(width=390, height=844),
    "tablet": ViewportSize(width=820, height=1180),
    "desk": ViewportSize(width=1440, height=900),
}
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
LONG = "Back garden behind the old shed, seen from the kitchen window"
REFUSED = "The camera refused the password. Check CAMERA_RTSP_PASSWORD."
DOWN = "cam02"
KEYS = tuple(f"cam{number:02}" for number in range(1, 13))


@pytest.fixture(scope="module")
def twelve() -> Iterator[Site]:
    with running_site(*KEYS) as site:
        site.cameras.say("cam01", CameraState.LIVE, name=LONG, is_default=True)
        site.cameras.moving.discard(DOWN)
        site.cameras.say(DOWN, CameraState.UNAUTHORIZED, name=LONG, last_error=REFUSED, order=1)
        yield site


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArchiveSite]:
    with archive_site(tmp_path_factory.mktemp("every")) as site:
        latest, days_end = "/api/camera/frames/latest", f"{site.day + timedelta(days=1):%Y-%m-%d}"
        wait_until(lambda: site.replica.json(latest)[1]["captured_at"] > days_end, "a picture of today is archived", 60)
        yield site


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=SIZES[request.param], has_touch=request.param != "desk", locale="en-GB")
    page = context.new_page()
    watch_shifts(page)
    yield page
    context.close()


def looks_well(page: Page, name: str) -> None:
    """Keep the page in both schemes. It must be accessible, as wide as the screen, and have stayed where it was."""
    width = page.evaluate("innerWidth")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        keep(page, f"{name}-{width}-{scheme}")
    assert_accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    assert_stayed(page, name)


def test_the_live_page_of_twelve_cameras(page: Page, twelve: Site) -> None:
    """One is down, and says so itself."""
    page.goto(twelve.origin)
    tile = page.locator(f"[data-camera={DOWN}]")
    expect(tile).to_have_attribute("data-state", "unauthorized")
    expect(page.locator("[data-camera=cam01]")).to_have_attribute("data-state", "live")
    expect(tile.locator(".word")).to_have_text("No access")
    expect(tile.locator(".over")).to_have_text(REFUSED)
    assert tile.locator(".word").evaluate("word => word.scrollWidth <= word.clientWidth"), "the state is cut"
    looks_well(page, "live-twelve")


@pytest.mark.parametrize("key", ["cam01", DOWN])
def test_a_large_camera(page: Page, twelve: Site, key: str) -> None:
    """With a long name, live and down. The reason stands on the page once."""
    page.goto(f"{twelve.origin}/?camera={key}")
    expect(page.locator("#title")).to_have_text("Live" if key != DOWN else "No access")
    if key == DOWN:
        expect(page.locator(".chosen .over")).to_have_text(REFUSED)
        assert page.locator("main").inner_text().count(REFUSED) == 1
    looks_well(page, f"live-large-{key}")


def test_small_pictures_of_the_night_are_told_from_broken_ones(page: Page, archived: ArchiveSite) -> None:
    """Both are black: one is marked as dark, the other says that it is not there."""

    def with_a_broken_one(route: Route) -> None:
        answer = route.fetch()
        listing = answer.json()
        listing["frames"][2]["thumbnail_url"] += "&broken"
        route.fulfill(response=answer, json=listing)

    page.route("**/api/camera/frames?*", with_a_broken_one)
    page.route("**/thumbnail?*broken", lambda route: route.abort())
    page.goto(f"{archived.origin}/?camera=camera_1")
    marks = page.locator("#archive li .badge")
    expect(page.locator("#archive li")).to_have_count(6)
    marks.nth(2).scroll_into_view_if_needed()
    dark, broken = "\N{LAST QUARTER MOON} Dark", "\N{MULTIPLICATION X} Not there"
    expect(marks).to_have_text(["", dark, broken, dark, dark, dark])
    looks_well(page, "live-night")


@pytest.mark.parametrize("path", ["connect", "status"])
def test_a_page_of_words(page: Page, twelve: Site, path: str) -> None:
    page.goto(f"{twelve.origin}/{path}")
    expect(page.get_by_text("Checking…")).to_be_hidden()
    expect(page.locator("main")).to_be_visible()
    looks_well(page, path)


def test_the_login_page(page: Page) -> None:
    with running_replica(f"tcp://127.0.0.1:{free_port()}", settings=SECRETS) as replica:
        page.goto(f"http://127.0.0.1:{replica.port}/login")
        expect(page.get_by_label("Password")).to_be_focused()
        looks_well(page, "login")


def test_the_page_of_access(page: Page, tmp_path: Path) -> None:
    """With a password, tokens of long names, a login and a link."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with (
        filmed(bus, "cam1") as cameras,
        kept_owner(cameras.ingest, tmp_path / "owner") as owner,
        running_replica(bus, owner=owner.access(bus)) as replica,
    ):
        origin = f"http://127.0.0.1:{replica.port}"
        wait_until(lambda: replica.request("/api/devices")[0] == 200, "it knows ingest's state")
        wait_until(replica.knows_a_camera, "the camera is known")
        decide = page.request
        password = {"password": "digging in the garden", "code": owner.code()}
        assert decide.put(f"{origin}/api/access/passwords/operator", data=password).ok
        for name in (LONG, "x" * 64):
            assert decide.post(f"{origin}/api/access/tokens", data={"name": name, "cameras": ["cam1"]}).ok
        assert decide.post(f"{origin}/api/camera/links", data={"camera": "cam1"}).ok
        page.goto(f"{origin}/access")
        expect(page.locator(".record")).to_have_count(4)
        looks_well(page, "access")


@pytest.mark.camera
@pytest.mark.parametrize("place", ["", "#cam_1"])
def test_the_page_of_cameras(page: Page, tmp_path: Path, place: str) -> None:
    """Two with long names, and the settings of one."""
    house = House(tmp_path)
    with house.stack:
        house.claim()
        for number in (1, 2):
            house.listed()
            settings = {"device_key": f"cam_{number}", "name": LONG, "rtsp_url": "rtsp://127.0.0.1:9/" + "x" * 80}
            house.do("POST", "", settings=settings)
        name, _, value = house.who["Cookie"].partition("=")
        page.context.add_cookies([{"name": name, "value": value, "url": house.stack.origin}])
        page.goto(f"{house.stack.origin}/cameras{place}")
        expect(page.locator("#list h3")).to_have_count(2)
        if place:
            expect(page.locator("#form")).to_be_visible()
        looks_well(page, f"cameras{place and '-settings'}")


def history_of(keys: Iterable[str]) -> dict[str, object]:
    """The archive's answer of cameras with every kind of stretch, among them gaps of an hour and with a long reason."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    gap = {"reason": "camera unauthorized", "detail": REFUSED}
    kinds = [("before", 2), ("off", 3), *[("whole", 1), ("missing", 1)] * 4, ("whole", 5), ("partly", 4), ("open", 2)]
    strips: dict[str, list[object]] = {}
    for name, unit in (("hours", timedelta(hours=1)), ("days", timedelta(days=1.25))):
        at, strips[name] = start + timedelta(days=1) - 24 * unit, []
        for state, length in kinds:
            missing = {"missing": 3600, "partly": 600}.get(state, 0) * length
            reasons = gap if missing else dict.fromkeys(gap)
            stretch = {"from": at.isoformat(), "to": (at + length * unit).isoformat()}
            strips[name].append({**stretch, "state": state, "missing_seconds": missing, **reasons})
            at += length * unit
    return {"cameras": [{"camera": key, "name": key, **strips} for key in keys]}


def test_the_strips_of_twelve_cameras(page: Page, twelve: Site) -> None:
    """Long names and many gaps. The camera that is down has its trouble at the end, and a tap tells of each stretch."""
    page.route("**/api/camera/frames/history", lambda route: route.fulfill(json=history_of(KEYS)))
    page.goto(f"{twelve.origin}/status")
    expect(page.get_by_role("slider")).to_have_count(2 * len(KEYS))
    strip = page.get_by_role("slider", name=f"Last 24 hours of {LONG}").first
    expect(strip).to_have_attribute("aria-valuetext", re.compile("no picture due yet$"))
    strip.locator("[data-look=gap]").first.click()
    expect(strip).to_have_attribute("aria-valuetext", re.compile(f"gap: camera unauthorized. {re.escape(REFUSED)}$"))
    expect(page.locator(".peek:visible")).to_contain_text(REFUSED)
    looks_well(page, "status-strips")
    down = page.locator(f"[data-key={DOWN}]").get_by_role("slider").first
    expect(down).to_have_attribute("aria-valuetext", re.compile("^Since .*: The camera refused the login$"))


def test_the_status_of_an_archive(page: Page, archived: ArchiveSite) -> None:
    """Its strips come from its own rows: a gap of three days ago, and none of the month."""
    page.goto(f"{archived.origin}/status")
    days = page.get_by_role("slider", name="Last 30 days of")
    expect(days.locator("[data-look=gap]")).to_have_count(1)
    days.focus()
    for _ in range(10):
        if "archiver down" in (days.get_attribute("aria-valuetext") or ""):
            break
        page.keyboard.press("ArrowLeft")
    expect(days).to_have_attribute("aria-valuetext", re.compile("gap: archiver down$"))
    looks_well(page, "status-archive")


@pytest.mark.parametrize("camera", ["camera_1", "nothing-" + "x" * 55])
def test_the_timeline(page: Page, archived: ArchiveSite, camera: str) -> None:
    """Of a camera with pictures, and of one without."""
    page.goto(f"{archived.origin}/archive?camera={camera}")
    if camera == "camera_1":
        expect(page.locator(".side").first).to_have_attribute("data-full", re.compile(r"\d"))
    else:
        expect(page.locator("h1")).to_have_text("Nothing is archived yet")
        words = "The first picture comes when the camera delivers (it is not known)."
        expect(page.locator("#words")).to_have_text(words)
    looks_well(page, f"timeline-{camera[:8]}")


def test_a_long_name_in_the_list_of_cameras_is_shortened(page: Page, twelve: Site) -> None:
    """A list is as wide as its longest name, so the timeline scrolled sideways on a phone. The title has it whole."""
    page.goto(f"{twelve.origin}/archive?camera=cam03")
    names = page.get_by_label("Camera", exact=True)
    expect(names.locator("option").first).to_have_text(LONG)
    expect(names).to_have_css("text-overflow", "ellipsis")
    names.select_option(LONG)
    expect(names).to_have_attribute("title", LONG)
    expect(names).to_have_value("cam01")
    looks_well(page, "timeline-long-name")
