"""Programs go through an outage of the camera, a restart of stream, and a wrong and a changed password.

Each is set up as docs/clients.md says. A program that ends is started again, as its user would do.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.clients.document import block
from tests.clients.interrupted import CHANGED_PASSWORD, PASSWORD, InterruptedStream, interrupted_stream
from tests.clients.moving import HEIGHT, LEVELS, WIDTH, assert_it_moves, level_of, level_of_jpeg
from tests.clients.programs import Program, own_directory
from tests.clients.test_programs import MOTION_SETTINGS, pictures_in
from tests.support.waiting import wait_until

pytestmark = pytest.mark.clients
READER: Final = Path(__file__).with_name("Reader.java")
EVENT: Final = "starting event"
BRIGHT: Final = LEVELS[-1:]
"""A still scene. Dimmed it differs enough for motion."""


@pytest.fixture
def home() -> Iterator[Path]:
    with own_directory() as directory:
        yield directory


@pytest.fixture
def stream() -> Iterator[InterruptedStream]:
    with interrupted_stream() as running:
        yield running


def pictures_of_java(reader: Program) -> Iterator[int]:
    """The grays of the camera's pictures; placeholders are left out."""
    while len(length := reader.stdout.read(4)) == 4:
        (size,) = struct.unpack(">I", length)
        if (level := camera_level(reader.stdout.read(size))) is not None:
            yield level


def camera_level(jpeg: bytes) -> int | None:
    """The gray of a picture of the camera; None for a placeholder."""
    try:
        return level_of_jpeg(jpeg)
    except AssertionError:
        return None


def java(stream: InterruptedStream, home: Path, password: str) -> Program:
    address = f"{stream.address.origin}/api/cameras/cam1/stream"
    return Program("java", str(READER), address, "viewer", password, home=home)


@pytest.mark.clients("java", "default-jdk-headless")
def test_java_keeps_its_stream_through_an_outage(stream: InterruptedStream, home: Path) -> None:
    """Its Authenticator is asked, since it is told 401. It reads by the lengths of the parts."""
    with java(stream, home, PASSWORD) as reader:
        levels = pictures_of_java(reader)
        assert_it_moves(levels)
        stream.lose_camera()
        stream.find_camera()
        assert_it_moves(levels)


@pytest.mark.clients("java", "default-jdk-headless")
def test_java_is_told_of_a_restart_and_of_a_wrong_password(stream: InterruptedStream, home: Path) -> None:
    with java(stream, home, PASSWORD) as reader:
        assert_it_moves(pictures_of_java(reader))
        stream.restart(CHANGED_PASSWORD)
        assert set(pictures_of_java(reader)) <= set(LEVELS)  # until it has ended
        assert "the stream has ended" in reader.said() or "EOFException" in reader.said()
    with java(stream, home, PASSWORD) as reader:
        assert list(pictures_of_java(reader)) == []
        assert "401" in reader.said() or "redirected too many  times" in reader.said()
    with java(stream, home, CHANGED_PASSWORD) as reader:
        assert_it_moves(pictures_of_java(reader))


@pytest.mark.clients("motion", "motion")
def test_motion_comes_back_after_an_outage_and_a_restart(stream: InterruptedStream, home: Path) -> None:
    """Without a picture it goes on trying by itself."""
    with motion(stream, home, PASSWORD):
        assert_its_pictures_move(home)
        stream.lose_camera()
        stream.find_camera()
        assert_its_pictures_move(home)
        stream.restart()
        assert_its_pictures_move(home)


@pytest.mark.clients("motion", "motion")
def test_motion_needs_the_new_password_after_a_change(stream: InterruptedStream, home: Path) -> None:
    stream.restart(CHANGED_PASSWORD)
    with motion(stream, home, PASSWORD) as refused:
        wait_until(lambda: "401" in refused.said(), "motion is refused")
    with motion(stream, home, CHANGED_PASSWORD):
        assert_its_pictures_move(home)


@pytest.mark.clients("motion", "motion")
@pytest.mark.parametrize("is_told", [True, False], ids=["as in the document", "without stand_in=none"])
def test_an_outage_is_no_alarm_of_a_still_scene(is_told: bool, home: Path) -> None:
    """With `?stand_in=none` motion goes on showing the last picture; without it the marked picture is an event."""
    with interrupted_stream(BRIGHT) as stream, motion(stream, home, PASSWORD, is_told=is_told) as detector:
        wait_until(lambda: BRIGHT[0] in levels_in(home), "motion shows the camera", 20)
        assert_it_saves_more(home)
        stream.lose_camera()
        assert_it_saves_more(home)
        if not is_told:
            wait_until(lambda: EVENT in detector.said(), "the marked picture is an event")
            return
        stream.find_camera()
        assert_it_saves_more(home)
        assert EVENT not in detector.said()
        assert set(levels_in(home)) == set(BRIGHT)


def motion(stream: InterruptedStream, home: Path, password: str, *, is_told: bool = True) -> Program:
    settings = home / "motion.conf"
    camera = block("motion", stream.address, password)
    assert "?stand_in=none" in camera
    camera = camera if is_told else camera.replace("?stand_in=none", "")
    settings.write_text(MOTION_SETTINGS.format(home=home, camera=camera, width=WIDTH, height=HEIGHT))
    return Program("motion", "-n", "-c", str(settings), home=home, unprivileged=True)


def assert_it_saves_more(home: Path) -> None:
    """Three more snapshots, one a second: time enough for an event."""
    for old in home.glob("snap*.jpg"):
        old.unlink()
    wait_until(lambda: len(pictures_in(home, "snap*.jpg")) > 3, "motion saves pictures", 20)


def assert_its_pictures_move(home: Path) -> None:
    """From now on."""
    for old in home.glob("snap*.jpg"):
        old.unlink()
    wait_until(lambda: len(set(levels_in(home))) > 1, "motion saves two different pictures", 20)


def levels_in(home: Path) -> Iterator[int]:
    for picture in pictures_in(home, "snap*.jpg"):
        try:
            yield level_of(picture)
        except AssertionError:  # motion's own picture
            continue
