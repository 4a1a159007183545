"""Home Assistant itself, set up as docs/clients.md says, through what happens on its second day."""

from collections.abc import Iterator

import pytest

from tests.clients.document import fields
from tests.clients.interrupted import CHANGED_PASSWORD, PASSWORD, InterruptedStream, interrupted_stream
from tests.clients.moving import assert_it_moves, level_of_jpeg
from tests.clients.readers import chunks_of, pictures_as_browsers_cut_them
from tests.e2e.home_assistant import HomeAssistant, running_home_assistant
from tests.support.waiting import wait_until

ADVANCED = {"framerate": 2.0, "verify_ssl": True}
"""The part of Generic Camera's form that is folded up, as it stands there."""


@pytest.fixture(scope="module")
def server() -> Iterator[HomeAssistant]:
    with running_home_assistant() as running:
        yield running


@pytest.fixture
def home_assistant(server: HomeAssistant) -> Iterator[HomeAssistant]:
    """Without a camera."""
    yield server
    server.remove_cameras()


@pytest.fixture(scope="module")
def running_stream() -> Iterator[InterruptedStream]:
    with interrupted_stream() as running:
        yield running


@pytest.fixture
def stream(running_stream: InterruptedStream) -> InterruptedStream:
    running_stream.restart()
    running_stream.find_camera()
    return running_stream


def form(stream: InterruptedStream, password: str = PASSWORD) -> dict[str, str]:
    return fields("Home Assistant", stream.address, password)


def add(home_assistant: HomeAssistant, stream: InterruptedStream) -> None:
    added = home_assistant.add("mjpeg", form(stream), name="garden")
    assert added["type"] == "create_entry", added


def assert_its_pictures_move(home_assistant: HomeAssistant) -> None:
    levels = set()

    def two_levels() -> bool:
        levels.add(level_of_jpeg(home_assistant.picture().body))
        return len(levels) > 1

    wait_until(two_levels, "Home Assistant has two different pictures")


def is_marked(jpeg: bytes) -> bool:
    """Whether this is a picture that the camera never sent."""
    assert jpeg.startswith(b"\xff\xd8"), jpeg[:100]
    try:
        level_of_jpeg(jpeg)
    except AssertionError:
        return True
    return False


def test_home_assistant_shows_the_camera(home_assistant: HomeAssistant, stream: InterruptedStream) -> None:
    add(home_assistant, stream)
    assert_its_pictures_move(home_assistant)
    with home_assistant.stream() as live:
        assert live.headers["Content-Type"].startswith("multipart/x-mixed-replace")
        assert_it_moves(level_of_jpeg(jpeg) for jpeg in pictures_as_browsers_cut_them(chunks_of(live)))


def test_through_an_outage_its_picture_says_so_and_comes_back(
    home_assistant: HomeAssistant, stream: InterruptedStream
) -> None:
    add(home_assistant, stream)
    stream.lose_camera()
    answer = home_assistant.picture()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert is_marked(answer.body)
    stream.find_camera()
    assert_its_pictures_move(home_assistant)


def test_a_camera_can_be_added_while_it_is_off(home_assistant: HomeAssistant, stream: InterruptedStream) -> None:
    stream.lose_camera()
    add(home_assistant, stream)
    assert is_marked(home_assistant.picture().body)
    stream.find_camera()
    assert_its_pictures_move(home_assistant)


def test_its_pictures_outlive_a_restart_of_stream(home_assistant: HomeAssistant, stream: InterruptedStream) -> None:
    add(home_assistant, stream)
    stream.restart()
    assert_its_pictures_move(home_assistant)


def test_a_wrong_password_is_refused_in_the_form(home_assistant: HomeAssistant, stream: InterruptedStream) -> None:
    refused = home_assistant.add("mjpeg", form(stream, "not-this-one"), name="garden")
    assert (refused["type"], refused["errors"]) == ("form", {"username": "invalid_auth"})


def test_a_changed_password_is_typed_in_under_configure(
    home_assistant: HomeAssistant, stream: InterruptedStream
) -> None:
    add(home_assistant, stream)
    stream.restart(CHANGED_PASSWORD)
    assert is_marked(home_assistant.picture().body)  # it says so, as docs/clients.md tells
    changed = home_assistant.configure(form(stream, CHANGED_PASSWORD))
    assert changed["type"] == "create_entry", changed
    assert_its_pictures_move(home_assistant)


@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_generic_camera_takes_the_still_address(
    home_assistant: HomeAssistant, stream: InterruptedStream, is_on: bool
) -> None:
    """Also while the camera is off. Its picture then says so, instead of the last one for ever."""
    if not is_on:
        stream.lose_camera()
    given = form(stream)
    values = {"Still image URL (e.g. http://...)": given["Still image URL"]}
    values |= {label: given[label] for label in ("Username", "Password")}
    preview = home_assistant.add("generic", values, advanced=ADVANCED)
    assert preview.get("step_id") == "user_confirm", preview
    assert home_assistant.submit(preview, {"confirmed_ok": True})["type"] == "create_entry"
    stream.find_camera()
    assert_its_pictures_move(home_assistant)
    stream.lose_camera()
    wait_until(lambda: is_marked(home_assistant.picture().body), "its picture says that the camera is off")
