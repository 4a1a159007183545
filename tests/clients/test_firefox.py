"""The stream in Firefox: screenshots of real pages that show it."""

from collections.abc import Iterator

import numpy as np
import pytest

from tests.clients.marionette import FIREFOX, Firefox, running_firefox
from tests.clients.moving import LEVELS, MovingStream
from tests.clients.programs import own_directory
from tests.support.bus import fake_ingest, frame_of, status_of
from tests.support.ports import free_port
from tests.support.replica import running_replica
from tests.support.waiting import wait_until

pytestmark = pytest.mark.clients(FIREFOX, "firefox-esr")


@pytest.fixture(scope="module")
def firefox() -> Iterator[Firefox]:
    with own_directory() as home, running_firefox(home) as running:
        yield running


def page_with(url: str) -> str:
    """A page that the picture fills."""
    return f'data:text/html,<body style="margin:0"><img src="{url}" style="width:100vw;height:100vh">'


def middle_gray(firefox: Firefox) -> float:
    """The gray in the middle of the page; -1 if the middle has more than one gray."""
    picture = firefox.screenshot()
    if picture is None:
        return -1
    height, width = picture.shape[:2]
    middle = picture[height // 2 - 20 : height // 2 + 20, width // 2 - 20 : width // 2 + 20]
    return float(np.mean(middle)) if np.std(middle) < 4 else -1


def shown_level(firefox: Firefox) -> int | None:
    gray = middle_gray(firefox)
    return next((level for level in LEVELS if abs(level - gray) < 4), None)


@pytest.fixture(autouse=True)
def _blank(firefox: Firefox) -> None:
    """Start each test with a blank page, so that no test sees another's picture."""
    firefox.open("about:blank")
    wait_until(lambda: middle_gray(firefox) == 255, "the page is blank")


def assert_it_moves_on_the_page(firefox: Firefox) -> None:
    seen = set()

    def two_levels() -> bool:
        if (level := shown_level(firefox)) is not None:
            seen.add(level)
        return len(seen) > 1

    wait_until(two_levels, "two different pictures are on the page")


def test_an_img_moves_in_firefox(firefox: Firefox, stream: MovingStream) -> None:
    """The page has another origin, like a user's dashboard."""
    firefox.open(page_with(stream.url))
    assert_it_moves_on_the_page(firefox)


def test_the_streams_own_address_moves_in_firefox(firefox: Firefox, stream: MovingStream) -> None:
    """People first paste the address into the address bar."""
    firefox.open(stream.url)
    assert_it_moves_on_the_page(firefox)


def test_an_img_in_firefox_is_painted_without_a_frames_delay(firefox: Firefox) -> None:
    """Firefox paints a single picture before the next part arrives. Its repeat, a second later, would hide a delay."""
    bus = f"tcp://127.0.0.1:{free_port()}"
    with fake_ingest(bus, status_of("cam1")) as ingest, running_replica(bus) as replica:
        wait_until(replica.knows_a_camera, "the camera is known")
        firefox.open(page_with(f"http://127.0.0.1:{replica.port}/api/camera/stream"))
        wait_until(lambda: b"frame/cam1/main/" in ingest.topics, "stream subscribes to the camera")
        for sequence, level in enumerate(LEVELS, start=1):
            ingest.show(frame_of("cam1", sequence, level=level))
            wait_until(lambda level=level: shown_level(firefox) == level, f"gray {level} is painted", 0.8, patience=1)  # type: ignore[misc]
