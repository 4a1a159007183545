"""What `CAPTURE_WHEN` means: text to rule, and rule and time to what is due."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.archiver.base.capture_rule import (
    ALWAYS,
    CaptureRule,
    due_seconds,
    idle_slots,
    is_due,
    next_due,
    parse_rule,
)
from services.archiver.base.weekly_hours import DAYS, Hours, WeeklyHours

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [BERLIN, *map(ZoneInfo, ("UTC", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia"))]
HOUR = 3600


def seconds(text: str, zone: ZoneInfo = BERLIN) -> int:
    """The epoch time of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())


def rule(text: str, zone: ZoneInfo = BERLIN) -> CaptureRule:
    return parse_rule(text, zone, None)


def test_always_is_always() -> None:
    """It is the default."""
    assert rule("always") == ALWAYS
    assert list(ALWAYS.spans(10, 20)) == [(10, 20)]
    assert list(idle_slots(ALWAYS, 0, 100, 10)) == []
    assert next_due(ALWAYS, 17) == 17


def test_hours_belong_to_the_day_on_which_they_begin() -> None:
    """So Saturday's night ends on Sunday morning."""
    night = rule("sat 22:00-04:00")
    assert list(night.spans(seconds("2026-11-27T12:00"), seconds("2026-12-04T12:00"))) == [
        (seconds("2026-11-28T22:00"), seconds("2026-11-29T04:00"))
    ]


@pytest.mark.parametrize(
    ("text", "due", "idle"),
    [
        ("mon-fri 06:00-20:00; sat,sun 08:00-18:00", "2026-11-28T08:00", "2026-11-28T07:59"),
        ("Mon-Fri 06:00-20:00 ;SAT , SUN 08:00-18:00", "2026-11-27T19:59", "2026-11-27T20:00"),
        ("06:00-20:00", "2026-11-29T06:00", "2026-11-29T20:00"),
        ("sat-mon", "2026-11-30T23:59", "2026-12-01T00:00"),
        ("fri 12:00-24:00", "2026-11-27T23:59", "2026-11-28T00:00"),
        ("sun 23:00-01:00", "2026-11-30T00:59", "2026-11-30T01:00"),
    ],
)
def test_hours_and_days_are_understood(text: str, due: str, idle: str) -> None:
    """27 November 2026 is a Friday."""
    assert is_due(rule(text), seconds(due))
    assert not is_due(rule(text), seconds(idle))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no hours"),
        ("sometimes", "none of mon"),
        ("mon-fry 06:00-20:00", "'fry' is none of mon"),
        ("06:00-06:00", "end where they begin"),
        ("06:00-25:00", "no time of day"),
        ("06:60-07:00", "no time of day"),
        ("mon 06:00", "no hours"),
        ("06:00-20:00;", "no hours"),
        ("daylight+30", "neither daylight nor"),
        ("daylight+13h", "more than twelve hours"),
        ("daylight", "needs LOCATION"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(text: str, why: str) -> None:
    """The words go on after the grammar."""
    with pytest.raises(ValueError, match=why):
        rule(text)


def test_an_hour_that_clocks_skip_is_not_there_and_one_that_they_repeat_is_there_twice() -> None:
    """What counts is the clock on the wall."""
    early = rule("02:00-03:00")
    assert due_seconds(early, seconds("2026-03-29T00:00"), seconds("2026-03-30T00:00")) == 0
    assert due_seconds(early, seconds("2026-10-25T00:00"), seconds("2026-10-26T00:00")) == 2 * HOUR
    longer = rule("01:00-04:00")
    assert due_seconds(longer, seconds("2026-03-29T00:00"), seconds("2026-03-30T00:00")) == 2 * HOUR
    assert due_seconds(longer, seconds("2026-10-25T00:00"), seconds("2026-10-26T00:00")) == 4 * HOUR


def _hours() -> st.SearchStrategy[Hours]:
    days = st.frozensets(st.integers(0, 6), min_size=1)
    return st.builds(
        lambda days, begin, length: Hours(days, begin, begin + length), days, st.integers(0, 1439), st.integers(1, 1439)
    )


def _shows(rule: WeeklyHours, instant: int) -> bool:
    """What a person would say who looks at the clock."""
    local = datetime.fromtimestamp(instant, rule.zone)
    minute = local.hour * 60 + local.minute
    return any(
        (local.weekday() in hours.days and hours.begin <= minute < hours.end)
        or ((local.weekday() - 1) % 7 in hours.days and hours.begin <= minute + 1440 < hours.end)
        for hours in rule.hours
    )


_INSTANTS = st.integers(
    int(datetime(2011, 12, 1, tzinfo=UTC).timestamp()), int(datetime(2030, 1, 1, tzinfo=UTC).timestamp())
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_hours(), min_size=1, max_size=3), st.sampled_from(ZONES), _INSTANTS)
def test_a_second_is_due_when_the_clock_on_the_wall_says_so(hours: list[Hours], zone: ZoneInfo, since: int) -> None:
    """In zones with half hours, quarters, and a day that was skipped; over three days, each 17 minutes."""
    rule = WeeklyHours(tuple(hours), zone)
    spans = list(rule.spans(since, since + 3 * 86_400))
    for instant in range(since, since + 3 * 86_400, 1020):
        assert any(begin <= instant < end for begin, end in spans) == _shows(rule, instant)


@settings(max_examples=150, deadline=None)
@given(st.lists(_hours(), min_size=1, max_size=3), st.sampled_from(ZONES), _INSTANTS, st.integers(1, 8 * 86_400))
def test_due_stretches_are_in_order_apart_and_the_same_in_parts(
    hours: list[Hours], zone: ZoneInfo, since: int, length: int
) -> None:
    """What is asked in two parts is what is asked at once."""
    rule, until = WeeklyHours(tuple(hours), zone), since + length
    spans = list(rule.spans(since, until))
    bounds = [bound for span in spans for bound in span]
    assert bounds == sorted(set(bounds))
    assert all(since <= bound <= until for bound in bounds)
    middle = since + length // 3
    assert due_seconds(rule, since, until) == due_seconds(rule, since, middle) + due_seconds(rule, middle, until)
    found = next_due(rule, since)
    assert found is not None
    assert is_due(rule, found)
    assert due_seconds(rule, since, found) == 0


@settings(max_examples=150, deadline=None)
@given(
    st.lists(_hours(), min_size=1, max_size=2),
    st.sampled_from(ZONES),
    _INSTANTS,
    st.sampled_from([60, 900, 3600, 7000]),
)
def test_a_slot_is_idle_only_if_no_moment_of_it_is_due(
    hours: list[Hours], zone: ZoneInfo, around: int, interval: int
) -> None:
    """The others are owed, so each is either one or the other."""
    rule = WeeklyHours(tuple(hours), zone)
    since = around // interval * interval
    until = since + (86_400 // interval + 3) * interval
    idle = set(_starts(idle_slots(rule, since, until, interval), interval))
    for start in range(since, until, interval):
        assert (start in idle) == (due_seconds(rule, start, start + interval) == 0)


def _starts(stretches: Iterator[tuple[int, int]], interval: int) -> Iterator[int]:
    for begin, end in stretches:
        yield from range(begin, end, interval)


def test_a_rule_says_itself_in_the_words_of_the_setting() -> None:
    """They are shown, and can be set again."""
    for text in ("always", "mon-fri 06:00-20:00; sat,sun 22:00-04:00", "sun"):
        assert rule(str(rule(text))) == rule(text)
    assert DAYS[datetime(2026, 11, 27, tzinfo=UTC).weekday()] == "fri"
    assert timedelta(days=1).total_seconds() == 24 * HOUR
