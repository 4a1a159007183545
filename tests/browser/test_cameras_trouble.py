"""The page of cameras in real Chromium where something goes wrong meanwhile: the disk is full, ingest is slow or ends,
an answer is lost, somebody else changes the same camera.
"""

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.cameras_page import (
    AWAY,
    has,
    listed,
    open_settings,
    page_of,
    running,
    save,
    setting,
    status,
    try_address,
    without_cameras,
)
from tests.browser.site import HIDE_DOCUMENT
from tests.browser.sizes import fits, keep_of
from tests.support.accessibility import assert_accessible
from tests.support.camera_house import House
from tests.support.disks import fill, small
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.camera]
expect.set_options(timeout=30_000)
ON_BOTH = pytest.mark.parametrize("size", ["phone", "desk"])
FULL = "is full. Free some room, and try again."
SAVING = "Saving…"
SLOW_MS = 1_000
"""Less than the page's request may take, more than an answer does."""


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("trouble")) as house:
        yield house


@pytest.fixture
def house(shared_house: House) -> House:
    """Without a camera."""
    return without_cameras(shared_house)


@contextmanager
def paused(house: House) -> Iterator[None]:
    """Ingest does nothing within the block, and its connections stay."""
    ingest = house.stack.services["ingest"]
    ingest.signal(signal.SIGSTOP)
    try:
        yield
    finally:
        ingest.signal(signal.SIGCONT)


def settings_of(house: House, key: str) -> dict[str, object]:
    return next(camera["settings"] for camera in house.listed()["cameras"] if camera["key"] == key)


def log_of(house: House) -> list[dict[str, object]]:
    """What ingest logged since it was started."""
    return [json.loads(line) for line in house.stack.services["ingest"].output().splitlines()]


def changed_since(house: House, lines: int) -> set[object]:
    """The file's version after each change of a camera, from that line of the log on. A change that came again is
    logged again, with the same version.
    """
    return {line["version"] for line in log_of(house)[lines:] if line["event"] == "camera changed"}


def comes_to_be_saved(page: Page) -> None:
    """After Save was pressed. Where the page says in the end that it knows nothing, it is pressed again: a request has
    five seconds, which a busy machine may take by itself.
    """
    words = status(page, "#form")
    for _ in range(3):
        expect(words).not_to_have_text(SAVING)
        if words.inner_text() == "Saved.":
            return
        save(page)
    raise AssertionError(words.inner_text())


@pytest.mark.disks
@ON_BOTH
def test_on_a_full_disk_it_is_said_what_to_do_and_once_there_is_room_it_is_saved(
    tmp_path: Path, chromium: Browser, size: str
) -> None:
    """By the same button. What was typed stays, and so does what was kept."""
    with small(tmp_path / "owner", "128k") as disk, running(tmp_path) as house:
        has(house, "gate", "garden")
        kept = (disk / "cameras.toml").read_bytes()
        with page_of(chromium, house, size, "cameras#gate") as page:
            setting(page, "Text on the picture").fill("under the snow")
            filler = fill(disk)
            save(page)
            expect(status(page, "#form")).to_contain_text(FULL)
            looks_again(page)
            expect(status(page, "#form")).to_contain_text(FULL)
            expect(setting(page, "Text on the picture")).to_have_value("under the snow")
            assert fits(page)
            assert_accessible(page)
            keep_of(page, "cameras-full-disk")
            assert (disk / "cameras.toml").read_bytes() == kept
            filler.unlink()
            save(page)
            expect(status(page, "#form")).to_have_text("Saved.")

            page.get_by_role("link", name="All cameras").click()
            page.get_by_role("button", name="Add a camera").click()
            try_address(page, AWAY)
            page.locator("#keep").get_by_label("Name").fill("Shed")
            filler = fill(disk)
            page.get_by_role("button", name="Save it all the same").click()
            expect(status(page, "#keep")).to_contain_text(FULL)
            page.get_by_role("button", name="Move down: Gate").click()
            expect(page.locator("#done")).to_contain_text(FULL)
            expect(listed(page)).to_have_text(["Gate", "Garden"])
            expect(page.locator("#keep").get_by_label("Name")).to_have_value("Shed")
            expect(page.locator("#try").get_by_label("Address")).to_have_value(AWAY)
            assert fits(page)
            filler.unlink()
            page.get_by_role("button", name="Save it all the same").click()
            expect(page.get_by_role("heading", name="Shed")).to_be_visible()
        assert [camera["key"] for camera in house.listed()["cameras"]] == ["gate", "garden", "shed"]
        assert settings_of(house, "gate")["overlay"] == "under the snow"
        assert sorted(path.name for path in disk.glob("*cameras*")) == ["cameras.toml", "cameras.toml.before"]


def looks_again(page: Page) -> None:
    """Wait until the page has asked for the cameras anew, as it does every few seconds."""
    with page.expect_response(lambda answer: answer.url.endswith("/api/settings/cameras")):
        pass


@ON_BOTH
def test_while_ingest_is_slow_the_page_says_that_it_waits_and_saves_once(
    house: House, chromium: Browser, size: str
) -> None:
    """However often the button is pressed meanwhile."""
    has(house, "gate")
    before = len(log_of(house))
    with page_of(chromium, house, size, "cameras#gate") as page:
        setting(page, "Text on the picture").fill("slowly")
        with paused(house):
            save(page)
            expect(status(page, "#form")).to_have_text(SAVING)
            save(page)
            page.wait_for_timeout(SLOW_MS)
            expect(status(page, "#form")).to_have_text(SAVING)
        comes_to_be_saved(page)
    assert settings_of(house, "gate")["overlay"] == "slowly"
    assert len(changed_since(house, before)) == 1


def test_while_ingest_is_slow_what_is_pressed_in_the_list_waits_its_turn(house: House, chromium: Browser) -> None:
    """Each press counts once."""
    has(house, "one", "two", "three", "four")
    with page_of(chromium, house) as page:
        expect(listed(page)).to_have_count(4)
        down = page.get_by_role("button", name="Move down: One")
        with paused(house):
            for _ in range(2):
                down.click()
            page.get_by_role("button", name="Switch off: Four").click()
            expect(page.locator("#done")).to_have_text(SAVING)
            page.wait_for_timeout(SLOW_MS)
            expect(listed(page)).to_have_text(["One", "Two", "Three", "Four"])
            expect(page.locator("#done")).to_have_text(SAVING)
        expect(page.locator("#done")).to_contain_text("“Four” is switched off.")
        expect(listed(page)).to_have_text(["Two", "Three", "One", "Four"])
    assert settings_of(house, "four")["enabled"] is False


def test_one_s_own_changes_are_not_taken_for_somebody_else_s(house: House, chromium: Browser) -> None:
    """Settings that are saved while what was pressed in the list is under way wait for it."""
    has(house, "one", "two")
    with page_of(chromium, house) as page:
        expect(listed(page)).to_have_count(2)
        with paused(house):
            page.get_by_role("button", name="Switch off: One").click()
            page.get_by_role("button", name="Move down: One").click()
            open_settings(page, "Two")
            setting(page, "Text on the picture").fill("soon")
            save(page)
            expect(status(page, "#form")).to_have_text(SAVING)
        expect(status(page, "#form")).to_have_text("Saved.")
    assert settings_of(house, "one")["enabled"] is False
    assert settings_of(house, "two")["overlay"] == "soon"
    assert [camera["key"] for camera in house.listed()["cameras"]] == ["two", "one"]


def test_after_ingest_was_silent_for_long_a_second_save_changes_nothing_twice(house: House, chromium: Browser) -> None:
    """It may have done it late, or not at all. The page says that it does not know, and the same button ends it."""
    has(house, "gate")
    before = len(log_of(house))
    with page_of(chromium, house, path="cameras#gate") as page:
        setting(page, "Text on the picture").fill("late")
        with paused(house):
            save(page)
            expect(status(page, "#form")).to_contain_text("If it is only slow, it still does what was asked")
        expect(page.locator("#note")).to_have_text("")
        expect(setting(page, "Text on the picture")).to_have_value("late")
        save(page)
        comes_to_be_saved(page)
    assert settings_of(house, "gate")["overlay"] == "late"
    assert len(changed_since(house, before)) == 1


def without_the_first_answer(page: Page, pattern: str, method: str) -> None:
    """The request is done, and the network loses what it was answered."""
    lost: list[Route] = []

    def lose(route: Route) -> None:
        if lost or route.request.method != method:
            route.continue_()
            return
        lost.append(route)
        route.fetch()
        route.abort()

    page.route(pattern, lose)


def test_a_change_whose_answer_was_lost_is_known_to_be_saved(house: House, chromium: Browser) -> None:
    """It was not somebody else's, so there is nothing to look at."""
    has(house, "gate")
    with page_of(chromium, house, path="cameras#gate") as page:
        without_the_first_answer(page, "**/api/settings/cameras/gate", "PATCH")
        setting(page, "Text on the picture").fill("once")
        save(page)
        expect(status(page, "#form")).to_contain_text("can't be reached")
        save(page)
        expect(status(page, "#form")).to_have_text("Saved.")
    assert settings_of(house, "gate")["overlay"] == "once"


@pytest.mark.parametrize("name", ["Shed", ""])
def test_a_camera_whose_addition_was_not_answered_is_not_added_twice(
    house: House, chromium: Browser, name: str
) -> None:
    """The page knows it by its name, and that it was not there before."""
    has(house, "gate")
    with page_of(chromium, house) as page:
        without_the_first_answer(page, "**/api/settings/cameras", "POST")
        page.get_by_role("button", name="Add a camera").click()
        try_address(page, AWAY)
        page.locator("#keep").get_by_label("Name").fill(name)
        page.get_by_role("button", name="Save it all the same").click()
        expect(status(page, "#keep")).to_contain_text("can't be reached")
        expect(listed(page)).to_have_count(2)
        page.get_by_role("button", name="Save it all the same").click()
        expect(page.get_by_role("heading", name=name or "camera_1", exact=True)).to_be_visible()
        page.get_by_role("link", name="All cameras").click()
        expect(listed(page)).to_have_text(["Gate", name or "camera_1"])
        page.get_by_role("button", name="Add a camera").click()
        try_address(page, AWAY)
        page.locator("#keep").get_by_label("Name").fill(name)
        page.get_by_role("button", name="Save it all the same").click()
        wait_until(lambda: len(house.listed()["cameras"]) == 3, "the same address is added again where that is meant")


def test_ingest_is_killed_amid_a_change(house: House, chromium: Browser) -> None:
    """It is said, nothing that was typed is lost, and after its return the same button saves it."""
    has(house, "gate")
    with page_of(chromium, house, path="cameras#gate") as page:
        setting(page, "Text on the picture").fill("after the fall")
        ingest = house.stack.services["ingest"]
        ingest.signal(signal.SIGKILL)
        ingest.wait(20)
        save(page)
        expect(status(page, "#form")).to_contain_text("does not answer")
        expect(page.locator("#note")).to_contain_text("does not answer")
        house.stack.start("ingest")
        expect(page.locator("#note")).to_have_text("")
        expect(setting(page, "Text on the picture")).to_have_value("after the fall")
        save(page)
        expect(status(page, "#form")).to_have_text("Saved.")
    assert house.listed()["cameras"][0]["settings"]["overlay"] == "after the fall"


@pytest.mark.parametrize("how", ["killed", "told to end"])
def test_ingest_ends_and_returns_while_a_change_waits_for_it(house: House, chromium: Browser, how: str) -> None:
    """The change is made once, whether before the end or after the return."""
    has(house, "gate")
    before = len(log_of(house))
    ingest = house.stack.services["ingest"]
    with page_of(chromium, house, path="cameras#gate") as page:
        setting(page, "Text on the picture").fill("after the return")
        with paused(house):
            save(page)
            expect(status(page, "#form")).to_have_text(SAVING)
            ingest.signal(signal.SIGKILL if how == "killed" else signal.SIGTERM)
        ingest.wait(20)
        until_then = changed_since(house, before)
        house.stack.start("ingest")
        expect(page.locator("#note")).to_have_text("")
        expect(setting(page, "Text on the picture")).to_have_value("after the return")
        comes_to_be_saved(page)
    assert settings_of(house, "gate")["overlay"] == "after the return"
    assert len(until_then | changed_since(house, 0)) == 1


def test_of_two_browsers_the_second_is_told_and_keeps_what_it_typed(house: House, chromium: Browser) -> None:
    has(house, "gate")
    with page_of(chromium, house, path="cameras#gate") as first, page_of(chromium, house, path="cameras#gate") as other:
        setting(first, "Text on the picture").fill("mine")
        setting(other, "Text on the picture").fill("theirs")
        setting(other, "Name").fill("Their gate")
        save(other)
        expect(status(other, "#form")).to_have_text("Saved.")
        save(first)
        expect(status(first, "#form")).to_contain_text("Somebody has changed the cameras meanwhile")
        expect(setting(first, "Text on the picture")).to_have_value("mine")
        expect(setting(first, "Name")).to_have_value("Their gate")
        save(first)
        expect(status(first, "#form")).to_have_text("Saved.")
        expect(setting(other, "Text on the picture")).to_have_value("mine")
    settings = house.listed()["cameras"][0]["settings"]
    assert (settings["overlay"], settings["name"]) == ("mine", "Their gate")


@pytest.mark.parametrize("edits", ["and looks", "and saves"])
def test_the_settings_of_a_camera_that_somebody_else_has_removed_say_so(
    house: House, chromium: Browser, edits: str
) -> None:
    """They close, and the list of what there is takes their place."""
    has(house, "gate", "garden")
    with page_of(chromium, house, "phone", "cameras#gate") as page, page_of(chromium, house) as other:
        setting(page, "Text on the picture").fill("mine")
        if edits == "and saves":
            page.evaluate(HIDE_DOCUMENT, True)  # so that it does not look by itself
        other.get_by_role("button", name="Remove: Gate").click()
        other.get_by_role("button", name="Remove", exact=True).click()
        expect(listed(other)).to_have_text(["Garden"])
        if edits == "and saves":
            save(page)
            expect(status(page, "#form")).to_contain_text("Somebody has changed the cameras meanwhile")
            page.evaluate(HIDE_DOCUMENT, False)
        expect(page.locator("#done")).to_have_text("“Gate” has been removed meanwhile.")
        expect(page.locator("#one")).to_be_hidden()
        expect(listed(page)).to_have_text(["Garden"])
        expect(page.get_by_role("button", name="Add a camera")).to_be_focused()
        expect(page).to_have_url(re.compile("/cameras#?$"))
        assert fits(page)
        assert_accessible(page)


def test_two_remove_the_same_camera(house: House, chromium: Browser) -> None:
    """It is done for both, and no other camera goes."""
    has(house, "gate", "garden")
    with page_of(chromium, house) as page, page_of(chromium, house) as other:
        for each in (page, other):
            each.get_by_role("button", name="Remove: Gate").click()
            expect(each.get_by_role("dialog")).to_be_visible()
        other.get_by_role("button", name="Remove", exact=True).click()
        expect(listed(other)).to_have_text(["Garden"])
        page.get_by_role("button", name="Remove", exact=True).click()
        expect(page.locator("#done")).to_contain_text("is removed")
        expect(listed(page)).to_have_text(["Garden"])
