"""Where a picture lies follows from its camera and time alone, and back."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.archiver.files.paths import (
    FrameName,
    frame_path_of,
    local_path_of,
    manual_path_of,
    path_of,
    thumbnail_path_of,
)
from shared.bus.topics import KEY_PATTERN
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


Keys = st.from_regex(KEY_PATTERN, fullmatch=True).filter(lambda key: not key.endswith("\n"))
Seconds = st.integers(0, int(datetime(9999, 12, 30, tzinfo=UTC).timestamp()))
Berlin = ZoneInfo("Europe/Berlin")


@settings(max_examples=40)
@given(Keys, Seconds, st.integers(0, 999))
def test_every_name_is_read_back(key: str, second: int, millisecond: int) -> None:
    """A rebuild has nothing else to go by."""
    of_slot, by_hand = path_of(key, second), manual_path_of(key, second * 1000 + millisecond)
    assert FrameName.parse(of_slot) == FrameName(key, second)
    assert FrameName.parse(by_hand) == FrameName(key, None, second * 1000 + millisecond)
    for path in (of_slot, by_hand):
        assert frame_path_of(thumbnail_path_of(path)) == path
        assert FrameName.parse_below(path, key) == FrameName.parse(path)


@given(st.lists(st.integers(1_793_000_000, 1_793_100_000), unique=True, min_size=2, max_size=2))
def test_no_two_slots_have_one_name_by_the_local_clock(seconds: list[int]) -> None:
    """Around the hour that Berlin's clocks show twice in 2026, too: a copy would miss a picture."""
    first, second = (local_path_of(path_of("porch", at), Berlin) for at in seconds)
    assert first != second
