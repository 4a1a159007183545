"""What a camera said is saved at the page of cameras, in real Chromium with the three services as they run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from services.ingest.recording.recording import Recording
from tests.browser.cameras_page import page_of, without_cameras
from tests.browser.cameras_page import running as running_house
from tests.browser.sizes import fits, keep_of
from tests.odd_cameras.camera import Camera, Link, Request, running
from tests.support.accessibility import assert_accessible
from tests.support.camera_house import House

pytestmark = [pytest.mark.browser]
expect.set_options(timeout=30_000)
PASSWORD = "digging-4-gold"  # noqa: S105 the test's own
BUTTON = "Save what the camera said"


class SaysNonsense(Camera):
    """Why it gives no picture nobody knows."""

    def on_describe(self, request: Request, _link: Link) -> bytes | None:
        return self.says(request, "551 What", [f"X-Debug: {PASSWORD} of {self.url}"])


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(tmp_path_factory.mktemp("exchange")) as house:
        yield house


@pytest.fixture
def house(shared_house: House) -> House:
    """Without a camera."""
    return without_cameras(shared_house)


def saved(page: Page, key: str) -> Recording:
    """Presses the button; the file that the browser saves."""
    with page.expect_download(timeout=60_000) as begun:
        page.get_by_role("button", name=BUTTON).click()
    name = begun.value.suggested_filename
    assert re.fullmatch(rf"{key}-\d{{8}}-\d{{6}}\.exchange\.gz", name)
    expect(page.locator("#record").get_by_role("status")).to_have_text(f"Saved: {name}")
    with Path(begun.value.path()).open("rb") as file:
        recording = Recording.read(file)
    said = b"".join(event.data for event in recording.events)
    assert b"551 What" in said
    assert PASSWORD.encode() not in said
    assert b"127.0.0.1" not in said
    return recording


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_test_whose_reason_nobody_knows_offers_the_file(house: House, chromium: Browser, size: str) -> None:
    """Before anything is saved, with what is in the file and what to do with it."""
    with running(SaysNonsense()) as camera, page_of(chromium, house, size) as page:
        page.locator("#try").get_by_label("Address").fill(camera.url)
        page.get_by_label("User name").fill("me")
        page.locator("#try").get_by_label("Password").fill(PASSWORD)
        page.locator("#try").get_by_role("button", name="Test").click()
        expect(page.locator("#tried")).to_contain_text("551 What")
        offer = page.locator("#record")
        expect(offer).to_contain_text("pictures of up to five seconds")
        expect(offer).to_contain_text("A camera does not play")
        expect(page.get_by_text("framecast record-camera")).to_have_count(0)
        assert fits(page)
        assert_accessible(page)
        keep_of(page, "cameras-exchange")
        assert "551 What" in saved(page, "camera").facts["outcome"]
        page.locator("#try").get_by_label("Address").fill("rtsp://127.0.0.1:9/")
        expect(offer).to_be_hidden()
        page.locator("#try").get_by_role("button", name="Test").click()
        expect(page.locator("#try small.error")).to_contain_text("refuses connections")
        expect(offer).to_be_hidden()
    assert house.listed()["is_demo"], "nothing was changed"


def test_a_kept_camera_that_fails_offers_it_without_a_test(house: House, chromium: Browser) -> None:
    """With its kept password, by keyboard; the command for it is nowhere on the page."""
    with running(SaysNonsense()) as camera:
        settings = {"device_key": "gate", "rtsp_url": camera.url, "rtsp_username": "me", "rtsp_password": PASSWORD}
        house.do("POST", "", settings=settings)
        with page_of(chromium, house) as page:
            words = page.locator("#list article .soft")
            expect(words).to_contain_text("can't be opened")
            expect(words).not_to_contain_text("record-camera")
            page.get_by_role("link", name="Settings: gate").click()
            button = page.get_by_role("button", name=BUTTON)
            expect(button).to_be_visible()
            assert_accessible(page)
            saved(page, "gate")
            expect(button).to_be_focused()
            page.locator("#form").get_by_label("Address", exact=True).fill(f"{camera.url}/other")
            page.keyboard.press("Tab")
            button.press("Enter")
            expect(page.locator("#record .error")).to_contain_text("Write the password again")
            page.locator("#form").get_by_label("Password", exact=True).fill(PASSWORD)
            saved(page, "gate")


def test_a_try_says_what_a_line_of_another_program_was_taken_for(house: House, chromium: Browser) -> None:
    with running(Camera()) as camera, page_of(chromium, house) as page:
        page.locator("#try").get_by_label("Address").fill(f"ffmpeg:{camera.url}#video=copy")
        page.locator("#try").get_by_role("button", name="Test").click()
        expect(page.locator("#tried img")).to_be_visible()
        expect(page.locator("#tried")).to_contain_text(f"taken as {camera.url}: the text around it is left out")
        expect(page.locator("#tried")).to_contain_text("the options behind # are for go2rtc")
        expect(page.get_by_role("button", name=BUTTON)).to_be_hidden()


@pytest.mark.parametrize("can_discover", [True, False])
def test_a_search_is_offered_where_ingest_can_search(house: House, chromium: Browser, can_discover: bool) -> None:
    """An older ingest can't, and is asked nothing in vain."""

    def answer(route: Route) -> None:
        told = route.fetch()
        route.fulfill(response=told, body=json.dumps({**told.json(), "can_discover": can_discover}))

    with page_of(chromium, house, path="healthz") as page:
        page.route("**/api/settings/cameras", answer)
        page.goto(f"{house.stack.origin}/cameras")
        expect(page.locator("#try").get_by_label("Address")).to_be_focused()
        expect(page.get_by_role("button", name="Look in your network")).to_be_visible(visible=can_discover)
