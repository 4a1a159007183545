"""A camera's own clock, read from its reports and answers."""

from datetime import UTC, datetime

import pytest

from services.ingest.sources.wall_clock import WallClock

NTP_2026 = 3_997_000_000


def at(clock: WallClock | None) -> datetime | None:
    return None if clock is None else datetime.fromtimestamp(clock.utc_ns / 1e9, UTC)


def test_a_sender_report_counts_from_1900_and_from_2036() -> None:
    """The counter begins anew then."""
    assert at(WallClock.of_ntp(NTP_2026 + 0.5)) == datetime(2026, 8, 29, 13, 46, 40, 500_000, tzinfo=UTC)
    assert at(WallClock.of_ntp(16.0)) == datetime(2036, 2, 7, 6, 28, 32, tzinfo=UTC)
    assert WallClock.of_ntp(2.0**31) is None, "1968 is no time of a camera"


@pytest.mark.parametrize("date", [None, "", "soon", "Thu, 99 Nov 2026 12:00:00 GMT"])
def test_a_date_that_cannot_be_read_tells_nothing(date: str | None) -> None:
    """Cameras send odd ones."""
    assert WallClock.of_http(date) is None


def test_a_date_of_an_answer_tells_the_time_and_goes_on() -> None:
    """From when it was told."""
    clock = WallClock.of_http("Thu, 26 Nov 2026 12:00:00 GMT")
    assert clock is not None
    assert at(clock) == datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert 0 <= clock.utc_ns_now() - clock.utc_ns < 60 * 10**9
