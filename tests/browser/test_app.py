"""The pages as an app, in real Chromium: it can be installed, keeps nothing, and says so when the server is gone."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.other_computer import HOST, chromium_elsewhere
from tests.browser.sizes import opened
from tests.support.bus import fake_ingest, frame_of, status_of
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until
from tests.web.support import OPERATOR, SECRETS

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with chromium_elsewhere() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    with opened(chromium, "phone", excused="Failed to load resource") as page:
        yield page


def errors_of_installing(page: Page) -> list[str]:
    """Why Chromium would not install the app."""
    session = page.context.new_cdp_session(page)
    found = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    session.detach()
    # A context of Playwright's is one of those that keep nothing, where nothing is installed.
    return [error["errorId"] for error in found if error["errorId"] != "in-incognito"]


def with_worker(page: Page, address: str) -> None:
    """Open a page, and wait until the worker takes the next one."""
    page.goto(address)
    page.evaluate("navigator.serviceWorker.ready.then(({ active }) => active.scriptURL)")


@pytest.mark.parametrize("base_path", ["", "/cameras"])
@pytest.mark.parametrize("settings", [{}, SECRETS], ids=["open", "with passwords"])
def test_it_can_be_installed_from_this_computer(page: Page, settings: dict[str, object], base_path: str) -> None:
    """Also below a path and with passwords: a browser asks for manifest, icons and worker without any."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with running_replica(bus, settings=settings | {"base_path": base_path}) as replica:
        origin = f"http://127.0.0.1:{replica.port}{base_path}"
        page.goto(f"{origin}/login" if settings else f"{origin}/")
        assert page.evaluate("isSecureContext")
        if settings:
            page.fill("#password", OPERATOR)
            page.press("#password", "Enter")
            page.wait_for_selector("header")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        assert errors_of_installing(page) == []
        scopes = page.evaluate("navigator.serviceWorker.getRegistrations().then(all => all.map(one => one.scope))")
        assert scopes == [f"{origin}/"]


def test_a_plain_address_of_the_network_has_no_worker(page: Page) -> None:
    """Nothing is offered there that can't work, and nothing complains."""
    with running_replica(f"tcp://127.0.0.1:{free_port()}") as replica:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"http://{HOST}:{replica.port}/status")
        expect(page.locator("#words")).not_to_have_text("Checking…")
        assert not page.evaluate("isSecureContext")
        assert not page.evaluate("'serviceWorker' in navigator")
        assert not any("worker.js" in url for url in asked)
        assert asked


def test_a_dead_server_shows_words_and_nothing_is_kept(page: Page, bus: str) -> None:
    """An old picture would pass for a live one. When the server is back, so is the page, by itself."""
    port = free_port()
    with fake_ingest(bus, status_of("garden")) as ingest:
        with running_replica(bus, port=port):
            with_worker(page, f"http://127.0.0.1:{port}/")
            page.reload()
            assert page.evaluate("!!navigator.serviceWorker.controller")
            for _ in range(3):
                ingest.show(frame_of("garden"))
            expect(page.locator("camera-feed")).to_have_attribute("data-state", "live")
            assert page.evaluate("caches.keys()") == []
        page.reload()
        expect(page.locator("h1")).to_have_text("Framecast can’t be reached")  # noqa: RUF001 as on the page
        assert page.locator("img, canvas, camera-feed").count() == 0
        with running_replica(bus, port=port):
            expect(page.locator("camera-feed")).to_be_visible()
            page.goto("about:blank")


def test_the_worker_leaves_when_another_server_is_at_its_address(page: Page) -> None:
    """Else it would stand before somebody else's pages."""
    port = free_port()
    with running_replica(f"tcp://127.0.0.1:{free_port()}", port=port):
        with_worker(page, f"http://127.0.0.1:{port}/status")
        page.reload()
    with other_server(port):
        page.goto(f"http://127.0.0.1:{port}/")
        expect(page.locator("h1")).to_have_text("Another server")
        registered = "navigator.serviceWorker.getRegistrations().then(all => all.length)"
        wait_until(lambda: page.evaluate(registered) == 0, "the worker has left")


@contextmanager
def other_server(port: int) -> Iterator[None]:
    class OtherPage(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<link rel=icon href=data:,><h1>Another server</h1>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), OtherPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
