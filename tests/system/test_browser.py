"""What a person sees: real Chromium on the real page."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.support.browser import painted_picture, running_chromium
from tests.support.bus import fake_ingest, frame_of, status_of
from tests.support.camera import RtspCamera
from tests.support.clock import read_clock
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.services import Stack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def clock_of(page: Page, selector: str) -> int | None:
    """The camera's time that the page shows now, epoch ms."""
    picture = painted_picture(page, selector)
    return None if picture is None else read_clock(picture)


@pytest.mark.camera
def test_the_page_shows_moving_fresh_pictures_and_the_archive_and_comes_back_by_itself(
    chromium: Browser, tmp_path: Path
) -> None:
    """No reload by hand, not even after the server was gone."""
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with RtspCamera() as camera, Stack(tmp_path, CAMERA_RTSP_URL=camera.url, CAMERA_CAPTURE_INTERVAL="2") as stack:
        page.goto(stack.origin)
        first = wait_until(lambda: clock_of(page, "#picture"), "a picture is painted", 20)
        wait_until(lambda: (clock_of(page, "#picture") or 0) > (first or 0), "it moves")
        shown = clock_of(page, "#picture")
        assert shown is not None
        assert abs(time.time() - shown / 1000) < 1, "what is painted is not fresh"
        wait_until(lambda: page.locator("#archive img").count() >= 1, "the archive is shown", 30)
        wait_until(lambda: "live" in page.locator("#state").inner_text().lower(), "the state is in words")

        stack.services["stream"].stop()
        stopped_at_ms = time.time() * 1000
        stack.start("stream")
        wait_until(lambda: (clock_of(page, "#picture") or 0) > stopped_at_ms, "the page came back", 30)
    assert complaints == []
    page.close()


def test_a_plain_img_is_painted_without_a_frames_delay(chromium: Browser) -> None:
    """Chromium holds a part back until the next one's headers have come; so they come with it."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with fake_ingest(bus, status_of("cam1")) as ingest, running_replica(bus) as replica:
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{replica.port}/healthz")
        page.set_content('<img id="plain" src="/api/camera/stream">', wait_until="commit")
        wait_until(lambda: b"frame/cam1/main/" in ingest.topics, "it is subscribed to")

        def level() -> float:
            picture = painted_picture(page, "#plain")
            return -1.0 if picture is None or picture.shape != (48, 64, 3) else float(np.mean(picture))

        ingest.show(frame_of("cam1", 1, level=40))
        wait_until(lambda: abs(level() - 40) < 3, "the browser has begun to paint")
        for sequence, gray in enumerate([120, 200], start=2):
            # A single frame: its repeat, a second later, would hide a delay.
            ingest.show(frame_of("cam1", sequence, level=gray))
            wait_until(lambda gray=gray: abs(level() - gray) < 3, f"gray {gray} is painted", 0.8, patience=1)  # type: ignore[misc]
        page.close()
