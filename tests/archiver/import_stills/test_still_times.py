"""Which time a still gets, and what is said to be doubtful about it."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from services.archiver.import_stills.name_times import NamePattern
from services.archiver.import_stills.still_times import Doubt, FoundTime, TimeFinder, TimeSource

BERLIN = ZoneInfo("Europe/Berlin")
LOCAL = datetime(2024, 5, 1, 12, 0, 0)  # noqa: DTZ001 as clocks on a wall show it
TEN_UTC = datetime(2024, 5, 1, 10, tzinfo=UTC)
EXIF, NAME, FILE = TimeSource.EXIF, TimeSource.NAME, TimeSource.FILE


@pytest.mark.parametrize(
    ("sources", "exif", "expected"),
    [
        ((EXIF, NAME), LOCAL, FoundTime(TEN_UTC, EXIF)),
        (
            (EXIF, NAME),
            LOCAL.replace(tzinfo=timezone(timedelta(hours=3))),
            FoundTime(TEN_UTC - timedelta(hours=1), EXIF),
        ),
        ((EXIF, NAME), None, FoundTime(TEN_UTC + timedelta(days=1), NAME)),
        ((NAME, EXIF), LOCAL, FoundTime(TEN_UTC + timedelta(days=1), NAME)),
        ((FILE,), LOCAL, FoundTime(datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC), FILE)),
        ((EXIF,), None, None),
    ],
)
def test_sources_are_asked_in_their_order_and_local_times_are_of_the_zone(
    sources: tuple[TimeSource, ...], exif: datetime | None, expected: FoundTime | None
) -> None:
    """An offset in the still itself goes before the zone."""
    assert TimeFinder(sources, BERLIN).find("2024-05-02_12-00-00.jpg", exif, 1e9) == expected


def test_an_owners_pattern_replaces_the_known_ones() -> None:
    """A name may tell two times."""
    finder = TimeFinder((NAME,), BERLIN, NamePattern.parse("*_%d%m%Y-%H"))
    assert finder.find("20230101120000_01052024-12.jpg", None, 0) == FoundTime(TEN_UTC, NAME)
    assert finder.find("20230101120000.jpg", None, 0) is None


@pytest.mark.parametrize(
    ("file_at", "expected", "doubt"),
    [
        (datetime(2025, 1, 1, tzinfo=UTC), datetime(2024, 10, 27, 0, 30, tzinfo=UTC), Doubt.TWICE),
        (datetime(2024, 10, 27, 0, 30, 5, tzinfo=UTC), datetime(2024, 10, 27, 0, 30, tzinfo=UTC), None),
        (datetime(2024, 10, 27, 1, 30, 5, tzinfo=UTC), datetime(2024, 10, 27, 1, 30, tzinfo=UTC), None),
    ],
)
def test_an_hour_that_comes_twice_is_told_by_the_files_own_time_or_said_to_be_doubtful(
    file_at: datetime, expected: datetime, doubt: Doubt | None
) -> None:
    """A name without an offset can't tell. A copied file's own time is of no help."""
    found = TimeFinder((NAME,), BERLIN).find("2024-10-27_02-30-00.jpg", None, file_at.timestamp())
    assert found == FoundTime(expected, NAME, doubt)


def test_an_hour_that_never_came_is_said() -> None:
    """The camera's clock does not follow this zone."""
    found = TimeFinder((NAME,), BERLIN).find("2024-03-31_02-30-00.jpg", None, 0)
    assert found is not None
    assert found.doubt is Doubt.NEVER
