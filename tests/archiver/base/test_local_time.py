"""Local days and hours, through both changes of the clocks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archiver.base.local_time import SameHour, day_windows

BERLIN = ZoneInfo("Europe/Berlin")


def windows(hour: int, first: datetime, last: datetime) -> list[tuple[str, int]]:
    """When each begins in UTC, and how many hours it is long."""
    found = SameHour(hour, BERLIN).windows(first, last, newest_first=False)
    return [(f"{begin:%d %H}", (end - begin) // timedelta(hours=1)) for begin, end in found]


def test_an_hour_follows_the_local_clock() -> None:
    """Noon is at 11 UTC in winter and at 10 in summer."""
    first, last = datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)
    assert windows(12, first, last) == [("28 11", 1), ("29 10", 1), ("30 10", 1)]


def test_an_hour_that_a_day_leaves_out_has_no_window_there() -> None:
    """On the last Sunday of March it is never two in Berlin."""
    first, last = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)
    assert windows(2, first, last) == [("28 01", 1), ("30 00", 1)]


def test_an_hour_that_a_day_repeats_is_two_hours_long() -> None:
    """On the last Sunday of October it is two o'clock twice."""
    first, last = datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC)
    assert windows(2, first, last) == [("24 00", 1), ("25 00", 2), ("26 01", 1)]


def test_newest_first_turns_the_days_round() -> None:
    """The hour of a day is never cut in two."""
    first, last = datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 3, 12, tzinfo=UTC)
    same = SameHour(5, BERLIN)
    there = list(same.windows(first, last, newest_first=False))
    assert list(same.windows(first, last, newest_first=True)) == there[::-1]


def test_days_are_as_long_as_they_are_and_meet_without_a_gap() -> None:
    """23 hours in March, 25 in October."""
    for month, hours in ((3, [24, 23, 24]), (10, [24, 25, 24])):
        sunday = datetime(2026, month, 29 if month == 3 else 25, 12, tzinfo=UTC)
        days = [window for _, window in day_windows(sunday - timedelta(days=1), sunday + timedelta(days=1), BERLIN)]
        assert [(end - begin) // timedelta(hours=1) for begin, end in days] == hours
        assert all(end == begin for (_, end), (begin, _) in pairwise(days))


Instants = st.datetimes(datetime(2015, 1, 2), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 see timezones
ODD_ZONES = (
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/Havana",
    "America/Asuncion",
    "Asia/Beirut",
    "Pacific/Chatham",
)
"""Clocks that are set at midnight, before it, by half an hour, or from an odd offset."""


@pytest.mark.parametrize("name", ODD_ZONES)
@given(instant=Instants)
def test_each_instant_is_in_the_hour_and_the_day_that_its_clock_shows(name: str, instant: datetime) -> None:
    """And in no other one, on whatever day the clocks are set."""
    zone = ZoneInfo(name)
    local, around = instant.astimezone(zone), (instant - timedelta(days=1), instant + timedelta(days=1))
    hours = [
        hour
        for hour in range(24)
        for begin, end in SameHour(hour, zone).windows(*around, newest_first=False)
        if begin <= instant < end
    ]
    assert hours == [local.hour]
    days = [day for day, (begin, end) in day_windows(*around, zone) if begin <= instant < end]
    assert days == [local.date()]


@pytest.mark.parametrize(
    ("instant", "hour"), [("2026-04-04T14:45", 1), ("2026-04-04T15:15", 1), ("2026-10-03T15:35", 2)]
)
def test_an_hour_of_lord_howe_has_the_half_hour_by_which_its_clocks_are_set(instant: str, hour: int) -> None:
    """They are set by half an hour: an hour may be 90 or 30 minutes long."""
    at = datetime.fromisoformat(f"{instant}+00:00")
    zone = ZoneInfo("Australia/Lord_Howe")
    assert any(begin <= at < end for begin, end in SameHour(hour, zone).windows(at, at, newest_first=False))
