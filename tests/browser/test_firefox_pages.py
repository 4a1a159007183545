"""Our own pages in Firefox: each shows its content and follows its buttons. `test_firefox.py` tests the element."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.marionette import FIREFOX, Firefox, MarionetteError
from tests.support.services import Stack
from tests.support.waiting import wait_until

pytestmark = pytest.mark.clients(FIREFOX, "firefox-esr")
PATIENCE_SECONDS = 30.0


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The demo scene, archived every second."""
    with Stack(tmp_path_factory.mktemp("stack"), CAMERA_CAPTURE_INTERVAL="1") as running:
        frames = "/api/camera/frames"
        wait_until(lambda: len(running.get(frames).get("frames", [])) > 2, "some frames are archived", PATIENCE_SECONDS)
        yield running


def value(firefox: Firefox, expression: str) -> Any:
    """The expression's value; None between one document and the next, and while its element is missing."""
    try:
        return firefox.evaluate(expression)
    except MarionetteError:
        return None


def becomes(firefox: Firefox, expression: str) -> Any:
    """Wait until the expression is true; return its value."""
    return wait_until(lambda: value(firefox, expression), expression, PATIENCE_SECONDS)


def test_the_live_page_plays_and_pauses(firefox: Firefox, stack: Stack) -> None:
    """The title follows the feed's state and the pause button."""
    firefox.open(stack.origin)
    becomes(firefox, "document.querySelector('camera-feed').state === 'live'")
    becomes(firefox, "document.querySelector('#title').textContent === 'Live'")
    assert firefox.evaluate("document.querySelector('camera-feed').transport") == "websocket"
    firefox.evaluate("document.querySelector('#pause').click()")
    becomes(firefox, "document.querySelector('#title').textContent === 'Paused'")


def test_the_timeline_shows_the_newest_picture_and_the_one_before(firefox: Firefox, stack: Stack) -> None:
    """In full, not only the thumbnail."""
    firefox.open(f"{stack.origin}/archive")
    newest = becomes(firefox, "document.querySelector('.side').dataset.full")
    firefox.evaluate("document.querySelector('#previous').click()")
    becomes(firefox, f"document.querySelector('.side').dataset.full !== '{newest}'")
    assert firefox.evaluate("document.querySelector('.side img').naturalWidth") > 0


def test_the_status_page_shows_the_cameras_state(firefox: Firefox, stack: Stack) -> None:
    """Its card says since when. Nobody watches, so it is live only while a picture is captured."""
    firefox.open(f"{stack.origin}/status")
    becomes(firefox, "/(Live|Ready · no viewers) since [0-9]/.test(document.querySelector('#cameras').textContent)")


def test_the_connect_page_has_this_servers_addresses(firefox: Firefox, stack: Stack) -> None:
    """Users paste them elsewhere, so they are complete."""
    firefox.open(f"{stack.origin}/connect")
    becomes(firefox, f"document.querySelector('#lines').textContent.includes('{stack.origin}/api/cameras/')")
