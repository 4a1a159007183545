"""The timeline in real Chromium, on a desk and on a phone."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, ViewportSize, expect

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
    """A page, and the list of errors that the browser reports in it."""
    context = chromium.new_context(
        viewport=size, timezone_id=zone, locale="en-GB", has_touch=size is PHONE, accept_downloads=True
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return context, page, complaints


def forbid_clipboard(page: Page) -> None:
    """Neither way to copy works, the new one nor the old one."""
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.evaluate("document.execCommand = () => false")


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page in UTC. An error reported by the browser fails the test."""
    context, page, complaints = opened(chromium, request.param)
    yield page
    context.close()
    assert complaints == []


@dataclass(frozen=True)
class Timeline:
    """The timeline page of a site."""

    page: Page
    site: Site

    def open(self, at: timedelta, **view: str) -> None:
        """Open the page at an instant, relative to the start of the site's day."""
        query = "&".join(f"{name}={value}" for name, value in {"span": "day", "at": self.iso(at), **view}.items())
        self.page.goto(f"{self.site.origin}/archive?{query}")
        expect(self.page.locator(".side").first).to_have_attribute("data-full", re.compile(r"\d"))

    def iso(self, later: timedelta) -> str:
        return f"{self.site.day + later:%Y-%m-%dT%H:%M:%SZ}"

    def shows(self, later: timedelta) -> None:
        """Wait until the picture of that instant is shown in full."""
        at = self.site.day + later
        expect(self.page.locator("#when")).to_have_attribute("datetime", re.compile(f"^{at:%Y-%m-%dT%H:%M}"))
        side = self.page.locator(".side").first
        wait_until(
            lambda: side.get_attribute("data-full") == side.get_attribute("data-painted"), "the full picture is painted"
        )

    def x(self, later: timedelta) -> float:
        """The position of an instant of the day on the track, in pixels."""
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
    """People come for the newest picture. The track shows the whole archive, and nothing needs sideways scrolling."""
    page.goto(f"{site.origin}/archive")
    expect(page.locator(".side").first).to_have_attribute("data-full", re.compile(r"\d"))
    expect(page.get_by_label("All", exact=True)).to_be_checked()
    expect(page.locator("#next")).to_be_disabled()
    expect(page.locator("#when")).to_have_attribute("title", re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_finger_on_the_track_finds_each_picture(timeline: Timeline) -> None:
    """A hovering mouse shows a small picture and its time. Pressing and dragging changes the large picture."""
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


def test_a_gap_shows_its_reason(timeline: Timeline) -> None:
    """When the mouse hovers, when a finger taps, and in a list for people who use neither."""
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


def test_keys_move_by_picture_day_and_span(timeline: Timeline) -> None:
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


def test_a_step_of_a_day_finds_the_nearest_picture_if_that_hour_is_missing(timeline: Timeline) -> None:
    """Shift with an arrow moves a day at the same hour, and never in the other direction."""
    timeline.open(hours(15 - 24))
    timeline.page.keyboard.press("Shift+ArrowRight")
    timeline.shows(hours(14))
    timeline.page.keyboard.press("Shift+ArrowLeft")
    timeline.shows(hours(14 - 24))


def test_the_calendar_opens_days_and_the_address_follows(timeline: Timeline) -> None:
    """So a view can be bookmarked, shared and opened again."""
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


def test_the_year_is_shown_as_twelve_months(timeline: Timeline) -> None:
    """Each month leads to its days."""
    timeline.open(hours(12))
    page, day = timeline.page, timeline.site.day
    page.click("#year")
    month = page.get_by_role("button", name=re.compile(f"^{day:%B %Y}: .*picture"))
    expect(page.locator("#calendar button")).to_have_count(12)
    month.click()
    expect(page.locator("#month")).to_have_text(f"{day:%B %Y}")
    expect(page.locator(f'#calendar [data-day="{day:%Y-%m-%d}"]')).to_have_attribute("aria-current", "date")


def test_switches_hide_dark_pictures_and_other_hours(timeline: Timeline) -> None:
    """They apply to the track, the keys and the download, and are part of the address."""
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
    words = r"^\d+ pictures; “Daylight only” or “Same hour daily” hides \d+\.$"
    expect(page.locator("#span-note")).to_have_text(re.compile(words))
    shown = page.locator("#span-note").inner_text().split()[0]
    expect(page.locator("#take-title")).to_have_text(f"Export: these {shown} pictures")
    expect(page.locator("#zip")).to_contain_text("Download as zip, ")
    expect(page).to_have_url(re.compile("daylight=true"))
    page.reload()
    expect(page.get_by_label("Daylight only")).to_be_checked()
    expect(page.locator("#span-note")).to_contain_text(f"{shown} pictures; ")


def test_any_days_can_be_the_span_and_its_zip_has_the_estimated_size(timeline: Timeline) -> None:
    """Two dates choose the span. The zip holds exactly its frames."""
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
    """The older one is on the left. The divider follows the mouse and the keys; the address names both instants."""
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
    """From the shown picture to the end of the span, at the chosen speed."""
    timeline.open(hours(9))
    page = timeline.page
    page.get_by_label("Pictures per second").select_option("12")
    page.get_by_role("button", name="Play", exact=True).click()
    timeline.shows(hours(23))
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.get_by_label("Pictures per second").select_option("2")
    page.get_by_role("button", name="Play", exact=True).click()
    when = page.locator("#when")
    expect(when).to_have_attribute("datetime", re.compile(r"T(0[2-9]|1\d|2[0-2]):00"))  # it goes on meanwhile
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    hour = (when.get_attribute("datetime") or "")[11:13]
    assert "02" <= hour < "23", "it played to the end"
    expect(page).to_have_url(re.compile(rf"at=.*T{hour}%3A00"))


def test_a_link_leads_to_exactly_this_view(timeline: Timeline) -> None:
    """A second link leads to the picture alone. If the page may not use the clipboard, a dialog shows the link."""
    timeline.open(hours(9))
    page = timeline.page
    shown: list[str] = []

    def read(dialog: Dialog) -> None:
        shown.append(dialog.default_value)
        dialog.dismiss()

    page.on("dialog", read)
    forbid_clipboard(page)
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
    """Deleting asks first, and the list of gaps then shows it."""
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


def test_a_picture_is_marked_as_kept(timeline: Timeline) -> None:
    """The button and the words below the time say so, now and after the page was opened again."""
    at = hours(5)
    timeline.open(at)
    page = timeline.page
    button = page.get_by_role("button", name="Mark as kept")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(page.locator("#note")).to_contain_text("marked as kept")
    timeline.open(at)
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#note")).not_to_contain_text("kept")


def test_a_picture_is_captured_now_and_shown(timeline: Timeline) -> None:
    """From any day, the page moves to the new picture."""
    timeline.open(hours(12))
    page = timeline.page
    page.click("#capture")
    expect(page.locator("#note")).to_contain_text("captured by hand")
    expect(page.locator("#next")).to_be_disabled()


def test_a_time_lapse_is_estimated_rendered_and_played(timeline: Timeline) -> None:
    """It covers the shown span. The video has the estimated length."""
    timeline.open(hours(12))
    page = timeline.page
    expect(page.locator("#estimate")).to_contain_text(re.compile(r"22 pictures make 15 s at 1\.47 a second, 320 . 180"))
    page.locator("[name=pace]").select_option("fps")
    expect(page.get_by_role("spinbutton", name="Pictures a second")).to_have_value("24")
    page.locator("[name=amount]").fill("11")
    size = "22 pictures make 2 s at 11 a second, 320 . 180, roughly [0-9.]+ kB"
    expect(page.locator("#estimate")).to_contain_text(re.compile(size))
    page.click("#render")
    lapse = page.locator("#lapses > li").first
    video = lapse.locator("video")
    expect(video).to_be_visible(timeout=60_000)
    expect(lapse).to_contain_text(re.compile("2 s, 320 . 180"))
    video.evaluate("video => { video.muted = true; video.play(); }")
    expect(video).to_have_js_property("videoWidth", 320)
    assert video.evaluate("video => video.duration") == pytest.approx(2, abs=1 / 11)
    wait_until(lambda: video.evaluate("video => video.currentTime > 0.5"), "the video plays")
    poster = page.request.get(video.get_attribute("poster") or "")
    assert poster.headers["content-type"] == "image/jpeg"
    shown: list[str] = []

    def read(dialog: Dialog) -> None:
        shown.append(dialog.default_value)
        dialog.dismiss()

    page.once("dialog", read)
    forbid_clipboard(page)
    lapse.get_by_role("button", name="Copy link").click()
    expect(lapse.get_by_role("button", name="Link copied")).to_be_visible()
    assert page.request.get(shown[0]).headers["content-type"] == "video/mp4"
    lapse.get_by_role("button", name="Delete").click()
    page.locator("#sure").get_by_role("button", name="Delete").click()
    expect(page.locator("#lapses > li")).to_have_count(0)


def test_a_time_lapse_of_an_empty_span_cannot_be_requested(timeline: Timeline) -> None:
    """In place of the length, the page says what to change."""
    timeline.open(hours(12))
    page = timeline.page
    expect(page.locator("#render")).to_be_enabled()
    page.get_by_label("First day of the span").fill("2020-01-01")
    page.get_by_label("Last day of the span").fill("2020-01-02")
    expect(page.locator("#estimate")).to_contain_text("There are no pictures in these days")
    expect(page.locator("#render")).to_be_disabled()


def test_a_time_lapse_of_the_last_days_does_not_need_the_track(timeline: Timeline) -> None:
    """What, from when, and how long it shall last; the site's newest picture is two days old."""
    timeline.open(hours(12))
    page = timeline.page
    page.get_by_label("First day of the span").fill("2020-01-01")
    page.get_by_label("Last day of the span").fill("2020-01-02")
    expect(page.locator("#estimate")).to_contain_text("There are no pictures in these days")
    each = page.get_by_label("Of each day")
    page.get_by_label("Time-lapse of").select_option("the last 7 days")
    expect(page.locator("#estimate")).to_contain_text("pictures make 15 s at")
    expect(each).to_have_value("")
    page.get_by_label("Time-lapse of").select_option("the last 30 days")
    expect(each).to_have_value("12:00")
    expect(page.locator("#estimate")).to_contain_text(re.compile(r"^[23] of \d\d pictures make [23] s at 1 a second"))
    expect(page.locator("#render")).to_be_enabled()
    each.select_option("all")
    page.get_by_label("Seconds").fill("5")
    expect(page.locator("#estimate")).to_contain_text(re.compile(r"\d\d pictures make 5 s at 1\d(\.\d+)? a second"))
    page.get_by_label("Time-lapse of").select_option("the last year")
    expect(page.locator("#estimate")).to_contain_text(re.compile(r"\d\d pictures make 5 s"))
    expect(each).to_have_value("")


def test_a_time_lapse_of_one_hour_of_each_day_keeps_to_that_hour(timeline: Timeline) -> None:
    """The track's switch goes before the form's noon, which can't be chosen meanwhile."""
    timeline.open(hours(12), span="all")
    page = timeline.page
    expect(page.get_by_label("Of each day")).to_be_enabled()

    def is_for(hour: str, request: Request) -> bool:
        """An estimate of the whole may still be on its way."""
        return request.url.endswith("/timelapses/estimate") and f'"daily_at":"{hour}"' in (request.post_data or "")

    with page.expect_request(partial(is_for, "12:00")):
        page.get_by_label("Same hour daily").check()
    with page.expect_request(partial(is_for, "17:00")):
        page.get_by_label("Hour", exact=True).select_option("17")
    expect(page.get_by_label("Of each day")).to_be_disabled()


def test_the_page_passes_the_accessibility_rules(timeline: Timeline) -> None:
    """The rules are axe's, in light and dark: with one picture, and with two compared."""
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


def test_times_are_in_the_archives_time_zone_whatever_the_browsers(chromium: Browser, tmp_path: Path) -> None:
    """Days and files, too. The title shows UTC, and the page says once whose time it is."""
    with archive_site(tmp_path, settings={"ARCHIVE_TIME_ZONE": "Asia/Kathmandu"}) as site:
        context, page, complaints = opened(chromium, DESK, "America/New_York")
        page.goto(f"{site.origin}/archive?span=day&at={site.day + hours(12):%Y-%m-%dT%H:%M:%SZ}")
        expect(page.locator("#when")).to_contain_text("17:45")
        expect(page.locator("#when")).to_have_attribute("title", re.compile("12:00:03 UTC$"))
        expect(page.locator("#span-note")).to_have_text("22 pictures.")  # from 18:15 UTC on the day before
        expect(page.locator("footer")).to_contain_text("Times are those of Asia/Kathmandu")
        expect(page.locator("footer")).to_contain_text("America/New_York")
        expect(page.locator("#calendar [aria-current=date]")).to_have_attribute("data-day", f"{site.day:%Y-%m-%d}")
        expect(page.locator("#calendar [aria-current=date]")).to_have_attribute(
            "title", re.compile("22 pictures.*2 missed")
        )
        expect(page.locator("#download")).to_have_attribute("download", re.compile(r"T17-45-03\+0545\.webp$"))
        zipped = parse_qs(urlsplit(page.locator("#zip").get_attribute("href") or "").query)
        assert zipped["tz"] == ["Asia/Kathmandu"]
        with page.expect_request(lambda request: request.url.endswith("/timelapses/estimate")) as asked:
            page.get_by_label("Same hour daily").check()
        assert '"tz":"Asia/Kathmandu"' in (asked.value.post_data or "")
        page.get_by_label("Hour", exact=True).select_option("17")
        expect(page.locator("#span-note")).to_have_text("1 picture; “Daylight only” or “Same hour daily” hides 21.")
        context.close()
    assert complaints == []


def test_ten_thousand_gaps_take_one_answer_and_the_pictures_stay_visible(chromium: Browser, tmp_path: Path) -> None:
    """A camera behind bad Wi-Fi: of three days each other minute is missing, and once two hours at a stretch."""
    asked: list[str] = []
    minutes = [(at, at + 60) for at in range(-48 * 3600, 24 * 3600, 120) if not 15 * 3600 <= at < 17 * 3600]
    with archive_site(tmp_path, gaps=minutes) as site:
        context, page, complaints = opened(chromium, DESK)
        page.on("request", lambda request: asked.append(request.url) if "/frames/gaps" in request.url else None)
        page.goto(f"{site.origin}/archive?span=all&at={site.day + hours(12):%Y-%m-%dT%H:%M:%SZ}")
        expect(page.locator("#gaps summary")).to_have_text(f"{len(minutes) + 1:,} gaps")
        expect(page.locator("#calendar [aria-current=date]")).to_have_attribute("title", re.compile("662 missed"))
        expect(page.locator(".side").first).to_have_attribute("data-full", re.compile(r"\d"))
        assert len(asked) == 1
        strip = "document.querySelector('#track canvas')"
        lines = f"""() => {{
            const canvas = {strip}, wide = canvas.width / devicePixelRatio;
            const at = (x, y) => [...canvas.getContext('2d').getImageData(
                x * devicePixelRatio, y * devicePixelRatio, 1, 1).data].slice(0, 3).join();
            // Along the middle of the small pictures: hatching would change the colour every few pixels.
            let changes = 0;
            for (let x = 1; x < wide / 3; x += 1) changes += at(x, 20) !== at(x - 1, 20);
            return {{ changes, wide, lane: at(50, 77) !== at(50, 85) }};
        }}"""
        wait_until(lambda: page.evaluate(lines)["lane"], "the lane shows that pictures are missing")
        found = page.evaluate(lines)
        assert found["changes"] < found["wide"] / 3
        keep(page, "timeline-many-gaps")
        asked.clear()
        page.evaluate("dispatchEvent(new Event('online'))")  # asks for news, as each minute does
        wait_until(lambda: asked or page.evaluate("1"), "it has asked")
        page.mouse.move(page.locator("#track").bounding_box()["x"] + 60, timeline_y(page))  # type: ignore[index]
        expect(page.locator("#peek")).to_contain_text(re.compile(r"\d missing in \d+ gaps, mostly archiver down"))
        context.close()
    assert complaints == []


def timeline_y(page: Page) -> float:
    box = page.locator("#track").bounding_box()
    assert box is not None
    return box["y"] + 20


def test_outside_of_its_hours_the_page_says_when_the_next_picture_is_due(chromium: Browser, tmp_path: Path) -> None:
    """Here a day of the week that is half a week away."""
    day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[(datetime.now(UTC).weekday() + 3) % 7]
    with archive_site(tmp_path, settings={"CAPTURE_WHEN": f"{day} 06:30-20:00"}) as site:
        context, page, complaints = opened(chromium, DESK)
        page.goto(f"{site.origin}/archive")
        expect(page.locator("#due")).to_have_text(re.compile(r"No picture is due now: next picture at .* 06:30\."))
        page.click("#capture")
        expect(page.locator("#note")).to_contain_text("captured by hand")
        context.close()
    assert complaints == []


def test_without_a_network_it_says_so_and_recovers(chromium: Browser, site: Site) -> None:
    """Loaded pictures stay. No reload is needed, neither for a loaded page nor for one that never loaded fully."""
    context, page, _ = opened(chromium, DESK)
    page.route("**/frames/index?*", lambda route: route.abort())
    page.goto(f"{site.origin}/archive")
    expect(page.locator("#note")).to_contain_text("can't be reached")
    page.unroute("**/frames/index?*")
    side = page.locator(".side").first
    expect(side).to_have_attribute("data-full", re.compile(r"\d"))
    newest = side.get_attribute("data-full")

    context.set_offline(True)
    for _ in range(3):  # beyond the neighbouring pictures, which are already loaded
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#words")).to_contain_text("can't be reached")
    context.set_offline(False)
    expect(page.locator("#words")).to_be_hidden()
    wait_until(lambda: side.get_attribute("data-full") not in (None, newest), "the full picture is loaded")
    context.close()


def test_news_that_can_not_be_had_are_told_and_the_picture_stays(chromium: Browser, site: Site) -> None:
    """An archiver may hang under an open page: it must not look as if nothing new had been archived."""
    hangs = "The archive does not answer, though it runs."
    context, page, _ = opened(chromium, DESK)
    page.goto(f"{site.origin}/archive")
    side = page.locator(".side").first
    expect(side).to_have_attribute("data-full", re.compile(r"\d"))
    page.route("**/frames/index?*", lambda route: route.fulfill(status=504, json={"detail": hangs}))
    page.evaluate("dispatchEvent(new Event('online'))")  # as when a laptop wakes up
    expect(page.locator("#note")).to_have_text(hangs)
    expect(side).to_have_attribute("data-full", re.compile(r"\d"))
    page.unroute("**/frames/index?*")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#note")).not_to_have_text(hangs)
    context.close()


def test_an_empty_archive_says_when_its_first_picture_comes(chromium: Browser, tmp_path: Path) -> None:
    """It comes when the camera delivers. Here no ingest runs."""
    env = environment(tmp_path)
    with (
        running(env),
        running_replica(
            f"tcp://127.0.0.1:{free_port()}", archiver_url=f"http://127.0.0.1:{env['ARCHIVER_PORT']}"
        ) as replica,
    ):
        index = "/api/camera/frames/index?camera=camera_1"
        wait_until(lambda: replica.request(index)[0] == 200, "the database has its tables", 30)
        context, page, complaints = opened(chromium, DESK)
        page.goto(f"http://127.0.0.1:{replica.port}/archive?camera=camera_1")
        expect(page.locator("h1")).to_have_text("Nothing is archived yet")
        expect(page.locator("#words")).to_contain_text("The first picture comes when the camera delivers")
        expect(page.get_by_role("link", name="See it live")).to_be_visible()
        for name in ("Play", "Compare", "Delete", "Make a time-lapse"):
            expect(page.get_by_role("button", name=name, exact=True)).to_be_hidden()
        expect(page.get_by_text("0 pictures")).to_be_hidden()
        assert_accessible(page)
        context.close()
    assert complaints == []


def test_the_demo_archive_fills_the_timeline(chromium: Browser, tmp_path: Path) -> None:
    """A newcomer sees some days of a growing plant, with its gaps."""
    env = environment(tmp_path)
    command = [sys.executable, "-m", "services.archiver.demo", "--days", "4"]
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
