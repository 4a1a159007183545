"""The page of cameras as its tests use it: a house whose cameras the operator sets, and what stands on the page."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.sizes import opened
from tests.support.camera_house import House

AWAY = "rtsp://127.0.0.1:9/camera"
"""Nobody listens there."""


@contextmanager
def running(directory: Path, *, is_claimed: bool = True, **settings: str) -> Iterator[House]:
    house = House(directory, **settings)
    with ExitStack() as end:
        end.push(house.stack)
        house.start()
        if is_claimed:
            house.claim()
        yield house


def without_cameras(house: House) -> House:
    """The same one, emptied."""
    for camera in house.listed()["cameras"]:
        house.do("POST", f"/{camera['key']}/remove")
    return house


def has(house: House, *keys: str, url: str = AWAY, **settings: object) -> None:
    house.listed()
    for key in keys:
        house.do("POST", "", settings={"device_key": key, "name": key.title(), "rtsp_url": url, **settings})


@contextmanager
def page_of(browser: Browser, house: House, size: str = "desk", path: str = "cameras") -> Iterator[Page]:
    """The operator's."""
    with opened(browser, size, excused="status of") as page:
        if house.who:
            name, _, value = house.who["Cookie"].partition("=")
            page.context.add_cookies([{"name": name, "value": value, "url": house.stack.origin}])
        page.goto(f"{house.stack.origin}/{path}")
        yield page


def card(page: Page, name: str) -> Locator:
    return page.locator("#list article").filter(has=page.get_by_role("link", name=name, exact=True))


def listed(page: Page) -> Locator:
    return page.locator("#list h3")


def status(page: Page, form: str) -> Locator:
    return page.locator(form).get_by_role("status")


def open_settings(page: Page, name: str) -> None:
    page.get_by_role("link", name=f"Settings: {name}").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_focused()


def setting(page: Page, label: str) -> Locator:
    return page.locator("#form").get_by_label(label, exact=True)


def save(page: Page) -> None:
    page.locator("#form").get_by_role("button", name="Save").click()


def try_address(page: Page, url: str) -> None:
    page.locator("#try").get_by_label("Address").fill(url)
    page.locator("#try").get_by_role("button", name="Test").click()
    expect(page.locator("#keep")).to_be_visible()
