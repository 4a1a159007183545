"""The timeline in real Chromium, on a desk and on a phone."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, ViewportSize, expect

from tests.archiver.test_service import ROOT, environment, running
from tests.browser.archive_site import Site, archive_site
from tests.support.accessibility import assert_accessible
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.screenshots import keep
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=320, height=640)
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with archive_site(tmp_path_factory.mktemp("site")) as site:
        yield site


def opened(chromium: Browser, size: ViewportSize, zone: str = "UTC") -> tuple[BrowserContext, Page, list[str]]:
    """A page, and what the browser complains of in it."""
    context = chromium.new_context(
        viewport=size, timezone_id=zone, locale="en-GB", has_touch=size is PHONE, accept_downloads=True
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return context, page, complaints


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """In UTC, and without a single complaint of the browser in the end."""
    context, page, complaints = opened(chromium, request.param)
    yield page
    context.close()
    assert complaints == []


@dataclass(frozen=True)
class Timeline:
    """The page at work."""

    page: Page
    site: Site

    def open(self, at: timedelta, **view: str) -> None:
        """At an instant after the site's day began, or before it."""
        query = "&".join(f"{name}={value}" for name, value in {"span": "day", "at": self.iso(at), **view}.items())
        self.page.goto(f"{self.site.origin}/archive?{query}")
        expect(self.page.locator(".side").first).to_have_attribute("data-full", re.compile(r"\d"))

    def iso(self, later: timedelta) -> str:
        return f"{self.site.day + later:%Y-%m-%dT%H:%M:%SZ}"

    def shows(self, later: timedelta) -> None:
        """The picture of that instant, in full."""
        at = self.site.day + later
        expect(self.page.locator("#when")).to_have_attribute("datetime", re.compile(f"^{at:%Y-%m-%dT%H:%M}"))
        side = self.page.locator(".side").first
        wait_until(lambda: side.get_attribute("data-full") == side.get_attribute("data-painted"), "it is sharp")

    def x(self, later: timedelta) -> float:
        """Where an instant of the day is on the track."""
        box = self.page.locator("#track").bounding_box()
        assert box is not None
        return float(box["x"] + box["width"] * (later / timedelta(days=1)))

    def y(self) -> float:
        self.page.locator("#track").scroll_into_view_if_needed()
        box = self.page.locator("#track").bounding_box()
        assert box is not None
        return float(box["y"] + 40)


@pytest.fixture
def timeline(page: Page, site: Site) -> Timeline:
    return Timeline(page, site)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_without_an_instant_the_newest_is_shown(page: Page, site: Site) -> None:
    """That is what one comes for; all of the archive is on the track, and nothing has to be scrolled sideways."""
    page.goto(f"{site.origin}/archive")
    expect(page.locator(".side").first).to_have_attribute("data-full", re.compile(r"\d"))
    expect(page.get_by_label("All", exact=True)).to_be_checked()
    expect(page.locator("#next")).to_be_disabled()
    expect(page.locator("#when")).to_have_attribute("title", re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_finger_on_the_track_finds_each_picture(timeline: Timeline) -> None:
    """What is beside it is told while the mouse hovers, and shown when it is pressed and dragged."""
    timeline.open(hours(12))
    page, y = timeline.page, timeline.y()
    page.mouse.move(timeline.x(hours(8)), y)
    expect(page.locator("#peek p")).to_contain_text("08:00")
    expect(page.locator("#peek")).to_have_attribute("data-painted", re.compile(r"\d"))
    timeline.shows(hours(12))
    page.mouse.down()
    for hour in (7, 6, 5):
        page.mouse.move(timeline.x(hours(hour)), y)
    timeline.shows(hours(5))
    page.mouse.up()
    timeline.shows(hours(5))


def test_a_gap_says_why(timeline: Timeline) -> None:
    """To the mouse, to the finger that is put on it, and in a list for those who have neither."""
    timeline.open(hours(12))
    page, y = timeline.page, timeline.y()
    page.mouse.move(timeline.x(hours(16)), y)
    expect(page.locator("#peek")).to_contain_text("2 missing, archiver down")
    page.mouse.click(timeline.x(hours(16)), y)
    expect(page.locator("#words")).to_contain_text(
        re.compile("No picture here. 15:00 . 17:00: 2 missing, archiver down")
    )
    page.locator("#gaps summary").click()
    expect(page.locator("#gaps li")).to_have_count(1)
    expect(page.locator("#gaps li")).to_contain_text("archiver down")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#words")).to_be_hidden()


def test_keys_lead_by_pictures_days_and_spans(timeline: Timeline) -> None:
    """No mouse is needed."""
    timeline.open(hours(9))
    page = timeline.page
    page.locator("#track").focus()
    for key, at in (
        ("ArrowRight", 10),
        ("ArrowLeft", 9),
        ("Shift+ArrowLeft", 9 - 24),
        ("Shift+ArrowRight", 9),
        ("End", 23),
        ("Home", 0),
        ("ArrowLeft", -1),
        ("PageUp", -25),
        ("PageDown", -1),
        ("PageDown", 23),
    ):
        page.keyboard.press(key)
        timeline.shows(hours(at))
    expect(page.locator("#track")).to_have_attribute("aria-valuetext", re.compile("23:00"))
    expect(page.locator("#track")).to_be_focused()


def test_a_day_without_that_hour_is_passed_over(timeline: Timeline) -> None:
    """A day at the same hour, with Shift: where it is missing, the nearest, and never the other way."""
    timeline.open(hours(15 - 24))
    timeline.page.keyboard.press("Shift+ArrowRight")
    timeline.shows(hours(14))
    timeline.page.keyboard.press("Shift+ArrowLeft")
    timeline.shows(hours(14 - 24))


def test_the_calendar_leads_to_days_and_the_address_follows(timeline: Timeline) -> None:
    """So a view can be kept, sent, and come back to."""
    timeline.open(hours(12))
    page, before = timeline.page, timeline.site.day - timedelta(days=1)
    day = page.locator(f'#calendar [data-day="{before:%Y-%m-%d}"]')
    if not day.count():
        page.click("#month-before")
    expect(day).to_contain_text("24")
    day.click()
    timeline.shows(hours(12 - 24))
    expect(page).to_have_url(re.compile(f"span=day&at={before:%Y-%m-%d}T12"))
    page.reload()
    timeline.shows(hours(12 - 24))
    expect(page.locator("#span-note")).to_have_text("24 pictures.")


def test_the_year_is_seen_at_a_glance(timeline: Timeline) -> None:
    """Twelve months; each leads to its days."""
    timeline.open(hours(12))
    page, day = timeline.page, timeline.site.day
    page.click("#year")
    month = page.get_by_role("button", name=re.compile(f"^{day:%B %Y}: .*picture"))
    expect(page.locator("#calendar button")).to_have_count(12)
    month.click()
    expect(page.locator("#month")).to_have_text(f"{day:%B %Y}")
    expect(page.locator(f'#calendar [data-day="{day:%Y-%m-%d}"]')).to_have_attribute("aria-current", "date")


def test_switches_leave_the_dark_and_other_hours_out(timeline: Timeline) -> None:
    """Of the track, the keys and the download; and they are part of the address."""
    timeline.open(hours(12), span="all")
    page = timeline.page
    page.get_by_label("Same hour daily").check()
    page.get_by_label("Hour", exact=True).select_option("9")
    timeline.shows(hours(9))
    page.locator("#track").focus()
    page.keyboard.press("ArrowLeft")
    timeline.shows(hours(9 - 24))
    page.get_by_label("Same hour daily").uncheck()
    page.get_by_label("Daylight only").check()
    expect(page.locator("#span-note")).to_have_text(re.compile(r"^\d+ pictures; the switches hide \d+\.$"))
    shown = page.locator("#span-note").inner_text().split()[0]
    expect(page.locator("#zip")).to_contain_text(f"Download {shown} pictures, ")
    expect(page).to_have_url(re.compile("daylight=true"))
    page.reload()
    expect(page.get_by_label("Daylight only")).to_be_checked()
    expect(page.locator("#span-note")).to_contain_text(f"{shown} pictures; ")


def test_any_days_can_be_the_span_and_its_zip_has_the_size_foretold(timeline: Timeline) -> None:
    """By two dates; the zip has just these frames."""
    timeline.open(hours(12))
    page, day = timeline.page, timeline.site.day
    page.get_by_label("First day of the span").fill(f"{day - timedelta(days=1):%Y-%m-%d}")
    expect(page.locator("#span-note")).to_have_text("46 pictures.")
    words = page.locator("#zip").inner_text()
    with page.expect_download() as download:
        page.click("#zip")
    found = Path(download.value.path()).read_bytes()
    assert found.count(b"PK\x01\x02") == 46
    number, unit = words.split(", ")[1].split()
    told = float(number) * {"kB": 1e3, "MB": 1e6}[unit]
    assert told <= len(found) < told * 1.4 + 46 * 300


def test_two_instants_are_compared_with_a_divider(timeline: Timeline) -> None:
    """The older one is on the left. The divider follows the mouse and the keys, and the address knows both."""
    timeline.open(hours(12))
    page = timeline.page
    page.click("#compare")
    page.keyboard.press("Home")
    timeline.shows(hours(0))
    expect(page.locator("#before")).to_contain_text("00:00")
    expect(page.locator("#after")).to_contain_text("12:00")
    divider = page.get_by_role("slider", name="Divider between before and after")
    expect(divider).to_have_value("50")
    divider.focus()
    page.keyboard.press("ArrowRight")
    expect(divider).to_have_value("51")
    timeline.shows(hours(0))
    page.locator("#stage").scroll_into_view_if_needed()
    box = page.locator("#stage").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 30)
    page.mouse.up()
    expect(divider).to_have_value("25")
    expect(page).to_have_url(re.compile("with="))
    page.reload()
    expect(page.locator("#after")).to_contain_text("12:00")
    page.click("#compare")
    expect(page.locator("#after")).to_be_hidden()


def test_the_span_is_played_and_paused(timeline: Timeline) -> None:
    """From the picture that is shown to the end of the span, at the speed chosen."""
    timeline.open(hours(9))
    page = timeline.page
    page.get_by_label("Pictures per second").select_option("12")
    page.get_by_role("button", name="Play", exact=True).click()
    timeline.shows(hours(23))
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_label("Pictures per second").select_option("2")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("#when")).to_have_attribute("datetime", re.compile("T02:00"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"at=.*T0[23]%3A00"))


def test_a_link_leads_to_exactly_this_view(timeline: Timeline) -> None:
    """And one to the picture alone. Without HTTPS or leave for the clipboard, the link is shown to be copied."""
    timeline.open(hours(9))
    page = timeline.page
    shown: list[str] = []

    def read(dialog: Dialog) -> None:
        shown.append(dialog.default_value)
        dialog.dismiss()

    page.on("dialog", read)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#note")).to_contain_text("Link to this view copied")
    query = parse_qs(urlsplit(shown[0]).query)
    assert query["camera"] == ["camera_1"]
    assert query["at"][0].startswith(timeline.iso(hours(9))[:16])
    page.get_by_role("button", name="Picture's link").click()
    expect(page.locator("#note")).to_contain_text("Link to this picture alone")
    answer = page.request.get(shown[1])
    assert answer.headers["content-type"] == "image/webp"


def test_a_picture_is_downloaded_and_deleted(timeline: Timeline) -> None:
    """Deleting asks first, and the track tells of it."""
    timeline.open(hours(3 - 48 + (12 if timeline.page.viewport_size == PHONE else 0)))
    page = timeline.page
    with page.expect_download() as download:
        page.click("#download")
    assert re.fullmatch(r"camera_1_\d{4}-\d\d-\d\dT\d\d-00-03Z\.webp", download.value.suggested_filename)
    assert Path(download.value.path()).read_bytes()[:4] == b"RIFF"
    before = page.locator("#span-note").inner_text()
    page.click("#delete")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#span-note")).to_have_text(before)
    expect(page.locator("#delete")).to_be_enabled()
    page.click("#delete")
    page.locator("#sure").get_by_role("button", name="Delete").click()
    expect(page.locator("#span-note")).to_have_text(f"{int(before.split()[0]) - 1} pictures.")
    expect(page.locator("#gaps li").last).to_contain_text("deleted")


def test_a_picture_is_captured_now_and_shown(timeline: Timeline) -> None:
    """Whatever day one was at."""
    timeline.open(hours(12))
    page = timeline.page
    page.click("#capture")
    expect(page.locator("#note")).to_contain_text("captured by hand")
    expect(page.locator("#next")).to_be_disabled()


def test_a_time_lapse_is_foretold_made_and_played(timeline: Timeline) -> None:
    """Of the span with its switches; the length told beforehand is the video's."""
    timeline.open(hours(12))
    page = timeline.page
    page.locator("[name=amount]").fill("11")
    expect(page.locator("#estimate")).to_contain_text(re.compile("22 pictures make 2 s at 11 per second, 320 . 180"))
    page.click("#render")
    lapse = page.locator("#lapses > li").first
    video = lapse.locator("video")
    expect(video).to_be_visible(timeout=60_000)
    expect(lapse).to_contain_text(re.compile("2 s, 320 . 180"))
    video.evaluate("video => { video.muted = true; video.play(); }")
    expect(video).to_have_js_property("videoWidth", 320)
    assert video.evaluate("video => video.duration") == pytest.approx(2, abs=1 / 11)
    wait_until(lambda: video.evaluate("video => video.currentTime > 0.5"), "it plays")
    lapse.get_by_role("button", name="Delete").click()
    page.locator("#sure").get_by_role("button", name="Delete").click()
    expect(page.locator("#lapses > li")).to_have_count(0)


def test_a_time_lapse_of_nothing_cannot_be_asked_for(timeline: Timeline) -> None:
    """In the place where the length would be is what to change."""
    timeline.open(hours(12))
    page = timeline.page
    expect(page.locator("#render")).to_be_enabled()
    page.get_by_label("First day of the span").fill("2020-01-01")
    page.get_by_label("Last day of the span").fill("2020-01-02")
    expect(page.locator("#estimate")).to_contain_text("choose another span")
    expect(page.locator("#render")).to_be_disabled()


def test_everybody_can_use_it(timeline: Timeline) -> None:
    """By axe's rules, light and dark: with a picture, and comparing two."""
    timeline.open(hours(12), span="all")
    page = timeline.page
    size = "phone" if page.viewport_size == PHONE else "desk"
    assert_accessible(page)
    keep(page, f"timeline-{size}")
    page.click("#compare")
    page.keyboard.press("Home")
    page.click("#year")
    assert_accessible(page)
    keep(page, f"timeline-compare-{size}")


def test_times_are_those_of_the_viewers_clock(chromium: Browser, site: Site) -> None:
    """Days too, whatever the server's; and UTC is a glance away."""
    context, page, complaints = opened(chromium, DESK, "Asia/Kathmandu")
    page.goto(f"{site.origin}/archive?span=day&at={site.day + hours(12):%Y-%m-%dT%H:%M:%SZ}")
    expect(page.locator("#when")).to_contain_text("17:45")
    expect(page.locator("#when")).to_have_attribute("title", re.compile("12:00:03 UTC$"))
    expect(page.locator("#span-note")).to_have_text("22 pictures.")
    context.close()
    assert complaints == []


def test_without_a_network_it_says_so_and_comes_back(chromium: Browser, site: Site) -> None:
    """What is there stays; nobody has to reload, neither a page that was whole nor one that never was."""
    context, page, _ = opened(chromium, DESK)
    page.route("**/frames/index?*", lambda route: route.abort())
    page.goto(f"{site.origin}/archive")
    expect(page.locator("#note")).to_contain_text("can't be reached")
    page.unroute("**/frames/index?*")
    side = page.locator(".side").first
    expect(side).to_have_attribute("data-full", re.compile(r"\d"))
    newest = side.get_attribute("data-full")

    context.set_offline(True)
    for _ in range(3):  # further than the neighbours, which are there already
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#words")).to_contain_text("can't be reached")
    context.set_offline(False)
    expect(page.locator("#words")).to_be_hidden()
    wait_until(lambda: side.get_attribute("data-full") not in (None, newest), "it is sharp")
    context.close()


def test_an_empty_archive_says_when_its_first_picture_comes(chromium: Browser, tmp_path: Path) -> None:
    """And why it may not: nothing is heard of the camera that the address names."""
    env = environment(tmp_path)
    with (
        running(env),
        running_replica(
            f"tcp://127.0.0.1:{free_port()}", archiver_url=f"http://127.0.0.1:{env['ARCHIVER_PORT']}"
        ) as replica,
    ):
        context, page, complaints = opened(chromium, DESK)
        page.goto(f"http://127.0.0.1:{replica.port}/archive?camera=camera_1")
        expect(page.locator("h1")).to_have_text("Nothing is archived yet")
        expect(page.locator("#words")).to_contain_text("The first picture comes when the camera delivers")
        context.close()
    assert complaints == []


def test_the_demo_archive_shows_all_there_is(chromium: Browser, tmp_path: Path) -> None:
    """What a newcomer sees: two weeks of a plant, on the track and in the calendar."""
    env = environment(tmp_path)
    command = [sys.executable, "-m", "services.archiver.demo", "--days", "7"]
    subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True, timeout=120)
    with (
        running(env),
        running_replica(
            f"tcp://127.0.0.1:{free_port()}", archiver_url=f"http://127.0.0.1:{env['ARCHIVER_PORT']}"
        ) as replica,
    ):
        context, page, complaints = opened(chromium, DESK)
        page.goto(f"http://127.0.0.1:{replica.port}/archive?camera=camera_1")
        expect(page.locator(".side").first).to_have_attribute("data-full", re.compile(r"\d"))
        expect(page.locator("#gaps summary")).to_have_text("7 gaps")
        keep(page, "timeline-demo")
        context.close()
    assert complaints == []
