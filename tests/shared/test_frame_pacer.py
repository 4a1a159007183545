"""The pacer keeps the rate, and the frames evenly spaced."""

import random
from itertools import pairwise

import pytest

from shared.frame_pacer import FramePacer


def kept(instants: list[float], per_second: float) -> list[float]:
    pacer = FramePacer(per_second)
    return [instant for instant in instants if pacer.admits(instant)]


@pytest.mark.parametrize("source_fps", [10, 25, 29.97, 30])
def test_a_limit_at_the_sources_rate_drops_no_frame_because_of_jitter(source_fps: float) -> None:
    """The usual camera at 30 fps with the usual limit of 30 keeps every frame, early or late by some milliseconds."""
    jitter = random.Random(7)  # noqa: S311 chance that can be repeated, no secret
    instants = [index / source_fps + jitter.uniform(-0.006, 0.006) for index in range(300)]
    assert len(kept(instants, 30)) == 300


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 10, 15, 24])
def test_the_kept_frames_have_the_rate_and_are_evenly_spaced(limit: int) -> None:
    """The distances between kept frames differ by at most one period of the source."""
    instants = [index / 30 for index in range(30 * 20)]
    chosen = kept(instants, limit)
    assert len(chosen) == pytest.approx(limit * 20, rel=0.05)
    gaps = [later - earlier for earlier, later in pairwise(chosen)]
    assert max(gaps) - min(gaps) <= 1 / 30 + 1e-6


def test_after_a_pause_there_is_no_burst() -> None:
    """Frames that were missing during the pause are not made up for."""
    instants = [index / 30 for index in range(30)] + [60 + index / 30 for index in range(30)]
    assert len(kept(instants, 5)) == pytest.approx(10, abs=1)
