"""The demo scene as its viewers rely on it: a pure function of time, always marked, calm to watch and small to send."""

import itertools
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from services.ingest.demo_scene import DemoScene
from services.ingest.demo_scene.almanac import Almanac
from services.ingest.demo_scene.daylight import DAY_SECONDS

MIDNIGHT = datetime(2026, 6, 14, tzinfo=UTC).timestamp()
NOON = MIDNIGHT + 12 * 3600
REAL_DAY_SECONDS = 86_400
HOURS_OF_A_SCENE_DAY = [MIDNIGHT + hour * DAY_SECONDS / 24 for hour in range(24)]

CLOCK = (slice(14, 77), slice(14, 187))  # rows and columns in a 640x360 frame
BADGE = (slice(14, 39), slice(555, 627))
AMBER, INK = (75, 194, 255), (38, 21, 13)


@pytest.fixture
def scene() -> DemoScene:
    return DemoScene(640, 360)


def difference(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The mean of how many levels the values of two frames lie apart."""
    return float(cv2.absdiff(one, other).mean())


def test_an_instant_has_one_picture_whatever_was_drawn_before(scene: DemoScene) -> None:
    """The archive may ask in any order, and another process must draw the same frame."""
    first = scene.draw(NOON + 7.3)
    for seconds in (MIDNIGHT, NOON + 90, NOON + 7.2, NOON - 1e6):
        scene.draw(seconds)

    assert np.array_equal(scene.draw(NOON + 7.3), first)
    assert np.array_equal(DemoScene(640, 360).draw(NOON + 7.3), first)


def test_a_frame_belongs_to_its_caller(scene: DemoScene) -> None:
    """A queue may hold a frame while the next ones are drawn."""
    held = scene.draw(NOON)
    before = held.copy()
    scene.draw(NOON + 60)

    assert np.array_equal(held, before)


@pytest.mark.parametrize(
    ("width", "height"), [(320, 180), (333, 187), (641, 359), (640, 480), (360, 640), (1000, 300), (1920, 1080)]
)
def test_every_size_is_filled(width: int, height: int) -> None:
    """A frame is height x width x 3 bytes in one piece, also at odd sizes and other shapes."""
    frame = DemoScene(width, height).draw(NOON)

    assert frame.shape == (height, width, 3)
    assert frame.dtype == np.uint8
    assert frame.flags.c_contiguous


@pytest.mark.parametrize("seconds", HOURS_OF_A_SCENE_DAY)
def test_the_scene_moves_between_frames_a_second_apart(scene: DemoScene, seconds: float) -> None:
    """Even beside the clock something moves at every hour, so that a viewer sees the stream is alive."""
    one, other = scene.draw(seconds), scene.draw(seconds + 1)
    one[CLOCK] = other[CLOCK]

    assert (cv2.absdiff(one, other).max(axis=2) > 20).sum() > 100


def test_the_clock_changes_with_the_second(scene: DemoScene) -> None:
    """Within a second the clock stands, at the next it shows another time."""
    early, late, after = (scene.draw(NOON + seconds)[CLOCK] for seconds in (0.3, 0.7, 1.1))

    assert difference(early, late) < 0.5
    assert difference(late, after) > 1.0


@pytest.mark.parametrize("seconds", HOURS_OF_A_SCENE_DAY)
def test_the_badge_says_demo_at_every_hour(scene: DemoScene, seconds: float) -> None:
    """Dark letters on amber, by day and by night, so that nobody takes the scene for a camera."""
    badge = scene.draw(seconds)[BADGE].astype(int)
    amber = (np.abs(badge - AMBER).max(axis=2) < 10).mean()
    ink = (np.abs(badge - INK).max(axis=2) < 10).mean()

    assert amber > 0.5
    assert ink > 0.08


def test_night_is_darker_than_noon(scene: DemoScene) -> None:
    """At a full five minutes the scene shows the real time of day."""
    assert scene.draw(MIDNIGHT).mean() < 0.5 * scene.draw(NOON).mean()


def test_an_hourly_time_lapse_shows_the_day_pass(scene: DemoScene) -> None:
    """A full hour is a whole number of scene days; without the drift all of a time-lapse would be one time of day."""
    frames = [scene.draw(MIDNIGHT + hours * 3600) for hours in range(0, 24, 6)]

    assert all(difference(one, other) > 10 for one, other in itertools.pairwise(frames))


@pytest.mark.parametrize("seconds", [MIDNIGHT, MIDNIGHT + DAY_SECONDS, *HOURS_OF_A_SCENE_DAY[1:]])
def test_nothing_jumps_between_frames_40_ms_apart(scene: DemoScene, seconds: float) -> None:
    """Not where a real day or one of the scene's begins, and not in between."""
    assert difference(scene.draw(seconds - 0.02), scene.draw(seconds + 0.02)) < 1.5


def test_the_pots_grow_over_real_weeks() -> None:
    """A time-lapse over a month shows every plant grow or start anew, and none of it is seen within a minute."""
    weekly = [Almanac.at(NOON + week * 7 * REAL_DAY_SECONDS).growth for week in range(8)]

    for pot in zip(*weekly, strict=True):
        assert max(pot) - min(pot) > 0.7
    assert Almanac.at(NOON).growth == pytest.approx(Almanac.at(NOON + 60).growth, abs=0.001)


def test_the_year_begins_where_the_last_one_ended() -> None:
    """The seasons meet without a jump."""
    turn = datetime(2026, 1, 15, tzinfo=UTC).timestamp()
    days = [Almanac.at(turn + day * REAL_DAY_SECONDS) for day in range(-3, 4)]

    for one, other in itertools.pairwise(days):
        assert np.abs(one.meadow - other.meadow).max() < 3
        assert one.leaves == pytest.approx(other.leaves, abs=0.02)


@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_a_jpeg_of_the_scene_stays_small(month: int) -> None:
    """At 1280x720 and quality 80 a viewer on a phone gets 15 frames a second in under ten megabits."""
    scene, day = DemoScene(), datetime(2026, month, 15, tzinfo=UTC).timestamp()

    for hour in range(24):
        _, jpeg = cv2.imencode(".jpg", scene.draw(day + hour * DAY_SECONDS / 24), [cv2.IMWRITE_JPEG_QUALITY, 80])
        assert jpeg.size < 80 * 1024
