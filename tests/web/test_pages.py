"""Access as people and pages meet it, in a real Chromium."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from tests.support.browser import running_chromium
from tests.support.bus import FakeIngest, frame_of
from tests.support.replica import running_replica
from tests.support.waiting import wait_until
from tests.web.support import SECRETS, VIEWER, VIEWER_TOKEN, bearer
from tests.web.test_guard import link_to

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@contextmanager
def page_elsewhere(markup: str) -> Iterator[str]:
    """The address of a page on another port, which embeds only resources that allow it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            self.end_headers()
            self.wfile.write(markup.encode())

        def log_message(self, *_: object) -> None:  # the tests speak for themselves
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


def shows(page: Page, selector: str) -> bool:
    """Whether that <img> has a picture. Another origin's pixels can't be read."""
    return bool(page.locator(selector).evaluate("image => image.naturalWidth === 64"))


def test_a_page_on_another_port_shows_the_stream_and_the_snapshot(
    chromium: Browser, bus: str, ingest: FakeIngest
) -> None:
    """The first thing that a developer does with it: one <img>."""
    with running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        origin = f"http://127.0.0.1:{replica.port}"
        markup = (
            f'<img id="stream" src="{origin}/api/camera/stream"><img id="snapshot" src="{origin}/api/camera/snapshot">'
        )
        with page_elsewhere(markup) as address:
            page = chromium.new_page()
            page.goto(address, wait_until="commit")

            def both_are_shown() -> bool:
                ingest.show(frame_of("cam1"))  # again and again: the second request may be late
                return shows(page, "#stream") and shows(page, "#snapshot")

            wait_until(lambda: b"frame/cam1/main/" in ingest.topics, "it is subscribed to")
            wait_until(both_are_shown, "both are shown")
            page.close()


def test_a_page_on_another_port_shows_what_a_link_opens(chromium: Browser, bus: str, ingest: FakeIngest) -> None:
    """No header, no cookie, no password in the page."""
    with running_replica(bus, settings=SECRETS) as replica:
        link = link_to(replica, 60)
        origin = f"http://127.0.0.1:{replica.port}"
        markup = (
            f'<img id="stream" src="{origin}{link["stream_url"]}">'
            f'<img id="snapshot" src="{origin}{link["snapshot_url"]}">'
            f'<img id="plain" src="{origin}/api/camera/snapshot">'
        )
        with page_elsewhere(markup) as address:
            page = chromium.new_context().new_page()
            page.goto(address, wait_until="commit")
            wait_until(lambda: b"frame/cam1/main/" in ingest.topics, "it is subscribed to")
            ingest.show(frame_of("cam1"))
            wait_until(lambda: shows(page, "#stream") and shows(page, "#snapshot"), "both are shown")
            assert not shows(page, "#plain")
            page.context.close()


def test_a_person_logs_in_sees_the_camera_and_logs_out(chromium: Browser, bus: str, ingest: FakeIngest) -> None:
    """A wrong password first, as people do."""
    with running_replica(bus, settings=SECRETS) as replica:
        wait_until(
            lambda: "cam1" in str(replica.request("/api/devices", headers=bearer(VIEWER_TOKEN))[2]), "it is known"
        )
        page = chromium.new_context().new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Content Security" in line.text else None)
        origin = f"http://127.0.0.1:{replica.port}"
        page.goto(f"{origin}/?camera=cam1")
        assert page.title().startswith("Log in")
        page.fill("#password", "not this one")
        page.click("text=Log in >> nth=-1")
        assert page.locator("[role=alert]").inner_text() == "That is not the password."
        page.fill("#password", VIEWER)
        page.press("#password", "Enter")
        page.wait_for_url(f"{origin}/?camera=cam1")
        wait_until(lambda: any(topic.startswith(b"frame/cam1/") for topic in ingest.topics), "it is subscribed to")
        ingest.show(frame_of("cam1"))
        wait_until(lambda: page.locator("camera-feed[data-state=live]").count() == 1, "the picture is shown")
        assert page.evaluate("document.cookie") == "", "no script reads the session"
        page.goto(f"{origin}/login")
        page.click("text=Log this browser out")
        page.goto(origin)
        assert page.title().startswith("Log in")
        assert complaints == []
        page.context.close()


_FIRST_BYTES = """async url => {
    const response = await fetch(url, { mode: "cors" });
    const { value } = await response.body.getReader().read();
    return value.length;
}"""


def test_a_page_reads_the_streams_bytes_if_its_origin_is_allowed_and_else_not(chromium: Browser, bus: str) -> None:
    """Mainsail's classic client does; a page whose origin is not allowed may show the picture, but can't read it."""
    with page_elsewhere("<p>elsewhere</p>") as address:
        page = chromium.new_page()
        page.goto(address)
        with running_replica(bus, settings={"allowed_origins": address}) as replica:
            stream = f"http://127.0.0.1:{replica.port}/api/camera/stream"
            assert page.evaluate(_FIRST_BYTES, stream) > 0
        with running_replica(bus) as replica, pytest.raises(PlaywrightError, match="Failed to fetch"):
            page.evaluate(_FIRST_BYTES, f"http://127.0.0.1:{replica.port}/api/camera/stream")
        page.close()
