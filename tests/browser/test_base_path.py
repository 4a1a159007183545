"""All pages under a base path in real Chromium, as behind a proxy that forwards the path unchanged."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.sizes import opened
from tests.support.bus import FakeIngest, fake_ingest, frame_of, status_of
from tests.support.replica import Replica, running_replica
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER, VIEWER_TOKEN, bearer

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)
BASE = "/yard/cameras"


@pytest.fixture
def ingest(bus: str) -> Iterator[FakeIngest]:
    with fake_ingest(bus, status_of("garden")) as running:
        yield running


@pytest.fixture
def replica(bus: str, ingest: FakeIngest) -> Iterator[Replica]:
    del ingest  # it is there
    with running_replica(bus, settings={"base_path": BASE, **SECRETS}) as replica:
        devices = "/api/devices"
        wait_until(lambda: b"garden" in replica.request(devices, headers=bearer(VIEWER_TOKEN))[2], "it is known")
        yield replica


@pytest.fixture(params=["phone", "desk"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """A page that may see error statuses: no archiver runs, and some requests are sent before the login."""
    with opened(chromium, request.param, excused="status of") as page:
        yield page


def test_all_requests_from_login_to_logout_stay_under_the_path(
    replica: Replica, ingest: FakeIngest, page: Page
) -> None:
    """Other paths of the host may belong to another application."""
    origin = f"http://127.0.0.1:{replica.port}"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url.replace("ws", "http", 1)))
    page.goto(f"{origin}{BASE}/status")
    expect(page).to_have_url(f"{origin}{BASE}/login?next=status")
    page.fill("#password", VIEWER)
    page.press("#password", "Enter")
    expect(page).to_have_url(f"{origin}{BASE}/status")
    expect(page.locator('[data-key="garden"]')).to_contain_text("Live since")
    (cookie,) = page.context.cookies()
    assert cookie["path"] == BASE

    page.get_by_role("link", name="Connect").click()
    page.get_by_role("button", name="Make a share link").click()
    snapshot = page.locator("#lines code", has_text="/snapshot?link=").first
    expect(snapshot).not_to_contain_text("LINK")
    address = snapshot.inner_text()
    assert address.startswith(f"{origin}{BASE}/api/cameras/garden/snapshot?link=")

    def opens() -> bool:
        ingest.show(frame_of("garden"))
        return replica.request(address.removeprefix(origin))[0] == 200

    wait_until(opens, "the link opens the picture", 20)

    page.get_by_role("link", name="Live").click()
    expect(page).to_have_url(f"{origin}{BASE}/")
    wait_until(lambda: b"frame/garden/main/" in ingest.topics, "the live page watches")
    page.goto(f"{origin}{BASE}/archive")
    page.goto(f"{origin}{BASE}/status")
    page.get_by_role("button", name="Log out").click()
    expect(page).to_have_url(f"{origin}{BASE}/login")
    assert page.context.cookies() == []
    assert [url for url in asked if not url.startswith((f"{origin}{BASE}/", "data:", "blob:"))] == []


def test_the_path_without_its_last_slash_leads_to_the_front_page(page: Page, replica: Replica) -> None:
    """People type it without the slash."""
    page.goto(f"http://127.0.0.1:{replica.port}{BASE}")
    expect(page).to_have_title(re.compile("Log in"))
    assert page.url.startswith(f"http://127.0.0.1:{replica.port}{BASE}/login")
