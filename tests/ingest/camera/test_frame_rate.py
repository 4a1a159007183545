"""How many frames a second arrive, also when they are read in batches."""

import pytest

from services.ingest.camera.frame_rate import FrameRate

FPS = 30


@pytest.mark.parametrize("batch", [1, 6, 12])
def test_the_rate_is_right_however_many_frames_are_read_at_once(batch: int) -> None:
    """A reader that nobody watches naps, and each frame of a nap is counted when it ends."""
    rate = FrameRate()
    for number in range(10 * FPS):
        rate.count((number // batch * batch + batch) / FPS + number % batch * 1e-5)
    assert rate.per_second(10.0) == pytest.approx(FPS, abs=0.2)


def test_frames_that_arrived_all_at_once_tell_no_rate() -> None:
    rate = FrameRate()
    for number in range(FPS):
        rate.count(number * 1e-5)
    assert rate.per_second(1.0) is None
