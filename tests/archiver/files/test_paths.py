"""Where a picture lies follows from its camera and time alone, and back."""

import pytest

from services.archiver.files.paths import FrameName, frame_path_of, manual_path_of, path_of, thumbnail_path_of
from tests.archiver.support import SLOT_START

PATH = "camera_1/2026/11/22/camera_1_20261122T140000Z.webp"


def test_the_path_is_told_by_camera_and_slot_alone() -> None:
    """In UTC, so that it is the same on every host."""
    assert path_of("camera_1", SLOT_START) == PATH
    assert FrameName.parse(PATH) == FrameName("camera_1", SLOT_START)


def test_a_manual_capture_has_its_instant_in_its_name() -> None:
    """To the millisecond, so that it never takes a slot's place."""
    path = "camera_1/2026/11/22/camera_1_20261122T140000.007Z.webp"
    assert manual_path_of("camera_1", SLOT_START * 1000 + 7) == path
    assert FrameName.parse(path) == FrameName("camera_1", None, SLOT_START * 1000 + 7)


def test_a_thumbnail_lies_beside_its_frame_and_is_no_frame() -> None:
    """So that it is never adopted as one."""
    assert thumbnail_path_of(PATH) == PATH.replace(".webp", ".thumb.webp")
    assert frame_path_of(thumbnail_path_of(PATH)) == PATH
    assert FrameName.parse(thumbnail_path_of(PATH)) is None


@pytest.mark.parametrize(
    "path",
    [
        "notes.txt",
        PATH + ".broken",
        PATH.replace("/22/", "/23/"),
        PATH.replace("camera_1/", "camera_2/", 1),
        PATH.replace("1122T", "9922T"),
        "camera_1/2026/11/22/.tmp-x",
        "../" + PATH,
    ],
)
def test_other_paths_are_no_frames(path: str) -> None:
    """Other people's files in the archive are left alone."""
    assert FrameName.parse(path) is None


@pytest.mark.parametrize("key", ["../x", "", "a/b", "A", "a\n", ".", "a" * 64])
def test_what_is_no_camera_key_names_no_path(key: str) -> None:
    """So no key can lead out of the archive."""
    with pytest.raises(ValueError, match="camera key"):
        path_of(key, SLOT_START)
