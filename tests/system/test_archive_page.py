"""The archive page in real Chromium, on a desk and on a phone: days, pictures, keys, capture, time-lapse."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.support.browser import running_chromium
from tests.support.waiting import wait_until
from tests.system.archive_site import Site, archive_site

pytestmark = pytest.mark.browser
DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=320, height=640)
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with archive_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """In UTC, and without a single complaint of the browser in the end."""
    context = chromium.new_context(
        viewport=request.param,
        timezone_id="UTC",
        locale="en-GB",
        has_touch=request.param is PHONE,
        accept_downloads=True,
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [text for text in complaints if "status of 422" not in text] == []


def at(site: Site, **later: int) -> str:
    return f"{site.origin}/archive?day={site.day + timedelta(**later):%Y-%m-%d}"


def test_a_day_shows_its_pictures_and_why_some_are_missing(page: Page, site: Site) -> None:
    """In the order of time, with the gap where the pictures would be; and nothing has to be scrolled sideways."""
    page.goto(at(site))
    items = page.locator("#frames > li")
    expect(items).to_have_count(23)
    expect(items.nth(15)).to_contain_text("2 missed: archiver down")
    expect(items.nth(15)).to_contain_text(re.compile("15:00 . 17:00"))
    expect(page.locator("#day-note")).to_contain_text("22 pictures")
    first = page.locator("#frames img").first
    expect(first).to_have_js_property("complete", value=True)
    assert first.evaluate("image => image.naturalWidth") == 320
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_calendar_leads_to_other_days_and_the_address_follows(page: Page, site: Site) -> None:
    """So it can be kept, sent, and come back to."""
    page.goto(at(site))
    day = page.locator(f'#calendar [data-day="{site.day - timedelta(days=1):%Y-%m-%d}"]')
    if not day.count():
        page.click("#month-before")
    expect(day).to_contain_text("24")
    day.click()
    expect(page.locator("#frames > li")).to_have_count(24)
    assert f"day={site.day - timedelta(days=1):%Y-%m-%d}" in page.url
    page.reload()
    expect(page.locator("#frames > li")).to_have_count(24)
    page.click("#day-after")
    expect(page.locator("#frames > li")).to_have_count(23)


def test_without_a_day_the_newest_is_shown(page: Page, site: Site) -> None:
    """That is what one comes for."""
    page.goto(f"{site.origin}/archive")
    expect(page.locator("#frames li[data-frame]").first).to_be_visible()
    expect(page.locator("#day-note")).to_contain_text("picture")


def test_keys_lead_through_the_pictures_and_back_to_where_one_was(page: Page, site: Site) -> None:
    """No mouse is needed, and the focus is never lost."""
    page.goto(at(site))
    tenth = page.locator("#frames button").nth(9)
    tenth.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#viewer")).to_be_visible()
    expect(page.locator("#full-time")).to_contain_text("09:00:03")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#full-time")).to_contain_text("10:00:03")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#full-time")).to_contain_text("08:00:03")
    page.keyboard.press("End")
    expect(page.locator("#full-time")).to_contain_text("23:00:03")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#full-time")).to_contain_text("23:00:03")
    page.keyboard.press("Home")
    expect(page.locator("#previous")).to_be_disabled()
    expect(page.locator("#full")).to_have_js_property("complete", value=True)
    assert page.locator("#full").evaluate("image => image.naturalWidth") == 320
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    expect(page.locator("#frames button").first).to_be_focused()


def test_a_picture_can_be_downloaded_and_deleted(page: Page, site: Site) -> None:
    """Deleting asks first, and the day tells of it."""
    page.goto(at(site, days=-2))
    page.locator("#frames button").nth(3).click()
    with page.expect_download() as download:
        page.click("#download")
    assert download.value.suggested_filename.endswith("Z.webp")
    assert Path(download.value.path()).read_bytes()[:4] == b"RIFF"
    expect(page.locator("#full-time")).to_contain_text(":00:03")
    count = page.locator("#frames button").count()
    page.click("#delete")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#frames button")).to_have_count(count)
    page.click("#delete")
    page.locator("#sure").get_by_role("button", name="Delete").click()
    expect(page.locator("#frames button")).to_have_count(count - 1)


def test_a_picture_is_captured_now_and_shown(page: Page, site: Site) -> None:
    """Whatever day one was at."""
    page.goto(at(site))
    expect(page.locator("#frames > li")).to_have_count(23)
    page.click("#capture")
    expect(page.locator("#capture-note")).to_contain_text("Captured at")
    expect(page.locator("#frames time").last).to_contain_text("by hand")


def test_a_time_lapse_is_foretold_made_and_played(page: Page, site: Site) -> None:
    """The length told beforehand is the video's."""
    page.goto(at(site))
    expect(page.locator("#estimate")).to_contain_text("pictures make")
    page.locator("[name=from]").fill(f"{site.day:%Y-%m-%d}")
    page.locator("[name=amount]").fill("11")
    expect(page.locator("#estimate")).to_contain_text(
        re.compile("22 pictures make 2 s at 11 frames per second, 320 . 180")
    )
    page.click("#render")
    lapse = page.locator("#lapses > li").first
    expect(lapse.get_by_role("button", name="Play")).to_be_visible(timeout=60_000)
    expect(lapse).to_contain_text(re.compile("2 s, 320 . 180"))
    lapse.get_by_role("button", name="Play").click()
    video = lapse.locator("video")
    expect(video).to_have_js_property("videoWidth", 320)
    assert video.evaluate("video => video.duration") == pytest.approx(2, abs=1 / 11)
    wait_until(lambda: video.evaluate("video => video.currentTime > 0.5"), "it plays")
    lapse.get_by_role("button", name="Delete").click()
    page.locator("#sure").get_by_role("button", name="Delete").click()
    expect(page.locator("#lapses > li")).to_have_count(0)


def test_a_wish_that_cannot_be_met_says_what_to_change(page: Page, site: Site) -> None:
    """In the place where the length would be, and it can't be sent."""
    page.goto(at(site))
    expect(page.locator("#render")).to_be_enabled()
    page.locator("[name=from]").fill("2020-01-01")
    page.locator("[name=to]").fill("2020-01-02")
    expect(page.locator("#estimate")).to_contain_text("choose another range")
    expect(page.locator("#render")).to_be_disabled()


def test_the_main_page_leads_to_the_archive_and_back(page: Page, site: Site) -> None:
    """With the same camera."""
    page.goto(site.origin)
    page.get_by_role("link", name="The whole archive").click()
    expect(page.locator("#day-note")).to_contain_text("picture")
    assert "camera=camera_1" in page.url
    page.get_by_role("link", name="Framecast").click()
    expect(page).to_have_url(f"{site.origin}/?camera=camera_1")
