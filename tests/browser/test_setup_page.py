"""The setup page in real Chromium, at phone and desk: the code behind the # of its address, and the new password."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.stream.base import access_texts
from tests.browser.sizes import SIZES, fits, opened
from tests.support.accessibility import assert_accessible
from tests.support.bus import fake_ingest, status_of
from tests.support.owner import CODE, PlayedOwner, access_to, played_owner
from tests.support.ports import free_port
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
PASSWORD = "chosen at the page"  # noqa: S105 the test's own


@pytest.fixture
def owner() -> Iterator[tuple[Replica, PlayedOwner]]:
    """Published to others, and nothing is claimed."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with (
        fake_ingest(bus, status_of("cam1")) as ingest,
        played_owner(ingest) as owner,
        running_replica(bus, owner=access_to(bus, owner, is_published=True)) as replica,
    ):
        wait_until(lambda: replica.request("/api/devices")[0] == 401, "it knows ingest's state")
        yield replica, owner


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, chromium: Browser, owner: tuple[Replica, PlayedOwner]) -> Iterator[Page]:
    """It is closed before the server ends, whose pictures it would miss."""
    del owner
    with opened(chromium, request.param, excused="Failed to load resource") as page:
        yield page


def test_the_code_leaves_the_address_at_once_and_sets_the_password(
    page: Page, owner: tuple[Replica, PlayedOwner]
) -> None:
    """The address of the cameras leads here, and keeps what stands behind its #."""
    replica, played = owner
    origin = f"http://127.0.0.1:{replica.port}"
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url + (request.post_data or "")))
    page.goto(f"{origin}/#{CODE}")
    expect(page.get_by_label(access_texts.CODE_LABEL)).to_have_value(CODE)
    expect(page.get_by_label(access_texts.NEW)).to_be_focused()
    assert page.url == f"{origin}/setup"
    assert [url for url in sent if CODE in url and "#" not in url] == []
    assert fits(page)
    assert_accessible(page)
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text(access_texts.IS_SET)
    assert played.passwords == {"operator": PASSWORD}
    page.get_by_role("link", name="To the cameras").click()
    expect(page).to_have_url(f"{origin}/")


def test_a_wrong_code_is_told_and_the_form_comes_again(page: Page, owner: tuple[Replica, PlayedOwner]) -> None:
    replica, played = owner
    page.goto(f"http://127.0.0.1:{replica.port}/setup#WRONG-CODE")
    page.get_by_label(access_texts.NEW).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("not the code")
    expect(page.get_by_label(access_texts.CODE_LABEL)).to_be_visible()
    assert played.passwords == {}
