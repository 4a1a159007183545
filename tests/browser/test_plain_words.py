"""What the pages say of an archive: what it takes, what will be deleted of it, and what was a year ago today."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.archiver.bus import ScriptedBus, ScriptedCamera
from tests.archiver.support import jpeg_of
from tests.browser.archive_site import CAMERA, Site, archive_site
from tests.support.accessibility import assert_accessible
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
NOW = datetime.now(UTC)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with archive_site(tmp_path) as site:
        yield site


def nearest_requests(page: Page) -> list[str]:
    """Filled while the page is used."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/nearest" in request.url else None)
    return asked


def test_the_timeline_says_that_nothing_will_be_deleted(site: Site, page: Page) -> None:
    """And about what a year brings; the default keeps everything."""
    page.goto(f"{site.origin}/archive")
    words = re.compile(r"^About [\d.]+ [kMG]B a year; nothing will be deleted in the next 30 days\.$")
    expect(page.locator("#outlook")).to_have_text(words)


def test_the_timeline_says_beforehand_what_will_be_deleted(tmp_path: Path, page: Page) -> None:
    """How many pictures of which camera, from when to when, and from which day on."""
    with archive_site(tmp_path, settings={"ARCHIVE_KEEP": "all:7d"}) as site:
        page.goto(f"{site.origin}/archive")
        words = re.compile(
            rf"In the next 30 days will be deleted: (69|70) pictures of .*{site.day:%Y}.*, from .* on\.$"
        )
        expect(page.locator("#outlook")).to_have_text(words)
        page.get_by_role("button", name="Mark as kept").click()
        expect(page.locator("#outlook")).to_contain_text("1 kept picture")


def test_beside_the_live_picture_is_that_of_a_year_ago_today(tmp_path: Path, page: Page) -> None:
    """It was asked for once, and leads to its place on the timeline."""
    at = NOW.replace(year=NOW.year - 1) if (NOW.month, NOW.day) != (2, 29) else NOW - timedelta(days=365)
    at -= timedelta(hours=2)
    its_time = re.compile(f"^{at:%Y-%m-%dT%H:%M}")
    with archive_site(tmp_path, imported=[at]) as site:
        asked = nearest_requests(page)
        page.goto(site.origin)
        expect(page.locator("#year")).to_be_visible()
        expect(page.locator("#year img")).to_have_js_property("naturalWidth", 320)
        expect(page.locator("#year time")).to_have_attribute("datetime", its_time)
        expect(page.locator("#year a")).to_have_attribute("href", re.compile(rf"archive\?camera={CAMERA}&at="))
        assert_accessible(page)
        page.get_by_role("button", name="Details").click()
        assert len(asked) == 1
        page.locator("#year a").click()
        expect(page.locator("#when")).to_have_attribute("datetime", its_time)


def test_an_archive_that_is_younger_than_a_year_shows_nothing_of_it(site: Site, page: Page) -> None:
    """Not the nearest picture that there is."""
    asked = nearest_requests(page)
    page.goto(site.origin)
    expect(page.locator("#archive img").first).to_be_visible()
    wait_until(lambda: asked, "it was asked for")
    expect(page.locator("#archive img").first).to_have_js_property("complete", True)
    expect(page.locator("#year")).to_be_hidden()


def test_without_an_archiver_nothing_is_asked_for(page: Page, bus: str) -> None:
    """The page says once that the archive can't be reached."""
    camera = ScriptedCamera([jpeg_of()], key=CAMERA)
    with (
        ScriptedBus(bus, [camera]).running(),
        running_replica(bus, archiver_url=f"http://127.0.0.1:{free_port()}") as replica,
    ):
        asked = nearest_requests(page)
        page.goto(f"http://127.0.0.1:{replica.port}")
        expect(page.locator("#archive-note")).to_have_text("The archive can't be reached.")
        expect(page.locator("#year")).to_be_hidden()
        assert asked == []
