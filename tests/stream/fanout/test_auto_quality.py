"""quality=auto on connections of many kinds, with hours passing in no time."""

from itertools import pairwise

import pytest

from services.stream.fanout.auto_quality import FIRST_TRIAL_SECONDS, AutoQuality

LADDER_BYTES_PER_SECOND = [400_000, 150_000, 50_000, 15_000]
FPS = 30


def observe(
    auto_quality: AutoQuality, connection: float, seconds: float, start: float = 0.0
) -> list[tuple[float, int]]:
    """Observe a viewer on a connection of this rate (bytes a second) each second; when it was moved to which level."""
    offered = taken = 0.0
    moves = []
    for step in range(int(seconds)):
        now = start + step
        offered += FPS
        taken += min(FPS, FPS * connection / LADDER_BYTES_PER_SECOND[auto_quality.level])
        if auto_quality.observe(now, round(offered), round(taken), lowest_level=len(LADDER_BYTES_PER_SECOND) - 1):
            moves.append((now, auto_quality.level))
    return moves


@pytest.mark.parametrize(
    ("connection", "level"), [(500_000, 0), (300_000, 0), (100_000, 1), (60_000, 2), (20_000, 3), (1_000, 3)]
)
def test_a_viewer_comes_to_the_rendition_that_its_connection_carries_half_of(connection: float, level: int) -> None:
    """A step takes a window of a few seconds, and none is skipped."""
    auto_quality = AutoQuality(now=0.0)
    moves = observe(auto_quality, connection, 15)
    assert [to for _, to in moves] == list(range(1, level + 1))
    assert all(at <= 4 * to for at, to in moves)


def test_a_connection_that_recovers_brings_the_viewer_back_up_a_step_at_a_time() -> None:
    """After ten good seconds each."""
    auto_quality = AutoQuality(now=0.0)
    observe(auto_quality, 10_000, 15)
    moves = go_on(auto_quality, 1_000_000, 60, start=15.0)
    assert [to for _, to in moves] == [2, 1, 0]
    assert all(later - earlier >= FIRST_TRIAL_SECONDS for (earlier, _), (later, _) in pairwise(moves))


def go_on(auto_quality: AutoQuality, connection: float, seconds: float, start: float) -> list[tuple[float, int]]:
    """Observe it further. Without this, counts that start again at 0 would look like a burst of skips."""
    auto_quality._offered = auto_quality._taken = 0
    return observe(auto_quality, connection, seconds, start)


def test_a_connection_between_two_renditions_does_not_flap() -> None:
    """Each failed trial makes the next one wait longer: in an hour there are few."""
    auto_quality = AutoQuality(now=0.0)
    moves = observe(auto_quality, 70_000, 3600)
    assert auto_quality.level in (1, 2)
    assert len(moves) < 40
    late = [at for at, _ in moves if at > 1800]
    assert len(late) <= 14


def test_nothing_is_concluded_from_too_few_pictures() -> None:
    """A source of one frame in two seconds says nothing about a connection in three."""
    auto_quality = AutoQuality(now=0.0)
    for second in range(6):
        assert not auto_quality.observe(float(second), offered=second // 3, taken=0, lowest_level=3)
