"""How much may be in flight, on simulated connections.

Each carries `rate` bytes a second, acknowledges after a round trip, and fills no faster than by TCP's slow start.
"""

from collections import deque
from dataclasses import dataclass, field

import pytest

from services.stream.fanout.in_flight_limit import DRAIN_SECONDS, QUEUE_SECONDS, WINDOW_SECONDS, InFlightLimit

FRAME_SECONDS = 1 / 30
PART = 13_000
SEGMENT = 1_448
FIRST_WINDOW = 10 * SEGMENT


@dataclass
class Simulation:
    rate: float
    round_trip: float
    part_bytes: int = PART
    now: float = 0.0
    written: int = 0
    free_at: float = 0.0
    """When the connection has carried all that was written."""
    arrivals: deque[tuple[float, int]] = field(default_factory=deque)
    """When an acknowledgement arrives, and the bytes that it acknowledges in all."""
    acknowledged: int = 0
    ages: list[float] = field(default_factory=list)
    limit: InFlightLimit | None = None

    def run(self, seconds: float) -> None:
        """Offer thirty parts a second."""
        end = self.now + seconds
        while self.now < end:
            while self.arrivals and self.arrivals[0][0] <= self.now:
                _, self.acknowledged = self.arrivals.popleft()
            if self._admits():
                self._write()
            self.now += FRAME_SECONDS

    def _write(self) -> None:
        rest = self.part_bytes
        while rest:
            segment = min(rest, SEGMENT)
            rest -= segment
            self.written += segment
            self.free_at = max(self.now, self.free_at) + segment / self.rate
            self.arrivals.append((self.free_at + self.round_trip, self.written))
        self.ages.append(self.free_at + self.round_trip / 2 - self.now)

    def _admits(self) -> bool:
        under_way = self.written - self.acknowledged
        if not under_way:
            if self.limit is not None:
                self.limit.emptied(self.now, self.acknowledged, lambda: self.round_trip)
            return True
        if self.limit is None:
            self.limit = InFlightLimit(self.now, self.acknowledged)
        admitted = self.limit.admits(self.now, under_way, self.acknowledged, lambda: self.round_trip)
        return admitted and under_way <= FIRST_WINDOW + self.acknowledged


def test_a_slow_connection_is_kept_busy_and_its_pictures_fresh() -> None:
    """A third of the stream fits: the connection is full, and no picture waits for more than one before it."""
    connection = Simulation(rate=150_000, round_trip=0.002)
    connection.run(5)
    connection.ages.clear()
    carried = connection.written
    connection.run(20)
    assert connection.written - carried > 0.9 * 20 * connection.rate
    assert max(connection.ages) < 2 * PART / connection.rate + QUEUE_SECONDS


@pytest.mark.parametrize("round_trip", [0.05, 0.3, 0.6])
def test_a_long_path_alone_thins_nothing(round_trip: float) -> None:
    """Between continents ten parts are in flight at once, and none of them waits."""
    connection = Simulation(rate=10_000_000, round_trip=round_trip)
    connection.run(10)
    connection.ages.clear()
    connection.run(20)
    assert len(connection.ages) >= 0.98 * 20 / FRAME_SECONDS


def test_a_connection_that_turns_bad_fills_up_for_a_moment_only() -> None:
    connection = Simulation(rate=10_000_000, round_trip=0.05)
    connection.run(5)
    connection.rate = 150_000
    connection.ages.clear()
    connection.run(10)
    assert max(connection.ages) < 1.2, "those written before the new rate is known"
    connection.ages.clear()
    connection.run(20)
    assert max(connection.ages) < 0.05 + 2 * PART / connection.rate + QUEUE_SECONDS


def test_a_connection_that_turns_good_is_found_out_at_once() -> None:
    connection = Simulation(rate=50_000, round_trip=0.05)
    connection.run(10)
    connection.rate = 10_000_000
    connection.run(1)
    connection.ages.clear()
    connection.run(5)
    assert len(connection.ages) >= 0.98 * 5 / FRAME_SECONDS


def test_a_part_that_is_all_in_flight_is_waited_for() -> None:
    """Parts are large here: one may always go, however low the rate."""
    connection = Simulation(rate=20_000, round_trip=0.05, part_bytes=60_000)
    connection.run(60)
    assert len(connection.ages) > 15
    assert max(connection.ages[3:]) < 0.05 + 60_000 / 20_000 + QUEUE_SECONDS


def test_a_connection_is_emptied_now_and_then_so_that_its_round_trip_shows() -> None:
    connection = InFlightLimit(0.0, 0)

    def admits(now: float) -> bool:
        return connection.admits(now, PART, round(now * 1_000_000), lambda: 0.2)

    assert admits(DRAIN_SECONDS - 1)
    assert not admits(DRAIN_SECONDS)
    connection.emptied(DRAIN_SECONDS + 1, round((DRAIN_SECONDS + 1) * 1_000_000), lambda: 0.2)
    assert admits(DRAIN_SECONDS + 2)


def test_the_round_trip_is_asked_for_once_in_a_window() -> None:
    """It is a system call."""
    asked: list[float] = []

    def round_trip() -> float:
        asked.append(0.0)
        return 0.1

    connection = InFlightLimit(0.0, 0)
    for number in range(300):
        connection.admits(number / 300, PART, number * PART, round_trip)
    assert len(asked) <= 1 / WINDOW_SECONDS


def test_a_connection_that_shows_nothing_arrive_is_given_no_more() -> None:
    """However fast it was: parts written to a connection that is down would be shown, old, when it is back."""
    connection = Simulation(rate=10_000_000, round_trip=0.05)
    connection.run(5)
    connection.ages.clear()
    connection.rate = 0.001
    connection.run(10)
    assert len(connection.ages) <= 1 + (0.05 + WINDOW_SECONDS) / FRAME_SECONDS
