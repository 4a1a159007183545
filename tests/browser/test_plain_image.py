"""A stream in a plain `<img>`, as in people's own pages, in real Chromium."""

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests.support.browser import painted_picture
from tests.support.bus import fake_ingest, frame_of, status_of
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until

pytestmark = pytest.mark.browser


def test_a_plain_img_is_painted_without_a_frames_delay(chromium: Browser) -> None:
    """Chromium paints a part only after the next part's headers, so stream sends these together with the part."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with fake_ingest(bus, status_of("cam1")) as ingest, running_replica(bus) as replica:
        page = chromium.new_page()
        page.goto(f"http://127.0.0.1:{replica.port}/healthz")
        page.set_content('<img id="plain" src="/api/camera/stream">', wait_until="commit")
        wait_until(lambda: b"frame/cam1/main/" in ingest.topics, "stream subscribes to the camera")

        def level() -> float:
            picture = painted_picture(page, "#plain")
            return -1.0 if picture is None or picture.shape != (48, 64, 3) else float(np.mean(picture))

        ingest.show(frame_of("cam1", 1, level=40))
        wait_until(lambda: abs(level() - 40) < 3, "the browser has begun to paint")
        for sequence, gray in enumerate([120, 200], start=2):
            # A single frame within 0.8 s, because its repeat, a second later, would hide a delay.
            ingest.show(frame_of("cam1", sequence, level=gray))
            wait_until(lambda gray=gray: abs(level() - gray) < 3, f"gray {gray} is painted", 0.8)  # type: ignore[misc]
        page.close()
