"""The page of cameras in real Chromium as it is hard to use: by the keyboard alone, with names of a hundred letters on
a phone, with thirty cameras that are live.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.cameras_page import (
    AWAY,
    card,
    has,
    listed,
    open_settings,
    page_of,
    running,
    save,
    status,
    try_address,
    without_cameras,
)
from tests.browser.keyboard import tab_to
from tests.browser.layout_shift import assert_stayed, watch_shifts
from tests.browser.sizes import fits, keep_of
from tests.support.accessibility import assert_accessible
from tests.support.camera import RtspCamera
from tests.support.camera_house import SECRET, House
from tests.support.figures import note
from tests.support.mjpeg import Viewer
from tests.support.starved import process_tree
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.camera]
expect.set_options(timeout=30_000)
THIRTY = [f"camera_{number:02}" for number in range(1, 31)]
LONG = "W" * 100


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("use")) as house:
        yield house


@pytest.fixture
def house(shared_house: House) -> House:
    """Without a camera."""
    return without_cameras(shared_house)


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_camera_is_added_by_the_keyboard_alone(house: House, chromium: Browser, size: str) -> None:
    """From the list to its live picture, with the focus where the next thing is to be done."""
    has(house, "gate")
    with RtspCamera(username="me", password=SECRET) as camera, page_of(chromium, house, size) as page:
        expect(listed(page)).to_have_count(1)
        tab_to(page, page.get_by_role("button", name="Add a camera"))
        page.keyboard.press("Enter")
        form = page.locator("#try")
        expect(form.get_by_label("Address")).to_be_focused()
        page.keyboard.type(camera.url)
        for label, text in (("User name", "me"), ("Password", "wrong")):
            page.keyboard.press("Tab")
            expect(form.get_by_label(label)).to_be_focused()
            page.keyboard.type(text)
        tab_to(page, form.get_by_role("button", name="Test"))
        page.keyboard.press("Space")
        expect(form.get_by_label("Password")).to_be_focused()
        expect(form.locator("small.error")).to_contain_text("refused the user name or password")
        page.keyboard.press("Control+a")
        page.keyboard.type(SECRET)
        page.keyboard.press("Enter")
        expect(page.locator("#keep").get_by_label("Name")).to_be_focused()
        page.keyboard.type("Back door")
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Save", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url("**/?camera=back_door")
        expect(page.locator("#tiles > [data-camera=back_door][data-state=live]")).to_be_visible()


def test_adding_is_left_by_the_keyboard(house: House, chromium: Browser) -> None:
    """The focus goes back to where it came from."""
    has(house, "gate")
    with page_of(chromium, house) as page:
        add = page.get_by_role("button", name="Add a camera")
        tab_to(page, add)
        page.keyboard.press("Enter")
        tab_to(page, page.get_by_role("button", name="Cancel"))
        page.keyboard.press("Enter")
        expect(add).to_be_focused()
        expect(page.locator("#adding")).to_be_hidden()


def is_whole(element: Locator) -> bool:
    """Whether none of its text is cut or beside it."""
    return bool(element.evaluate("element => element.scrollWidth <= element.clientWidth"))


@pytest.mark.parametrize("size", ["phone", "larger phone"])
def test_names_and_addresses_without_a_space_fit_a_phone(house: House, chromium: Browser, size: str) -> None:
    """A hundred wide letters: in the list, the settings, the form, the question, and in what was done."""
    has(house, "cam_1", "cam_2", name=LONG, url=f"{AWAY}/{'x' * 300}")
    with page_of(chromium, house, size) as page:
        watch_shifts(page)
        page.reload()
        expect(listed(page)).to_have_count(2)
        assert_stayed(page, "cameras-long-names")
        assert all(is_whole(each) for each in page.locator("#list article, #list h3").all())
        keep_of(page, "cameras-long-names")
        page.get_by_role("button", name=f"Move down: {LONG}").first.click()
        expect(page.locator("#done")).to_contain_text("is now in place 2.")
        assert fits(page)
        assert is_whole(page.locator("#done"))
        page.get_by_role("link", name=f"Settings: {LONG}").first.click()
        expect(page.locator("#title")).to_be_focused()
        assert fits(page)
        assert is_whole(page.locator("#title"))
        assert_accessible(page)
        keep_of(page, "cameras-long-names-settings")
        page.get_by_role("link", name="All cameras").click()
        page.get_by_role("button", name="Add a camera").click()
        try_address(page, f"{AWAY}/{'y' * 300}")
        page.locator("#keep").get_by_label("Name").fill(LONG)
        assert fits(page)
        assert is_whole(page.locator("#tried"))
        keep_of(page, "cameras-long-names-tried")
        page.get_by_role("button", name="Cancel").click()
        page.get_by_role("button", name=f"Remove: {LONG}").first.click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(LONG)
        assert is_whole(dialog)
        assert is_whole(page.locator("#removing-text"))
        assert_accessible(page)
        keep_of(page, "cameras-long-names-removing")
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.locator("#done")).to_contain_text("is removed.")
        assert fits(page)
        assert is_whole(page.locator("#done"))


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Each has an address of its own and somebody who watches it."""
    paths = [f"/{key}" for key in THIRTY]
    with ExitStack() as end:
        cameras = end.enter_context(RtspCamera(path=paths[0], more_paths=paths[1:], width=160, height=90, fps=2))
        house = end.enter_context(running(tmp_path_factory.mktemp("thirty")))
        began_at = monotonic()
        for key, path in zip(THIRTY, paths, strict=True):
            has(house, key, url=cameras.url_at(path))
        for key in THIRTY:
            house.wait_until_live(key)
            end.enter_context(Viewer(house.port, f"/api/cameras/{key}/stream", headers=house.who))
        wait_until(lambda: are_live(house), "all are live", 60)
        note("seconds until thirty cameras that were added one by one are live", monotonic() - began_at)
        note("megabytes of ingest with thirty live cameras", megabytes(house.stack.services["ingest"].pid))
        yield house


def are_live(house: House) -> bool:
    return {device["state"] for device in house.devices().values()} == {"live"}


def megabytes(pid: int) -> float:
    """Of the process and all its descendants. What they share counts once."""
    texts = (Path(f"/proc/{each}/smaps_rollup").read_text() for each in process_tree(pid))
    return sum(int(re.findall(r"^Pss: +(\d+) kB", text, re.MULTILINE)[0]) for text in texts) / 1024


@pytest.mark.parametrize(("size", "number"), [("phone", 17), ("desk", 23)])
def test_one_of_thirty_live_cameras_is_changed_and_the_others_stay_live(
    thirty: House, chromium: Browser, size: str, number: int
) -> None:
    """Listed, put in order, turned, switched off and on. None of the others is connected anew."""
    key = f"camera_{number:02}"
    reconnects = {other: device["reconnects"] for other, device in thirty.devices().items() if other != key}
    with page_of(chromium, thirty, size) as page:
        watch_shifts(page)
        page.reload()
        expect(page.locator("#list > [data-state=live]")).to_have_count(30)
        assert fits(page)
        assert_accessible(page)
        assert_stayed(page, "cameras-thirty-live")
        keep_of(page, "cameras-thirty-live")

        first = listed(page).first.inner_text()
        down = page.get_by_role("button", name=f"Move down: {first}", exact=True)
        down.press("Enter")
        expect(listed(page).nth(1)).to_have_text(first)
        expect(down).to_be_focused()
        wait_until(lambda: list(thirty.devices())[1] == first.lower(), "the cameras are in order")

        page.get_by_role("button", name=f"Switch off: {key.title()}").click()
        expect(card(page, key.title())).to_contain_text("Switched off")
        page.get_by_role("button", name=f"Switch on: {key.title()}").click()
        open_settings(page, key.title())
        page.locator("#form [name=rotate]").select_option("90")
        save(page)
        expect(status(page, "#form")).to_have_text("Saved.")
        live = page.locator("#live")
        wait_until(lambda: live.evaluate("image => image.naturalWidth < image.naturalHeight"), "it is turned", 30)
        page.get_by_role("link", name="All cameras").click()
        expect(page.locator("#list > [data-state=live]")).to_have_count(30)
        assert_stayed(page, "cameras-thirty-changed")
    after = thirty.devices()
    assert {other: after[other]["reconnects"] for other in reconnects} == reconnects
