"""The times in the names of other programs' stills."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archiver.import_stills.name_times import NamePattern, time_in_name

NOON = datetime(2024, 5, 1, 12, 0, 0)  # noqa: DTZ001 as clocks on a wall show it


@pytest.mark.parametrize(
    "path",
    [
        "2024-05-01_12-00-00.jpg",  # ffmpeg with strftime
        "20240501_120000.jpg",
        "20240501-120000.png",
        "20240501120000.jpg",
        "01-20240501120000-00.jpg",  # motion
        "01-20240501120000-snapshot.jpg",
        "2024-05-01/12-00-00.jpg",  # motionEye
        "Camera1/2024-05-01/12-00-00.jpg",
        "20240501/image-20240501120000.jpg",  # allsky
        "20240501/image-120000.jpg",
        "2024/05/01/12/00/00.jpg",
        "2024/05/01/12-00-00.jpg",
        "Porch_00_20240501120000.jpg",  # a camera's upload by FTP
        "192.168.1.64_01_20240501120000.jpg",
        "IMG_20240501_120000.webp",
        "2024-05-01T12:00:00.jpeg",
        "2024.05.01 12.00.00.jpg",
        "Screenshot 2024-05-01 at 12.00.00.png",
        "20240501_1200.jpg",
        "2023/2024-05-01_12-00-00-7.jpg",
        "20240501120000-0500.jpg",  # the five hundredth picture
        "copied-2025-01-01_00-00-00/2024-05-01_12-00-00.jpg",
    ],
)
def test_names_of_many_programs_tell_their_time(path: str) -> None:
    """Nobody has to write a pattern for them."""
    assert time_in_name(str(PurePosixPath(path).with_suffix(""))) == NOON


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("20240501120000123_TIMING", NOON.replace(microsecond=123000)),
        ("2024-05-01_12-00-00.5", NOON.replace(microsecond=500000)),
        ("20240501T120000Z", NOON.replace(tzinfo=UTC)),
        ("2024-05-01T12:00:00+02:00", NOON.replace(tzinfo=timezone(timedelta(hours=2)))),
        ("2024-05-01T12:00:00-0500", NOON.replace(tzinfo=timezone(timedelta(hours=-5)))),
        ("porch-1714564800.25-a1b2c3", datetime(2024, 5, 1, 12, 0, 0, 250000, tzinfo=UTC)),
        ("1714564800123", datetime(2024, 5, 1, 12, 0, 0, 123000, tzinfo=UTC)),
    ],
)
def test_parts_of_a_second_and_offsets_count(stem: str, expected: datetime) -> None:
    """An instant that is told exactly depends on no time zone."""
    assert time_in_name(stem) == expected


@pytest.mark.parametrize(
    "stem",
    ["lastsnap", "image", "0001", "2024-05-01", "20241301120000", "20240230-120000", "20240501_256199", "DSC01234"],
)
def test_a_name_without_a_time_tells_none(stem: str) -> None:
    """Rather none than a wrong one."""
    assert time_in_name(stem) is None


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("%Y-%m-%d/%H-%M-%S", "cam/2024-05-01/12-00-00.jpg", NOON),
        ("%d.%m.%Y %H.%M.%S", "01.05.2024 12.00.00.png", NOON),
        ("%Y-%m-%d/*/%H/%M/%S*", "2024-05-01/001/12/00/00[M][0].jpg", NOON),
        ("%b %d %y %I.%M.%S %p.jpg", "May 01 24 12.00.00 PM.jpg", NOON),
        ("%Y%j%H%M", "20241221200.jpg", NOON),
        ("*_%s", "porch_1714564800.jpg", NOON.replace(tzinfo=UTC)),
        ("%Y%m%dT%H%M%S%z", "20240501T120000-0500.jpg", NOON.replace(tzinfo=timezone(timedelta(hours=-5)))),
        ("%Y%m%d/%Y%m%d%H", "20240501/2024050112.jpg", NOON),
        ("100%%-%Y%m%d%H", "100%-2024050112.jpg", NOON),
        ("%Y-%m-%d_%H", "other.jpg", None),
        ("%Y-%m-%d_%H", "2024-13-01_12.jpg", None),
    ],
)
def test_an_owners_pattern_is_held_against_the_end_of_the_path(
    pattern: str, path: str, expected: datetime | None
) -> None:
    """With or without the suffix."""
    assert NamePattern.parse(pattern).find(path) == expected


@pytest.mark.parametrize("pattern", ["%Y-%m-%d", "%H-%M-%S", "image", "%Y%m%d%H%Q", "%Y%m%d%H%"])
def test_a_pattern_that_tells_no_time_is_refused_in_words(pattern: str) -> None:
    """Before any picture is looked at."""
    with pytest.raises(ValueError, match=r"^(it needs|'%)"):
        NamePattern.parse(pattern)


PATTERNS = (
    "%Y-%m-%d_%H-%M-%S",
    "%Y%m%d%H%M%S",
    "%Y/%m/%d/%H.%M.%S",
    "cam %y%j at %I-%M-%S %p",
    "%d%b%Y_%H%M%S_%f",
    "%s",
)
Moments = st.datetimes(datetime(2001, 9, 10), datetime(2037, 12, 31)).map(lambda at: at.replace(microsecond=0))  # noqa: DTZ001 a wall's


@pytest.mark.parametrize("pattern", PATTERNS)
@given(moment=Moments)
def test_a_name_that_a_pattern_made_is_read_by_it(pattern: str, moment: datetime) -> None:
    """Else a picture would get another one's hour, or none."""
    at = moment.replace(tzinfo=UTC)
    name = at.strftime(pattern) if pattern != "%s" else str(int(at.timestamp()))
    found = NamePattern.parse(pattern).find(f"somewhere/{name}.jpg")
    assert found is not None
    assert found.replace(tzinfo=UTC) == at
    if pattern.startswith("%Y"):
        assert time_in_name(f"somewhere/{name}") == moment
