"""How much a program has not read, on simulated connections: its kernel tells the window when something arrives."""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from services.stream.fanout.unread_limit import UnreadLimit

WINDOW = 114_688
FRAME_SECONDS = 1 / 30


@dataclass
class Program:
    """Takes `pause` seconds over each part. The network carries everything in `round_trip` seconds."""

    pause: float
    part_bytes: int = 13_000
    round_trip: float = 0.001
    window: int = WINDOW
    reads_before_the_acknowledgement: bool = True
    reserve: int = 0
    """Bytes that the kernel has room for beyond the window that it offers: as much can be unread without a sign."""
    grows_to: int = 0
    """The window becomes larger with each part that arrives, up to this, though nobody reads."""
    frame_seconds: float = FRAME_SECONDS
    falls_by: int = 0
    """So many bytes smaller the window becomes by itself, with the parts that arrive."""
    now: float = 0.0
    written: int = 0
    acknowledged: int = 0
    told_window: int = WINDOW
    under_way: deque[tuple[float, float, int]] = field(default_factory=deque)
    """Parts: when each arrives, when it was written, and its bytes."""
    unread: deque[float] = field(default_factory=deque)
    """When each part was written that has arrived and not been read."""
    busy_until: float = 0.0
    ages: list[tuple[float, float]] = field(default_factory=list)
    """When a part was read, and its age in seconds."""
    limit: UnreadLimit = field(default_factory=UnreadLimit)

    def run(self, seconds: float) -> None:
        """Offer thirty parts a second, or as many as the camera has."""
        end = self.now + seconds
        while self.now < end:
            while self.under_way and self.under_way[0][0] <= self.now:
                self._arrives(*self.under_way.popleft())
            self._reads_until(self.now)
            in_flight = self.written - self.acknowledged
            if self.limit.admits(self.now, self.told_window, self.acknowledged, in_flight, self.part_bytes):
                self.written += self.part_bytes
                self.under_way.append((self.now + self.round_trip, self.now, self.part_bytes))
            self.now += self.frame_seconds

    def _arrives(self, at: float, written_at: float, part_bytes: int) -> None:
        self._reads_until(at)
        self.unread.append(written_at)
        if self.reads_before_the_acknowledgement:
            self._reads_until(at)
        self.acknowledged += part_bytes
        if self.window < self.grows_to:
            self.window += 2 * self.part_bytes
        fall = min(self.falls_by, part_bytes)
        self.window, self.falls_by = self.window - fall, self.falls_by - fall
        unread_bytes = max(0, len(self.unread) * self.part_bytes - self.reserve)
        self.told_window = self.window - unread_bytes // 1024 * 1024

    def _reads_until(self, at: float) -> None:
        while self.unread and self.busy_until <= at:
            written_at = self.unread.popleft()
            begins_at = max(self.busy_until, written_at + self.round_trip)
            self.ages.append((begins_at, begins_at - written_at))
            self.busy_until = begins_at + self.pause

    def later(self, seconds: float) -> list[float]:
        """The ages of the parts read after that time."""
        return sorted(age for at, age in self.ages if at >= seconds)


@pytest.mark.parametrize("part_bytes", [4_000, 13_000, 30_000])
@pytest.mark.parametrize("pause", [0.1, 0.2, 0.5, 1.0])
def test_a_program_slower_than_the_camera_sees_the_present(pause: float, part_bytes: int) -> None:
    """It finds at most one part besides the newest, and has more than half of the pictures it could have."""
    program = Program(pause, part_bytes)
    program.run(120)
    ages = program.later(20)
    assert ages[int(len(ages) * 0.95)] <= 2 * pause
    assert ages[-1] <= 3 * pause
    assert len(ages) >= 0.5 * 100 / pause


@pytest.mark.parametrize("pause", [0.5, 1.0])
@pytest.mark.parametrize("part_bytes", [13_000, 150_000])
def test_a_kernel_with_room_for_one_more_part_than_it_offers_hides_no_more_than_that(
    pause: float, part_bytes: int
) -> None:
    program = Program(pause, part_bytes, window=20 * part_bytes, told_window=20 * part_bytes, reserve=part_bytes)
    program.run(120)
    ages = program.later(20)
    assert ages[len(ages) // 2] <= 1.3 * pause
    assert ages[int(len(ages) * 0.95)] <= 2.5 * pause
    assert len(ages) >= 0.7 * 100 / pause


def test_what_was_given_while_the_window_grew_by_itself_is_read_before_more_is_given() -> None:
    """The first parts are all hidden by that: no window is as large as the next one."""
    program = Program(0.5, 200_000, window=65_536, told_window=65_536, grows_to=3_000_000)
    program.run(60)
    assert program.ages[8][1] >= 2, "nothing was hidden"
    ages = program.later(12)
    assert ages[int(len(ages) * 0.95)] <= 1.25
    assert len(ages) >= 0.6 * 48 / 0.5


@pytest.mark.parametrize("pause", [0, 0.005, 0.02, 0.03])
@pytest.mark.parametrize("round_trip", [0.001, 0.05, 0.3])
def test_a_program_that_keeps_up_gets_every_picture(pause: float, round_trip: float) -> None:
    program = Program(pause, round_trip=round_trip)
    program.run(60)
    assert len(program.later(0)) >= 30 * (60 - round_trip) - 2


def test_a_kernel_that_tells_its_window_before_the_program_reads_costs_little() -> None:
    """Each acknowledgement then says that a part is unread, though the program is quick."""
    program = Program(0.005, reads_before_the_acknowledgement=False)
    program.run(60)
    assert len(program.later(10)) >= 0.95 * 30 * 50


def test_a_short_hiccup_costs_a_few_pictures() -> None:
    program = Program(0.005)
    program.run(10)
    program.busy_until = program.now + 0.3
    program.run(10)
    assert len(program.later(11.5)) >= 0.95 * 30 * 8.4


@pytest.mark.parametrize(("small", "large"), [(1_000, 8_000), (2_000, 70_000)])
@pytest.mark.parametrize("pause", [0.002, 0.2, 1.0])
def test_when_parts_become_larger_a_program_soon_has_as_many_as_it_can_read(
    pause: float, small: int, large: int
) -> None:
    """As when a camera is back after a small placeholder. A rate in bytes would be one of a part in many seconds."""
    program = Program(pause=pause, part_bytes=small, frame_seconds=0.1)
    program.run(10)
    program.pause = 1.0
    program.run(1)
    program.pause, program.part_bytes = pause, large
    since = program.now
    program.run(20)

    assert len(program.later(since)) > 0.6 * 20 * min(10, 1 / pause)
    assert program.later(since + 5)[-1] < 0.2 + 2 * pause


@pytest.mark.parametrize("parts", [4, 7, 60])
def test_a_window_that_becomes_smaller_for_good_is_found_out(parts: int) -> None:
    program = Program(0.005, window=80 * 13_000, told_window=80 * 13_000)
    program.run(10)
    program.window -= parts * program.part_bytes
    program.run(60)
    assert len(program.later(25)) >= 0.9 * 30 * 45


@pytest.mark.parametrize("part_bytes", [2_500, 6_000, 15_000, 30_000])
def test_while_a_window_falls_by_itself_a_program_that_keeps_up_sees_the_present(part_bytes: int) -> None:
    """As when pictures become smaller. Nothing seems to be read at first, and then no more than is given."""
    program = Program(0.005, window=200_000, told_window=200_000)
    program.run(10)
    program.part_bytes, program.falls_by = part_bytes, 46_000
    program.run(30)
    read_at = [at for at, _ in program.ages if at >= 10]
    assert max(later - earlier for earlier, later in pairwise(read_at)) <= 2.1
    assert len([at for at in read_at if at < 18]) >= 2 * 8
    assert len(program.later(22)) >= 0.95 * 30 * 18


def test_with_larger_parts_a_window_that_fell_is_trusted_again() -> None:
    program = Program(0.005, window=200_000, told_window=200_000)
    program.run(10)
    program.part_bytes, program.falls_by = 1_500, 46_000
    program.run(4)
    program.part_bytes, program.falls_by = 6_000, 0
    program.run(5)
    assert len(program.later(14)) >= 0.9 * 30 * 5


@pytest.mark.parametrize("part_bytes", [2_500, 6_000, 15_000, 30_000])
def test_a_program_that_becomes_slow_is_found_out_though_it_might_be_the_window(part_bytes: int) -> None:
    program = Program(0.005, part_bytes)
    program.run(10)
    program.pause = 0.5
    program.run(60)
    assert program.later(10)[-1] <= 6
    assert program.later(30)[-1] <= 4


def test_a_program_that_becomes_quick_gets_every_picture_again() -> None:
    program = Program(0.5)
    program.run(30)
    program.pause = 0.005
    program.run(30)
    assert len(program.later(50)) >= 0.9 * 30 * 10


def test_a_program_that_reads_nothing_is_offered_a_part_ever_more_seldom() -> None:
    """A connection that nobody reads fills up, so that it can be told and ended."""
    program = Program(1_000)
    program.run(60)
    after_a_minute = program.written // program.part_bytes
    program.run(600)
    assert 6 <= after_a_minute <= 12
    assert 15 <= program.written / program.part_bytes - after_a_minute <= 25


def test_a_program_that_was_stopped_for_minutes_sees_the_present_again_soon() -> None:
    """When it reads again, its kernel tells that when it is asked whether it is there: here with the next part."""
    program = Program(0.005)
    program.run(10)
    program.busy_until = program.now + 300
    program.run(300)
    assert len(program.unread) <= 18
    program.run(35)
    pictures_before = len(program.ages)
    program.run(20)
    assert len(program.ages) - pictures_before >= 0.95 * 30 * 20


def test_a_program_that_is_quick_again_is_not_held_to_what_it_was_given_while_it_was_slow() -> None:
    """Even where each acknowledgement shows a part unread. All of it was judged by the rate to which it fell."""
    program = Program(0.33, reads_before_the_acknowledgement=False, frame_seconds=1 / 20)
    program.run(10)
    program.pause = 0.005
    program.run(6)
    assert len(program.later(13)) >= 10 * 3
