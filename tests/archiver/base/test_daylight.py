"""Daylight at a place: sunrises that others compute, too, and days without any."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from astral import Observer
from astral.sun import sunrise, sunset
from hypothesis import given, settings
from hypothesis import strategies as st

from services.archiver.base.capture_rule import CaptureRule, due_seconds, is_due, next_due, parse_rule
from services.archiver.base.daylight import Daylight, Location, parse_location

BERLIN = Location(52.52, 13.405)
TROMSO = Location(69.65, 18.96)
DAY = 86_400


def at(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp())  # type: ignore[arg-type, misc]


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-60, 60, allow_nan=False),
    st.floats(-179, 179, allow_nan=False),
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
)
def test_sunrise_and_sunset_are_those_of_the_tables(latitude: float, longitude: float, day: date) -> None:
    """Within two minutes of what astral's own search says of that day, wherever on earth people live."""
    place = Location(latitude, longitude)
    noon = at(day.year, day.month, day.day) + DAY // 2 - round(longitude * 240)
    ((begin, end),) = Daylight(place).spans(noon - DAY // 2, noon + DAY // 2)
    observer = Observer(latitude, longitude)
    days = [day + timedelta(days=by) for by in (-1, 0, 1)]
    rises = [sunrise(observer, each).timestamp() for each in days]
    sets = [sunset(observer, each).timestamp() for each in days]
    assert min(abs(begin - rise) for rise in rises) < 120
    assert min(abs(end - setting) for setting in sets) < 120


def test_a_polar_night_has_nothing_due_and_a_polar_day_everything() -> None:
    """Tromso: the sun is away from late November to mid January, and stays from late May to late July."""
    rule = Daylight(TROMSO)
    assert due_seconds(rule, at(2026, 12, 1), at(2027, 1, 10)) == 0
    assert due_seconds(rule, at(2026, 6, 1), at(2026, 7, 20)) == 49 * DAY
    back = next_due(rule, at(2026, 12, 1))
    assert back is not None
    assert at(2027, 1, 13) < back < at(2027, 1, 18)


@pytest.mark.parametrize("latitude", [90.0, -90.0, 89.9])
def test_at_the_poles_one_half_of_the_year_is_due(latitude: float) -> None:
    """And the other half does not fail."""
    due = due_seconds(Daylight(Location(latitude, 0)), at(2026, 1, 1), at(2027, 1, 1))
    assert 170 * DAY < due < 195 * DAY


@pytest.mark.parametrize("margin", ["+30m", "-1h"])
def test_a_margin_moves_both_ends_of_the_day_and_cuts_no_hole_into_a_polar_one(margin: str) -> None:
    """Half an hour more, or an hour less."""
    rule: CaptureRule = parse_rule(f"daylight{margin}", ZoneInfo("UTC"), BERLIN)
    seconds = {"+30m": 1800, "-1h": -3600}[margin]
    noon = at(2026, 11, 27, 11)
    ((begin, end),) = Daylight(BERLIN).spans(noon - DAY // 2, noon + DAY // 2)
    assert list(rule.spans(noon - DAY // 2, noon + DAY // 2)) == [(begin - seconds, end + seconds)]
    polar = parse_rule(f"daylight{margin}", ZoneInfo("UTC"), TROMSO)
    assert due_seconds(polar, at(2026, 6, 1), at(2026, 7, 1)) == 30 * DAY


def test_the_same_is_due_in_parts_as_at_once() -> None:
    """A slot is asked for alone, a year after an outage at once."""
    rule = Daylight(TROMSO, 1800)
    whole = due_seconds(rule, at(2026, 1, 1), at(2026, 6, 10))
    parts = sum(due_seconds(rule, start, start + 6000) for start in range(at(2026, 1, 1), at(2026, 6, 10), 6000))
    assert whole == parts


@pytest.mark.parametrize("text", ["52.5", "52.5;13.4", "91,0", "0,181", "north,east"])
def test_a_place_that_is_none_is_refused(text: str) -> None:
    """In words."""
    with pytest.raises(ValueError, match=r"52\.5,13\.4|not on earth"):
        parse_location(text)
    assert parse_location(" -33.9, 151.2 ") == Location(-33.9, 151.2)


def test_the_library_is_loaded_only_where_the_rule_is_used() -> None:
    """The archiver's memory at rest counts."""
    code = (
        "import sys; from zoneinfo import ZoneInfo; from services.archiver.base.capture_rule import *; "
        "parse_rule('always', ZoneInfo('UTC'), None); print('astral' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "False"
    assert is_due(Daylight(BERLIN), at(2026, 6, 21, 12))
