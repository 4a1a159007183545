"""Ages by another host's clock, with fake clocks."""

from dataclasses import dataclass

import pytest

from shared.clock import Clock
from shared.remote_clock import WINDOW_SECONDS, RemoteClock

HOUR = 3600.0
START_NS = 1_795_363_200 * 10**9


@dataclass
class Hosts:
    """True time, in seconds since the test began, and how far each host's clock is ahead of it."""

    now: float = 0.0
    ours_ahead: float = 0.0
    theirs_ahead: float = 0.0

    def __post_init__(self) -> None:
        self.clock = RemoteClock(Clock(utc_ns=lambda: self._ns(self.ours_ahead), monotonic=lambda: 5000.0 + self.now))

    def _ns(self, ahead: float) -> int:
        return START_NS + round((self.now + ahead) * 1e9)

    def theirs_ns(self) -> int:
        return self._ns(self.theirs_ahead)

    def receive(self, *, delay: float = 0.01) -> None:
        """A message that is sent now arrives after `delay` seconds."""
        sent_at_ns = self.theirs_ns()
        self.now += delay
        self.clock.observe(sent_at_ns)

    def receive_for(self, seconds: float, *, delay: float = 0.01) -> None:
        """A message a second."""
        until = self.now + seconds
        while self.now < until:
            self.receive(delay=delay)
            self.now += 1 - delay

    def age_of_what_is_sent_now(self, delay: float) -> float:
        sent_at_ns = self.theirs_ns()
        self.now += delay
        age = self.clock.age_seconds(sent_at_ns)
        assert age is not None
        return age


@pytest.mark.parametrize("theirs_ahead", [0.0, HOUR, -HOUR, -START_NS / 1e9 + 1])
def test_ages_do_not_depend_on_the_other_clock(theirs_ahead: float) -> None:
    """One is an hour off, another at its epoch, as a board without a battery starts: live is live, and late is late."""
    hosts = Hosts(theirs_ahead=theirs_ahead)
    hosts.receive_for(5)
    assert hosts.age_of_what_is_sent_now(delay=0.01) == pytest.approx(0.0, abs=1e-3)
    assert hosts.age_of_what_is_sent_now(delay=4.01) == pytest.approx(4.0, abs=1e-3)


def test_before_the_first_message_nothing_is_known() -> None:
    """The caller decides what to do then."""
    clock = Hosts().clock
    assert clock.age_seconds(START_NS) is None
    assert clock.utc_ns_at(START_NS) is None
    assert clock.ahead_seconds is None


def test_one_message_is_enough() -> None:
    """It counts as new, because there is none to compare it with; a quicker one shows that it was not."""
    hosts = Hosts(theirs_ahead=HOUR)
    first_ns = hosts.theirs_ns()
    hosts.receive(delay=3)
    assert hosts.clock.age_seconds(first_ns) == pytest.approx(0.0, abs=1e-3)
    hosts.receive(delay=0.01)
    assert hosts.clock.age_seconds(first_ns) == pytest.approx(3.0, abs=1e-3)


def test_an_age_is_never_negative() -> None:
    """A picture quicker than every status so far is simply new."""
    hosts = Hosts()
    hosts.receive(delay=1)
    assert hosts.age_of_what_is_sent_now(delay=0.0) == 0.0


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 30.0, -30.0])
def test_a_clock_that_was_set_is_noticed_at_the_next_message(jump: float) -> None:
    """Forward or back: no picture counts as an hour old for the rest of the minute."""
    hosts = Hosts()
    hosts.receive_for(30)
    hosts.theirs_ahead += jump
    hosts.receive()
    assert hosts.age_of_what_is_sent_now(delay=0.51) == pytest.approx(0.5, abs=1e-3)
    assert hosts.clock.ahead_seconds == pytest.approx(jump, abs=0.1)


def test_our_own_clock_may_be_set_too() -> None:
    """Ages are by the monotonic clock; the offset is by the clock as it is set now."""
    hosts = Hosts()
    hosts.receive_for(30)
    hosts.ours_ahead += HOUR
    assert hosts.age_of_what_is_sent_now(delay=0.51) == pytest.approx(0.5, abs=1e-3)
    assert hosts.clock.ahead_seconds == pytest.approx(-HOUR, abs=0.1)


def test_a_clock_that_drifts_is_followed_within_a_minute() -> None:
    """100 ppm is much for a quartz: after a day the clocks are 8.6 s apart, and ages are still right to 10 ms."""
    hosts = Hosts()
    for _ in range(24 * 3600):
        hosts.receive()
        hosts.now += 0.99
        hosts.theirs_ahead -= 100e-6
    assert hosts.age_of_what_is_sent_now(delay=0.01) < 0.01
    assert hosts.clock.ahead_seconds == pytest.approx(-8.64, abs=0.1)


def test_a_delay_that_grew_for_good_is_the_new_measure_after_a_minute() -> None:
    """Until then its pictures count as late, which they are."""
    hosts = Hosts()
    hosts.receive_for(10)
    hosts.receive_for(WINDOW_SECONDS - 2, delay=0.5)
    assert hosts.age_of_what_is_sent_now(delay=0.5) == pytest.approx(0.49, abs=1e-2)
    hosts.receive_for(4, delay=0.5)
    assert hosts.age_of_what_is_sent_now(delay=0.5) == pytest.approx(0.0, abs=1e-2)


def test_messages_slightly_out_of_order_are_no_clock_set_back() -> None:
    """A camera's process and its parent both send; the slower one's delay must not become the measure."""
    hosts = Hosts()
    hosts.receive_for(5)
    late_ns = hosts.theirs_ns() - 300_000_000
    hosts.clock.observe(late_ns)
    assert hosts.clock.age_seconds(late_ns) == pytest.approx(0.29, abs=1e-2)


def test_a_time_can_be_converted_to_our_clock() -> None:
    """The archive's slots are by the archiver's clock, however wrong ingest's is."""
    hosts = Hosts(theirs_ahead=-HOUR)
    hosts.receive_for(5)
    now_ns = START_NS + round(hosts.now * 1e9)
    assert hosts.clock.utc_ns_at(hosts.theirs_ns()) == pytest.approx(now_ns, abs=2e7)
    assert hosts.clock.utc_ns_at(hosts.theirs_ns() - 7 * 10**9) == pytest.approx(now_ns - 7e9, abs=2e7)
