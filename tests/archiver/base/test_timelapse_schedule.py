"""TIMELAPSE_SCHEDULE: what it says, what is refused, and which days an entry shows."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archiver.base.timelapse_schedule import SETTLING, Entry, Rhythm, parse_entry, parse_schedule

BERLIN, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")


def test_entries_say_what_they_mean() -> None:
    """Each in its own words."""
    schedule = (
        "daily, Weekly keep=1y,rolling  30d at=12:00 , monthly daylight deflicker timestamp length=60 camera=porch"
    )
    daily, weekly, rolling, monthly = parse_schedule(schedule)
    assert daily == Entry(Rhythm.DAILY, 10, text="daily")
    assert (weekly.rhythm, weekly.keep, weekly.replaces) == (Rhythm.WEEKLY, "1y", False)
    assert (rolling.span, rolling.at, rolling.replaces) == (timedelta(days=30), time(12), True)
    assert rolling.text == "rolling 30d at=12:00"
    assert (monthly.daylight, monthly.deflicker, monthly.timestamp) == (True, True, True)
    assert (monthly.length_seconds, monthly.camera) == (60, "porch")
    assert not parse_entry("rolling 1w keep=forever").replaces


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("", "'' is none of daily"),
        ("daily,", "'' is none of daily"),
        ("hourly", "'hourly' is none of daily"),
        ("rolling", "needs an age of whole days"),
        ("rolling 36h", "needs an age of whole days"),
        ("rolling forever", "needs an age of whole days"),
        ("rolling 11y", "needs an age of whole days"),
        ("rolling at=12:00", "needs an age of whole days"),
        ("daily at=12:00", "would be one picture"),
        ("weekly at=25:00", "no time of day"),
        ("weekly at=noon", "no time of day"),
        ("weekly at=12:00111111111111", "no time of day"),
        ("weekly keep=1", "keep=1: '1' is no age"),
        ("weekly keep=", "'keep=' is none of"),
        ("monthly length=0", "no whole number of seconds"),
        ("monthly length=1e9", "no whole number of seconds"),
        ("monthly daylight=yes", "'daylight=yes' is none of"),
        ("monthly daylight daylight", "says one thing twice"),
        ("monthly camera=../etc", "no camera's key"),
        ("monthly 30d", "'30d' is none of"),
        ("daily, daily", "'daily' is there twice"),
    ],
)
def test_what_is_no_schedule_is_refused_in_words(schedule: str, words: str) -> None:
    """With the word that is wrong."""
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        parse_schedule(schedule)


@pytest.mark.parametrize(
    ("entry", "period"),
    [
        ("daily", (date(2026, 11, 25), date(2026, 11, 26))),
        ("weekly", (date(2026, 11, 16), date(2026, 11, 23))),
        ("monthly", (date(2026, 10, 1), date(2026, 11, 1))),
        ("rolling 30d", (date(2026, 10, 27), date(2026, 11, 26))),
    ],
)
def test_the_newest_period_that_is_over_is_shown(entry: str, period: tuple[date, date]) -> None:
    """On a Thursday."""
    last = parse_entry(entry).last_period(datetime(2026, 11, 26, 12, tzinfo=UTC), UTC_ZONE)
    assert (last.first, last.end) == period
    assert str(last) == f"{period[0]}/{period[1]}"


def test_a_day_is_over_when_its_last_pictures_have_their_rows() -> None:
    """Not at midnight itself, and by the archive's clock."""
    midnight = datetime(2026, 11, 25, 23, tzinfo=UTC)
    daily = parse_entry("daily")
    assert daily.last_period(midnight + SETTLING - timedelta(seconds=1), BERLIN).end == date(2026, 11, 25)
    assert daily.last_period(midnight + SETTLING, BERLIN).end == date(2026, 11, 26)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_has_all_its_hours_when_clocks_change(day: date, hours: int) -> None:
    """In Berlin."""
    noon_after = datetime.combine(day, time(12), BERLIN).astimezone(UTC) + timedelta(days=1)
    begin, end = parse_entry("daily").last_period(noon_after, BERLIN).window(BERLIN)
    assert end - begin == timedelta(hours=hours)


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Havana"]


@given(
    st.integers(1_230_768_000, 1_893_456_000),
    st.sampled_from(ZONES),
    st.sampled_from(["daily", "weekly", "monthly"]),
)
def test_periods_follow_each_other_without_gap_or_overlap(seconds: int, zone_name: str, text: str) -> None:
    """Whatever the zone does to its clocks, a skipped day included."""
    zone, entry = ZoneInfo(zone_name), parse_entry(text)
    now = datetime.fromtimestamp(seconds, UTC)
    period = entry.last_period(now, zone)
    noon_of_its_last_day = datetime.combine(period.end - timedelta(days=1), time(12), zone).astimezone(UTC)
    before = entry.last_period(noon_of_its_last_day, zone)
    assert before.window(zone)[1] == period.window(zone)[0]
    assert period.window(zone)[1] <= now
