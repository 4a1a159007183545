"""A viewer behind a proxy that buffers a lot: pictures stay new, and come faster when its connection carries more."""

import pytest

from services.stream.fanout.proxied_rate import LONGEST_TRIAL_SECONDS, PROXY_BUFFER_BYTES, ProxiedRate
from shared.frame_pacer import FramePacer

PART_BYTES = 6_000
FPS = 30


class ProxiedViewer:
    """Behind a proxy that buffers `PROXY_BUFFER_BYTES`; once full, it takes more only when most of them have gone."""

    def __init__(self, bytes_per_second: float) -> None:
        self.bytes_per_second = bytes_per_second
        self.offered = self.taken = self.written_bytes = 0
        self.rate: ProxiedRate = ProxiedRate(self)
        self.now = 1000.0
        self.shown: list[tuple[float, float]] = []
        """When each picture arrived, and how old it was then."""
        self._under_way: list[tuple[float, int]] = []
        self._is_full = False

    def watch(self, seconds: float) -> None:
        for _ in range(round(seconds * FPS)):
            self.now += 1 / FPS
            self._arrive(self.bytes_per_second / FPS)
            if self.rate.admits(self.now):
                self._offer()

    def _offer(self) -> None:
        self.offered += 1
        held = sum(size for _, size in self._under_way)
        self._is_full = held > (PROXY_BUFFER_BYTES / 4 if self._is_full else PROXY_BUFFER_BYTES)
        if not self._is_full:
            self.taken += 1
            self.written_bytes += PART_BYTES
            self._under_way.append((self.now, PART_BYTES))

    def _arrive(self, room: float) -> None:
        while self._under_way and room > 0:
            sent_at, size = self._under_way.pop(0)
            if size > room:
                self._under_way.insert(0, (sent_at, round(size - room)))
                return
            room -= size
            self.shown.append((self.now, self.now - sent_at))

    def ages_of_the_last(self, seconds: float) -> list[float]:
        return [age for at, age in self.shown if at > self.now - seconds]


def test_pictures_on_a_slow_connection_are_new_though_the_proxy_could_hold_seconds_of_them() -> None:
    """After the first seconds, in which the rate is measured."""
    viewer = ProxiedViewer(20_000)
    viewer.watch(10)
    assert max(viewer.ages_of_the_last(8)) > 2
    viewer.watch(40)
    ages = viewer.ages_of_the_last(40)
    assert max(ages) < 0.5
    assert len(ages) / 40 > 0.6 * 20_000 / PART_BYTES


def test_a_fast_connection_is_given_everything() -> None:
    """A viewer that needs no help loses nothing."""
    viewer = ProxiedViewer(FPS * PART_BYTES * 1.5)
    viewer.watch(60)
    assert viewer.taken == viewer.offered == 60 * FPS


def test_what_is_held_back_counts_as_skipped() -> None:
    """quality=auto decides by it: such a viewer must be moved to a smaller size, and stay there."""
    viewer = ProxiedViewer(20_000)
    viewer.watch(20)
    offered, taken = viewer.offered, viewer.taken
    viewer.watch(20)
    assert viewer.offered - offered == pytest.approx(20 * FPS, abs=1)
    assert viewer.taken - taken < 0.2 * (viewer.offered - offered)


def test_a_connection_that_carries_more_again_is_found_out() -> None:
    """By a trial, within minutes."""
    viewer = ProxiedViewer(20_000)
    viewer.watch(30)
    viewer.bytes_per_second = FPS * PART_BYTES * 1.5
    viewer.watch(120)
    assert len(viewer.ages_of_the_last(10)) == pytest.approx(10 * FPS, abs=2)


def test_trials_that_fail_become_rare() -> None:
    """Each makes pictures old for some seconds."""
    viewer = ProxiedViewer(20_000)
    viewer.watch(30 * 60)
    ages = viewer.ages_of_the_last(2 * LONGEST_TRIAL_SECONDS)
    assert sorted(ages)[round(0.95 * len(ages))] < 1


def test_a_connection_that_carries_less_than_before_is_found_out_by_its_skips() -> None:
    """Pictures become fewer, not old."""
    viewer = ProxiedViewer(40_000)
    viewer.watch(30)
    viewer.bytes_per_second = 20_000
    viewer.watch(40)
    assert max(viewer.ages_of_the_last(10)) < 1


def test_a_viewer_that_wants_fewer_pictures_gets_no_more() -> None:
    """`fps` thins first."""
    viewer = ProxiedViewer(FPS * PART_BYTES * 1.5)
    viewer.rate = ProxiedRate(viewer, FramePacer(5))
    viewer.watch(20)
    assert viewer.taken == pytest.approx(100, abs=2)
